package tokenize

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/ardanlabs/jinja"
)

// operations are what a lowered template calls, by name.
var operations map[string]operation

func init() { // the table's functions refer to it
	operations = map[string]operation{
		"_out":       opOut,
		"_tick":      opTick,
		"_enter":     opEnter,
		"_leave":     opLeave,
		"_undefined": opUndefined,
		"_missing":   opMissing,
		"_macro":     opMacro,
		"_call":      opCall,
		"_method":    opMethod,
		"_attr":      opAttr,
		"_item":      opItem,
		"_slice":     opSlice,
		"_unary":     opUnary,
		"_binary":    opBinary,
		"_compare":   opCompare,
		"_concat":    opConcat,
		"_list":      opList,
		"_tuple":     opTuple,
		"_dict":      opDict,
		"_float":     opFloat,
		"_filter":    opFilter,
		"_test":      opTest,
		"_iter":      opIter,
		"_unpack":    opUnpack,
		"_nsval":     opNamespaceValue,
	}
}

func opOut(r *chatRun, _ int, args []jinja.Value) (jinja.Value, error) {
	if args[0].IsString() {
		return args[0], r.charge(1, len(args[0].AsString()))
	}
	s, err := r.str(args[0])
	if err != nil {
		return jinja.Undefined(), err
	}
	return r.text(s)
}

func opTick(r *chatRun, _ int, _ []jinja.Value) (jinja.Value, error) {
	return jinja.NewString(""), r.charge(1, 0)
}

func opEnter(r *chatRun, _ int, _ []jinja.Value) (jinja.Value, error) {
	r.macros++
	if r.macros > maxMacroNested {
		return jinja.Undefined(), fmt.Errorf("macros nested more than %d deep", maxMacroNested)
	}
	return jinja.NewString(""), r.charge(20, 0) // the library makes scopes for it
}

func opLeave(r *chatRun, _ int, _ []jinja.Value) (jinja.Value, error) {
	r.macros--
	return jinja.NewString(""), nil
}

func opUndefined(*chatRun, int, []jinja.Value) (jinja.Value, error) { return jinja.Undefined(), nil }

func opMissing(_ *chatRun, _ int, args []jinja.Value) (jinja.Value, error) {
	_, ok := opaqueName(args[0], missingName)
	return jinja.NewBool(ok), nil
}

// opMacro makes a function of a macro that binds arguments as Python does.
// Arguments: the library's macro, its name, its parameters.
func opMacro(_ *chatRun, _ int, args []jinja.Value) (jinja.Value, error) {
	if !args[0].IsCallable() {
		return jinja.Undefined(), errors.New("a macro is no function")
	}
	inner, name := args[0].AsCallable(), args[1].AsString()
	params := make([]string, len(args)-2)
	for i, p := range args[2:] {
		params[i] = p.AsString()
	}
	return jinja.NewCallable(name, func(args []jinja.Value, named map[string]jinja.Value) (jinja.Value, error) {
		if len(args) > len(params) {
			return jinja.Undefined(), fmt.Errorf("macro %s takes %d arguments, not %d", name, len(params), len(args))
		}
		full := make([]jinja.Value, len(params))
		used := 0
		for i, p := range params {
			value, ok := named[p]
			switch {
			case i < len(args) && ok:
				return jinja.Undefined(), fmt.Errorf("macro %s: two arguments for %s", name, p)
			case i < len(args):
				full[i] = args[i]
			case ok:
				full[i] = value
				used++
			default:
				full[i] = opaque(missingName)
			}
		}
		if used < len(named) {
			return jinja.Undefined(), fmt.Errorf("macro %s: an argument that it does not take", name)
		}
		return inner.Fn(full, nil)
	}), nil
}

// opCall calls a function. Arguments: what the template calls it, the number of
// values by position with the function, these, and 'name', value in turn.
func opCall(r *chatRun, _ int, args []jinja.Value) (jinja.Value, error) {
	name, n := args[0].AsString(), int(args[1].AsInt())
	fn, positional, named := args[2], args[3:2+n], pairs(args, 2+n)
	return r.invoke(name, fn, positional, named)
}

// invoke calls a function value.
func (r *chatRun) invoke(name string, fn jinja.Value, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	if err := r.charge(1, 0); err != nil {
		return jinja.Undefined(), err
	}
	if fn.IsUndefined() {
		return jinja.Undefined(), fmt.Errorf("%w: %s is not defined", errUndefined, name)
	}
	if global, ok := opaqueName(fn, globalName); ok {
		return globals[global](r, args, named)
	}
	if !fn.IsCallable() || strings.HasPrefix(fn.AsCallable().Name, "\x00") {
		return jinja.Undefined(), fmt.Errorf("%s is no function but of type %s", name, r.typeOf(fn))
	}
	byName := make(map[string]jinja.Value, len(named))
	for _, n := range named {
		byName[n.name] = n.value
	}
	return fn.AsCallable().Fn(args, byName)
}

