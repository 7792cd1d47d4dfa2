//go:build !unix || solaris || illumos || aix

package runlog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Where there is no flock a second file, held by its existence, is the lock. A
// killed process leaves it behind, so the message says how to go on.

func held(path string) string { return path + ".held" }

// acquire makes the lock file at path and takes the lock.
func acquire(path string) (*os.File, error) {
	h, err := os.OpenFile(held(path), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil, probe(path)
	}
	if err != nil {
		return nil, err
	}
	_, err = fmt.Fprintln(h, os.Getpid())
	if err = errors.Join(err, h.Close()); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
}

// probe reports whether another process holds the lock file at path.
func probe(path string) error {
	pid, err := os.ReadFile(held(path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.Join(err, fmt.Errorf("%w by process %s; delete %s if that has ended", ErrLocked, strings.TrimSpace(string(pid)), filepath.Base(held(path))))
}

// release drops the lock.
func release(f *os.File) error {
	return errors.Join(f.Close(), os.Remove(held(f.Name())))
}
