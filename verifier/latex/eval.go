package latex

import (
	"errors"
	"math/big"
)

// errSymbolic says that a part of an expression cannot be evaluated at all.
var errSymbolic = errors.New("not evaluated")

// evaluator evaluates an expression at a point.
type evaluator struct {
	calculator
	// at gives variables their values; bound are those of sums.
	at    func(name string) *big.Rat
	bound map[string]*big.Rat
	depth int
	// complex says that numbers may be complex; else what is not real is undefined.
	complex bool
}

// notReal is the error of a function of real numbers at one that is not.
func (v *evaluator) notReal() error {
	if v.complex {
		return errSymbolic
	}
	return errUndefined
}

// eval is the value of n.
func (v *evaluator) eval(n *node) (number, error) {
	if v.depth++; v.depth > 4*maxDepth {
		return number{}, errFuel
	}
	defer func() { v.depth-- }()
	switch n.op {
	case opNum:
		b, err := v.rat(n.rat)
		return realNumber(b), err
	case opSym:
		return v.symbol(n.name)
	case opCall:
		return v.variable(n.key())
	case opAdd, opMul:
		return v.chain(n)
	case opPow:
		return v.power(n.args[0], n.args[1])
	case opPct:
		return v.scaled(n.args[0], num(big.NewRat(1, 100)))
	case opDeg:
		return v.scaled(n.args[0], build(opMul, sym("\\pi"), num(big.NewRat(1, 180))))
	case opFn:
		return v.function(n)
	default:
	}
	return number{}, errSymbolic
}

func (v *evaluator) scaled(a, factor *node) (number, error) {
	return v.chain(build(opMul, a, factor))
}

func (v *evaluator) symbol(name string) (number, error) {
	if r := v.bound[name]; r != nil {
		b, err := v.rat(r)
		return realNumber(b), err
	}
	switch name {
	case "\\pi":
		b, err := v.pi()
		return realNumber(b), err
	case "e":
		b, err := v.exp(v.int(1))
		return realNumber(b), err
	case "i":
		return number{re: v.int(0), im: v.int(1)}, nil
	case "\\infty":
		return number{}, errSymbolic
	}
	return v.variable(name)
}

func (v *evaluator) variable(name string) (number, error) {
	r := v.at(name)
	if r == nil {
		return number{}, errSymbolic
	}
	b, err := v.rat(r)
	return realNumber(b), err
}

func (v *evaluator) chain(n *node) (number, error) {
	total, err := v.eval(n.args[0])
	for _, a := range n.args[1:] {
		if err != nil {
			return total, err
		}
		var x number
		if x, err = v.eval(a); err != nil {
			return x, err
		}
		if n.op == opAdd {
			total, err = v.addN(total, x)
		} else {
			total, err = v.mulN(total, x)
		}
	}
	return total, err
}

// power is base^exponent.
func (v *evaluator) power(base, exponent *node) (number, error) {
	if r, err := rational(exponent, v.fuel); err != nil {
		return number{}, err
	} else if r != nil {
		return v.rationalPower(base, r)
	}
	e, err := v.eval(exponent)
	if err != nil {
		return e, err
	}
	if base.op == opSym && base.name == "e" {
		return v.expN(e)
	}
	b, err := v.eval(base)
	if err != nil {
		return b, err
	}
	if n, ok := e.re.integer(); ok && e.real && n.BitLen() < 30 {
		return v.powInt(b, n.Int64())
	}
	return v.powN(b, e)
}

func (v *evaluator) rationalPower(base *node, r *big.Rat) (number, error) {
	b, err := v.eval(base)
	if err != nil {
		return b, err
	}
	if !r.Num().IsInt64() || r.Num().BitLen() > 30 {
		return b, errRange
	}
	switch {
	case r.IsInt():
		return v.powInt(b, r.Num().Int64())
	case r.Denom().Cmp(big.NewInt(2)) == 0:
		if b, err = v.sqrtN(b); err != nil {
			return b, err
		}
		return v.powInt(b, r.Num().Int64())
	}
	e, err := v.rat(r)
	if err != nil {
		return b, err
	}
	return v.powN(b, realNumber(e))
}

