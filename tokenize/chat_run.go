package tokenize

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ardanlabs/jinja"
)

// Limits of one rendering: operations, and bytes of text made or looked through. They
// are far beyond what a chat needs and keep a hostile template within about a second
// and some hundred megabytes.
const (
	maxOperations  = 2_000_000
	baseBytes      = 32 << 20
	bytesPerByte   = 64
	maxMacroNested = 50
	maxRange       = 100_000 // Jinja2's own limit in its sandbox
	maxValueNested = 200
)

var (
	errBudget    = errors.New("the template does too much for one chat")
	errUndefined = errors.New("an undefined value is used")
)

// chatRun is the state of one rendering.
type chatRun struct {
	operations int
	bytes      int
	macros     int
	now        func() time.Time
	// marks say what a list or a dict is beside that, by its pointer.
	marks map[any]mark
	// iterators are the items of iterators, by their number; each is used up by
	// its first use, as in Python.
	iterators [][]jinja.Value
}

// mark tells values apart that the library has one type for.
type mark uint8

const (
	markTuple     mark = iota + 1
	markView           // of dict.items, keys and values
	markNamespace      // of namespace()
)

// operation is a function that a lowered template calls; see lowerer. line is where
// it stands in the template.
type operation func(r *chatRun, line int, args []jinja.Value) (jinja.Value, error)

// charge counts work against the limits.
func (r *chatRun) charge(operations, bytes int) error {
	r.operations -= operations
	r.bytes -= bytes
	if r.operations < 0 || r.bytes < 0 {
		return errBudget
	}
	return nil
}

// text makes a string value, which counts.
func (r *chatRun) text(s string) (jinja.Value, error) {
	return jinja.NewString(s), r.charge(0, len(s))
}

// list makes a list of a kind, which counts.
func (r *chatRun) list(items []jinja.Value, kind mark) (jinja.Value, error) {
	v := jinja.NewList(items)
	if kind != 0 {
		r.mark(v.AsList(), kind)
	}
	return v, r.charge(len(items), 0)
}

func (r *chatRun) mark(pointer any, kind mark) {
	if r.marks == nil {
		r.marks = map[any]mark{}
	}
	r.marks[pointer] = kind
}

func (r *chatRun) markOf(v jinja.Value) mark {
	switch {
	case r.marks == nil:
		return 0
	case v.IsList():
		return r.marks[v.AsList()]
	case v.IsDict():
		return r.marks[v.AsDict()]
	}
	return 0
}

// The names of callable values that stand for something the library has no type
// for. A NUL keeps them apart from macros.
const (
	missingName  = "\x00missing"
	integerName  = "\x00int "      // and the digits: an integer beyond 64 bits
	iteratorName = "\x00iterator " // and the index in chatRun.iterators
	globalName   = "\x00global "   // and the name of a function
	markupName   = "\x00markup "   // and the text: a string that the filter safe made
)

func opaque(name string) jinja.Value {
	return jinja.NewCallable(name, func([]jinja.Value, map[string]jinja.Value) (jinja.Value, error) {
		return jinja.Undefined(), errors.New("a value that is no function is called")
	})
}

// opaqueName is what follows prefix in the name of an opaque value.
func opaqueName(v jinja.Value, prefix string) (string, bool) {
	if !v.IsCallable() {
		return "", false
	}
	return strings.CutPrefix(v.AsCallable().Name, prefix)
}

// iterator makes a value that gives items once.
func (r *chatRun) iterator(items []jinja.Value) (jinja.Value, error) {
	r.iterators = append(r.iterators, items)
	return opaque(fmt.Sprint(iteratorName, len(r.iterators)-1)), r.charge(len(items), 0)
}

// items are what iterating over a value gives.
func (r *chatRun) items(v jinja.Value) ([]jinja.Value, error) {
	switch {
	case v.IsList():
		return v.AsList().Items, r.charge(v.AsList().Len(), 0)
	case v.IsUndefined():
		return nil, nil
	case v.IsDict() && r.markOf(v) != markNamespace:
		keys := v.AsDict().Keys
		out := make([]jinja.Value, len(keys))
		for i, key := range keys {
			out[i] = jinja.NewString(key)
		}
		return out, r.charge(len(out), 0)
	case v.IsString():
		if err := r.charge(len(v.AsString()), 8*len(v.AsString())); err != nil {
			return nil, err
		}
		var out []jinja.Value
		for _, c := range v.AsString() {
			out = append(out, jinja.NewString(string(c)))
		}
		return out, nil
	}
	if number, ok := opaqueName(v, iteratorName); ok {
		var i int
		if _, err := fmt.Sscan(number, &i); err != nil || i < 0 || i >= len(r.iterators) {
			return nil, fmt.Errorf("iterator %q", number)
		}
		out := r.iterators[i]
		r.iterators[i] = nil
		return out, r.charge(len(out), 0)
	}
	return nil, fmt.Errorf("%s is not iterable", r.typeOf(v))
}

// typeOf is the name of a value's type in Python.
func (r *chatRun) typeOf(v jinja.Value) string {
	switch {
	case v.IsUndefined():
		return "undefined"
	case v.IsNone():
		return "None"
	case v.IsBool():
		return "bool"
	case v.IsInt():
		return "int"
	case v.IsFloat():
		return "float"
	case v.IsString():
		return "str"
	case v.IsList():
		return map[mark]string{0: "list", markTuple: "tuple", markView: "dict view"}[r.markOf(v)]
	case v.IsDict():
		if r.markOf(v) == markNamespace {
			return "namespace"
		}
		return "dict"
	}
	if _, ok := opaqueName(v, integerName); ok {
		return "int"
	}
	if _, ok := opaqueName(v, iteratorName); ok {
		return "iterator"
	}
	if _, ok := opaqueName(v, markupName); ok {
		return "safe str"
	}
	return "function"
}

// pairs reads what follows position n of arguments: 'name', value in turn.
func pairs(args []jinja.Value, n int) []namedValue {
	var out []namedValue
	for i := n; i+1 < len(args); i += 2 {
		out = append(out, namedValue{args[i].AsString(), args[i+1]})
	}
	return out
}

// namedValue is an argument by name.
type namedValue struct {
	name  string
	value jinja.Value
}

// bind puts arguments in the order of parameters. Those left out are nil.
func bind(args []jinja.Value, named []namedValue, params ...string) ([]*jinja.Value, error) {
	if len(args) > len(params) {
		return nil, fmt.Errorf("%d arguments, want at most %d", len(args), len(params))
	}
	out := make([]*jinja.Value, len(params))
	for i := range args {
		out[i] = &args[i]
	}
	for _, n := range named {
		i := 0
		for i < len(params) && params[i] != n.name {
			i++
		}
		if i == len(params) {
			return nil, fmt.Errorf("no argument is called %s", n.name)
		}
		if out[i] != nil {
			return nil, fmt.Errorf("two arguments for %s", n.name)
		}
		out[i] = &n.value
	}
	return out, nil
}
