package tokenize

import (
	"errors"
	"fmt"

	"github.com/ardanlabs/jinja"
)

func opItem(r *chatRun, line int, args []jinja.Value) (jinja.Value, error) {
	object, key := args[0], args[1]
	if err := r.charge(1, 0); err != nil {
		return jinja.Undefined(), err
	}
	index, isIndex := integer(key)
	switch {
	case object.IsUndefined():
		return jinja.Undefined(), fmt.Errorf("%w: it has no elements", errUndefined)
	case object.IsDict() && key.IsString():
		if value, ok := object.AsDict().Get(key.AsString()); ok {
			return value, nil
		}
	case r.markOf(object) == markView:
		return jinja.Undefined(), nil
	case object.IsCallable():
		return jinja.Undefined(), fmt.Errorf("elements of a value of type %s are not implemented", r.typeOf(object))
	case object.IsList() && isIndex:
		items := object.AsList().Items
		if i, ok := position(index, len(items)); ok {
			return items[i], nil
		}
		return jinja.Undefined(), nil
	case object.IsString() && isIndex:
		if err := r.charge(0, 4*len(object.AsString())); err != nil {
			return jinja.Undefined(), err
		}
		runes := []rune(object.AsString())
		if i, ok := position(index, len(runes)); ok {
			return jinja.NewString(string(runes[i])), nil
		}
		return jinja.Undefined(), nil
	}
	if key.IsString() {
		return opAttr(r, line, []jinja.Value{key, object})
	}
	return jinja.Undefined(), nil
}

// integer is a value as an index; true and false are 1 and 0.
func integer(v jinja.Value) (int64, bool) {
	switch {
	case v.IsInt():
		return v.AsInt(), true
	case v.IsBool():
		return int64(btoi(v.AsBool())), true
	}
	return 0, false
}

// position is the index i of n elements, counted from the end where it is negative.
func position(i int64, n int) (int, bool) {
	if i < 0 {
		i += int64(n)
	}
	return int(i), i >= 0 && i < int64(n)
}

func opSlice(r *chatRun, _ int, args []jinja.Value) (jinja.Value, error) {
	object := args[0]
	var runes []rune
	n := 0
	switch {
	case object.IsUndefined():
		return jinja.Undefined(), fmt.Errorf("%w: it has no elements", errUndefined)
	case object.IsList() && r.markOf(object) != markView:
		n = object.AsList().Len()
	case object.IsString():
		if err := r.charge(len(object.AsString())/16, 8*len(object.AsString())); err != nil {
			return jinja.Undefined(), err
		}
		runes = []rune(object.AsString())
		n = len(runes)
	default:
		return jinja.Undefined(), fmt.Errorf("a value of type %s has no slices", r.typeOf(object))
	}
	if err := r.charge(n/16, 0); err != nil {
		return jinja.Undefined(), err
	}
	indices, err := sliceIndices(args[1:], n)
	if err != nil {
		return jinja.Undefined(), err
	}
	if object.IsString() {
		out := make([]rune, len(indices))
		for i, k := range indices {
			out[i] = runes[k]
		}
		return jinja.NewString(string(out)), nil
	}
	out := make([]jinja.Value, len(indices))
	for i, k := range indices {
		out[i] = object.AsList().Items[k]
	}
	return r.list(out, r.markOf(object))
}

// sliceIndices lists what [start:stop:step] takes of n elements.
func sliceIndices(bounds []jinja.Value, n int) ([]int, error) {
	var given [3]*int64
	for i, b := range bounds {
		if b.IsNone() {
			continue
		}
		v, ok := integer(b)
		if !ok {
			return nil, errors.New("the bounds of a slice are no integers")
		}
		given[i] = &v
	}
	step := int64(1)
	if given[2] != nil {
		step = max(min(*given[2], int64(n)+1), -int64(n)-1)
	}
	if step == 0 {
		return nil, errors.New("a slice with step 0")
	}
	lowest, highest := int64(0), int64(n)
	if step < 0 {
		lowest, highest = -1, int64(n)-1
	}
	bound := func(v *int64, otherwise int64) int64 {
		if v == nil {
			return otherwise
		}
		if *v < 0 {
			return max(*v+int64(n), lowest)
		}
		return min(*v, highest)
	}
	var out []int
	if step > 0 {
		for i := bound(given[0], lowest); i < bound(given[1], highest); i += step {
			out = append(out, int(i))
		}
		return out, nil
	}
	for i := bound(given[0], highest); i > bound(given[1], lowest); i += step {
		out = append(out, int(i))
	}
	return out, nil
}
