package jinja

import (
	"math"
	"slices"
	"strings"
)

// signed is + or - before a number.
func (r *run) signed(sign string, v Value) Value {
	n, isInt := integer(v)
	f, isFloat := v.(float64)
	switch {
	case isInt && sign == "+":
		return n
	case isInt:
		return r.integers("-", 0, n)
	case isFloat && sign == "-":
		return -f
	case !isFloat:
		return r.fail("%s of a value of type %s", sign, typeOf(v))
	}
	return f
}

// arithmetic is a binary operator.
func (r *run) arithmetic(operator string, a, b Value) Value {
	m, aInt := integer(a)
	n, bInt := integer(b)
	x, aNumber := number(a)
	y, bNumber := number(b)
	switch {
	case a == undefined{} || b == undefined{}:
		return r.fail("%w with %s", errUndefined, operator)
	case aInt && bInt && operator != "/":
		return r.integers(operator, m, n)
	case aNumber && bNumber:
		return r.floats(operator, x, y)
	}
	return r.sequences(operator, a, b)
}

// sequences is + of two texts or lists, or * of a text.
func (r *run) sequences(operator string, a, b Value) Value {
	s, aText := a.(string)
	t, bText := b.(string)
	first, aList := a.([]Value)
	second, bList := b.([]Value)
	m, aInt := integer(a)
	n, bInt := integer(b)
	switch {
	case operator == "*" && aText && bInt:
		return r.repeat(s, n)
	case operator == "*" && aInt && bText:
		return r.repeat(t, m)
	case operator == "+" && aText && bText && r.charge(0, len(s)+len(t)):
		return s + t
	case operator == "+" && aList && bList && r.charge(len(first)+len(second), 0):
		return slices.Concat(first, second)
	}
	return r.fail("%s of values of type %s and %s", operator, typeOf(a), typeOf(b))
}

func (r *run) repeat(s string, n int64) Value {
	if n <= 0 || s == "" {
		return ""
	}
	if !r.charge(0, int(min(n, math.MaxInt32))*len(s)) {
		return nil
	}
	return strings.Repeat(s, int(n))
}

// integers is Python's arithmetic of integers, which divides to minus infinity.
func (r *run) integers(operator string, m, n int64) Value {
	switch operator {
	case "+":
		if s := m + n; (s > m) == (n > 0) {
			return s
		}
	case "-":
		if d := m - n; (d < m) == (n > 0) {
			return d
		}
	case "*":
		if p := m * n; m == 0 || p/m == n && !(m == -1 && n == math.MinInt64) {
			return p
		}
	default: // // and %
		if n == 0 {
			return r.fail("division by zero")
		}
		q, rest := m/n, m%n
		if rest != 0 && (rest < 0) != (n < 0) {
			q, rest = q-1, rest+n
		}
		switch {
		case operator == "%":
			return rest
		case m != math.MinInt64 || n != -1:
			return q
		}
	}
	return r.fail("an integer beyond 64 bits is not implemented")
}

// floats is Python's arithmetic of floats.
func (r *run) floats(operator string, a, b float64) Value {
	switch operator {
	case "+":
		return a + b
	case "-":
		return a - b
	case "*":
		return a * b
	case "/":
		if b == 0 {
			return r.fail("division by zero")
		}
		return a / b
	}
	return r.fail("%s of floats is not implemented", operator)
}
