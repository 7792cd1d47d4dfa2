package jinja

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Limits of one rendering. They are far beyond what a chat needs and keep a hostile
// template within about a second and some hundred megabytes.
const (
	maxOperations = 4_000_000 // parts of the template evaluated, elements of lists
	maxEvaluation = 5000      // depth of macros, tags and expressions in one another
	maxNested     = 200       // depth of a value
	defaultBytes  = 32 << 20
)

// errUndefined is what most uses of an undefined value give.
var errUndefined = errors.New("an undefined value is used")

// Error is a fault of a template, or one that it meets when it renders.
type Error struct {
	// Line is where in the template, from 1.
	Line int
	// Cause says what is wrong.
	Cause error
}

// Error is "line 12: what is wrong".
func (e *Error) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Cause) }

// Unwrap is what is wrong.
func (e *Error) Unwrap() error { return e.Cause }

func faultAt(line int, format string, args ...any) error {
	return &Error{line, fmt.Errorf(format, args...)}
}

// Template is a template that was read.
type Template struct{ body []statement }

// Options are how a template is rendered. The zero value is that of Jinja2.
type Options struct {
	// Literal maps what the template itself writes: its text between tags and those of
	// its string literals that may become part of the output. Nil leaves them alone.
	Literal func(string) string
	// Now is the time for strftime_now. Nil means time.Now.
	Now func() time.Time
	// Bytes bounds the text that is made or looked through, 0 means 32 MiB.
	Bytes int
}

// Render gives the text for variables. An error has its line; see Error.
func (t *Template) Render(variables map[string]Value, o Options) (string, error) {
	r := &run{variables: variables, literal: o.Literal, now: o.Now, out: &strings.Builder{}, operations: maxOperations, bytes: o.Bytes}
	if r.now == nil {
		r.now = time.Now
	}
	if r.bytes == 0 {
		r.bytes = defaultBytes
	}
	r.execute(t.body, &scope{})
	if r.err != nil {
		return "", r.err
	}
	return r.out.String(), nil
}

// run is the state of one rendering. After its first error it evaluates and writes
// nothing more and its values mean nothing, so that callers need not look.
type run struct {
	variables map[string]Value
	literal   func(string) string
	now       func() time.Time
	out       *strings.Builder
	// what is left of the limits
	operations, bytes int
	depth             int
	// err is the first error, or errBreak or errContinue up to the loop around.
	err error
}

// fail notes an error. Its value may stand for the one that could not be made.
func (r *run) fail(format string, args ...any) Value {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
	return undefined{}
}

// place gives an error its line, if it has none.
func (r *run) place(line int) {
	var e *Error
	if r.err != nil && !errors.As(r.err, &e) {
		r.err = &Error{line, r.err}
	}
}

// charge counts work against the limits, before it is done. It says whether to do it.
func (r *run) charge(operations, bytes int) bool {
	r.operations -= operations
	r.bytes -= bytes
	if r.operations < 0 || r.bytes < 0 {
		r.fail("the template does too much for one chat")
	}
	return r.err == nil
}

// write adds to the output.
func (r *run) write(s string) {
	if r.charge(1, len(s)) {
		r.out.WriteString(s)
	}
}

// execute runs statements.
func (r *run) execute(body []statement, s *scope) {
	for _, statement := range body {
		if r.err != nil {
			return
		}
		statement.execute(r, s)
	}
}

// capture runs statements and gives what they write.
func (r *run) capture(body []statement, s *scope) string {
	outer := r.out
	r.out = &strings.Builder{}
	r.execute(body, s)
	text := r.out.String()
	r.out = outer
	return text
}

// eval evaluates an expression.
func (r *run) eval(e expression, s *scope) Value {
	var v Value = undefined{}
	if r.depth++; r.depth > maxEvaluation {
		r.fail("macros or expressions nested more than %d deep", maxEvaluation)
	}
	if r.charge(1, 0) {
		v = e.eval(r, s)
	}
	r.depth--
	if r.err != nil {
		r.place(e.line())
	}
	return v
}

func (r *run) evalAll(list []expression, s *scope) []Value {
	out := make([]Value, len(list))
	for i, e := range list {
		out[i] = r.eval(e, s)
	}
	return out
}

// scope holds variables. Tags that make a scope of their own see those around it and
// set their own, as in Jinja2.
type scope struct {
	outer *scope
	names map[string]Value
}

func (s *scope) inner() *scope { return &scope{outer: s} }

func (s *scope) set(name string, v Value) {
	if s.names == nil {
		s.names = map[string]Value{}
	}
	s.names[name] = v
}

// lookup is the value of a variable.
func (r *run) lookup(name string, s *scope) Value {
	for ; s != nil; s = s.outer {
		if v, ok := s.names[name]; ok {
			return v
		}
	}
	if v, ok := r.variables[name]; ok {
		return v
	}
	if f := globals[name]; f != nil {
		return f
	}
	return undefined{}
}
