// Package fault is how a package reports what is wrong with its options: one
// [Fault] for each mistake, all of them together, each with the key, the value
// found and what is allowed. Package configs adds file and line.
package fault

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Fault is one mistake in a configuration.
type Fault struct {
	// Path is the dotted path of the key, relative to the options that were
	// checked: "epsilon", "stages.1.optim.learning_rate".
	Path string
	// Value is what was found; nil where the key is missing.
	Value any
	// Allowed says what would be right: "a number above 0".
	Allowed string
}

// Error is one line: path, value, what is allowed.
func (f *Fault) Error() string {
	if f.Value == nil {
		return fmt.Sprintf("%s: %s", f.Path, f.Allowed)
	}
	return fmt.Sprintf("%s: found %s, allowed: %s", f.Path, show(f.Value), f.Allowed)
}

// mostShown bounds what a line shows of a value.
const mostShown = 80

func show(v any) string {
	s, isText := v.(string)
	if !isText {
		s = fmt.Sprint(v)
	}
	more := ""
	if len(s) > mostShown {
		more = fmt.Sprintf("... (%d bytes)", len(s))
		s = strings.ToValidUTF8(s[:mostShown], "")
	}
	if isText || strings.ContainsAny(s, "\r\n") {
		s = strconv.Quote(s)
	}
	return s + more
}

// List collects faults. Its zero value is ready to use.
type List struct{ faults []error }

// Add records a fault.
func (l *List) Add(path string, value any, allowed string, args ...any) {
	l.faults = append(l.faults, &Fault{Path: path, Value: value, Allowed: fmt.Sprintf(allowed, args...)})
}

// Check records a fault unless ok.
func (l *List) Check(ok bool, path string, value any, allowed string, args ...any) {
	if !ok {
		l.Add(path, value, allowed, args...)
	}
}

// Merge adds the faults within err, their paths prefixed with path.
func (l *List) Merge(path string, err error) {
	for _, f := range Of(err) {
		g := *f
		g.Path = strings.Trim(path+"."+f.Path, ".")
		l.faults = append(l.faults, &g)
	}
}

// Err joins the faults; nil if there are none.
func (l *List) Err() error { return errors.Join(l.faults...) }

// Of returns the faults within err, in order. An error that is no fault becomes
// one without a path.
func Of(err error) []*Fault {
	if err == nil {
		return nil
	}
	if f, ok := err.(*Fault); ok { //nolint:errorlint // the joined tree is walked by hand
		return []*Fault{f}
	}
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		var out []*Fault
		for _, e := range j.Unwrap() {
			out = append(out, Of(e)...)
		}
		return out
	}
	return []*Fault{{Allowed: err.Error()}}
}
