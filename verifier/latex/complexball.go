package latex

import "math/big"

// number is a complex number; real says that its imaginary part is exactly zero.
type number struct {
	re, im ball
	real   bool
}

func realNumber(b ball) number { return number{re: b, real: true} }

// imag is the imaginary part.
func (c *calculator) imag(a number) ball {
	if a.real {
		return c.int(0)
	}
	return a.im
}

func (c *calculator) addN(a, b number) (number, error) {
	re, err := c.add(a.re, b.re)
	if err != nil || a.real && b.real {
		return realNumber(re), err
	}
	im, err := c.add(c.imag(a), c.imag(b))
	return c.settle(number{re: re, im: im}), err
}

// settle notes an imaginary part that is exactly zero.
func (c *calculator) settle(a number) number {
	if _, is := a.im.zero(); is {
		return realNumber(a.re)
	}
	return a
}

func (a number) neg() number {
	if a.real {
		return realNumber(a.re.neg())
	}
	return number{re: a.re.neg(), im: a.im.neg()}
}

func (c *calculator) mulN(a, b number) (number, error) {
	if a.real && b.real {
		re, err := c.mul(a.re, b.re)
		return realNumber(re), err
	}
	ai, bi := c.imag(a), c.imag(b)
	re, err := c.crossed(a.re, b.re, ai, bi.neg())
	if err != nil {
		return a, err
	}
	im, err := c.crossed(a.re, bi, ai, b.re)
	if err != nil {
		return a, err
	}
	return c.settle(number{re: re, im: im}), nil
}

// crossed is a b + d e.
func (c *calculator) crossed(a, b, d, e ball) (ball, error) {
	x, err := c.mul(a, b)
	if err != nil {
		return a, err
	}
	y, err := c.mul(d, e)
	if err != nil {
		return a, err
	}
	return c.add(x, y)
}

func (c *calculator) invN(a number) (number, error) {
	if a.real {
		re, err := c.inv(a.re)
		return realNumber(re), err
	}
	n, err := c.crossed(a.re, a.re, a.im, a.im)
	if err != nil {
		return a, err
	}
	n, err = c.inv(n)
	if err != nil {
		return a, err
	}
	return c.mulN(number{re: a.re, im: a.im.neg()}, realNumber(n))
}

func (c *calculator) absN(a number) (ball, error) {
	if a.real {
		return a.re.abs(), nil
	}
	n, err := c.crossed(a.re, a.re, a.im, a.im)
	if err != nil {
		return n, err
	}
	return c.sqrt(n)
}

// sqrtN is the principal root.
func (c *calculator) sqrtN(a number) (number, error) {
	if a.real {
		s, err := a.re.sign()
		if err != nil {
			return a, err
		}
		if s >= 0 {
			re, err := c.sqrt(a.re)
			return realNumber(re), err
		}
		im, err := c.sqrt(a.re.neg())
		return number{re: c.int(0), im: im}, err
	}
	s, err := a.im.sign()
	if err != nil {
		return a, err
	}
	n, err := c.absN(a)
	if err != nil {
		return a, err
	}
	half := func(b ball) (ball, error) {
		t, err := c.add(n, b)
		if err != nil {
			return t, err
		}
		if t, err = c.mul(t, ball{big.NewFloat(0.5), newRad()}); err != nil {
			return t, err
		}
		return c.sqrt(t)
	}
	re, err := half(a.re)
	if err != nil {
		return a, err
	}
	im, err := half(a.re.neg())
	if s < 0 {
		im = im.neg()
	}
	return number{re: re, im: im}, err
}

// expN is e^a.
func (c *calculator) expN(a number) (number, error) {
	r, err := c.exp(a.re)
	if err != nil || a.real {
		return realNumber(r), err
	}
	sin, cos, err := c.sincos(a.im)
	if err != nil {
		return a, err
	}
	return c.mulN(realNumber(r), number{re: cos, im: sin})
}

// powInt is a to an integer power.
func (c *calculator) powInt(a number, n int64) (number, error) {
	if n < 0 {
		inv, err := c.invN(a)
		if err != nil {
			return a, err
		}
		return c.powInt(inv, -n)
	}
	if n == 0 {
		if contains, is := a.re.zero(); a.real && is {
			return a, errUndefined
		} else if contains && a.real {
			return a, errImprecise
		}
	}
	result := realNumber(c.int(1))
	for square := a; n > 0; {
		var err error
		if n&1 == 1 {
			if result, err = c.mulN(result, square); err != nil {
				return a, err
			}
		}
		if n >>= 1; n == 0 {
			break
		}
		if square, err = c.mulN(square, square); err != nil {
			return a, err
		}
	}
	return result, nil
}

// powN is a to a power that is no integer: of positive numbers, and square roots.
func (c *calculator) powN(a, b number) (number, error) {
	if !a.real {
		return a, errUndefined
	}
	s, err := a.re.sign()
	if err != nil {
		return a, err
	}
	switch {
	case s > 0:
		l, err := c.ln(a.re)
		if err != nil {
			return a, err
		}
		e, err := c.mulN(realNumber(l), b)
		if err != nil {
			return a, err
		}
		return c.expN(e)
	case s == 0 && b.real:
		if t, err := b.re.sign(); err != nil || t > 0 {
			return a, err
		}
	case s < 0:
		return a, errDiscrete
	}
	return a, errUndefined
}
