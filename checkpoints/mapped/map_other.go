//go:build !unix

package mapped

import (
	"io"
	"os"
)

// mapFile reads the file into memory where there is no mmap; nothing needs to be
// released.
func mapFile(f *os.File, _ int64) ([]byte, func() error, error) {
	content, err := io.ReadAll(f)
	return content, func() error { return nil }, err
}
