package tokenize

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ardanlabs/jinja"
)

func filterJoin(r *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	bound, err := bind(args, named, "value", "d", "attribute")
	if err != nil {
		return jinja.Undefined(), err
	}
	with := ""
	if bound[1] != nil {
		if with, err = r.str(*bound[1]); err != nil {
			return jinja.Undefined(), err
		}
	}
	items, err := r.items(args[0])
	if err != nil {
		return jinja.Undefined(), err
	}
	parts := make([]string, len(items))
	for i, item := range items {
		if bound[2] != nil {
			if item, err = r.attribute(item, *bound[2]); err != nil {
				return jinja.Undefined(), err
			}
		}
		if parts[i], err = r.str(item); err != nil {
			return jinja.Undefined(), err
		}
	}
	return r.join(parts, with)
}

// attribute is what a filter's attribute names, a path with points.
func (r *chatRun) attribute(v, name jinja.Value) (jinja.Value, error) {
	if !name.IsString() {
		return jinja.Undefined(), fmt.Errorf("an attribute of type %s is not implemented", r.typeOf(name))
	}
	var err error
	for part := range strings.SplitSeq(name.AsString(), ".") {
		if strings.Trim(part, "0123456789") == "" {
			return jinja.Undefined(), errors.New("an attribute that is a number is not implemented")
		}
		if v, err = opItem(r, 0, []jinja.Value{v, jinja.NewString(part)}); err != nil {
			return jinja.Undefined(), err
		}
	}
	return v, nil
}

func filterFirst(r *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	return r.end(args, named, func(items []jinja.Value) jinja.Value { return items[0] })
}

func filterLast(r *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	if _, ok := opaqueName(args[0], iteratorName); ok {
		return jinja.Undefined(), errors.New("of an iterator")
	}
	return r.end(args, named, func(items []jinja.Value) jinja.Value { return items[len(items)-1] })
}

func (r *chatRun) end(args []jinja.Value, named []namedValue, pick func([]jinja.Value) jinja.Value) (jinja.Value, error) {
	if _, err := bind(args, named, "seq"); err != nil {
		return jinja.Undefined(), err
	}
	items, err := r.items(args[0])
	if err != nil || len(items) == 0 {
		return jinja.Undefined(), err
	}
	return pick(items), nil
}

func filterItems(r *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	if _, err := bind(args, named, "value"); err != nil {
		return jinja.Undefined(), err
	}
	switch {
	case args[0].IsUndefined():
		return r.iterator(nil)
	case args[0].IsDict() && r.markOf(args[0]) == 0:
		view, err := dictMethods["items"](r, args[0].AsDict(), nil, nil)
		if err != nil {
			return jinja.Undefined(), err
		}
		return r.iterator(view.AsList().Items)
	}
	return jinja.Undefined(), fmt.Errorf("a value of type %s is no mapping", r.typeOf(args[0]))
}

func filterReverse(r *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	if _, err := bind(args, named, "value"); err != nil {
		return jinja.Undefined(), err
	}
	items, err := r.items(args[0])
	if err != nil {
		return jinja.Undefined(), err
	}
	items = slices.Clone(items)
	slices.Reverse(items)
	if args[0].IsString() {
		var out strings.Builder
		for _, c := range items {
			out.WriteString(c.AsString())
		}
		return r.text(out.String())
	}
	return r.iterator(items)
}

// filterUnique keeps the first of equal values; strings are equal whatever their case.
func filterUnique(r *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	if _, err := bind(args, named, "value"); err != nil {
		return jinja.Undefined(), err
	}
	items, err := r.items(args[0])
	if err != nil {
		return jinja.Undefined(), err
	}
	seen := map[string]bool{}
	var out []jinja.Value
	for _, item := range items {
		if !item.IsString() {
			return jinja.Undefined(), fmt.Errorf("of values of type %s is not implemented", r.typeOf(item))
		}
		key, err := lower(item.AsString())
		if err == nil {
			err = r.charge(1, len(key))
		}
		if err != nil {
			return jinja.Undefined(), err
		}
		if !seen[key] {
			seen[key] = true
			out = append(out, item)
		}
	}
	return r.iterator(out)
}

