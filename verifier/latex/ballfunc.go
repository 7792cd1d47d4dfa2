package latex

import (
	"math"
	"math/big"
	"sync"
)

// constants holds pi and ln 2 by precision, which is one of a few.
var constants sync.Map

type constantKey struct {
	name string
	prec uint
}

// cached is a constant at a precision rounded up to 64 bits.
func cached(name string, prec uint, compute func(prec uint) *big.Float) *big.Float {
	prec = (prec + 63) &^ 63
	key := constantKey{name, prec}
	if v, ok := constants.Load(key); ok {
		return v.(*big.Float)
	}
	v := compute(prec)
	constants.Store(key, v)
	return v
}

// piAt is pi with an error below 2^(3-prec) (Machin's formula in fixed point).
func piAt(prec uint) *big.Float {
	return cached("pi", prec, func(prec uint) *big.Float {
		bits := prec + 32
		t := new(big.Int).Mul(arccotFixed(5, bits), big.NewInt(16))
		t.Sub(t, new(big.Int).Mul(arccotFixed(239, bits), big.NewInt(4)))
		return fixed(t, bits, prec)
	})
}

// ln2At is ln 2 with an error below 2^-prec: 18 artanh(1/26) - 2 artanh(1/4801) + 8
// artanh(1/8749).
func ln2At(prec uint) *big.Float {
	return cached("ln2", prec, func(prec uint) *big.Float {
		bits := prec + 32
		t := new(big.Int).Mul(artanhFixed(26, bits), big.NewInt(18))
		t.Sub(t, new(big.Int).Mul(artanhFixed(4801, bits), big.NewInt(2)))
		t.Add(t, new(big.Int).Mul(artanhFixed(8749, bits), big.NewInt(8)))
		return fixed(t, bits, prec)
	})
}

func fixed(t *big.Int, bits, prec uint) *big.Float {
	f := new(big.Float).SetPrec(prec).SetInt(t)
	return f.SetMantExp(f, -int(bits))
}

func arccotFixed(n int64, bits uint) *big.Int { return inverseSeries(n, bits, true) }
func artanhFixed(n int64, bits uint) *big.Int { return inverseSeries(n, bits, false) }

// inverseSeries is the sum of (+-1)^k / ((2k+1) n^(2k+1)) times 2^bits.
func inverseSeries(n int64, bits uint, alternate bool) *big.Int {
	power := new(big.Int).Lsh(big.NewInt(1), bits)
	power.Quo(power, big.NewInt(n))
	square := big.NewInt(n * n)
	sum, t := new(big.Int), new(big.Int)
	for k := int64(0); power.Sign() != 0; k++ {
		t.Quo(power, big.NewInt(2*k+1))
		if alternate && k%2 == 1 {
			sum.Sub(sum, t)
		} else {
			sum.Add(sum, t)
		}
		power.Quo(power, square)
	}
	return sum
}

// pi is the ball of pi.
func (c *calculator) pi() (ball, error) {
	m := c.float().Set(piAt(c.prec + 16))
	return c.rounded(m, newRad().SetMantExp(big.NewFloat(1), 4-int(c.prec)))
}

// withError is a ball around a computed value whose error is at most 2^-prec times
// size (1: absolute), besides rad.
func (c *calculator) withError(v, rad, size *big.Float) (ball, error) {
	e := newRad().SetMantExp(magnitude(size), 1-int(c.prec))
	return c.rounded(c.float().Set(v), e.Add(e, rad))
}

// halvings is how often arguments are halved before their series is summed.
func (c *calculator) halvings() int { return 4 + int(math.Sqrt(float64(c.prec)))/2 }

// exp is e^a. The relative error of expMid is at most 2^-prec; that of the radius is
// e^r - 1 <= 2 r for r <= 1.
func (c *calculator) exp(a ball) (ball, error) {
	if a.rad.Cmp(big.NewFloat(0.5)) > 0 {
		return a, errImprecise
	}
	if a.mid.Sign() != 0 && a.mid.MantExp(nil) > 23 {
		return a, errRange
	}
	if err := c.fuel.burn(12 + int(c.prec/16)); err != nil {
		return a, err
	}
	v := c.expMid(a.mid)
	r := newRad().Mul(magnitude(v), a.rad)
	return c.withError(v, r.Add(r, r), v)
}

// expMid is e^x: x = k ln 2 + r, the series of r/2^s, squared s times. Every rounding
// is doubled s times, and there are fewer than 2^10 of them.
func (c *calculator) expMid(x *big.Float) *big.Float {
	s := c.halvings()
	wp := c.prec + uint(s) + 48 // k has at most 24 bits
	f, _ := x.Float64()
	k := int(math.Round(f / math.Ln2))
	r := new(big.Float).SetPrec(wp).SetInt64(int64(k))
	r.Mul(r, ln2At(wp))
	r.Sub(new(big.Float).SetPrec(wp).Set(x), r)
	r.SetMantExp(r, -s)
	sum := new(big.Float).SetPrec(wp).SetInt64(1)
	term := new(big.Float).SetPrec(wp).SetInt64(1)
	for n := int64(1); term.Sign() != 0 && term.MantExp(nil) > -int(wp); n++ {
		term.Mul(term, r)
		term.Quo(term, new(big.Float).SetInt64(n))
		sum.Add(sum, term)
	}
	for range s {
		sum.Mul(sum, sum)
	}
	return sum.SetMantExp(sum, k)
}

