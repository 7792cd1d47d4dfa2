package checkpoints

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// folderPrefix begins the name of a checkpoint's folder.
const folderPrefix = "step-"

// Entry is a checkpoint on disk.
type Entry struct {
	Step int
	// Folder is its path.
	Folder string
}

// Folder is the path of the checkpoint of a step within dir.
func Folder(dir string, step int) string {
	return filepath.Join(dir, folderPrefix+strconv.Itoa(step))
}

// List finds the checkpoints in dir, newest first, without opening them. A dir
// that does not exist has none.
func List(dir string) ([]Entry, error) {
	found, err := readFolder(dir)
	if err != nil {
		return nil, err
	}
	var out []Entry
	for _, e := range found {
		if step, ok := parseFolder(e.Name()); ok && e.IsDir() {
			out = append(out, Entry{Step: step, Folder: Folder(dir, step)})
		}
	}
	slices.SortFunc(out, func(a, b Entry) int { return b.Step - a.Step })
	return out, nil
}

// readFolder lists dir; nothing where it does not exist.
func readFolder(dir string) ([]os.DirEntry, error) {
	found, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("checkpoints: %w", err)
	}
	return found, nil
}

// parseFolder reads the step of a folder's name, in its one spelling.
func parseFolder(name string) (int, bool) {
	digits, ok := strings.CutPrefix(name, folderPrefix)
	if !ok {
		return 0, false
	}
	step, err := strconv.Atoi(digits)
	return step, err == nil && step >= 0 && strconv.Itoa(step) == digits
}
