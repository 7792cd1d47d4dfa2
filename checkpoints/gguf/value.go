package gguf

import (
	"fmt"
	"math"
)

// Value is a metadata value: a bool, int64 (of every integer type but the largest
// unsigned values, which are uint64), float64 (a float32 widened), string, or a
// slice of one of these, or of slices ([]any).
type Value struct{ v any }

// Describe names the value's type, for messages.
func (v Value) Describe() string {
	switch v.v.(type) {
	case bool:
		return "a bool"
	case int64:
		return "an integer"
	case uint64:
		return "an integer beyond int64"
	case float64:
		return "a float"
	case string:
		return "a string"
	case []bool:
		return "an array of bools"
	case []int64, []uint64:
		return "an array of integers"
	case []float64:
		return "an array of floats"
	case []string:
		return "an array of strings"
	default:
		return "an array of arrays"
	}
}

// as is the value as a T; another type is an error that says what it is.
func as[T any](v Value, want string) (T, error) {
	x, ok := v.v.(T)
	if !ok {
		return x, fmt.Errorf("is %s, want %s", v.Describe(), want)
	}
	return x, nil
}

// Bool is the value of a bool.
func (v Value) Bool() (bool, error) { return as[bool](v, "a bool") }

// Int is the value of an integer that fits an int.
func (v Value) Int() (int, error) {
	x, err := as[int64](v, "an integer")
	if err == nil && int64(int(x)) != x {
		err = fmt.Errorf("%d is no int", x)
	}
	return int(x), err
}

// Float32 is the value of a float32, exactly; a float64 is rounded.
func (v Value) Float32() (float32, error) {
	x, err := as[float64](v, "a float")
	return float32(x), err
}

// Text is the value of a string.
func (v Value) Text() (string, error) { return as[string](v, "a string") }

// Texts is the value of an array of strings. Do not modify it.
func (v Value) Texts() ([]string, error) { return as[[]string](v, "an array of strings") }

// Ints is the value of an array of integers. Do not modify it.
func (v Value) Ints() ([]int64, error) { return as[[]int64](v, "an array of integers") }

// Floats is the value of an array of floats. Do not modify it.
func (v Value) Floats() ([]float64, error) { return as[[]float64](v, "an array of floats") }

// The numbers of value types in a file.
const (
	typeUint8 = iota
	typeInt8
	typeUint16
	typeInt16
	typeUint32
	typeInt32
	typeFloat32
	typeBool
	typeString
	typeArray
	typeUint64
	typeInt64
	typeFloat64
)

// smallest is the least number of bytes that a value of the type takes; 0: no such
// type.
func smallest(kind uint32) int {
	switch kind {
	case typeUint8, typeInt8, typeBool:
		return 1
	case typeUint16, typeInt16:
		return 2
	case typeUint32, typeInt32, typeFloat32:
		return 4
	case typeString, typeUint64, typeInt64, typeFloat64:
		return 8
	case typeArray:
		return 12
	default:
		return 0
	}
}

// maxDepth bounds arrays of arrays: no file in use has any.
const maxDepth = 4

// value reads a value of the type.
func (c *cursor) value(kind uint32, depth int) (any, error) {
	switch kind {
	case typeString:
		return c.text()
	case typeArray:
		return c.array(depth)
	case typeBool:
		return c.boolean()
	case typeFloat32, typeFloat64:
		return c.float(kind)
	default:
		x, err := c.integer(kind)
		if u := uint64(x); kind == typeUint64 && u > math.MaxInt64 {
			return u, err
		}
		return x, err
	}
}

// array reads the type and number of elements, and these.
func (c *cursor) array(depth int) (any, error) {
	kind, err := c.uint32()
	if err != nil {
		return nil, err
	}
	n, err := c.uint64()
	if err != nil {
		return nil, err
	}
	size := smallest(kind)
	switch {
	case size == 0:
		return nil, fmt.Errorf("elements of type %d, which is not known", kind)
	case n > uint64(len(c.rest())/size):
		return nil, fmt.Errorf("array of %d elements, %d bytes are left", n, len(c.rest()))
	case depth >= maxDepth:
		return nil, fmt.Errorf("arrays nested deeper than %d", maxDepth)
	}
	switch kind {
	case typeString:
		return collect(n, c.text)
	case typeArray:
		return collect(n, func() (any, error) { return c.array(depth + 1) })
	case typeBool:
		return collect(n, c.boolean)
	case typeFloat32, typeFloat64:
		return collect(n, func() (float64, error) { return c.float(kind) })
	case typeUint64:
		return c.uint64s(n)
	default:
		return collect(n, func() (int64, error) { return c.integer(kind) })
	}
}

// uint64s reads an array as []int64 unless a value does not fit.
func (c *cursor) uint64s(n uint64) (any, error) {
	wide, err := collect(n, c.uint64)
	if err != nil {
		return nil, err
	}
	out := make([]int64, len(wide))
	for i, x := range wide {
		if x > math.MaxInt64 {
			return wide, nil
		}
		out[i] = int64(x)
	}
	return out, nil
}

// collect calls read n times; the caller has checked that so many can be there.
func collect[T any](n uint64, read func() (T, error)) ([]T, error) {
	out := make([]T, n)
	for i := range out {
		var err error
		if out[i], err = read(); err != nil {
			return nil, fmt.Errorf("element %d: %w", i, err)
		}
	}
	return out, nil
}

// boolean reads one byte, which must be 0 or 1.
func (c *cursor) boolean() (bool, error) {
	b, err := c.take(1)
	if err != nil {
		return false, err
	}
	if b[0] > 1 {
		return false, fmt.Errorf("bool of value %d", b[0])
	}
	return b[0] == 1, nil
}
