package tasks

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/rlvr-go/rlvr/data"
)

// maxRowFaults is how many faults of a file are told.
const maxRowFaults = 20

// readRows reads the JSON lines of a benchmark's own file, whose form row has, and makes
// problems of them. All faults are in the error, up to a number; ids must be unique.
func readRows[R any](path string, example func(R) (data.Example, error)) ([]data.Example, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("tasks: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, data.MaxLineBytes)
	var out []data.Example
	var faults []error
	ids := map[string]int{}
	for n := 1; lines.Scan() && len(faults) < maxRowFaults; n++ {
		text := bytes.TrimSpace(bytes.TrimPrefix(lines.Bytes(), []byte("\xef\xbb\xbf")))
		if len(text) == 0 {
			continue
		}
		ex, err := readRow(text, example)
		if first := ids[ex.ID]; err == nil && first > 0 {
			err = fmt.Errorf("id %q is in line %d too", ex.ID, first)
		}
		if err != nil {
			faults = append(faults, &data.LineError{File: path, Line: n, Err: err})
			continue
		}
		ids[ex.ID] = n
		out = append(out, ex)
	}
	if err := lines.Err(); err != nil && !errors.Is(err, io.EOF) {
		faults = append(faults, &data.LineError{File: path, Err: err})
	}
	if len(faults) == 0 && len(out) == 0 {
		faults = append(faults, &data.LineError{File: path, Err: errors.New("no problems in it")})
	}
	return out, errors.Join(faults...)
}

func readRow[R any](text []byte, example func(R) (data.Example, error)) (data.Example, error) {
	var row R
	if err := json.Unmarshal(text, &row); err != nil {
		return data.Example{}, err
	}
	return example(row)
}
