package checkpoints

import (
	"errors"
	"io"
	"os"
	"runtime"
)

// disk is what saving does to the file system. Tests put one in its place that
// fails at a chosen moment.
type disk interface {
	// create makes a new file; an existing one is an error.
	create(path string) (file, error)
	rename(from, to string) error
	// removeAll removes a folder and what is in it.
	removeAll(path string) error
	// syncFolder makes the names in a folder durable.
	syncFolder(path string) error
}

// file is a file being written.
type file interface {
	io.WriteCloser
	Sync() error
}

// osDisk is the real one.
type osDisk struct{}

func (osDisk) create(path string) (file, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
}

func (osDisk) rename(from, to string) error { return os.Rename(from, to) }

func (osDisk) removeAll(path string) error { return os.RemoveAll(path) }

func (osDisk) syncFolder(path string) error {
	if runtime.GOOS == "windows" { // folders cannot be synced there
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
