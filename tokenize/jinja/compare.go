package jinja

import (
	"cmp"
	"strings"
)

// compare applies an operator of comparison.
func (r *run) compare(operator string, a, b Value) bool {
	switch operator {
	case "==", "!=":
		return r.equal(a, b, 0) == (operator == "==")
	case "in", "not in":
		return r.contains(b, a) == (operator == "in")
	case "<":
		return r.order(a, b) < 0
	case "<=":
		return r.order(a, b) <= 0
	case ">":
		return r.order(a, b) > 0
	default:
		return r.order(a, b) >= 0
	}
}

// equal is Python's ==.
func (r *run) equal(a, b Value, depth int) bool {
	if !r.nested(depth) {
		return false
	}
	if order, ok := orderOfNumbers(a, b); ok {
		return order == 0
	}
	switch a := a.(type) {
	case string:
		if b, ok := b.(string); ok {
			return r.charge(0, min(len(a), len(b))) && a == b
		}
	case []Value:
		if b, ok := b.([]Value); ok {
			return r.equalLists(a, b, depth)
		}
	case tuple:
		if b, ok := b.(tuple); ok {
			return r.equalLists(a, b, depth)
		}
	case *Dict:
		if b, ok := b.(*Dict); ok {
			return r.equalDicts(a, b, depth)
		}
	}
	for _, v := range []Value{a, b} {
		switch v.(type) {
		case nil, undefined, bool, int64, float64, string, []Value, tuple, *Dict:
		default:
			r.fail("comparing values of type %s and %s is not implemented", typeOf(a), typeOf(b))
		}
	}
	return a == undefined{} && b == undefined{} || a == nil && b == nil
}

// nested counts work on a value in others and says whether to do it.
func (r *run) nested(depth int) bool {
	if depth > maxNested {
		r.fail("a value nested more than %d deep", maxNested)
	}
	return r.charge(1, 0)
}

func (r *run) equalLists(a, b []Value, depth int) bool {
	same := len(a) == len(b)
	for i := 0; same && i < len(a); i++ {
		same = r.equal(a[i], b[i], depth+1)
	}
	return same
}

func (r *run) equalDicts(a, b *Dict, depth int) bool {
	if a.Len() != b.Len() {
		return false
	}
	for key, v := range a.All() {
		if other, ok := b.Get(key); !ok || !r.equal(v, other, depth+1) {
			return false
		}
	}
	return true
}

// orderOfNumbers orders ints, bools and floats, if both are. NaN is above all, which
// no JSON holds.
func orderOfNumbers(a, b Value) (int, bool) {
	m, aInt := integer(a)
	n, bInt := integer(b)
	if aInt && bInt {
		return cmp.Compare(m, n), true
	}
	x, aNumber := number(a)
	y, bNumber := number(b)
	return cmp.Compare(x, y), aNumber && bNumber
}

// order is Python's < between values that have an order.
func (r *run) order(a, b Value) int {
	if order, ok := orderOfNumbers(a, b); ok {
		return order
	}
	s, aText := a.(string)
	t, bText := b.(string)
	if !aText || !bText {
		r.fail("no order between values of type %s and %s", typeOf(a), typeOf(b))
	}
	r.charge(0, min(len(s), len(t)))
	return strings.Compare(s, t)
}

// contains is Python's in.
func (r *run) contains(container, item Value) bool {
	key, isText := item.(string)
	switch c := container.(type) {
	case string:
		if !isText {
			r.fail("a value of type %s in a str", typeOf(item))
		}
		return r.charge(1, len(c)) && strings.Contains(c, key)
	case *Dict:
		_, found := r.get(c, item)
		return found
	}
	for _, v := range r.items(container) {
		if r.equal(v, item, 0) {
			return true
		}
	}
	return false
}

// get is an entry of a dict, whose keys are texts; a key of another type has none.
func (r *run) get(d *Dict, key Value) (Value, bool) {
	switch key := key.(type) {
	case string:
		return d.Get(key)
	case nil, undefined, bool, int64, float64, bigInt, tuple:
	default:
		r.fail("a value of type %s is no key of a dict", typeOf(key))
	}
	return nil, false
}
