//go:build amd64 || arm64

package sandbox

import (
	"context"
	_ "embed" // the fork server
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

//go:embed server.py
var pythonServer string

func init() {
	register(&language{
		name: "python", file: "main.py", find: findPython, server: pythonServer,
		compile: []string{"SyntaxError", "IndentationError", "TabError"},
		memory:  []string{"MemoryError", "lost sys.stderr"}, // the latter where there is none left to say so
		probe:   pythonProbe,
	})
}

// oldestPython is the oldest version that the fork server runs on.
const oldestPython = 9

// askPython is what the interpreter is asked about itself, outside of the sandbox
// and before any program is there.
const askPython = `
import json, os, site, sys, sysconfig
paths = [sysconfig.get_path(k) for k in ("stdlib", "platstdlib", "purelib", "platlib")] + site.getsitepackages()
print(json.dumps({
	"executable": sys.executable, "base": getattr(sys, "_base_executable", sys.executable), "prefix": sys.prefix,
	"venv": sys.prefix != sys.base_prefix, "paths": paths, "version": list(sys.version_info[:3]),
	"implementation": sys.implementation.name,
}))`

// pythonSelf is its answer.
type pythonSelf struct {
	Executable     string   `json:"executable"`
	Base           string   `json:"base"`
	Prefix         string   `json:"prefix"`
	Venv           bool     `json:"venv"`
	Paths          []string `json:"paths"`
	Version        [3]int   `json:"version"`
	Implementation string   `json:"implementation"`
}

// startTime is how long an interpreter may take to say what it is.
const startTime = 30 * time.Second

// found remembers the interpreters that were looked at: it takes a second to follow
// what the modules of a large installation need.
var found struct {
	sync.Mutex
	pythons map[string]*interpreter
}

// findPython looks at an interpreter once.
func findPython(o *Options) (*interpreter, error) {
	found.Lock()
	defer found.Unlock()
	if in := found.pythons[o.Python]; in != nil {
		return in, nil
	}
	in, err := locatePython(o)
	if err != nil {
		return nil, err
	}
	if found.pythons == nil {
		found.pythons = map[string]*interpreter{}
	}
	found.pythons[o.Python] = in
	return in, nil
}

// locatePython locates the interpreter of the options, its standard library and
// packages, and the shared libraries that they need.
func locatePython(o *Options) (*interpreter, error) {
	path, err := exec.LookPath(o.Python)
	if err != nil {
		return nil, fmt.Errorf("%w: %q is not there (%w); install Python 3.%d or newer, or name one in the option python",
			ErrNoInterpreter, o.Python, err, oldestPython)
	}
	self, err := interviewPython(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrNoInterpreter, path, err)
	}
	files := []string{self.Executable, self.Base}
	for _, exe := range files[:2] {
		if real, err := filepath.EvalSymlinks(exe); err == nil {
			files = append(files, real)
		}
	}
	if self.Venv {
		files = append(files, filepath.Join(self.Prefix, "pyvenv.cfg"))
	}
	files = existing(append(files, self.Paths...))
	libraries, folders := sharedLibraries(files)
	in := &interpreter{
		command: []string{self.Executable, "-s"},
		environment: []string{
			"HOME=/tmp", "TMPDIR=/tmp", "PATH=/usr/bin:/bin", "LANG=C.UTF-8", "TZ=UTC", "PYTHONHASHSEED=0", "PYTHONUTF8=1",
			"PYTHONDONTWRITEBYTECODE=1", "LD_BIND_NOW=1", "MALLOC_ARENA_MAX=2", "OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1",
			"LD_LIBRARY_PATH=" + strings.Join(folders, ":"),
		},
		files:   append(files, libraries...),
		masks:   startupFiles(self.Paths),
		version: fmt.Sprintf("Python %d.%d.%d at %s", self.Version[0], self.Version[1], self.Version[2], self.Executable),
	}
	return in, nil
}

// interviewPython asks an interpreter about itself.
func interviewPython(path string) (*pythonSelf, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "-I", "-c", askPython)
	cmd.Dir = "/"
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, lastLine(exit.Stderr))
		}
		return nil, err
	}
	var self pythonSelf
	if err := json.Unmarshal(out, &self); err != nil {
		return nil, fmt.Errorf("it does not say what it is: %w", err)
	}
	if self.Implementation != "cpython" || self.Version[0] != 3 || self.Version[1] < oldestPython {
		return nil, fmt.Errorf("found %s %d.%d, CPython 3.%d or newer is needed", self.Implementation, self.Version[0], self.Version[1], oldestPython)
	}
	return &self, nil
}

// startupFiles are the .pth files of packages: code that runs in every interpreter,
// for the good of the host's tools.
func startupFiles(folders []string) []string {
	var out []string
	for _, dir := range existing(folders) {
		found, _ := filepath.Glob(filepath.Join(dir, "*.pth")) // the pattern is well-formed but for odd folders
		out = append(out, found...)
	}
	return out
}

// existing are the absolute paths that are there, without repetition.
func existing(paths []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, p := range paths {
		p = filepath.Clean(p)
		if _, err := os.Stat(p); err != nil || !filepath.IsAbs(p) || seen[p] {
			continue
		}
		seen[p] = true
		out = append(out, p)
	}
	return out
}

// pythonProbe tries what a program must not be able to do.
const pythonProbe = `
import os, socket
def refused(f, *a):
    try:
        f(*a)
    except OSError:
        return True
    return False
ok = refused(socket.socket) and refused(os.fork) and refused(os.open, "/etc/hostname", os.O_RDONLY)
ok = ok and refused(os.execv, "/bin/sh", ["sh"]) and refused(os.listdir, "/home") and refused(os.open, "/x", os.O_CREAT)
print("contained" if ok else "loose")
`
