package code

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// equal is Python's == between values that came from two processes: nothing is the same
// object, so nan is equal to nothing, wherever it is.
func equal(a, b value) bool {
	if a.kind != b.kind {
		return false
	}
	switch a.kind {
	case none:
		return true
	case number:
		return a.num.equal(b.num)
	case text, binary:
		return a.text == b.text
	case list, tuple:
		return slices.EqualFunc(a.items, b.items, equal)
	case set:
		return sameSet(a, b)
	case dict:
		return sameDict(a, b, equal)
	case ranges:
		return a.rangeKey() == b.rangeKey()
	default: // opaque, iterator
		return false
	}
}

// near is [equal] with JSON's poverty of types, for expected results that were written
// in JSON: a tuple is a list, and a number is right within the tolerance, absolute for
// small numbers and relative for others.
func near(want, got value, tolerance float64) bool {
	deep := func(a, b value) bool { return near(a, b, tolerance) }
	switch {
	case want.kind == number && got.kind == number:
		return want.num.equal(got.num) || within(want.num.float(), got.num.float(), tolerance)
	case want.kind == list && (got.kind == list || got.kind == tuple), want.kind == tuple && got.kind == tuple:
		return slices.EqualFunc(want.items, got.items, deep)
	case want.kind == dict && got.kind == dict:
		return sameDict(want, got, deep)
	}
	return equal(want, got)
}

// within says that got is at most tolerance from want, times |want| where that is above
// 1. Of infinities and nan it is false.
func within(want, got, tolerance float64) bool {
	return tolerance > 0 && math.Abs(want-got) <= tolerance*max(1, math.Abs(want)) && !math.IsInf(want, 0)
}

// sameSet: the sets have the same members. A hostile process may list one twice.
func sameSet(a, b value) bool {
	ka, okA := keysOf(a.items)
	kb, okB := keysOf(b.items)
	return okA && okB && slices.Equal(ka, kb)
}

// keysOf are the keys of the items, sorted, each once; false where one has none.
func keysOf(items []value) ([]string, bool) {
	out := make([]string, len(items))
	for i := range items {
		k, ok := items[i].key()
		if !ok {
			return nil, false
		}
		out[i] = k
	}
	slices.Sort(out)
	return slices.Compact(out), true
}

// sameDict: the same keys, with values that are same. Of a key that is listed twice the
// last one counts, as in Python.
func sameDict(a, b value, same func(a, b value) bool) bool {
	index, ok := b.lookup()
	if !ok {
		return false
	}
	mine, ok := a.lookup()
	if !ok || len(mine) != len(index) {
		return false
	}
	for k, i := range mine {
		j, ok := index[k]
		if !ok || !same(a.items[i], b.items[j]) {
			return false
		}
	}
	return true
}

// lookup is the index of the value of each key of a dict.
func (v value) lookup() (map[string]int, bool) {
	out := make(map[string]int, len(v.items)/2)
	for i := 0; i < len(v.items); i += 2 {
		k, ok := v.items[i].key()
		if !ok {
			return nil, false
		}
		out[k] = i + 1
	}
	return out, true
}

// key is a text that equal values have in common and others do not; false for a value
// that can be in no set, or that is equal to nothing.
func (v value) key() (string, bool) {
	switch v.kind {
	case none:
		return "N", true
	case number:
		return "n" + v.num.key(), v.num.special != "nan" && v.num.im != "nan"
	case text:
		return "s" + strconv.Quote(v.text), true
	case binary:
		return "b" + v.text, true
	case ranges:
		return "r" + v.rangeKey(), true
	case tuple:
		keys := make([]string, len(v.items))
		for i := range v.items {
			k, ok := v.items[i].key()
			if !ok {
				return "", false
			}
			keys[i] = strconv.Itoa(len(k)) + ":" + k
		}
		return "t" + strings.Join(keys, ""), true
	case set:
		keys, ok := keysOf(v.items)
		for i, k := range keys {
			keys[i] = strconv.Itoa(len(k)) + ":" + k
		}
		return "S" + strings.Join(keys, ""), ok
	default: // opaque, list, dict, iterator
		return "", false
	}
}

// rangeKey tells ranges apart; two that give the same numbers by other bounds count as
// different, which Python does not say of them but no test was seen to need.
func (v value) rangeKey() string {
	var b strings.Builder
	for _, x := range v.items {
		b.WriteString(x.num.key() + " ")
	}
	return b.String()
}

// isTrue is Python's bool.
func (v value) isTrue() bool {
	switch v.kind {
	case none:
		return false
	case opaque:
		return v.truth
	case number:
		return !v.num.isZero()
	case text, binary:
		return v.text != ""
	case iterator:
		return true
	case ranges:
		start, stop, step := v.items[0].num.re, v.items[1].num.re, v.items[2].num.re
		return start.Cmp(stop)*step.Sign() < 0
	default:
		return len(v.items) > 0
	}
}
