// Package mapped reads files through memory mappings, where the system has them, for
// the readers of model files.
package mapped

import (
	"fmt"
	"os"
)

// Open is the content of a regular file, which must not be modified, and a function
// that releases it. Errors name the file.
func Open(path string) ([]byte, func() error, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close() // a mapping outlives its descriptor; nothing was written
	stat, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if !stat.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("%s is no regular file", path)
	}
	content, unmap, err := mapFile(f, stat.Size())
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return content, unmap, nil
}
