package runlog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// The names within a run folder.
const (
	ConfigFile     = "config.yaml"
	MetricsFile    = "metrics.jsonl"
	SamplesFile    = "samples.jsonl"
	LogFile        = "log.txt"
	EventsDir      = "tb"
	CheckpointsDir = "checkpoints"
	// StagesDir holds what stages leave for later ones, a folder a stage.
	StagesDir = "stages"
	// BadBatchDir holds the batch that made a loss or gradient non-finite.
	BadBatchDir = "bad_batch"
	// lockFile is held while a process uses the folder. It stays behind, and marks
	// a folder as one that a run made.
	lockFile = ".rlvr.lock"
)

// Errors of [OpenDir]; all are the user's to mend.
var (
	// ErrExists: there is something in the folder already.
	ErrExists = errors.New("already there")
	// ErrLocked: another process uses the folder.
	ErrLocked = errors.New("in use")
	// ErrNotRun: the folder is not one that a run made.
	ErrNotRun = errors.New("not a run folder")
)

// Mode says what is to become of a run folder that is there already.
type Mode uint8

// The modes.
const (
	// Fresh makes a new folder, or takes an empty one.
	Fresh Mode = iota
	// Resume goes on in a folder that is there.
	Resume
	// Clean deletes what a run left in the folder and starts anew.
	Clean
)

// Dir is a run folder, locked for this process.
type Dir struct {
	path string
	lock *os.File
}

// OpenDir makes or takes the run folder at path. Nothing is written or deleted
// when it refuses: with [ErrExists] (Fresh, and something is in the folder), with
// [ErrNotRun] (Resume, and there is no folder; Clean, and the folder was not made by
// a run), with [ErrLocked] (another process uses it; its number is in the message).
//
// In mode Clean announce gets the paths that are about to be deleted, folders
// standing for all that is in them, before any is; it is not called when there is
// nothing to delete. Only what a run writes is deleted: other files stay.
func OpenDir(path string, mode Mode, announce func(paths []string)) (*Dir, error) {
	if err := mayOpen(path, mode); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, fmt.Errorf("runlog: run folder: %w", err)
	}
	lock, err := acquire(filepath.Join(path, lockFile))
	if err != nil {
		return nil, fmt.Errorf("runlog: run folder %s: %w", path, err)
	}
	d := &Dir{path: path, lock: lock}
	// Another process may have come and gone between the look and the lock.
	if err := d.take(mode, announce); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// mayOpen looks without writing.
func mayOpen(path string, mode Mode) error {
	found, err := os.ReadDir(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if mode == Resume {
			return fmt.Errorf("runlog: resume %s: %w: there is no such folder", path, ErrNotRun)
		}
		return nil
	case err != nil:
		return fmt.Errorf("runlog: run folder: %w", err)
	}
	marked, others := false, 0
	for _, e := range found {
		if e.Name() == lockFile {
			marked = true
			continue
		}
		others++
	}
	if marked {
		// "In use" says more than "already there".
		if err := probe(filepath.Join(path, lockFile)); err != nil {
			return fmt.Errorf("runlog: run folder %s: %w", path, err)
		}
	}
	switch {
	case mode == Fresh && others > 0:
		return fmt.Errorf("runlog: run folder %s: %w", path, ErrExists)
	case mode == Clean && others > 0 && !marked:
		return fmt.Errorf("runlog: clean %s: %w: it has no %s", path, ErrNotRun, lockFile)
	}
	return nil
}

// take does under the lock what the mode asks for.
func (d *Dir) take(mode Mode, announce func([]string)) error {
	switch mode {
	case Fresh:
		found, err := os.ReadDir(d.path)
		if err != nil {
			return fmt.Errorf("runlog: run folder: %w", err)
		}
		if len(found) > 1 {
			return fmt.Errorf("runlog: run folder %s: %w", d.path, ErrExists)
		}
	case Clean:
		return d.clean(announce)
	case Resume:
	}
	return nil
}

// Path joins names to the folder's path.
func (d *Dir) Path(names ...string) string {
	return filepath.Join(append([]string{d.path}, names...)...)
}

// WriteConfig puts the resolved configuration into config.yaml, whole or not at all.
func (d *Dir) WriteConfig(text []byte) error {
	if err := replaceFile(d.Path(ConfigFile), text); err != nil {
		return fmt.Errorf("runlog: %w", err)
	}
	return nil
}

// replaceFile writes a file under another name, makes it durable and renames it.
func replaceFile(path string, text []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), tempPattern)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(text)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// tempPattern names files that are not whole yet; a killed process leaves one.
const tempPattern = ".rlvr-tmp-*"

// Close gives the lock back.
func (d *Dir) Close() error {
	if err := release(d.lock); err != nil {
		return fmt.Errorf("runlog: unlock %s: %w", d.path, err)
	}
	return nil
}