// ln is the logarithm of a positive ball: Newton's method on exp until the residual
// d = x e^-y - 1 is so small that its cube does not matter.
func (c *calculator) ln(a ball) (ball, error) {
	s, err := a.sign()
	if err != nil {
		return a, err
	}
	if s <= 0 {
		return a, errUndefined
	}
	w := &calculator{prec: c.prec + 40, fuel: c.fuel}
	m := new(big.Float)
	e := a.mid.MantExp(m)
	f, _ := m.Float64()
	y := w.float().SetFloat64(math.Log(f))
	y.Add(y, w.float().Mul(ln2At(w.prec), w.float().SetInt64(int64(e))))
	for {
		if err := c.fuel.burn(12 + int(c.prec/16)); err != nil {
			return a, err
		}
		d := w.expMid(w.float().Neg(y))
		d.Mul(d, a.mid)
		d.Sub(d, big.NewFloat(1))
		half := w.float().Mul(d, d)
		y.Add(y, d)
		y.Sub(y, half.SetMantExp(half, -1))
		if d.Sign() == 0 || 3*d.MantExp(nil) < -int(c.prec)-8 {
			break
		}
	}
	low := new(big.Float).SetPrec(radBits).SetMode(big.ToZero).Sub(magnitudeDown(a.mid), a.rad)
	if low.Sign() <= 0 {
		return a, errImprecise
	}
	size := newRad().SetInt64(2)
	size.Add(size, magnitude(y))
	return c.withError(y, newRad().Quo(a.rad, low), size)
}

// sincos are the sine and the cosine.
func (c *calculator) sincos(a ball) (sin, cos ball, err error) {
	if a.mid.Sign() != 0 && a.mid.MantExp(nil) > 24 {
		return a, a, errRange
	}
	if err := c.fuel.burn(16 + int(c.prec/16)); err != nil {
		return a, a, err
	}
	s, k := c.sincosMid(a.mid)
	unit := big.NewFloat(1)
	sin, err = c.withError(s[0], a.rad, unit)
	if err != nil {
		return a, a, err
	}
	cos, err = c.withError(s[1], a.rad, unit)
	for range k {
		sin, cos = cos, sin.neg()
	}
	return sin, cos, err
}

// sincosMid are the sine and the cosine of x less multiples of pi/2, and how many
// quarter turns, 0 to 3, are to be added. The error is absolute.
func (c *calculator) sincosMid(x *big.Float) (sc [2]*big.Float, quarters int) {
	s := c.halvings()
	wp := c.prec + uint(2*s) + 64
	f, _ := x.Float64()
	k := int64(math.Round(f / (math.Pi / 2)))
	r := new(big.Float).SetPrec(wp).SetInt64(k)
	r.Mul(r, piAt(wp))
	r.SetMantExp(r, -1)
	r.Sub(new(big.Float).SetPrec(wp).Set(x), r)
	r.SetMantExp(r, -s)
	square := new(big.Float).SetPrec(wp).Mul(r, r)
	square.Neg(square)
	series := func(first *big.Float, n int64) *big.Float {
		sum := new(big.Float).SetPrec(wp).Set(first)
		term := new(big.Float).SetPrec(wp).Set(first)
		for ; term.Sign() != 0 && term.MantExp(nil) > -int(wp); n += 2 {
			term.Mul(term, square)
			term.Quo(term, new(big.Float).SetInt64(n*(n+1)))
			sum.Add(sum, term)
		}
		return sum
	}
	sin, cos := series(r, 2), series(new(big.Float).SetPrec(wp).SetInt64(1), 1)
	for range s {
		t := new(big.Float).SetPrec(wp).Mul(sin, cos)
		cos.Mul(cos, cos)
		sin.Mul(sin, sin)
		cos.Sub(cos, sin)
		sin.SetMantExp(t, 1)
	}
	return [2]*big.Float{sin, cos}, int(((k % 4) + 4) % 4)
}

// atan is the arctangent, by halving the angle and then its series.
func (c *calculator) atan(a ball) (ball, error) {
	if err := c.fuel.burn(24 + int(c.prec/8)); err != nil {
		return a, err
	}
	s := c.halvings()
	w := &calculator{prec: c.prec + uint(s) + 48, fuel: c.fuel}
	x := w.float().Abs(a.mid)
	large := x.Cmp(big.NewFloat(1)) > 0
	if large {
		x.Quo(w.float().SetInt64(1), x)
	}
	for range s {
		d := w.float().Mul(x, x)
		d.Add(d, big.NewFloat(1))
		d.Sqrt(d)
		x.Quo(x, d.Add(d, big.NewFloat(1)))
	}
	square := w.float().Mul(x, x)
	square.Neg(square)
	sum, power := w.float().Set(x), w.float().Set(x)
	for n := int64(3); power.Sign() != 0 && power.MantExp(nil) > -int(w.prec); n += 2 {
		power.Mul(power, square)
		sum.Add(sum, w.float().Quo(power, new(big.Float).SetInt64(n)))
	}
	sum.SetMantExp(sum, s)
	if large {
		half := w.float().SetMantExp(piAt(w.prec), -1)
		sum.Sub(half, sum)
	}
	if a.mid.Sign() < 0 {
		sum.Neg(sum)
	}
	return c.withError(sum, a.rad, big.NewFloat(2))
}
