package runlog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

// ours says which entries of a folder a run writes. Patterns are whole: in a folder
// of the user's own that happens to be called checkpoints nothing matches.
var ours = []struct {
	dir  string
	name *regexp.Regexp
}{
	{".", regexp.MustCompile(`^(config\.yaml|metrics\.jsonl|samples\.jsonl|log\.txt|bad_batch|\.rlvr-tmp-[0-9]+)$`)},
	{EventsDir, eventPattern},
	{StagesDir, regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)},
	{CheckpointsDir, regexp.MustCompile(`^(\.tmp-|\.old-|\.del-)?step-[0-9]+$`)},
}

// clean deletes what a run left, after announcing it.
func (d *Dir) clean(announce func([]string)) error {
	paths, err := d.written()
	if err != nil {
		return fmt.Errorf("runlog: clean: %w", err)
	}
	if len(paths) > 0 && announce != nil {
		announce(paths)
	}
	for _, p := range paths {
		if err := os.RemoveAll(p); err != nil {
			return fmt.Errorf("runlog: clean: %w", err)
		}
	}
	for _, name := range []string{EventsDir, StagesDir, CheckpointsDir} {
		// Fails where something else is in it, which then stays.
		_ = os.Remove(d.Path(name))
	}
	return nil
}

// written lists what a run wrote into the folder, in the order of the table.
func (d *Dir) written() ([]string, error) {
	var out []string
	for _, o := range ours {
		dir := d.Path(o.dir)
		found, err := os.ReadDir(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, e := range found {
			if o.name.MatchString(e.Name()) {
				out = append(out, filepath.Join(dir, e.Name()))
			}
		}
	}
	return out, nil
}
