package runlog

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ReadMetrics reads the records of a metrics.jsonl in their order. A last line that
// is half written, as a running or killed process leaves it, is passed over.
func ReadMetrics(path string) ([]Record, error) {
	var out []Record
	err := eachRecord(path, func(r *Record, _ int64) { out = append(out, *r) })
	return out, err
}

// eachRecord calls use with each record and the offset at which its line begins.
func eachRecord(path string, use func(r *Record, at int64)) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("runlog: %w", err)
	}
	defer f.Close()
	in := bufio.NewReader(f)
	var at int64
	for number := 1; ; number++ {
		text, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("runlog: %s: %w", path, err)
		}
		r, err := decodeRecord(text)
		if err != nil {
			return fmt.Errorf("runlog: %s:%d: %w", path, number, err)
		}
		use(&r, at)
		at += int64(len(text))
	}
}

// metricsFile appends records to a metrics.jsonl and can complete the last one.
type metricsFile struct {
	f *os.File
	// end is the file's length, at the offset of its last line.
	end, at int64
}

// openMetrics opens the file at path for writing behind the records that are in it;
// each of them is given to use.
func openMetrics(path string, use func(*Record)) (*metricsFile, error) {
	m := &metricsFile{}
	err := eachRecord(path, func(r *Record, at int64) {
		m.at = at
		use(r)
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if m.f, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o644); err != nil {
		return nil, err
	}
	if m.end, err = m.f.Seek(0, io.SeekEnd); err != nil {
		return nil, errors.Join(err, m.f.Close())
	}
	return m, nil
}

// add appends a record's line.
func (m *metricsFile) add(line []byte) error {
	m.at = m.end
	return m.write(line)
}

// complete replaces the last line by a longer one.
func (m *metricsFile) complete(line []byte) error { return m.write(line) }

func (m *metricsFile) write(line []byte) error {
	n, err := m.f.WriteAt(line, m.at)
	m.end = m.at + int64(n)
	return err
}
