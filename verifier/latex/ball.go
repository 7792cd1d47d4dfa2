package latex

import (
	"errors"
	"math/big"
)

// errImprecise says that the precision does not suffice to go on.
var errImprecise = errors.New("not precise enough")

// errDiscrete says that a function has a value at integers alone.
var errDiscrete = errors.New("not at an integer")

// errRange says that a number is too large or too close to zero to be computed.
var errRange = errors.New("out of range")

const (
	// radBits is the precision of radii, which are rounded up.
	radBits = 32
	// maxExponent bounds the binary exponent of numbers.
	maxExponent = 1 << 24
	// moderate bounds the exponents of numbers that short formulas with moderate
	// literals have; beyond it nearly equal numbers are not taken for equal.
	moderate = 320
)

// ball is a real number that is at most rad away from mid.
type ball struct{ mid, rad *big.Float }

// calculator does ball arithmetic at a precision of prec bits.
type calculator struct {
	prec uint
	fuel *fuel
	// extreme says that a number was beyond moderate.
	extreme bool
}

func newRad() *big.Float {
	return new(big.Float).SetPrec(radBits).SetMode(big.ToPositiveInf)
}

func (c *calculator) float() *big.Float { return new(big.Float).SetPrec(c.prec) }

// magnitude is |x|, rounded up to the precision of radii.
func magnitude(x *big.Float) *big.Float {
	r := newRad().Set(x)
	if x.Sign() < 0 {
		r.SetMode(big.ToNegativeInf).Set(x)
		r.SetMode(big.ToPositiveInf).Neg(r)
	}
	return r
}

// rounded is a ball around a computed mid: radius rad and its rounding error.
func (c *calculator) rounded(mid, rad *big.Float) (ball, error) {
	if err := c.fuel.burn(1 + int(c.prec/512)); err != nil {
		return ball{}, err
	}
	if mid.IsInf() || rad.IsInf() {
		return ball{}, errRange
	}
	if mid.Sign() != 0 {
		e := mid.MantExp(nil)
		if e > maxExponent || e < -maxExponent {
			return ball{}, errRange
		}
		ulp := newRad().SetMantExp(big.NewFloat(1), e-int(c.prec))
		rad = newRad().Add(rad, ulp)
		if e > moderate || e < -moderate && magnitudeDown(mid).Cmp(rad) > 0 {
			c.extreme = true
		}
	}
	return ball{mid, rad}, nil
}

func (c *calculator) rat(r *big.Rat) (ball, error) {
	m := c.float().SetRat(r)
	if exact, acc := m.Rat(nil); acc == big.Exact && exact.Cmp(r) == 0 {
		b, err := c.rounded(m, newRad())
		b.rad = newRad()
		return b, err
	}
	return c.rounded(m, newRad())
}

func (c *calculator) int(n int64) ball { return ball{c.float().SetInt64(n), newRad()} }

func (c *calculator) add(a, b ball) (ball, error) {
	m := c.float().Add(a.mid, b.mid)
	r := newRad().Add(a.rad, b.rad)
	if a.exact() && b.exact() && m.Acc() == big.Exact {
		return ball{m, r}, c.fuel.burn(1)
	}
	return c.rounded(m, r)
}

func (a ball) neg() ball { return ball{new(big.Float).Neg(a.mid), a.rad} }

func (a ball) exact() bool { return a.rad.Sign() == 0 }

func (c *calculator) mul(a, b ball) (ball, error) {
	m := c.float().Mul(a.mid, b.mid)
	if a.exact() && b.exact() && m.Acc() == big.Exact {
		out, err := c.rounded(m, newRad())
		out.rad = newRad()
		return out, err
	}
	r := newRad().Mul(magnitude(a.mid), b.rad)
	r.Add(r, newRad().Mul(magnitude(b.mid), a.rad))
	r.Add(r, newRad().Mul(a.rad, b.rad))
	return c.rounded(m, r)
}

