//go:build unix

package mapped

import (
	"fmt"
	"os"
	"syscall"
)

// mapFile maps size bytes of f for reading, and says how to unmap them.
func mapFile(f *os.File, size int64) ([]byte, func() error, error) {
	if size == 0 { // mmap refuses it
		return nil, func() error { return nil }, nil
	}
	if int64(int(size)) != size {
		return nil, nil, fmt.Errorf("%d bytes do not fit the address space", size)
	}
	content, err := syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, nil, fmt.Errorf("map %d bytes: %w", size, err)
	}
	return content, func() error { return syscall.Munmap(content) }, nil
}
