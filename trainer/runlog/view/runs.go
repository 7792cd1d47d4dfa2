package view

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/rlvr-go/rlvr/trainer/runlog"
)

// Run is a run folder to show.
type Run struct {
	// Name is unique among the runs that are shown together.
	Name string `json:"name"`
	// Path is the folder as the user gave it.
	Path string `json:"path"`
}

// Open makes runs of folders, in their order, named by their last elements; one that is
// taken gets a number behind it. A run that has not written anything yet may be shown. The
// error names every path that is no run folder.
func Open(paths []string) ([]Run, error) {
	var runs []Run
	var faults []error
	taken := map[string]bool{}
	for _, p := range paths {
		if err := check(p); err != nil {
			faults = append(faults, fmt.Errorf("view: %w", err))
			continue
		}
		base := filepath.Base(p)
		if full, err := filepath.Abs(p); err == nil {
			base = filepath.Base(full) // of "." and ".."
		}
		name := base
		for n := 2; taken[name]; n++ {
			name = base + " " + strconv.Itoa(n)
		}
		taken[name] = true
		runs = append(runs, Run{Name: name, Path: p})
	}
	return runs, errors.Join(faults...)
}

// check reports whether a folder is one of a run.
func check(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("%s: %w", path, errors.Unwrap(err))
	}
	if !info.IsDir() {
		return fmt.Errorf("%s: found a file, allowed: a run folder", path)
	}
	for _, name := range []string{runlog.ConfigFile, runlog.MetricsFile, runlog.LogFile} {
		if _, err := os.Stat(filepath.Join(path, name)); err == nil {
			return nil
		}
	}
	return fmt.Errorf("%s: no run folder: it has none of %s, %s, %s", path, runlog.ConfigFile, runlog.MetricsFile, runlog.LogFile)
}

// open opens a file of the run for reading. A link that leads out of the folder, or
// something that is no plain file, is an error: the folder may come from elsewhere.
func (r *Run) open(name string) (*os.File, error) {
	root, err := os.OpenRoot(r.Path)
	if err != nil {
		return nil, fmt.Errorf("view: run %s: %w", r.Name, err)
	}
	defer root.Close()
	info, err := root.Stat(name) // before it is opened: to open a pipe would wait for its writer
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no plain file", name)
	}
	var f *os.File
	if err == nil {
		f, err = root.Open(name)
	}
	if err != nil {
		return nil, fmt.Errorf("view: run %s: %w", r.Name, err)
	}
	return f, nil
}

// missing reports whether an error says that a file is not there (yet).
func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