// opMethod calls a method. Arguments: its name, the number of values by position
// with the object, the object, the values, and 'name', value in turn.
func opMethod(r *chatRun, _ int, args []jinja.Value) (jinja.Value, error) {
	name, n := args[0].AsString(), int(args[1].AsInt())
	object, positional, named := args[2], args[3:2+n], pairs(args, 2+n)
	if err := r.charge(1, 0); err != nil {
		return jinja.Undefined(), err
	}
	switch {
	case object.IsUndefined():
		return jinja.Undefined(), fmt.Errorf("%w: it has no method %s", errUndefined, name)
	case strings.HasPrefix(name, "_"):
		return jinja.Undefined(), fmt.Errorf("access to %s is unsafe", name)
	case object.IsString():
		if method := stringMethods[name]; method != nil {
			return method(r, object.AsString(), positional, named)
		}
	case object.IsDict() && r.markOf(object) == 0:
		if method := dictMethods[name]; method != nil {
			return method(r, object.AsDict(), positional, named)
		}
		if slices.Contains(unsafeDictMethods, name) {
			return jinja.Undefined(), fmt.Errorf("method %s of a dict changes it or is not implemented", name)
		}
	case object.IsList() && slices.Contains(unsafeListMethods, name):
		return jinja.Undefined(), fmt.Errorf("method %s of a list changes it or is not implemented", name)
	}
	if object.IsDict() {
		if fn, ok := object.AsDict().Get(name); ok {
			return r.invoke(name, fn, positional, named)
		}
	}
	return jinja.Undefined(), fmt.Errorf("method %s of a value of type %s is not there or not implemented", name, r.typeOf(object))
}

func opAttr(r *chatRun, _ int, args []jinja.Value) (jinja.Value, error) {
	name, object := args[0].AsString(), args[1]
	if err := r.charge(1, 0); err != nil {
		return jinja.Undefined(), err
	}
	switch {
	case object.IsUndefined():
		return jinja.Undefined(), fmt.Errorf("%w: it has no attribute %s", errUndefined, name)
	case object.IsDict() && r.markOf(object) == 0 && (dictMethods[name] != nil || slices.Contains(unsafeDictMethods, name)),
		object.IsString() && stringMethods[name] != nil,
		object.IsList() && slices.Contains(unsafeListMethods, name):
		return jinja.Undefined(), fmt.Errorf("method %s of type %s as a value is not implemented", name, r.typeOf(object))
	case object.IsDict():
		value, _ := object.AsDict().Get(name)
		return value, nil
	case object.IsCallable():
		return jinja.Undefined(), fmt.Errorf("attributes of a value of type %s are not implemented", r.typeOf(object))
	}
	return jinja.Undefined(), nil
}

func opConcat(r *chatRun, _ int, args []jinja.Value) (jinja.Value, error) {
	var out strings.Builder
	for _, v := range args {
		s, err := r.str(v)
		if err != nil {
			return jinja.Undefined(), err
		}
		if err := r.charge(0, len(s)); err != nil {
			return jinja.Undefined(), err
		}
		out.WriteString(s)
	}
	return jinja.NewString(out.String()), nil
}

func opList(r *chatRun, _ int, args []jinja.Value) (jinja.Value, error) {
	return r.list(slices.Clone(args), 0)
}

func opTuple(r *chatRun, _ int, args []jinja.Value) (jinja.Value, error) {
	return r.list(slices.Clone(args), markTuple)
}

func opDict(r *chatRun, _ int, args []jinja.Value) (jinja.Value, error) {
	out := jinja.NewDict()
	for i := 0; i+1 < len(args); i += 2 {
		if !args[i].IsString() {
			return jinja.Undefined(), fmt.Errorf("a dict's key of type %s is not implemented", r.typeOf(args[i]))
		}
		out.AsDict().Set(args[i].AsString(), args[i+1])
	}
	return out, r.charge(len(args), 0)
}

func opFloat(_ *chatRun, _ int, args []jinja.Value) (jinja.Value, error) {
	f, err := strconv.ParseFloat(args[0].AsString(), 64)
	if err != nil && !math.IsInf(f, 0) {
		return jinja.Undefined(), err
	}
	return jinja.NewFloat(f), nil
}

func opIter(r *chatRun, _ int, args []jinja.Value) (jinja.Value, error) {
	items, err := r.items(args[0])
	if err != nil {
		return jinja.Undefined(), err
	}
	return jinja.NewList(items), nil
}

// opUnpack is one of n targets of an assignment. Arguments: the value, the target's
// index, n.
func opUnpack(r *chatRun, _ int, args []jinja.Value) (jinja.Value, error) {
	i, n := int(args[1].AsInt()), int(args[2].AsInt())
	items, err := r.items(args[0])
	if err != nil {
		return jinja.Undefined(), err
	}
	if len(items) != n {
		return jinja.Undefined(), fmt.Errorf("%d values for %d names", len(items), n)
	}
	return items[i], nil
}

// opNamespaceValue checks an assignment to an attribute. Arguments: the namespace,
// the attribute, the value.
func opNamespaceValue(r *chatRun, _ int, args []jinja.Value) (jinja.Value, error) {
	if r.markOf(args[0]) != markNamespace {
		return jinja.Undefined(), fmt.Errorf("an attribute %s is set of a value of type %s, which is no namespace", args[1].AsString(), r.typeOf(args[0]))
	}
	if strings.HasPrefix(args[1].AsString(), "_") {
		return jinja.Undefined(), fmt.Errorf("an attribute %s is set, which begins with an underscore", args[1].AsString())
	}
	return args[2], r.charge(1, 0)
}
