package checkpoints

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A leftover's name is one of these words and the name of the checkpoint's folder.
const (
	// writing: not whole yet; garbage once its writer is gone.
	writing = ".tmp-"
	// replaced: whole, out of the way of a new checkpoint of the same step.
	replaced = ".old-"
	// removing: not whole any more.
	removing = ".del-"
)

// leftover is the path of a folder that is being written, replaced or removed.
func leftover(dir, word string, step int) string {
	return filepath.Join(dir, word+filepath.Base(Folder(dir, step)))
}

// Clean removes what killed saves left in dir, and brings back a checkpoint that
// was about to be replaced when its successor did not arrive. Only the process
// that holds the run may call it. Save does so itself; a resumed run does it first.
func Clean(dir string) error { return clean(osDisk{}, dir) }

func clean(d disk, dir string) error {
	found, err := readFolder(dir)
	if err != nil {
		return err
	}
	for _, e := range found {
		path := filepath.Join(dir, e.Name())
		for _, word := range []string{writing, replaced, removing} {
			name, ok := strings.CutPrefix(e.Name(), word)
			if _, isStep := parseFolder(name); !ok || !isStep || !e.IsDir() {
				continue
			}
			if err := cleanOne(d, dir, path, word, filepath.Join(dir, name)); err != nil {
				return fmt.Errorf("checkpoints: clean %s: %w", path, err)
			}
		}
	}
	return nil
}

// cleanOne deals with one leftover at path, of the checkpoint at target.
func cleanOne(d disk, dir, path, word, target string) error {
	if word != replaced {
		return d.removeAll(path)
	}
	if _, err := os.Stat(target); errors.Is(err, fs.ErrNotExist) {
		if err := d.rename(path, target); err != nil {
			return err
		}
		return d.syncFolder(dir)
	}
	return discard(d, dir, path)
}

// RemoveAfter removes the checkpoints of dir that are newer than step, which a run
// resumed from step is about to write again. Leftovers are removed too.
func RemoveAfter(dir string, step int) error {
	if err := Clean(dir); err != nil {
		return err
	}
	entries, err := List(dir)
	if err != nil {
		return err
	}
	var paths []string
	for _, e := range entries {
		if e.Step > step {
			paths = append(paths, e.Folder)
		}
	}
	if err := discard(osDisk{}, dir, paths...); err != nil {
		return fmt.Errorf("checkpoints: remove steps after %d: %w", step, err)
	}
	return nil
}

// prune removes the oldest checkpoints so that keep are left, the one of step just
// written among them whatever its age; 0 keeps all.
func prune(d disk, dir string, just, keep int) error {
	if keep == 0 {
		return nil
	}
	entries, err := List(dir)
	if err != nil {
		return err
	}
	var paths []string
	kept := 1 // the one just written
	for _, e := range entries {
		switch {
		case e.Step == just:
		case kept < keep:
			kept++
		default:
			paths = append(paths, e.Folder)
		}
	}
	if err := discard(d, dir, paths...); err != nil {
		return fmt.Errorf("checkpoints: step %d is saved; remove older ones: %w", just, err)
	}
	return nil
}

// discard removes checkpoints or leftovers of dir. They lose their names first, so
// that one that is half removed is not taken for a checkpoint.
func discard(d disk, dir string, paths ...string) error {
	var doomed []string
	for _, path := range paths {
		name := strings.TrimPrefix(filepath.Base(path), replaced)
		to := filepath.Join(dir, removing+name)
		if err := d.rename(path, to); err != nil {
			return err
		}
		doomed = append(doomed, to)
	}
	if len(doomed) == 0 {
		return nil
	}
	if err := d.syncFolder(dir); err != nil {
		return err
	}
	for _, path := range doomed {
		if err := d.removeAll(path); err != nil {
			return err
		}
	}
	return nil
}
