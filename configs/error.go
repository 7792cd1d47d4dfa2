package configs

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/rlvr-go/rlvr/configs/fault"
)

// Error is everything that is wrong with a config: the user's to mend. Every error
// of [Load] is one.
type Error struct {
	// Faults holds at least one, by file (the one loaded first, then its bases,
	// then overrides) and line.
	Faults []Fault
}

// Error has one line a fault.
func (e *Error) Error() string {
	lines := make([]string, len(e.Faults))
	for i := range e.Faults {
		lines[i] = e.Faults[i].Error()
	}
	return strings.Join(lines, "\n")
}

// Fault is one mistake and where it was written.
type Fault struct {
	// File is the file as the user named it, or the override: "--set steps=0".
	File string
	// Line counts from 1; 0 where there is no line.
	Line int
	fault.Fault
}

// Error reads "file:line: path: found value, allowed: what".
func (f *Fault) Error() string {
	shown := f.Fault
	shown.Path = oneLine(shown.Path)
	what := strings.TrimPrefix(shown.Error(), ": ")
	file := printable(f.File)
	if f.Line == 0 {
		return fmt.Sprintf("%s: %s", file, what)
	}
	return fmt.Sprintf("%s:%d: %s", file, f.Line, what)
}

// oneLine keeps a path that is made of a file's keys to a line of decent length.
func oneLine(path string) string {
	const most = 120
	path = printable(path)
	if len(path) > most {
		path = strings.ToValidUTF8(path[:most], "") + "..."
	}
	return path
}

// printable quotes what would not show, or would break the line.
func printable(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}

// place is where something was written.
type place struct {
	file string
	line int
}

// onLine is ", first on line N", or nothing where there is no line.
func (p place) onLine() string {
	if p.line == 0 {
		return ""
	}
	return fmt.Sprintf(", first on line %d", p.line)
}

// report collects located faults.
type report struct {
	// files are in the order in which they were read.
	files  []string
	faults []Fault
	// bad are the paths of faults found before validation, so that what follows
	// from them is not reported as well.
	bad []string
}

// fault reports what makes a node unusable, and returns what is left of it:
// nothing.
func (r *report) fault(at place, path string, value any, allowed string) *node {
	r.add(at, path, value, "%s", allowed)
	r.bad = append(r.bad, path)
	return nil
}

func (r *report) add(at place, path string, value any, allowed string, args ...any) {
	r.faults = append(r.faults, Fault{File: at.file, Line: at.line,
		Fault: fault.Fault{Path: path, Value: value, Allowed: fmt.Sprintf(allowed, args...)}})
}

// err is an [*Error] with each distinct fault once, or nil: a bad value that
// several stages inherit is one mistake.
func (r *report) err() error {
	if len(r.faults) == 0 {
		return nil
	}
	sorted := slices.Clone(r.faults)
	slices.SortStableFunc(sorted, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(r.rank(a.File), r.rank(b.File)), cmp.Compare(a.Line, b.Line))
	})
	e := &Error{}
	seen := map[string]bool{}
	for _, f := range sorted {
		if line := f.Error(); !seen[line] {
			seen[line] = true
			e.Faults = append(e.Faults, f)
		}
	}
	return e
}

// isOverride reports that something was written in a --set argument.
func (r *report) isOverride(at place) bool { return !slices.Contains(r.files, at.file) }

// rank orders files as they were read; overrides, which are no files, come last.
func (r *report) rank(file string) int {
	if i := slices.Index(r.files, file); i >= 0 {
		return i
	}
	return len(r.files)
}
