//go:build amd64 || arm64

package sandbox

import (
	"debug/elf"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// mostObjects bounds how many files of an interpreter's folders are looked into.
const mostObjects = 20_000

// unlinked are libraries that the C library opens by name when it needs them: to
// end a thread, and to unwind a stack.
var unlinked = []string{"libgcc_s.so.1"}

// linker finds shared libraries as the dynamic linker would.
type linker struct {
	folders []string        // where it searches
	found   map[string]bool // paths
	asked   map[string]bool // names
}

// sharedLibraries are the libraries that the executables and modules among files
// need, the dynamic linker included, and the folders where they lie.
func sharedLibraries(files []string) (libraries, folders []string) {
	l := &linker{found: map[string]bool{}, asked: map[string]bool{}}
	for _, pattern := range []string{
		"/lib/*-linux-gnu", "/usr/lib/*-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib", "/usr/local/lib64",
	} {
		matches, _ := filepath.Glob(pattern) // the patterns are well-formed
		l.folders = append(l.folders, matches...)
	}
	objects := 0
	for _, f := range files {
		_ = filepath.WalkDir(f, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return nil //nolint:nilerr // what cannot be read here cannot be read there
			}
			if path != f && !strings.Contains(d.Name(), ".so") {
				return nil
			}
			if objects++; objects > mostObjects {
				return fs.SkipAll
			}
			l.visit(path)
			return nil
		})
	}
	for _, name := range unlinked {
		l.resolve(name, nil)
	}
	for path := range l.found {
		libraries = append(libraries, path)
		if dir := filepath.Dir(path); !slices.Contains(folders, dir) {
			folders = append(folders, dir)
		}
	}
	slices.Sort(libraries)
	slices.Sort(folders)
	return libraries, folders
}

// visit follows what one object needs.
func (l *linker) visit(path string) {
	f, err := elf.Open(path)
	if err != nil {
		return // a script, or no object
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP && p.Filesz < 4096 {
			name := make([]byte, p.Filesz)
			if _, err := p.ReadAt(name, 0); err == nil {
				l.found[strings.TrimRight(string(name), "\x00")] = true
			}
		}
	}
	var own []string
	for _, tag := range []elf.DynTag{elf.DT_RUNPATH, elf.DT_RPATH} {
		paths, _ := f.DynString(tag) // none is no error of ours
		for _, list := range paths {
			for _, dir := range strings.Split(list, ":") {
				own = append(own, strings.NewReplacer("$ORIGIN", filepath.Dir(path), "${ORIGIN}", filepath.Dir(path)).Replace(dir))
			}
		}
	}
	needed, _ := f.ImportedLibraries() // none is no error of ours
	for _, name := range needed {
		l.resolve(name, own)
	}
}

// resolve finds a library by its name, first in the folders that the object names.
func (l *linker) resolve(name string, own []string) {
	if l.asked[name] {
		return
	}
	for _, dir := range append(own, l.folders...) {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && filepath.IsAbs(path) {
			l.asked[name], l.found[path] = true, true
			l.visit(path)
			return
		}
	}
}

// isFile reports whether path is there and no folder.
func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}
