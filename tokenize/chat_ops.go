package tokenize

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
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

func opUnary(r *chatRun, _ int, args []jinja.Value) (jinja.Value, error) {
	v := args[1]
	n, isInt := integer(v)
	switch {
	case args[0].AsString() == "+" && isInt:
		return jinja.NewInt(n), nil
	case isInt && n != math.MinInt64:
		return jinja.NewInt(-n), nil
	case v.IsFloat() && args[0].AsString() == "+":
		return v, nil
	case v.IsFloat():
		return jinja.NewFloat(-v.AsFloat()), nil
	}
	return jinja.Undefined(), fmt.Errorf("%s of a value of type %s", args[0].AsString(), r.typeOf(v))
}

func opBinary(r *chatRun, _ int, args []jinja.Value) (jinja.Value, error) {
	op, a, b := args[0].AsString(), args[1], args[2]
	if err := r.charge(1, 0); err != nil {
		return jinja.Undefined(), err
	}
	m, aInt := integer(a)
	n, bInt := integer(b)
	switch {
	case a.IsUndefined() || b.IsUndefined():
		return jinja.Undefined(), fmt.Errorf("%w with %s", errUndefined, op)
	case op == "+" && a.IsString() && b.IsString():
		if err := r.charge(0, len(a.AsString())+len(b.AsString())); err != nil {
			return jinja.Undefined(), err
		}
		return jinja.NewString(a.AsString() + b.AsString()), nil
	case op == "+" && a.IsList() && b.IsList() && r.markOf(a) == r.markOf(b) && r.markOf(a) != markView:
		if err := r.charge(a.AsList().Len()+b.AsList().Len(), 0); err != nil {
			return jinja.Undefined(), err
		}
		return r.list(slices.Concat(a.AsList().Items, b.AsList().Items), r.markOf(a))
	case op == "*" && a.IsString() && bInt:
		return r.repeat(a.AsString(), n)
	case op == "*" && aInt && b.IsString():
		return r.repeat(b.AsString(), m)
	case aInt && bInt && op != "/" && (op != "**" || n >= 0):
		return integerBinary(op, m, n)
	case (aInt || a.IsFloat()) && (bInt || b.IsFloat()):
		return floatBinary(op, number(a), number(b))
	}
	return jinja.Undefined(), fmt.Errorf("%s of values of type %s and %s", op, r.typeOf(a), r.typeOf(b))
}

func (r *chatRun) repeat(s string, n int64) (jinja.Value, error) {
	if n <= 0 || s == "" {
		return jinja.NewString(""), nil
	}
	if n > int64(r.bytes)/int64(len(s)) {
		return jinja.Undefined(), errBudget
	}
	return r.text(strings.Repeat(s, int(n)))
}

// number is an int, bool or float as a float.
func number(v jinja.Value) float64 {
	if v.IsFloat() {
		return v.AsFloat()
	}
	n, _ := integer(v)
	return float64(n)
}

var (
	errOverflow = errors.New("an integer beyond 64 bits is not implemented")
	errZero     = errors.New("division by zero")
)

// integerBinary is Python's arithmetic of integers, which divides to minus infinity.
func integerBinary(op string, m, n int64) (jinja.Value, error) {
	switch op {
	case "+":
		if s := m + n; (s > m) == (n > 0) {
			return jinja.NewInt(s), nil
		}
	case "-":
		if d := m - n; (d < m) == (n > 0) {
			return jinja.NewInt(d), nil
		}
	case "*":
		if p, ok := multiply(m, n); ok {
			return jinja.NewInt(p), nil
		}
	case "//", "%":
		if n == 0 {
			return jinja.Undefined(), errZero
		}
		if m == math.MinInt64 && n == -1 {
			break
		}
		q, rest := m/n, m%n
		if rest != 0 && (rest < 0) != (n < 0) {
			q, rest = q-1, rest+n
		}
		if op == "%" {
			return jinja.NewInt(rest), nil
		}
		return jinja.NewInt(q), nil
	case "**":
		if p, ok := power(m, n); ok {
			return jinja.NewInt(p), nil
		}
	}
	return jinja.Undefined(), errOverflow
}

// power says whether m to the n, n >= 0, is within 64 bits.
func power(m, n int64) (int64, bool) {
	if m == 0 || m == 1 {
		n = min(n, 1)
	} else if m == -1 {
		n %= 2
	}
	p, ok := int64(1), true
	for i := int64(0); i < n && ok; i++ {
		p, ok = multiply(p, m)
	}
	return p, ok
}

// multiply says whether the product is within 64 bits.
func multiply(m, n int64) (int64, bool) {
	hi, lo := bits.Mul64(magnitude(m), magnitude(n))
	return m * n, hi == 0 && lo <= math.MaxInt64
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// floatBinary is Python's arithmetic of floats.
func floatBinary(op string, a, b float64) (jinja.Value, error) {
	switch op {
	case "+":
		return jinja.NewFloat(a + b), nil
	case "-":
		return jinja.NewFloat(a - b), nil
	case "*":
		return jinja.NewFloat(a * b), nil
	case "/":
		if b == 0 {
			return jinja.Undefined(), errZero
		}
		return jinja.NewFloat(a / b), nil
	}
	return jinja.Undefined(), fmt.Errorf("%s of floats is not implemented", op)
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
