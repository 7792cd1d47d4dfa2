package hub

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	mostSize      = 1 << 50          // bytes of a file; the sum of many is no overflow
	muchFurther   = 1 << 20          // bytes after which an interruption does not count
	mostDamaged   = 2                // downloads of a file that is not what it should be
	progressEvery = time.Second / 10 // at most
)

// downloader brings files of one commit into the cache.
type downloader struct {
	*client
	cache    cache
	commit   string
	progress func(file string, done, total int64)

	file        string // that is coming in
	done, total int64
	told        time.Time // when progress was last called
}

// remote is a file as the hub describes it.
type remote struct {
	file, address string
	etag          string // what the content hashes to
	size          int64
}

// get downloads what the cache lacks of the files, one after the other: one
// connection is as fast as the disk or the line, and order keeps progress simple.
func (d *downloader) get(ctx context.Context, files []string) error {
	var todo []remote
	d.done, d.total = 0, 0
	for _, file := range files {
		if d.cache.has(d.commit, file) {
			continue
		}
		r, err := d.head(ctx, file)
		if err != nil {
			return err
		}
		todo = append(todo, r)
		if !d.cache.hasBlob(r.etag, r.size) {
			d.total += r.size
		}
	}
	for _, r := range todo {
		d.file = r.file
		if err := d.fetch(ctx, r); err != nil {
			return err
		}
		if err := d.cache.link(r.etag, d.commit, r.file); err != nil {
			return err
		}
	}
	return nil
}

// exact asks for the bytes as they are.
func exact() http.Header { return http.Header{"Accept-Encoding": {"identity"}} }

// head asks for a file's hash and size.
func (d *downloader) head(ctx context.Context, file string) (remote, error) {
	escaped := (&url.URL{Path: file}).EscapedPath()
	r := remote{file: file, address: d.env.endpoint + "/" + d.name.repo + "/resolve/" + d.commit + "/" + escaped}
	var answer *http.Response
	err := d.persist(ctx, file, func() (_ bool, err error) {
		answer, err = d.send(ctx, http.MethodHead, r.address, exact())
		if err == nil {
			err = answer.Body.Close()
		}
		return false, err
	})
	if err != nil {
		return r, err
	}
	header := answer.Header
	if commit := header.Get("X-Repo-Commit"); commit != "" && commit != d.commit {
		return r, fmt.Errorf("%s: the server has it of commit %.50q, not %s", file, commit, d.commit)
	}
	etag := header.Get("X-Linked-Etag")
	if etag == "" {
		etag = header.Get("ETag")
	}
	if r.etag = strings.Trim(strings.TrimPrefix(etag, "W/"), `"`); !hashForm.MatchString(r.etag) {
		return r, fmt.Errorf("%s: the server's ETag is %.100q, want a SHA-1 or SHA-256: the file could not be verified (is HF_ENDPOINT a hub?)", file, etag)
	}
	size := header.Get("X-Linked-Size")
	if size == "" && answer.StatusCode == http.StatusOK {
		size = header.Get("Content-Length")
	}
	if r.size, err = strconv.ParseInt(size, 10, 64); err != nil || r.size < 0 || r.size > mostSize {
		return r, fmt.Errorf("%s: the server says that its size is %.50q", file, size)
	}
	return r, nil
}

// fetch makes the blob of a file, unless it is there or another process makes it.
func (d *downloader) fetch(ctx context.Context, r remote) error {
	if d.cache.hasBlob(r.etag, r.size) {
		return nil
	}
	blob := d.cache.blob(r.etag)
	if err := os.MkdirAll(filepath.Dir(blob), folderMode); err != nil {
		return err
	}
	path := blob + ".incomplete"
	unlock, err := lock(ctx, d.cache.lockFile(r.etag), d.log)
	switch {
	case errors.Is(err, errNoLocks): // a file of our own, then, which nobody could resume
		path = fmt.Sprintf("%s.%s.incomplete", blob, rand.Text()[:8])
		defer os.Remove(path)
	case err != nil:
		return err
	default:
		defer unlock()
	}
	if d.cache.hasBlob(r.etag, r.size) {
		d.got(r.size)
		return nil
	}
	p, err := openPartial(path, r.etag, r.size, d.got)
	if err != nil {
		return err
	}
	defer p.file.Close()
	if err := d.complete(ctx, r, p); err != nil {
		return err
	}
	if err := errors.Join(p.file.Sync(), p.file.Close()); err != nil {
		return err
	}
	return os.Rename(path, blob)
}

// complete downloads what p lacks, as often as it takes.
func (d *downloader) complete(ctx context.Context, r remote, p *partial) error {
	damaged := 0
	return d.persist(ctx, r.file, func() (bool, error) {
		before := p.have
		if err := d.receive(ctx, r, p); err != nil {
			return p.have-before >= muchFurther, err
		}
		err := p.verify()
		if err == nil {
			return true, nil
		}
		if rerr := p.reset(); rerr != nil {
			return false, rerr
		}
		if damaged++; damaged == mostDamaged {
			return false, fmt.Errorf("%s: %w", r.file, err)
		}
		return false, &again{err: err}
	})
}

// receive makes one request for what p lacks.
func (d *downloader) receive(ctx context.Context, r remote, p *partial) error {
	if p.have == p.size {
		return nil
	}
	header := exact()
	if p.have > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-", p.have))
	}
	answer, err := d.send(ctx, http.MethodGet, r.address, header)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	resumed := answer.StatusCode == http.StatusPartialContent && p.have > 0 &&
		strings.HasPrefix(answer.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", p.have))
	if !resumed {
		if err := p.reset(); err != nil {
			return err
		}
		if answer.StatusCode != http.StatusOK {
			return &again{err: fmt.Errorf("the server answers HTTP %d", answer.StatusCode)}
		}
	}
	// One byte more than there is to come tells a file that is too long.
	_, err = io.Copy(p, io.LimitReader(answer.Body, p.size-p.have+1))
	switch {
	case p.err != nil:
		return fmt.Errorf("%s, of which %d bytes of %d are there: %w", r.file, p.have, p.size, p.err)
	case err != nil:
		return &again{err: err}
	case p.have < p.size:
		return &again{err: fmt.Errorf("the server sent %d bytes of %d", p.have, p.size)}
	case p.have > p.size:
		return &again{err: errors.Join(fmt.Errorf("the server sent more than %d bytes", p.size), p.reset())}
	}
	return nil
}

// got counts bytes that came.
func (d *downloader) got(n int64) {
	d.done += n
	if d.progress == nil || d.total == 0 {
		return
	}
	if now := time.Now(); d.done >= d.total || now.Sub(d.told) >= progressEvery {
		d.told = now
		d.progress(d.file, min(d.done, d.total), d.total)
	}
}
