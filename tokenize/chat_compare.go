package tokenize

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/ardanlabs/jinja"
)

func opCompare(r *chatRun, _ int, args []jinja.Value) (jinja.Value, error) {
	if err := r.charge(1, 0); err != nil {
		return jinja.Undefined(), err
	}
	result, err := r.compare(args[0].AsString(), args[1], args[2])
	return jinja.NewBool(result), err
}

func (r *chatRun) compare(op string, a, b jinja.Value) (bool, error) {
	switch op {
	case "==":
		return r.equal(a, b, 0)
	case "!=":
		same, err := r.equal(a, b, 0)
		return !same, err
	case "in":
		return r.contains(b, a)
	case "not in":
		found, err := r.contains(b, a)
		return !found, err
	}
	order, err := r.order(a, b)
	switch op {
	case "<":
		return order < 0, err
	case "<=":
		return order <= 0, err
	case ">":
		return order > 0, err
	default:
		return order >= 0, err
	}
}

// equal is Python's ==.
func (r *chatRun) equal(a, b jinja.Value, depth int) (bool, error) {
	if depth > maxValueNested {
		return false, fmt.Errorf("a value nested more than %d deep", maxValueNested)
	}
	if err := r.charge(1, 0); err != nil {
		return false, err
	}
	switch {
	case isNumber(a) && isNumber(b):
		return compareNumbers(a, b) == 0, nil
	case a.IsString() && b.IsString():
		return a.AsString() == b.AsString(), r.charge(0, min(len(a.AsString()), len(b.AsString())))
	case a.IsList() && b.IsList() && r.markOf(a) == r.markOf(b) && r.markOf(a) != markView:
		return r.equalLists(a.AsList().Items, b.AsList().Items, depth)
	case r.isDict(a) && r.isDict(b):
		return r.equalDicts(a.AsDict(), b.AsDict(), depth)
	case r.incomparable(a) || r.incomparable(b):
		return false, fmt.Errorf("comparing values of type %s and %s is not implemented", r.typeOf(a), r.typeOf(b))
	}
	return a.IsUndefined() && b.IsUndefined() || a.IsNone() && b.IsNone(), nil
}

// isDict says that a value is a dict and no namespace.
func (r *chatRun) isDict(v jinja.Value) bool { return v.IsDict() && r.markOf(v) == 0 }

// incomparable says that == of a value is not implemented.
func (r *chatRun) incomparable(v jinja.Value) bool {
	return v.IsCallable() || r.markOf(v) == markView || r.markOf(v) == markNamespace
}

func (r *chatRun) equalLists(a, b []jinja.Value, depth int) (bool, error) {
	if len(a) != len(b) {
		return false, nil
	}
	for i := range a {
		if same, err := r.equal(a[i], b[i], depth+1); err != nil || !same {
			return false, err
		}
	}
	return true, nil
}

func (r *chatRun) equalDicts(a, b *jinja.Dict, depth int) (bool, error) {
	if a.Len() != b.Len() {
		return false, nil
	}
	for _, key := range a.Keys {
		other, ok := b.Get(key)
		if !ok {
			return false, nil
		}
		if same, err := r.equal(a.Data[key], other, depth+1); err != nil || !same {
			return false, err
		}
	}
	return true, nil
}

func isNumber(v jinja.Value) bool { return v.IsNumber() || v.IsBool() }

// compareNumbers orders ints, bools and floats. NaN is above all, which no JSON holds.
func compareNumbers(a, b jinja.Value) int {
	m, aInt := integer(a)
	n, bInt := integer(b)
	if aInt && bInt {
		return cmp.Compare(m, n)
	}
	return cmp.Compare(number(a), number(b))
}

// order is Python's < between values that have an order.
func (r *chatRun) order(a, b jinja.Value) (int, error) {
	switch {
	case isNumber(a) && isNumber(b):
		return compareNumbers(a, b), nil
	case a.IsString() && b.IsString():
		return strings.Compare(a.AsString(), b.AsString()), r.charge(0, min(len(a.AsString()), len(b.AsString())))
	}
	return 0, fmt.Errorf("no order between values of type %s and %s", r.typeOf(a), r.typeOf(b))
}

// contains is Python's in.
func (r *chatRun) contains(container, item jinja.Value) (bool, error) {
	switch {
	case container.IsString() && item.IsString():
		return strings.Contains(container.AsString(), item.AsString()), r.charge(1, len(container.AsString()))
	case container.IsString():
		return false, fmt.Errorf("a value of type %s in a str", r.typeOf(item))
	case container.IsDict() && r.markOf(container) == 0:
		if item.IsList() && r.markOf(item) != markTuple || item.IsDict() || item.IsCallable() {
			return false, fmt.Errorf("a value of type %s is no key of a dict", r.typeOf(item))
		}
		return item.IsString() && container.AsDict().Has(item.AsString()), nil
	}
	items, err := r.items(container)
	if err != nil {
		return false, err
	}
	for _, v := range items {
		if same, err := r.equal(v, item, 0); err != nil || same {
			return same, err
		}
	}
	return false, nil
}

