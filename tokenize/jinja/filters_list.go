package jinja

import (
	"slices"
	"strings"
)

func filterJoin(r *run, v Value, a []Value) Value {
	with := ""
	if a[0] != (absent{}) {
		with = r.str(a[0])
	}
	items := slices.Clone(r.items(v))
	for i, item := range items {
		if a[1] != (absent{}) {
			item = r.path(item, a[1])
		}
		items[i] = r.str(item)
	}
	return r.join(items, with)
}

// path is what a filter's attribute names: attributes with points between them.
func (r *run) path(v, name Value) Value {
	text, ok := name.(string)
	if !ok {
		return r.fail("an attribute of type %s is not implemented", typeOf(name))
	}
	for part := range strings.SplitSeq(text, ".") {
		if strings.Trim(part, "0123456789") == "" {
			return r.fail("an attribute that is a number is not implemented")
		}
		if !r.charge(1, 0) {
			return nil
		}
		v = r.element(v, part)
	}
	return v
}

func filterList(r *run, v Value, _ []Value) Value { return r.items(v) }

func filterFirst(r *run, v Value, _ []Value) Value {
	if items := r.items(v); len(items) > 0 {
		return items[0]
	}
	return undefined{}
}

func filterLast(r *run, v Value, _ []Value) Value {
	if _, ok := v.(*iterator); ok {
		return r.fail("of an iterator")
	}
	if items := r.items(v); len(items) > 0 {
		return items[len(items)-1]
	}
	return undefined{}
}

func filterItems(r *run, v Value, _ []Value) Value {
	if v == (undefined{}) {
		return &iterator{}
	}
	return &iterator{r.pairs(v)}
}

// pairs are the entries of a dict as tuples.
func (r *run) pairs(v Value) []Value {
	d, ok := v.(*Dict)
	if !ok {
		r.fail("a value of type %s is no dict", typeOf(v))
		return nil
	}
	out := make([]Value, 0, d.Len())
	for key, v := range d.All() {
		out = append(out, tuple{key, v})
	}
	r.charge(3*len(out), 0)
	return out
}

func filterReverse(r *run, v Value, _ []Value) Value {
	items := slices.Clone(r.items(v))
	slices.Reverse(items)
	if _, ok := v.(string); ok {
		return r.join(items, "")
	}
	return &iterator{items}
}

// filterDictsort orders by key, whatever the case.
func filterDictsort(r *run, v Value, _ []Value) Value {
	return r.sorted(r.pairs(v), false, func(item Value) Value {
		pair, _ := elements(item)
		return r.folded(pair[0])
	})
}

// filterSort orders numbers, or strings whatever their case.
func filterSort(r *run, v Value, a []Value) Value {
	if _, ok := integer(a[0]); !ok && a[0] != (absent{}) {
		return r.fail("reverse is of type %s", typeOf(a[0]))
	}
	return r.sorted(r.items(v), truth(a[0]), func(item Value) Value {
		if given(a[2]) {
			item = r.path(item, a[2])
		}
		if truth(a[1]) {
			return item
		}
		return r.folded(item)
	})
}

// folded is a string in lower case; other values are as they are.
func (r *run) folded(v Value) Value {
	s, ok := v.(string)
	if !ok || !r.charge(1, len(s)) {
		return v
	}
	return lower(r, s)
}

// sorted orders values by their keys.
func (r *run) sorted(items []Value, reverse bool, key func(Value) Value) Value {
	if !r.charge(16*len(items), 0) {
		return nil
	}
	type keyed struct{ key, item Value }
	list := make([]keyed, len(items))
	for i, item := range items {
		list[i] = keyed{key(item), item}
	}
	slices.SortStableFunc(list, func(a, b keyed) int {
		if reverse {
			return -r.order(a.key, b.key)
		}
		return r.order(a.key, b.key)
	})
	out := make([]Value, len(list))
	for i := range list {
		out[i] = list[i].item
	}
	return out
}

// filterMap is map(attribute=..., default=...) or map('filter', arguments...).
func filterMap(r *run, v Value, args []Value, named *Dict) Value {
	var apply func(item Value) Value
	if len(args) == 0 {
		bound := r.bind([]string{"attribute", "default"}, nil, named)
		apply = func(item Value) Value {
			if item = r.path(item, bound[0]); item == (undefined{}) && bound[1] != (absent{}) {
				return bound[1]
			}
			return item
		}
	} else if name, _ := args[0].(string); filters[name] != nil {
		apply = func(item Value) Value { return filters[name].call(r, item, args[1:], named) }
	} else {
		return r.fail("filter %q is not implemented", name)
	}
	out := slices.Clone(r.items(v))
	for i, item := range out {
		out[i] = apply(item)
	}
	return &iterator{out}
}

// selecting is select, reject, selectattr or rejectattr: their arguments are an
// attribute for the latter two, the name of a test, and its arguments.
func selecting(attr, keep bool) func(*run, Value, []Value, *Dict) Value {
	return func(r *run, v Value, args []Value, named *Dict) Value {
		var name Value
		if attr {
			if len(args) == 0 {
				return r.fail("wants an attribute")
			}
			name, args = args[0], args[1:]
		}
		var out []Value
		for _, item := range r.items(v) {
			v := item
			if attr {
				v = r.path(item, name)
			}
			if r.passes(v, args, named) == keep {
				out = append(out, item)
			}
		}
		return &iterator{out}
	}
}

// passes applies a test by name, or looks whether a value is true.
func (r *run) passes(v Value, args []Value, named *Dict) bool {
	if len(args) == 0 {
		r.charge(1, 0)
		return truth(v)
	}
	name, _ := args[0].(string)
	if tests[name] == nil {
		r.fail("test %q is not implemented", name)
		return false
	}
	return truth(tests[name].call(r, v, args[1:], named))
}
