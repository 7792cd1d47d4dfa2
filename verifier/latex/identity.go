package latex

import (
	"errors"
	"math/big"
	"strings"
)

// Outcome says whether two answers mean the same.
type Outcome uint8

// The outcomes. Undecided is what can be neither proved nor refuted.
const (
	Different Outcome = iota
	Equal
	Undecided
)

// String is a lower-case word.
func (o Outcome) String() string {
	switch o {
	case Equal:
		return "equal"
	case Different:
		return "different"
	default:
	}
	return "undecided"
}

// pointKind says where the variables of a point are.
type pointKind uint8

const (
	positive pointKind = iota
	signed
	integral
)

// The points of an identity test, in their order, and how many of them must agree.
// Integers are tried where the others are outside of the domain, as of n!.
var pointKinds = []pointKind{positive, positive, signed, positive, signed, signed, integral, integral, integral, integral, integral, integral, integral, integral, integral, integral, integral, integral}

const (
	enoughPoints   = 4
	enoughIntegers = 5
)

// pointOf gives every variable a value that depends on its name and the seed alone.
func pointOf(seed uint64, kind pointKind) func(string) *big.Rat {
	return func(name string) *big.Rat {
		h := mix(seed ^ seedOf(name))
		switch kind {
		case integral:
			return big.NewRat(int64(h%29)+1, 1)
		case signed:
			if h&(1<<40) != 0 {
				return big.NewRat(-int64(h%2039)-70, 512)
			}
		default:
		}
		return big.NewRat(int64(h%2039)+70, 512)
	}
}

// isVariable reports whether a symbol has no value of its own.
func isVariable(n *node) bool {
	if n.op == opCall || n.op == opFn && n.name == "log" {
		return true
	}
	return n.op == opSym && n.name != "\\pi" && n.name != "e" && n.name != "i" && n.name != "\\infty"
}

// counts reports whether an expression rounds, and its variables are those that stand
// for integers: then it means integers alone.
func counts(n *node) bool {
	rounds := n.has(func(m *node) bool { return m.op == opFn && (m.name == "floor" || m.name == "ceil") })
	return rounds && !n.has(func(m *node) bool {
		return isVariable(m) && (m.op != opSym || len(m.name) != 1 || !strings.Contains("nmkNMKpq", m.name))
	})
}

func isImaginary(n *node) bool { return n.op == opSym && n.name == "i" }

// literalBits is the number of bits of all literals.
func (n *node) literalBits() int {
	total := 0
	if n.op == opNum {
		total = bits(n.rat)
	}
	for _, a := range n.args {
		total += a.literalBits()
	}
	return total
}

// identity tests a = b in ball arithmetic.
type identity struct {
	a, b    *node
	fuel    *fuel
	complex bool
	// prec is what equality needs: far more bits than the literals hold, so that
	// close numbers are told apart.
	prec uint
}

// largestPrec bounds the precision.
const largestPrec = 2048

// ballIdentity compares two expressions at points.
func ballIdentity(a, b *node, f *fuel) Outcome {
	t := &identity{a: a, b: b, fuel: f, complex: a.has(isImaginary) || b.has(isImaginary)}
	t.prec = uint(256 + 4*(a.literalBits()+b.literalBits()))
	t.prec = (t.prec + 63) &^ 63
	seed := seedOf(a.key()) ^ seedOf(b.key()) // symmetric
	if !a.has(isVariable) && !b.has(isVariable) {
		t.complex = true
		out, _, _ := t.at(pointOf(seed, positive))
		return out
	}
	agreed, integers, mismatch := 0, 0, false
	counting := counts(a) && counts(b)
	for i, kind := range pointKinds {
		if kind == integral && agreed >= enoughPoints {
			break
		}
		if kind != integral && counting {
			continue
		}
		out, defined, mismatched := t.at(pointOf(mix(seed+uint64(i)), kind))
		switch {
		case f.steps < 0:
			return Undecided
		case mismatched:
			mismatch = true
		case !defined:
		case out != Equal:
			return out
		case kind == integral:
			integers++
		default:
			agreed++
		}
	}
	// One side has a value where the other has none: ln x^2 and 2 ln x.
	if mismatch || agreed < enoughPoints && integers < enoughIntegers {
		return Undecided
	}
	return Equal
}

// at compares the values at one point; defined says that there are any, mismatched
// that only one side has one.
func (t *identity) at(point func(string) *big.Rat) (out Outcome, defined, mismatched bool) {
	for prec := uint(128); ; prec *= 2 {
		if prec > t.prec {
			prec = t.prec
		}
		x, err1 := t.value(t.a, point, prec)
		y, err2 := t.value(t.b, point, prec)
		either := func(err error) bool { return errors.Is(err1, err) || errors.Is(err2, err) }
		switch {
		case either(errDiscrete):
			return Undecided, false, false
		case either(errUndefined):
			return Undecided, false, err1 == nil || err2 == nil
		case err1 == nil && err2 == nil:
			if out, done := t.compare(x, y, prec); done {
				return out, true, false
			}
		case !either(errImprecise):
			return Undecided, true, false
		}
		if prec >= largestPrec || t.prec > largestPrec {
			return Undecided, true, false
		}
		if prec >= t.prec { // more than equality needs: cancellation
			t.prec = min(2*t.prec, largestPrec)
		}
	}
}

// value is a number with whether it is moderate; complex values are undefined where
// all is meant to be real.
func (t *identity) value(n *node, point func(string) *big.Rat, prec uint) (evaluated, error) {
	v := &evaluator{calculator: calculator{prec: prec, fuel: t.fuel}, at: point, complex: t.complex}
	x, err := v.eval(n)
	if err == nil && !x.real && !t.complex {
		err = errUndefined
	}
	return evaluated{x, v.extreme}, err
}

type evaluated struct {
	number
	extreme bool
}

// compare is decided when the difference is not zero, or zero with nearly all the
// precision that equality needs.
func (t *identity) compare(x, y evaluated, prec uint) (out Outcome, done bool) {
	c := &calculator{prec: prec, fuel: t.fuel}
	d, err := c.addN(x.number, y.neg())
	if err != nil {
		return Undecided, true
	}
	re, reIs := d.re.zero()
	im, imIs := c.imag(d).zero()
	switch {
	case !re || !im:
		return Different, true
	case reIs && imIs:
		return Equal, true
	case prec < t.prec:
		return Undecided, false
	case x.extreme || y.extreme:
		return Undecided, true
	}
	limit := newRad().SetMantExp(big.NewFloat(1), -int(t.prec)*3/4)
	if scale := t.scale(c, x.number); scale != nil {
		limit.Mul(limit, scale)
	}
	if d.re.rad.Cmp(limit) > 0 || c.imag(d).rad.Cmp(limit) > 0 {
		return Undecided, false
	}
	return Equal, true
}

// scale is the size of x where it is below 1, so that small numbers need small balls.
func (t *identity) scale(c *calculator, x number) *big.Float {
	size, err := c.absN(x)
	if err != nil {
		return nil
	}
	if contains, _ := size.zero(); contains || size.mid.Cmp(big.NewFloat(1)) >= 0 {
		return nil
	}
	return magnitude(size.mid)
}
