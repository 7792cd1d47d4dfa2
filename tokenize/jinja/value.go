package jinja

import (
	"fmt"
	"iter"
	"strings"
)

// Value is a value of a template: nil for None, a bool, an int64, a float64, a string,
// a []Value for a list or a *[Dict]. [ValueOf] makes them of other types. Templates
// have more types inside; none of them changes a value that it was given.
type Value = any

// The types of values that templates make.
type (
	// undefined is what a name without a value has.
	undefined struct{}
	// absent is an argument left out.
	absent struct{}
	tuple  []Value
	// view is what items, keys and values of a dict give.
	view []Value
	// span is what range gives.
	span []Value
	// iterator gives its items once.
	iterator struct{ items []Value }
	// namespace is a dict whose entries a template may set.
	namespace struct{ Dict }
	// bigInt is an integer beyond 64 bits in decimal digits.
	bigInt string
	// safe is a string that the filter safe made: Python would escape what is added to
	// it, so that nothing but printing, joining and tests take it here.
	safe string
	// function is a global function, or a method with its object.
	function struct {
		builtin *builtin
		object  Value
	}
	// closure is a macro with the scope where it was defined.
	closure struct {
		macro *macro
		scope *scope
	}
	// loopState is the variable loop.
	loopState struct {
		items []Value
		index int
	}
)

// Dict is a dictionary with text for keys, which keeps their order. The zero Dict is
// empty and ready to use.
type Dict struct {
	keys   []string
	values map[string]Value
}

// Set sets the value of a key; one that is there keeps its place.
func (d *Dict) Set(key string, v Value) {
	if d.values == nil {
		d.values = map[string]Value{}
	}
	if _, ok := d.values[key]; !ok {
		d.keys = append(d.keys, key)
	}
	d.values[key] = v
}

// Get gives the value of a key, and whether it is there.
func (d *Dict) Get(key string) (Value, bool) {
	v, ok := d.values[key]
	return v, ok
}

// Len is the number of keys.
func (d *Dict) Len() int { return len(d.keys) }

// All goes over keys and values in order.
func (d *Dict) All() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for _, key := range d.keys {
			if !yield(key, d.values[key]) {
				return
			}
		}
	}
}

// typeOf is the name of a value's type in Python.
func typeOf(v Value) string {
	switch v.(type) {
	case nil:
		return "None"
	case undefined:
		return "undefined"
	case bool:
		return "bool"
	case int64, bigInt:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case safe:
		return "safe str"
	case []Value:
		return "list"
	case tuple:
		return "tuple"
	case view:
		return "dict view"
	case span:
		return "range"
	case *iterator:
		return "iterator"
	case *Dict:
		return "dict"
	case *namespace:
		return "namespace"
	case *loopState:
		return "loop"
	case *function, *closure:
		return "function"
	}
	return fmt.Sprintf("%T", v)
}

// truth says whether an if takes a value for true.
func truth(v Value) bool {
	switch v := v.(type) {
	case nil, undefined, absent:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case float64:
		return v != 0
	case string:
		return v != ""
	case safe:
		return v != ""
	case *Dict:
		return v.Len() > 0
	}
	items, ok := elements(v)
	return !ok || len(items) > 0
}

// elements are those of a list, a tuple, a view or a range.
func elements(v Value) ([]Value, bool) {
	switch v := v.(type) {
	case []Value:
		return v, true
	case tuple:
		return v, true
	case view:
		return v, true
	case span:
		return v, true
	}
	return nil, false
}

// integer is a value as an index or a number; true and false are 1 and 0.
func integer(v Value) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

// number is an int, bool or float as a float.
func number(v Value) (float64, bool) {
	if f, ok := v.(float64); ok {
		return f, true
	}
	n, ok := integer(v)
	return float64(n), ok
}

// items are what iterating over a value gives.
func (r *run) items(v Value) []Value {
	out, ok := elements(v)
	switch v := v.(type) {
	case undefined:
		ok = true
	case *Dict:
		ok = true
		out = listOf(v.keys)
	case string:
		if ok = r.charge(len(v), 8*len(v)); ok {
			out = listOf(strings.Split(v, ""))
		}
	case *iterator:
		ok = true
		out, v.items = v.items, nil
	}
	if !ok {
		r.fail("a value of type %s is not iterable", typeOf(v))
	}
	if !r.charge(len(out), 0) {
		return nil
	}
	return out
}

func listOf(texts []string) []Value {
	out := make([]Value, len(texts))
	for i, s := range texts {
		out[i] = s
	}
	return out
}
