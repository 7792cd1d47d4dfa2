package view

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"strconv"
)

// Position is how far a reader has come in a file. The zero Position is its beginning.
type Position struct {
	// Offset is that behind the last whole line that was read, in bytes.
	Offset int64 `json:"offset"`
	// Mark is a sum of the bytes before Offset. A resumed run cuts its files back and
	// writes other lines, and the last record of a stage is replaced by a longer one: the
	// sum differs then, however long the file is.
	Mark string `json:"mark"`
}

// chunk is what a reader gets at a time.
type chunk struct {
	Position
	// Reset says that the file is not the one read so far: forget it, these lines are its
	// first.
	Reset bool `json:"reset"`
	// More says that there are further lines already.
	More bool `json:"more"`
	// Damaged counts lines that were passed over: no JSON objects, or too long.
	Damaged int `json:"damaged"`
	// Lines are the objects, Starts the offsets of their lines.
	Lines  []json.RawMessage `json:"lines"`
	Starts []int64           `json:"starts"`
}

const (
	// chunkBytes is about what a chunk holds.
	chunkBytes = 1 << 20
	// longestLine bounds a line; one that is longer is passed over.
	longestLine = 8 << 20
	// markBytes is how much of the file before a position its mark is of.
	markBytes = 4096
)

// readChunk gives the whole lines behind a position. A last line without its end is being
// written, and waits for the next time.
func readChunk(f io.ReaderAt, size int64, from Position) (*chunk, error) {
	c := &chunk{Position: from, Lines: []json.RawMessage{}, Starts: []int64{}}
	if err := c.check(f, size); err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(io.NewSectionReader(f, c.Offset, size-c.Offset), 64<<10)
	for got := 0; ; {
		if got >= chunkBytes {
			c.More = true
			break
		}
		line, n, err := nextLine(in)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if object(line) {
			c.Lines, c.Starts = append(c.Lines, line), append(c.Starts, c.Offset)
		} else {
			c.Damaged++
		}
		c.Offset += n
		got += len(line)
	}
	var err error
	c.Mark, err = markOf(f, c.Offset)
	return c, err
}

// check starts from the beginning where the file before the position has changed.
func (c *chunk) check(f io.ReaderAt, size int64) error {
	if c.Offset == 0 && c.Mark == "" {
		return nil
	}
	if c.Offset >= 0 && c.Offset <= size {
		mark, err := markOf(f, c.Offset)
		if err != nil {
			return err
		}
		if mark == c.Mark {
			return nil
		}
	}
	c.Position, c.Reset = Position{}, true
	return nil
}

// markOf is the mark of an offset.
func markOf(f io.ReaderAt, offset int64) (string, error) {
	if offset == 0 {
		return "", nil
	}
	before := make([]byte, min(offset, markBytes))
	if _, err := f.ReadAt(before, offset-int64(len(before))); err != nil {
		return "", fmt.Errorf("view: %w", err)
	}
	h := fnv.New64a()
	_, _ = h.Write(before) // never fails
	return strconv.FormatUint(h.Sum64(), 16), nil
}

// nextLine is the next whole line, nil where it is too long, and its length with its end.
// It is [io.EOF] where no whole line is left.
func nextLine(in *bufio.Reader) (line []byte, n int64, err error) {
	for {
		part, err := in.ReadSlice('\n')
		n += int64(len(part))
		if n <= longestLine {
			line = append(line, part...)
		} else {
			line = nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, n, err
		}
	}
}

// object reports whether a line is a JSON object.
func object(line []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(line), []byte("{")) && json.Valid(line)
}
