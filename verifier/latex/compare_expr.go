package latex

import (
	"errors"
	"math/big"
)

// expressions compares numbers and formulas.
func (c *comparer) expressions(gold, pred *node) Outcome {
	if gold.key() == pred.key() {
		return c.outcome("same tree", Equal)
	}
	if out, done := c.quantities(gold, pred); done {
		return out
	}
	if gold.op == opNum && pred.op == opNum && gold.dec == 0 && pred.dec == 0 {
		return c.outcome("exact numbers", decided(gold.rat.Cmp(pred.rat) == 0))
	}
	if noExpression(gold) || noExpression(pred) {
		return c.outcome("no expression", Undecided)
	}
	if c.mode == MathVerify {
		if out, done := c.roundedLikeMathVerify(gold, pred); done {
			return out
		}
		if c.anyVariable {
			pred = renamed(gold, pred)
		}
		if out, done := c.spelledLikeMathVerify(gold, pred); done {
			return out
		}
	} else if out, done := c.decimalNumbers(gold, pred); done {
		return out
	}
	return c.exactly(gold, pred)
}

// noExpression reports whether a tree holds what has no arithmetic; the bounds of a
// sum are no part of its value.
func noExpression(n *node) bool {
	if isNoExpression(n) {
		return true
	}
	args := n.args
	if n.op == opFn && binds[n.name] {
		args = args[len(args)-1:]
	}
	for _, a := range args {
		if noExpression(a) {
			return true
		}
	}
	return false
}

// isNoExpression reports what a sum or a product cannot hold.
func isNoExpression(n *node) bool {
	switch n.op {
	case opTuple, opList, opSet, opInterval, opUnion, opInter, opDiff, opRel, opCases, opRatio, opMod, opUnit, opText, opDots, opPM:
		return true
	case opFn:
		return n.name == "neg"
	default:
	}
	return false
}

// exactly compares two expressions without any tolerance.
func (c *comparer) exactly(gold, pred *node) Outcome {
	if out, done := c.infinite(gold, pred); done {
		return out
	}
	// Half of the fuel, so that what is too large to multiply out can still be evaluated.
	part := &fuel{steps: c.fuel.steps / 2}
	z := newNormalizer(part)
	before := part.steps
	g, err1 := z.normal(gold)
	p, err2 := z.normal(pred)
	done, out := false, Undecided
	if err1 == nil && err2 == nil {
		out, done = c.normalForms(z, g, p)
	}
	if err := c.fuel.burn(before - max(part.steps, 0)); err != nil || done {
		return out
	}
	if errors.Is(err1, errUndefined) || errors.Is(err2, errUndefined) {
		return c.outcome("undefined value", Undecided)
	}
	if c.fuel.steps < 0 {
		return c.outcome("out of fuel", Undecided)
	}
	if out := rationalIdentity(gold, pred, c.fuel); out != Undecided {
		return c.outcome("identity modulo primes", out)
	}
	return c.outcome("ball arithmetic", ballIdentity(gold, pred, c.fuel))
}

// normalForms compares quotients by cross multiplication.
func (c *comparer) normalForms(z *normalizer, g, p quotient) (Outcome, bool) {
	if len(g.den) == 0 || len(p.den) == 0 {
		return c.outcome("undefined value", Undecided), true
	}
	l, err := z.mul(g.num, p.den)
	if err != nil {
		return Undecided, false
	}
	r, err := z.mul(p.num, g.den)
	if err != nil {
		return Undecided, false
	}
	switch {
	case samePoly(l, r):
		return c.outcome("normal form", Equal), true
	case z.provable:
		return c.outcome("normal form", Different), true
	}
	return Undecided, false
}

// infinite compares what is infinite, which has no arithmetic.
func (c *comparer) infinite(gold, pred *node) (Outcome, bool) {
	g, p := infinity(gold), infinity(pred)
	if g != 0 || p != 0 {
		return c.outcome("infinity", decided(g == p)), true
	}
	isInf := func(n *node) bool { return n.op == opSym && n.name == "\\infty" }
	if gold.has(isInf) || pred.has(isInf) {
		return c.outcome("infinity within a formula", Undecided), true
	}
	return Undecided, false
}

// infinity is 1 or -1 for infinity with its sign.
func infinity(n *node) int {
	switch {
	case n.op == opSym && n.name == "\\infty":
		return 1
	case n.op == opMul && len(n.args) == 2 && n.args[0].op == opNum && infinity(n.args[1]) != 0:
		return n.args[0].rat.Sign() * infinity(n.args[1])
	}
	return 0
}

// quantities compares numbers with units: with those of both sides where both have
// one, without where only one has. A bare number of degrees is the angle's.
func (c *comparer) quantities(gold, pred *node) (Outcome, bool) {
	switch {
	case gold.op == opUnit && pred.op == opUnit && c.mode == Strict:
		return c.units(gold, pred), true
	case gold.op == opUnit || pred.op == opUnit:
		return c.oneUnit(gold, pred), true
	case gold.op == opDeg && pred.op == opDeg:
		return c.expressions(gold.args[0], pred.args[0]), true
	case gold.op == opDeg || pred.op == opDeg:
		if c.expressions(unwrapDegrees(gold), unwrapDegrees(pred)) == Equal {
			return c.outcome("degrees without their sign", Equal), true
		}
		if c.mode == MathVerify {
			return c.outcome("degrees", Different), true
		}
		return c.exactly(gold, pred), true
	}
	return Undecided, false
}

