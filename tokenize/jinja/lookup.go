package jinja

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// lacking are the attributes that Python's types have and this package lacks. Most
// change a value, which Jinja2's sandbox forbids.
var lacking = map[string][]string{
	"str": strings.Fields("casefold center encode expandtabs format format_map index isalnum isalpha isascii isdecimal isdigit isidentifier " +
		"islower isnumeric isprintable isspace istitle isupper ljust maketrans partition rindex rjust rpartition rsplit swapcase translate zfill"),
	"dict":      strings.Fields("clear copy fromkeys pop popitem setdefault update"),
	"list":      strings.Fields("append clear copy count extend index insert pop remove reverse sort"),
	"tuple":     strings.Fields("count index"),
	"range":     strings.Fields("count index start step stop"),
	"dict view": strings.Fields("isdisjoint mapping"),
	"int":       strings.Fields("as_integer_ratio bit_count bit_length conjugate denominator from_bytes imag is_integer numerator real to_bytes"),
	"float":     strings.Fields("as_integer_ratio conjugate fromhex hex imag is_integer real"),
	"loop":      strings.Fields("changed cycle depth depth0"),
}

// attribute is object.name: a method, else an entry.
func (r *run) attribute(object Value, name string) Value {
	kind := typeOf(object)
	if f := methods[kind][name]; f != nil {
		return &function{f, object}
	}
	if slices.Contains(lacking[kind], name) {
		return r.fail("attribute %s of a value of type %s is not implemented, or changes it", name, kind)
	}
	found, ok := Value(nil), false
	switch object := object.(type) {
	case undefined:
		return r.fail("%w: it has no attribute %s", errUndefined, name)
	case *Dict:
		found, ok = object.Get(name)
	case *namespace:
		found, ok = object.Get(name)
	case *loopState:
		return object.attribute(name)
	case *function, *closure, *iterator, safe:
		return r.fail("attributes of a value of type %s are not implemented", kind)
	}
	if !ok {
		return undefined{}
	}
	return found
}

// attribute is an attribute of loop.
func (l *loopState) attribute(name string) Value {
	i, n := int64(l.index), int64(len(l.items))
	switch name {
	case "index":
		return i + 1
	case "index0":
		return i
	case "revindex":
		return n - i
	case "revindex0":
		return n - i - 1
	case "first":
		return i == 0
	case "last":
		return i == n-1
	case "length":
		return n
	case "previtem":
		if i > 0 {
			return l.items[i-1]
		}
	case "nextitem":
		if i < n-1 {
			return l.items[i+1]
		}
	}
	return undefined{}
}

// element is object[key]: an entry, else a method.
func (r *run) element(object, key Value) Value {
	index, isIndex := integer(key)
	name, isName := key.(string)
	switch object := object.(type) {
	case undefined:
		return r.fail("%w: it has no elements", errUndefined)
	case *Dict:
		if v, ok := object.Get(name); isName && ok {
			return v
		}
	case *function, *closure, *iterator, *loopState, safe:
		return r.fail("elements of a value of type %s are not implemented", typeOf(object))
	case string:
		if isIndex && r.charge(0, len(object)) {
			if i, ok := position(index, utf8.RuneCountInString(object)); ok {
				from, to := runes(object, i, i+1)
				return object[from:to]
			}
		}
	case []Value, tuple, span:
		items, _ := elements(object)
		if i, ok := position(index, len(items)); isIndex && ok {
			return items[i]
		}
	}
	if isName {
		return r.attribute(object, name)
	}
	return undefined{}
}

// position is the index i of n elements, counted from the end where it is negative.
func position(i int64, n int) (int, bool) {
	if i < 0 {
		i += int64(n)
	}
	return int(i), i >= 0 && i < int64(n)
}

// runes says where characters from to to of a text are, in bytes.
func runes(s string, from, to int) (start, end int) {
	start, end = len(s), len(s)
	n := 0
	for i := range s {
		if n == from {
			start = i
		}
		if n == to {
			return start, i
		}
		n++
	}
	return start, end
}

// slice is object[start:stop:step].
func (r *run) slice(object Value, bounds [3]Value) Value {
	items, _ := elements(object)
	text, isText := object.(string)
	switch object.(type) {
	case string, []Value, tuple:
	default:
		return r.fail("slices of a value of type %s are not implemented", typeOf(object))
	}
	n := len(items)
	if isText {
		n = utf8.RuneCountInString(text)
	}
	start, stop, step := r.bounds(bounds, n)
	if !r.charge(n/16, len(text)) {
		return nil
	}
	if isText && step == 1 {
		from, to := runes(text, start, max(start, stop))
		return r.text(text[from:to])
	}
	if isText {
		items = r.items(text)
	}
	var out []Value
	for i := start; r.err == nil && (step > 0 && i < stop || step < 0 && i > stop); i += step {
		out = append(out, items[i])
	}
	r.charge(len(out), 0)
	switch object.(type) {
	case string:
		return r.join(out, "")
	case tuple:
		return tuple(out)
	}
	return out
}

// bounds are those of a slice of n elements, within these.
func (r *run) bounds(bounds [3]Value, n int) (start, stop, step int) {
	step = int(max(min(r.optional(bounds[2], 1), int64(n)+1), -int64(n)-1))
	first, last := int64(0), int64(n) // where a slice begins and ends that has no bounds
	lowest, highest := first, last
	if step < 0 {
		first, last = int64(n)-1, -1
		lowest, highest = last, first
	}
	place := func(bound Value, otherwise int64) int {
		i := r.optional(bound, otherwise)
		if bound != nil && i < 0 {
			i += int64(n)
		}
		return int(max(min(i, highest), lowest))
	}
	if step == 0 {
		r.fail("a slice with step 0")
	}
	return place(bounds[0], first), place(bounds[1], last), step
}