// zero reports whether a contains zero, is that only.
func (a ball) zero() (contains, is bool) {
	return magnitudeDown(a.mid).Cmp(a.rad) <= 0, a.exact() && a.mid.Sign() == 0
}

// magnitudeDown is |x|, rounded down.
func magnitudeDown(x *big.Float) *big.Float {
	r := new(big.Float).SetPrec(radBits).SetMode(big.ToZero).Set(x)
	return r.Abs(r)
}

func (c *calculator) inv(a ball) (ball, error) {
	contains, is := a.zero()
	if is {
		return a, errUndefined
	}
	if contains {
		return a, errImprecise
	}
	m := c.float().Quo(big.NewFloat(1), a.mid)
	if a.exact() && m.Acc() == big.Exact {
		out, err := c.rounded(m, newRad())
		out.rad = newRad()
		return out, err
	}
	// |1/x - 1/m| <= rad / (|m| (|m| - rad))
	low := new(big.Float).SetPrec(radBits).SetMode(big.ToZero).Sub(magnitudeDown(a.mid), a.rad)
	if low.Sign() <= 0 {
		return a, errImprecise
	}
	low.Mul(low, magnitudeDown(a.mid))
	if low.Sign() <= 0 {
		return a, errRange
	}
	return c.rounded(m, newRad().Quo(a.rad, low))
}

// sign is the sign of a; errImprecise where it is not certain.
func (a ball) sign() (int, error) {
	contains, is := a.zero()
	switch {
	case is:
		return 0, nil
	case contains:
		return 0, errImprecise
	}
	return a.mid.Sign(), nil
}

// sqrt is the root of a ball without negative numbers.
func (c *calculator) sqrt(a ball) (ball, error) {
	s, err := a.sign()
	if err != nil {
		return a, err
	}
	if s < 0 {
		return a, errUndefined
	}
	if s == 0 {
		return a, nil
	}
	m := c.float().Sqrt(a.mid)
	if a.exact() {
		if square := new(big.Float).SetPrec(2*c.prec).Mul(m, m); square.Cmp(a.mid) == 0 {
			return ball{m, newRad()}, c.fuel.burn(2)
		}
	}
	// sqrt(m) - sqrt(m - r) <= r / sqrt(m)
	low := magnitudeDown(m)
	if low.Sign() <= 0 {
		return a, errRange
	}
	if err := c.fuel.burn(3); err != nil {
		return a, err
	}
	return c.rounded(m, newRad().Quo(a.rad, low))
}

func (a ball) abs() ball { return ball{new(big.Float).Abs(a.mid), a.rad} }

// ends are bounds of the ball.
func (a ball) ends() (lo, hi *big.Float) {
	prec := a.mid.Prec() + 2*radBits
	lo = new(big.Float).SetPrec(prec).SetMode(big.ToNegativeInf).Sub(a.mid, a.rad)
	hi = new(big.Float).SetPrec(prec).SetMode(big.ToPositiveInf).Add(a.mid, a.rad)
	return lo, hi
}

// floor is the integer that all of the ball has as its floor.
func (a ball) floor() (*big.Int, error) {
	lo, hi := a.ends()
	if lo.MantExp(nil) > maxBits || hi.MantExp(nil) > maxBits {
		return nil, errRange
	}
	x, y := floorOf(lo), floorOf(hi)
	if x.Cmp(y) != 0 {
		return nil, errImprecise
	}
	return x, nil
}

func floorOf(x *big.Float) *big.Int {
	n, acc := x.Int(nil) // truncated
	if x.Sign() < 0 && acc != big.Exact {
		n.Sub(n, big.NewInt(1))
	}
	return n
}

// integer is the exact integer that the ball is.
func (a ball) integer() (*big.Int, bool) {
	if !a.exact() || !a.mid.IsInt() || a.mid.MantExp(nil) > maxBits {
		return nil, false
	}
	n, _ := a.mid.Int(nil)
	return n, true
}