// one argument functions of real numbers.
var realFunctions = map[string]func(c *calculator, a ball) (ball, error){
	"sin": func(c *calculator, a ball) (ball, error) { s, _, err := c.sincos(a); return s, err },
	"cos": func(c *calculator, a ball) (ball, error) { _, s, err := c.sincos(a); return s, err },
	"tan": func(c *calculator, a ball) (ball, error) { return c.ratioOf(a, false) },
	"cot": func(c *calculator, a ball) (ball, error) { return c.ratioOf(a, true) },
	"sec": func(c *calculator, a ball) (ball, error) {
		_, s, err := c.sincos(a)
		if err != nil {
			return s, err
		}
		return c.inv(s)
	},
	"csc": func(c *calculator, a ball) (ball, error) {
		s, _, err := c.sincos(a)
		if err != nil {
			return s, err
		}
		return c.inv(s)
	},
	"ln": (*calculator).ln, "arctan": (*calculator).atan, "arcsin": (*calculator).asin,
	"arccos": func(c *calculator, a ball) (ball, error) { return c.fromHalfPi(a, (*calculator).asin) },
	"arccot": func(c *calculator, a ball) (ball, error) { return c.fromHalfPi(a, (*calculator).atan) },
	"sinh":   func(c *calculator, a ball) (ball, error) { return c.hyperbolic(a, -1) },
	"cosh":   func(c *calculator, a ball) (ball, error) { return c.hyperbolic(a, 1) },
	"tanh": func(c *calculator, a ball) (ball, error) {
		s, err := c.hyperbolic(a, -1)
		if err != nil {
			return s, err
		}
		d, err := c.hyperbolic(a, 1)
		if err != nil {
			return d, err
		}
		if d, err = c.inv(d); err != nil {
			return d, err
		}
		return c.mul(s, d)
	},
	"abs": func(_ *calculator, a ball) (ball, error) { return a.abs(), nil },
}

// ratioOf is the tangent, or the cotangent.
func (c *calculator) ratioOf(a ball, inverted bool) (ball, error) {
	s, d, err := c.sincos(a)
	if err != nil {
		return s, err
	}
	if inverted {
		s, d = d, s
	}
	if d, err = c.inv(d); err != nil {
		return d, err
	}
	return c.mul(s, d)
}

// asin is arctan(a / sqrt(1 - a^2)).
func (c *calculator) asin(a ball) (ball, error) {
	square, err := c.mul(a, a)
	if err != nil {
		return a, err
	}
	rest, err := c.add(c.int(1), square.neg())
	if err != nil {
		return a, err
	}
	if _, is := rest.zero(); is { // 1 or -1
		half, err := c.pi()
		if err != nil {
			return a, err
		}
		half.mid, half.rad = c.float().SetMantExp(half.mid, -1), newRad().SetMantExp(half.rad, -1)
		if a.mid.Sign() < 0 {
			half = half.neg()
		}
		return half, nil
	}
	if rest, err = c.sqrt(rest); err != nil {
		return a, err
	}
	if rest, err = c.inv(rest); err != nil {
		return a, err
	}
	t, err := c.mul(a, rest)
	if err != nil {
		return a, err
	}
	return c.atan(t)
}

// fromHalfPi is pi/2 - f(a).
func (c *calculator) fromHalfPi(a ball, f func(*calculator, ball) (ball, error)) (ball, error) {
	x, err := f(c, a)
	if err != nil {
		return x, err
	}
	half, err := c.asin(c.int(1))
	if err != nil {
		return x, err
	}
	return c.add(half, x.neg())
}

// hyperbolic is (e^a + sign e^-a) / 2.
func (c *calculator) hyperbolic(a ball, sign int) (ball, error) {
	x, err := c.exp(a)
	if err != nil {
		return x, err
	}
	y, err := c.inv(x)
	if err != nil {
		return x, err
	}
	if sign < 0 {
		y = y.neg()
	}
	if x, err = c.add(x, y); err != nil {
		return x, err
	}
	return c.mul(x, ball{big.NewFloat(0.5), newRad()})
}