// filterDictsort orders by key, whatever the case.
func filterDictsort(r *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	if _, err := bind(args, named, "value"); err != nil {
		return jinja.Undefined(), err
	}
	if !args[0].IsDict() || r.markOf(args[0]) != 0 {
		return jinja.Undefined(), fmt.Errorf("a value of type %s is no dict", r.typeOf(args[0]))
	}
	d := args[0].AsDict()
	if err := r.charge(16*d.Len(), textSize(args[0])); err != nil {
		return jinja.Undefined(), err
	}
	keys := d.OrderedKeys()
	folded := map[string]string{}
	for _, key := range keys {
		var err error
		if folded[key], err = lower(key); err != nil {
			return jinja.Undefined(), err
		}
	}
	slices.SortStableFunc(keys, func(a, b string) int { return strings.Compare(folded[a], folded[b]) })
	out := make([]jinja.Value, len(keys))
	for i, key := range keys {
		var err error
		if out[i], err = r.list([]jinja.Value{jinja.NewString(key), d.Data[key]}, markTuple); err != nil {
			return jinja.Undefined(), err
		}
	}
	return r.list(out, 0)
}

// filterSort orders numbers, or strings whatever their case.
func filterSort(r *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	bound, err := bind(args, named, "value", "reverse", "case_sensitive", "attribute")
	if err != nil {
		return jinja.Undefined(), err
	}
	items, err := r.items(args[0])
	if err != nil {
		return jinja.Undefined(), err
	}
	if err := r.charge(16*len(items), 0); err != nil {
		return jinja.Undefined(), err
	}
	type keyed struct{ key, item jinja.Value }
	list := make([]keyed, len(items))
	for i, item := range items {
		key := item
		if bound[3] != nil && !bound[3].IsNone() {
			if key, err = r.attribute(item, *bound[3]); err != nil {
				return jinja.Undefined(), err
			}
		}
		if key.IsString() && (bound[2] == nil || !bound[2].IsTruthy()) {
			s, err := lower(key.AsString())
			if err == nil {
				err = r.charge(1, len(s))
			}
			if err != nil {
				return jinja.Undefined(), err
			}
			key = jinja.NewString(s)
		}
		list[i] = keyed{key, item}
	}
	reverse := bound[1] != nil && bound[1].IsTruthy()
	slices.SortStableFunc(list, func(a, b keyed) int {
		order, fault := r.order(a.key, b.key)
		if err == nil {
			err = fault
		}
		if reverse {
			return -order
		}
		return order
	})
	out := make([]jinja.Value, len(list))
	for i := range list {
		out[i] = list[i].item
	}
	if err != nil {
		return jinja.Undefined(), err
	}
	return r.list(out, 0)
}

// filterMap is map(attribute=..., default=...) or map('filter', arguments...).
func filterMap(r *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	items, err := r.items(args[0])
	if err != nil {
		return jinja.Undefined(), err
	}
	out := make([]jinja.Value, len(items))
	if len(args) == 1 {
		bound, err := bind(nil, named, "attribute", "default")
		if err != nil || bound[0] == nil {
			return jinja.Undefined(), errors.Join(err, errors.New("wants a filter or an attribute"))
		}
		for i, item := range items {
			if out[i], err = r.attribute(item, *bound[0]); err != nil {
				return jinja.Undefined(), err
			}
			if out[i].IsUndefined() && bound[1] != nil {
				out[i] = *bound[1]
			}
		}
		return r.iterator(out)
	}
	if !args[1].IsString() {
		return jinja.Undefined(), errors.New("the name of the filter is no str")
	}
	for i, item := range items {
		if out[i], err = r.filter(args[1].AsString(), append([]jinja.Value{item}, args[2:]...), named); err != nil {
			return jinja.Undefined(), err
		}
	}
	return r.iterator(out)
}

// selecting is select, reject, selectattr or rejectattr.
func selecting(attr, keep bool) filter {
	return func(r *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error) {
		if len(named) > 0 {
			return jinja.Undefined(), errors.New("arguments by name are not implemented")
		}
		items, err := r.items(args[0])
		if err != nil {
			return jinja.Undefined(), err
		}
		rest := args[1:]
		var name jinja.Value
		if attr {
			if len(rest) == 0 {
				return jinja.Undefined(), errors.New("wants an attribute")
			}
			name, rest = rest[0], rest[1:]
		}
		var out []jinja.Value
		for _, item := range items {
			v := item
			if attr {
				if v, err = r.attribute(item, name); err != nil {
					return jinja.Undefined(), err
				}
			}
			ok, err := r.passes(v, rest)
			if err != nil {
				return jinja.Undefined(), err
			}
			if ok == keep {
				out = append(out, item)
			}
		}
		return r.iterator(out)
	}
}

// passes applies a test by name, or looks whether a value is true.
func (r *chatRun) passes(v jinja.Value, rest []jinja.Value) (bool, error) {
	if len(rest) == 0 {
		return v.IsTruthy(), r.charge(1, 0)
	}
	if !rest[0].IsString() {
		return false, errors.New("the name of the test is no str")
	}
	name := rest[0].AsString()
	if op := map[string]string{"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}[name]; op != "" {
		name = op
	}
	return r.test(name, v, rest[1:])
}