// oneUnit compares a quantity with a number, or with degrees.
func (c *comparer) oneUnit(gold, pred *node) Outcome {
	if gold.op != opDeg && pred.op != opDeg {
		return c.compare(unwrapDegrees(gold), unwrapDegrees(pred))
	}
	quantity := gold
	if gold.op == opDeg {
		quantity = pred
	}
	u := unitOf(quantity.name)
	switch {
	case u != nil && u.dimension == "angle":
		return c.compare(unwrapDegrees(gold), unwrapDegrees(pred))
	case u != nil && u.dimension == "radians" && gold.op == opDeg:
		return c.exactly(gold, quantity.args[0])
	case u != nil && u.dimension == "radians":
		return c.exactly(quantity.args[0], pred)
	}
	return c.outcome("a unit and degrees", Different)
}

func unwrapDegrees(n *node) *node {
	if n.op == opDeg || n.op == opUnit {
		return n.args[0]
	}
	return n
}

// units compares two quantities, converting between units that measure the same.
func (c *comparer) units(gold, pred *node) Outcome {
	g, p := unitWithPower(gold.name), unitWithPower(pred.name)
	switch {
	case g == nil && p == nil:
		if singular(gold.name) != singular(pred.name) {
			return c.outcome("other words", Undecided)
		}
		return c.compare(gold.args[0], pred.args[0])
	case g == nil || p == nil || g.dimension != p.dimension:
		return c.outcome("units of other things", Different)
	}
	if g.factor.Cmp(p.factor) == 0 {
		return c.compare(gold.args[0], pred.args[0])
	}
	return c.compare(build(opMul, num(g.factor), gold.args[0]), build(opMul, num(p.factor), pred.args[0]))
}

func unitWithPower(name string) *unit {
	if n := len(name); n > 2 && name[n-2] == '^' {
		if u := unitOf(name[:n-2]); u != nil {
			return u.power(int(name[n-1] - '0'))
		}
		return nil
	}
	return unitOf(name)
}

func singular(name string) string {
	if n := len(name); n > 3 && name[n-1] == 's' {
		return name[:n-1]
	}
	return name
}

// The significant digits that a decimal needs to stand for a number that it only
// approximates: a fraction, or an irrational number.
const (
	digitsOfFraction   = 3
	digitsOfIrrational = 10
)

// decimalNumbers compares a decimal with what it may approximate: the other side must
// round to the digits that the decimal was written with.
func (c *comparer) decimalNumbers(gold, pred *node) (Outcome, bool) {
	d, other := gold, pred
	if d.op != opNum || d.dec == 0 {
		d, other = pred, gold
	}
	if d.op != opNum || d.dec == 0 {
		return Undecided, false
	}
	if other.op == opNum {
		return c.outcome("exact numbers", decided(d.rat.Cmp(other.rat) == 0)), true
	}
	r, err := rational(other, c.fuel)
	if err != nil {
		return c.outcome("undefined value", Undecided), true
	}
	digits := d.dec - 1
	if r != nil {
		if r.Cmp(d.rat) == 0 {
			return c.outcome("exact numbers", Equal), true
		}
		if significant(d) < digitsOfFraction || terminates(r) {
			return c.outcome("a decimal with too few digits", Different), true
		}
		off := new(big.Rat).Sub(r, d.rat)
		return c.outcome("rounded to the digits given", decided(off.Abs(off).Cmp(halfUnit(digits)) <= 0)), true
	}
	if other.has(isVariable) || other.has(isImaginary) || significant(d) < digitsOfIrrational {
		return Undecided, false
	}
	return c.within(other, d.rat, halfUnit(digits))
}

// within reports whether a constant is at most tolerance from v.
func (c *comparer) within(n *node, v, tolerance *big.Rat) (Outcome, bool) {
	low := ballSign(sub(n, num(new(big.Rat).Sub(v, tolerance))), c.fuel)
	high := ballSign(sub(num(new(big.Rat).Add(v, tolerance)), n), c.fuel)
	if low == 0 || high == 0 {
		return Undecided, false
	}
	return c.outcome("rounded to the digits given", decided(low > 0 && high > 0)), true
}

// ballSign is the sign of a real constant; 0 where it is not known.
func ballSign(n *node, f *fuel) int {
	v := &evaluator{calculator: calculator{prec: 256, fuel: f}, at: func(string) *big.Rat { return nil }}
	x, err := v.eval(n)
	if err != nil || !x.real {
		return 0
	}
	s, err := x.re.sign()
	if err != nil {
		return 0
	}
	return s
}

// halfUnit is half a unit of the last of the digits behind the point.
func halfUnit(digits int) *big.Rat {
	d := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
	return new(big.Rat).SetFrac(big.NewInt(1), d.Mul(d, big.NewInt(2)))
}

// significant is the number of digits of a decimal without leading zeros.
func significant(d *node) int {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(d.dec-1)), nil)
	v := new(big.Rat).Mul(d.rat, new(big.Rat).SetInt(scale))
	if v.Sign() == 0 {
		return 0
	}
	return len(new(big.Int).Abs(v.Num()).String())
}

// terminates reports whether a fraction is a decimal of a few digits itself, so that
// nothing needs to be rounded.
func terminates(r *big.Rat) bool {
	v := new(big.Rat).Mul(r, big.NewRat(1_000_000, 1))
	return v.IsInt()
}
