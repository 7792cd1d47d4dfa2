package tasks

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rlvr-go/rlvr/data"
)

// files is a task read from JSONL problem files.
type files struct{ splits map[string][]data.Example }

func (t *files) Name() string     { return "files" }
func (t *files) Verifier() string { return "exact" }

func (t *files) Split(name string) ([]data.Example, error) {
	return split(t.Name(), name, t.splits)
}

func openFiles(o *Options) (Task, error) {
	t := &files{splits: map[string][]data.Example{}}
	var faults []error
	bases := map[string]int{} // how often a base name was seen
	for _, name := range Splits {
		ids := map[string]string{} // the file of each id of the split
		for _, path := range o.files(name) {
			examples, err := readFile(path, bases)
			if err != nil {
				faults = append(faults, err)
				continue
			}
			if err := unique(ids, path, examples); err != nil {
				faults = append(faults, err)
			}
			t.splits[name] = append(t.splits[name], examples...)
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return t, nil
}

// readFile reads a problem file. Examples without an id are named after the file's
// base name, not its folder, so that a run is the same wherever its data lies; the
// second train.jsonl of a run is train.jsonl#2.
func readFile(path string, bases map[string]int) ([]data.Example, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("tasks: %w", err)
	}
	defer f.Close()
	prefix := filepath.Base(path)
	bases[prefix]++
	if n := bases[prefix]; n > 1 {
		prefix = fmt.Sprintf("%s#%d", prefix, n)
	}
	return data.DecodeJSONL(f, path, prefix)
}

// unique demands that no file repeats an id of another of its split: ids choose
// the random numbers of a prompt's completions. It names the first one.
func unique(ids map[string]string, path string, examples []data.Example) error {
	repeated, first := 0, ""
	for i := range examples {
		id := examples[i].ID
		if other, ok := ids[id]; ok {
			if repeated++; repeated == 1 {
				first = fmt.Sprintf("id %q is in %s too", id, other)
			}
			continue
		}
		ids[id] = path
	}
	switch repeated {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("%s: %s", path, first)
	default:
		return fmt.Errorf("%s: %s (and %d more)", path, first, repeated-1)
	}
}
