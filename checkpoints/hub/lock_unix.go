//go:build unix && !solaris && !illumos && !aix

package hub

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes the lock of an open file that huggingface_hub also takes, and
// reports whether it did. errNoLocks: the file system has none.
func tryLock(f *os.File) (bool, error) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK), errors.Is(err, syscall.EINTR):
		return false, nil
	case errors.Is(err, syscall.ENOSYS), errors.Is(err, syscall.ENOTSUP), errors.Is(err, syscall.ENOLCK):
		return false, errNoLocks
	}
	return err == nil, err
}
