package jinja

import (
	"errors"
	"strings"
)

// statement is a part of a template that writes or sets something.
type statement interface {
	execute(r *run, s *scope)
}

// errBreak and errContinue end an iteration of the loop around.
var (
	errBreak    = errors.New("break")
	errContinue = errors.New("continue")
)

// at is the line where a part of a template stands.
type at int

func (a at) line() int { return int(a) }

type (
	text struct {
		at
		text string
	}
	output struct {
		at
		value expression
	}
	conditional struct {
		at
		branches []branch
		orelse   []statement
	}
	branch struct {
		test expression
		body []statement
	}
	// loop is for targets in value if test, else orelse.
	loop struct {
		at
		targets      []string
		value, test  expression // test may be nil
		body, orelse []statement
	}
	// assignment sets targets, or the attribute of the only one, which is a namespace.
	assignment struct {
		at
		targets   []string
		attribute string
		value     expression
	}
	macro struct {
		at
		name     string
		params   []string
		defaults []expression // nil where there is none
		body     []statement
	}
	// block has a scope of its own.
	block struct{ body []statement }
	jump  struct{ err error }
)

func (x *text) execute(r *run, _ *scope) {
	written := x.text
	if r.literal != nil {
		written = r.literal(written)
	}
	r.write(written)
	r.place(x.line())
}

func (x *output) execute(r *run, s *scope) {
	r.write(r.str(r.eval(x.value, s)))
	r.place(x.line())
}

func (x *conditional) execute(r *run, s *scope) {
	for _, b := range x.branches {
		if truth(r.eval(b.test, s)) {
			r.execute(b.body, s)
			return
		}
	}
	r.execute(x.orelse, s)
}

func (x *loop) execute(r *run, s *scope) {
	items := r.items(r.eval(x.value, s))
	if x.test != nil {
		all := items
		items = nil
		for _, item := range all {
			inner := s.inner()
			r.assign(x.targets, item, inner)
			if truth(r.eval(x.test, inner)) {
				items = append(items, item)
			}
		}
	}
	state := &loopState{items: items}
	for i, item := range items {
		if !r.charge(1, 0) {
			break
		}
		state.index = i
		inner := s.inner()
		inner.set("loop", state)
		r.assign(x.targets, item, inner)
		r.execute(x.body, inner)
		if errors.Is(r.err, errBreak) {
			r.err = nil
			break
		}
		if errors.Is(r.err, errContinue) {
			r.err = nil
		}
	}
	if len(items) == 0 {
		r.execute(x.orelse, s.inner())
	}
	r.place(x.line())
}

// assign sets names to a value, or to its items where there are several.
func (r *run) assign(names []string, v Value, s *scope) {
	if len(names) == 1 {
		s.set(names[0], v)
		return
	}
	items := r.items(v)
	if len(items) != len(names) {
		r.fail("%d values for %d names", len(items), len(names))
		return
	}
	for i, name := range names {
		s.set(name, items[i])
	}
}

func (x *assignment) execute(r *run, s *scope) {
	v := r.eval(x.value, s)
	ns, ok := r.lookup(x.targets[0], s).(*namespace)
	switch {
	case r.err != nil:
	case x.attribute == "":
		r.assign(x.targets, v, s)
	case !ok:
		r.fail("an attribute %s is set of what is no namespace", x.attribute)
	case strings.HasPrefix(x.attribute, "_"):
		r.fail("an attribute %s is set, which begins with an underscore", x.attribute)
	default:
		ns.Set(x.attribute, v)
	}
	r.place(x.line())
}

func (x *macro) execute(_ *run, s *scope) { s.set(x.name, &closure{x, s}) }

func (x *block) execute(r *run, s *scope) { r.execute(x.body, s.inner()) }

func (x *jump) execute(r *run, _ *scope) { r.err = x.err }
