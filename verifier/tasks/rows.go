package tasks

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

// maxRowFaults is how many faults of a file are told.
const maxRowFaults = 20

// readRows reads the JSON lines of a benchmark's own file, whose form R has, and makes
// problems of them. All faults are in the error, up to a number.
func readRows[R any](path string, example func(*R) (data.Example, error)) ([]data.Example, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("tasks: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, data.MaxLineBytes)
	var out []data.Example
	var faults []error
	for n := 1; len(faults) < maxRowFaults && lines.Scan(); n++ {
		text := bytes.TrimSpace(bytes.TrimPrefix(lines.Bytes(), []byte("\xef\xbb\xbf")))
		if len(text) == 0 {
			continue
		}
		var row R
		err := json.Unmarshal(text, &row)
		var ex data.Example
		if err == nil {
			ex, err = example(&row)
		}
		if err != nil {
			faults = append(faults, &data.LineError{File: path, Line: n, Err: err})
			continue
		}
		out = append(out, ex)
	}
	if err := lines.Err(); err != nil {
		faults = append(faults, &data.LineError{File: path, Err: err})
	}
	if len(faults) == 0 && len(out) == 0 {
		faults = append(faults, &data.LineError{File: path, Err: errors.New("no problems in it")})
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return out, nil
}

// readUnique reads several files whose problems have names of their own.
func readUnique[R any](paths []string, example func(*R) (data.Example, error)) ([]data.Example, error) {
	var out []data.Example
	var faults []error
	ids := map[string]string{}
	for _, path := range paths {
		all, err := readRows(path, example)
		if err == nil {
			seen := map[string]int{}
			for i := range all {
				if seen[all[i].ID]++; seen[all[i].ID] == 2 {
					err = errors.Join(err, fmt.Errorf("%s: id %q is there twice", path, all[i].ID))
				}
			}
			err = errors.Join(err, unique(ids, path, all))
		}
		faults = append(faults, err)
		out = append(out, all...)
	}
	return out, errors.Join(faults...)
}

// checkPathList demands paths that are not empty, each once, in the options of these
// names.
func checkPathList(l *fault.List, names []string, lists ...[]string) {
	seen := map[string]bool{}
	for k, list := range lists {
		for i, path := range list {
			l.Check(path != "" && !seen[path], fmt.Sprintf("%s.%d", names[k], i), path, "the path of a JSONL file, named once")
			seen[path] = true
		}
	}
}
