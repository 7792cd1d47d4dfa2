//go:build unix && !solaris && !illumos && !aix

package runlog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// acquire opens the lock file at path, made if need be, locks it and writes the
// process's number into it. The kernel drops the lock when the process ends, however
// it ends.
func acquire(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err = flock(f); err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		_, err = f.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// probe reports whether another process holds the lock file at path, and leaves
// the file as it is.
func probe(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(flock(f), f.Close())
}

// flock locks f or says who does.
func flock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return fmt.Errorf("%w by process %s", ErrLocked, holder(f))
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	return nil
}

// release closes the file, which drops the lock.
func release(f *os.File) error { return f.Close() }

// holder reads the number of the process that holds the lock.
func holder(f *os.File) string {
	const most = 20
	text, err := io.ReadAll(io.NewSectionReader(f, 0, most))
	pid := bytes.TrimSpace(text)
	if err != nil || len(pid) == 0 {
		return "unknown"
	}
	return string(pid)
}
