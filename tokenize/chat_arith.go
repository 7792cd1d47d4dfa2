package tokenize

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/ardanlabs/jinja"
)

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
	if a.IsUndefined() || b.IsUndefined() {
		return jinja.Undefined(), fmt.Errorf("%w with %s", errUndefined, op)
	}
	m, aInt := integer(a)
	n, bInt := integer(b)
	switch {
	case op == "+" && (a.IsString() || a.IsList()):
		return r.add(a, b)
	case op == "*" && bInt && a.IsString():
		return r.repeat(a.AsString(), n)
	case op == "*" && aInt && b.IsString():
		return r.repeat(b.AsString(), m)
	}
	return r.arithmetic(op, a, b)
}

// arithmetic is an operation of numbers.
func (r *chatRun) arithmetic(op string, a, b jinja.Value) (jinja.Value, error) {
	m, aInt := integer(a)
	n, bInt := integer(b)
	switch {
	case aInt && bInt && op != "/" && (op != "**" || n >= 0):
		return integerBinary(op, m, n)
	case (aInt || a.IsFloat()) && (bInt || b.IsFloat()):
		return floatBinary(op, number(a), number(b))
	}
	return jinja.Undefined(), fmt.Errorf("%s of values of type %s and %s", op, r.typeOf(a), r.typeOf(b))
}

// add is + of a string or a list and another.
func (r *chatRun) add(a, b jinja.Value) (jinja.Value, error) {
	switch {
	case a.IsString() && b.IsString():
		if err := r.charge(0, len(a.AsString())+len(b.AsString())); err != nil {
			return jinja.Undefined(), err
		}
		return jinja.NewString(a.AsString() + b.AsString()), nil
	case a.IsList() && b.IsList() && r.markOf(a) == r.markOf(b) && r.markOf(a) != markView:
		if err := r.charge(a.AsList().Len()+b.AsList().Len(), 0); err != nil {
			return jinja.Undefined(), err
		}
		return r.list(slices.Concat(a.AsList().Items, b.AsList().Items), r.markOf(a))
	}
	return jinja.Undefined(), fmt.Errorf("+ of values of type %s and %s", r.typeOf(a), r.typeOf(b))
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
