package jinja

import "strings"

// expression is a part of a template that has a value.
type expression interface {
	eval(r *run, s *scope) Value
	line() int
}

type (
	literal struct {
		at
		value   Value
		written bool // see written
	}
	variable struct {
		at
		name string
	}
	// sequence is a list or a tuple.
	sequence struct {
		at
		tuple bool
		items []expression
	}
	mapping struct {
		at
		keys, values []expression
	}
	attribute struct {
		at
		object expression
		name   string
	}
	element struct {
		at
		object, key expression
	}
	// slice is object[start:stop:step]; bounds are nil where left out.
	slice struct {
		at
		object expression
		bounds [3]expression
	}
	call struct {
		at
		function expression
		args     []argument
	}
	argument struct {
		name  string // empty by position; those with a name come last
		value expression
	}
	// applied is value | name(args) or value is name(args).
	applied struct {
		at
		test     bool
		name     string
		function *builtin
		value    expression
		args     []argument
	}
	negation struct {
		at
		value expression
	}
	// choice is value if test else orelse, which may be nil.
	choice struct {
		at
		test, value, orelse expression
	}
	signed struct {
		at
		sign  string
		value expression
	}
	// operation is and, or, or arithmetic.
	operation struct {
		at
		operator    string
		left, right expression
	}
	// comparison is first < second < third and so on.
	comparison struct {
		at
		first expression
		rest  []compared
	}
	compared struct {
		operator string
		value    expression
	}
	// concatenation is parts joined by ~.
	concatenation struct {
		at
		parts []expression
	}
	// captured is what statements write.
	captured struct {
		at
		body []statement
	}
)

func (x *literal) eval(r *run, _ *scope) Value {
	if s, ok := x.value.(string); ok && x.written && r.literal != nil {
		return r.literal(s)
	}
	return x.value
}

func (x *variable) eval(r *run, s *scope) Value { return r.lookup(x.name, s) }

func (x *sequence) eval(r *run, s *scope) Value {
	items := r.evalAll(x.items, s)
	if x.tuple {
		return tuple(items)
	}
	return items
}

func (x *mapping) eval(r *run, s *scope) Value {
	out := &Dict{}
	for i := range x.keys {
		key, ok := r.eval(x.keys[i], s).(string)
		if !ok {
			return r.fail("a dict's key that is no str is not implemented")
		}
		out.Set(key, r.eval(x.values[i], s))
	}
	return out
}

func (x *attribute) eval(r *run, s *scope) Value { return r.attribute(r.eval(x.object, s), x.name) }

func (x *element) eval(r *run, s *scope) Value {
	object := r.eval(x.object, s)
	return r.element(object, r.eval(x.key, s))
}

func (x *slice) eval(r *run, s *scope) Value {
	object := r.eval(x.object, s)
	var bounds [3]Value
	for i, b := range x.bounds {
		if b != nil {
			bounds[i] = r.eval(b, s)
		}
	}
	return r.slice(object, bounds)
}

func (x *call) eval(r *run, s *scope) Value {
	f := r.eval(x.function, s)
	args, named := r.arguments(x.args, s)
	if r.err != nil {
		return nil
	}
	switch f := f.(type) {
	case *function:
		return f.builtin.call(r, f.object, args, named)
	case *closure:
		return r.callMacro(f, args, named)
	}
	name := "the value"
	switch function := x.function.(type) {
	case *variable:
		name = function.name
	case *attribute:
		name = function.name
	}
	if f == (undefined{}) {
		return r.fail("%w: %s is not defined, or no method here", errUndefined, name)
	}
	return r.fail("%s is no function but of type %s", name, typeOf(f))
}

// arguments evaluates arguments: those by position, and those by name.
func (r *run) arguments(args []argument, s *scope) ([]Value, *Dict) {
	var values []Value
	named := &Dict{}
	for _, a := range args {
		if a.name == "" {
			values = append(values, r.eval(a.value, s))
			continue
		}
		if _, twice := named.Get(a.name); twice {
			r.fail("two arguments for %s", a.name)
		}
		named.Set(a.name, r.eval(a.value, s))
	}
	return values, named
}

// callMacro gives what a macro writes.
func (r *run) callMacro(c *closure, args []Value, named *Dict) Value {
	bound := r.bind(c.macro.params, args, named)
	if r.err != nil {
		return r.within("macro " + c.macro.name)
	}
	s := c.scope.inner()
	for i, name := range c.macro.params {
		s.set(name, bound[i])
		if bound[i] == (absent{}) {
			s.set(name, undefined{})
		}
	}
	for i, value := range c.macro.defaults {
		if value != nil && bound[i] == (absent{}) {
			s.set(c.macro.params[i], r.eval(value, s))
		}
	}
	return r.capture(c.macro.body, s)
}

func (x *applied) eval(r *run, s *scope) Value {
	v := r.eval(x.value, s)
	args, named := r.arguments(x.args, s)
	return x.function.call(r, v, args, named)
}

func (x *negation) eval(r *run, s *scope) Value { return !truth(r.eval(x.value, s)) }

func (x *choice) eval(r *run, s *scope) Value {
	if truth(r.eval(x.test, s)) {
		return r.eval(x.value, s)
	}
	if x.orelse != nil {
		return r.eval(x.orelse, s)
	}
	return undefined{}
}

func (x *signed) eval(r *run, s *scope) Value { return r.signed(x.sign, r.eval(x.value, s)) }

func (x *operation) eval(r *run, s *scope) Value {
	left := r.eval(x.left, s)
	switch {
	case x.operator == "and" && !truth(left), x.operator == "or" && truth(left):
		return left
	case x.operator == "and", x.operator == "or":
		return r.eval(x.right, s)
	}
	return r.arithmetic(x.operator, left, r.eval(x.right, s))
}

func (x *comparison) eval(r *run, s *scope) Value {
	left := r.eval(x.first, s)
	for _, c := range x.rest {
		right := r.eval(c.value, s)
		if !r.compare(c.operator, left, right) {
			return false
		}
		left = right
	}
	return true
}

func (x *concatenation) eval(r *run, s *scope) Value {
	var out strings.Builder
	for _, part := range x.parts {
		if text := r.str(r.eval(part, s)); r.charge(0, len(text)) {
			out.WriteString(text)
		}
	}
	return out.String()
}

func (x *captured) eval(r *run, s *scope) Value { return r.capture(x.body, s.inner()) }