// test is what stands after is. args are the value and the test's arguments.
type test struct {
	args int // without the value
	do   func(r *chatRun, v jinja.Value, args []jinja.Value) (bool, error)
}

// kindTest is a test of the value alone.
func kindTest(do func(v jinja.Value) bool) *test {
	return &test{0, func(_ *chatRun, v jinja.Value, _ []jinja.Value) (bool, error) { return do(v), nil }}
}

// compareTest is a test that is an operator.
func compareTest(op string) *test {
	return &test{1, func(r *chatRun, v jinja.Value, args []jinja.Value) (bool, error) { return r.compare(op, v, args[0]) }}
}

// remainderTest looks at the value modulo another.
func remainderTest(arguments int, modulus, want int64) *test {
	return &test{arguments, func(r *chatRun, v jinja.Value, args []jinja.Value) (bool, error) {
		by := modulus
		if arguments > 0 {
			by, _ = integer(args[0])
		}
		n, ok := integer(v)
		if !ok || by == 0 {
			return false, fmt.Errorf("a remainder of a value of type %s by %d", r.typeOf(v), by)
		}
		rest, err := integerBinary("%", n, by)
		return err == nil && rest.AsInt() == want, err
	}}
}

var tests = map[string]*test{
	"defined":   kindTest(func(v jinja.Value) bool { return !v.IsUndefined() }),
	"undefined": kindTest(jinja.Value.IsUndefined),
	"none":      kindTest(jinja.Value.IsNone),
	"boolean":   kindTest(jinja.Value.IsBool),
	"true":      kindTest(func(v jinja.Value) bool { return v.IsBool() && v.AsBool() }),
	"false":     kindTest(func(v jinja.Value) bool { return v.IsBool() && !v.AsBool() }),
	"integer":   kindTest(isInteger),
	"float":     kindTest(jinja.Value.IsFloat),
	"number":    kindTest(func(v jinja.Value) bool { return v.IsBool() || v.IsFloat() || isInteger(v) }),
	"string":    kindTest(isString),
	"mapping": {0, func(r *chatRun, v jinja.Value, _ []jinja.Value) (bool, error) {
		return v.IsDict() && r.markOf(v) == 0, nil
	}},
	"iterable": {0, func(r *chatRun, v jinja.Value, _ []jinja.Value) (bool, error) {
		_, iterator := opaqueName(v, iteratorName)
		return iterator || v.IsList() || isString(v) || v.IsUndefined() || v.IsDict() && r.markOf(v) == 0, nil
	}},
	"sequence": {0, func(r *chatRun, v jinja.Value, _ []jinja.Value) (bool, error) {
		return isString(v) || v.IsUndefined() || v.IsList() && r.markOf(v) != markView || v.IsDict() && r.markOf(v) == 0, nil
	}},
	"odd":         remainderTest(0, 2, 1),
	"even":        remainderTest(0, 2, 0),
	"divisibleby": remainderTest(1, 0, 0),
	"eq":          compareTest("=="), "equalto": compareTest("=="),
	"ne": compareTest("!="),
	"lt": compareTest("<"), "lessthan": compareTest("<"), "le": compareTest("<="),
	"gt": compareTest(">"), "greaterthan": compareTest(">"), "ge": compareTest(">="),
	"in": compareTest("in"),
}

func isString(v jinja.Value) bool {
	_, markup := opaqueName(v, markupName)
	return v.IsString() || markup
}

func isInteger(v jinja.Value) bool {
	_, big := opaqueName(v, integerName)
	return v.IsInt() || big
}

func opTest(r *chatRun, _ int, args []jinja.Value) (jinja.Value, error) {
	result, err := r.test(args[0].AsString(), args[1], args[2:])
	return jinja.NewBool(result), err
}

func (r *chatRun) test(name string, v jinja.Value, args []jinja.Value) (bool, error) {
	t := tests[name]
	switch {
	case t == nil:
		return false, fmt.Errorf("test %q is not implemented", name)
	case len(args) != t.args:
		return false, fmt.Errorf("test %s takes %d arguments, not %d", name, t.args, len(args))
	}
	if err := r.charge(1, 0); err != nil {
		return false, err
	}
	return t.do(r, v, args)
}
