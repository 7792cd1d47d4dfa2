package hub

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
)

// partial is a file that is being downloaded. What an earlier download got is its
// beginning.
type partial struct {
	file *os.File
	etag string
	size int64 // that the file is to have
	have int64 // that are written, and in the sum
	sum  hash.Hash
	got  func(n int64) // hears of bytes that came, or were thrown away if n < 0
	err  error         // of writing, as opposed to reading
}

func openPartial(path, etag string, size int64, got func(int64)) (*partial, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, err
	}
	p := &partial{file: f, etag: etag, size: size, got: got, sum: newSum(etag, size)}
	info, err := f.Stat()
	if err == nil {
		p.have, err = io.Copy(p.sum, io.LimitReader(f, info.Size()))
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	p.got(p.have)
	return p, nil
}

// newSum is the hash that an ETag of the hub is: SHA-256 of a large file's content,
// and git's SHA-1 of a small one.
func newSum(etag string, size int64) hash.Hash {
	if len(etag) == hex.EncodedLen(sha256.Size) {
		return sha256.New()
	}
	sum := sha1.New()
	fmt.Fprintf(sum, "blob %d\x00", size)
	return sum
}

// Write appends.
func (p *partial) Write(b []byte) (int, error) {
	n, err := p.file.Write(b)
	p.sum.Write(b[:n])
	p.have += int64(n)
	p.got(int64(n))
	p.err = err
	return n, err
}

// reset throws away what is there.
func (p *partial) reset() error {
	if p.have == 0 {
		return nil
	}
	p.got(-p.have)
	p.have, p.sum = 0, newSum(p.etag, p.size)
	if err := p.file.Truncate(0); err != nil {
		return err
	}
	_, err := p.file.Seek(0, io.SeekStart)
	return err
}

// verify compares the content with what the hub says that it is.
func (p *partial) verify() error {
	if is := hex.EncodeToString(p.sum.Sum(nil)); is != p.etag {
		return fmt.Errorf("what the server sent is damaged: its hash is %s, want %s", is, p.etag)
	}
	return nil
}
