package latex

import "math/big"

// rational is the exact value of a constant expression of rational numbers, or nil
// where it is not one or is too large.
func rational(n *node, f *fuel) (*big.Rat, error) {
	if err := f.burn(1); err != nil {
		return nil, err
	}
	switch n.op {
	case opNum:
		return n.rat, nil
	case opPct:
		r, err := rational(n.args[0], f)
		if r == nil || err != nil {
			return nil, err
		}
		return new(big.Rat).Mul(r, big.NewRat(1, 100)), nil
	case opAdd, opMul:
		total, err := rational(n.args[0], f)
		if total == nil || err != nil {
			return nil, err
		}
		for _, a := range n.args[1:] {
			r, err := rational(a, f)
			if r == nil || err != nil {
				return nil, err
			}
			if n.op == opAdd {
				total = new(big.Rat).Add(total, r)
			} else {
				total = new(big.Rat).Mul(total, r)
			}
			if b := bits(total); b > maxBits {
				return nil, nil
			} else if err := f.burn(b / 512); err != nil {
				return nil, err
			}
		}
		return total, nil
	case opPow:
		return rationalPower(n, f)
	case opFn:
		return exactFunction(n.name, n.args, f)
	default:
	}
	return nil, nil
}

func rationalPower(n *node, f *fuel) (*big.Rat, error) {
	e, err := rational(n.args[1], f)
	if e == nil || err != nil || !e.IsInt() || !e.Num().IsInt64() {
		return nil, err
	}
	b, err := rational(n.args[0], f)
	if b == nil || err != nil {
		return nil, err
	}
	k := e.Num().Int64()
	if b.Sign() == 0 && k <= 0 {
		return nil, errUndefined
	}
	if k > maxBits || k < -maxBits {
		return nil, nil
	}
	size := int64(bits(b)) * abs64(k)
	if size > maxBits {
		return nil, nil
	}
	if err := f.burn(int(size / 512)); err != nil {
		return nil, err
	}
	p := big.NewInt(abs64(k))
	r := new(big.Rat).SetFrac(new(big.Int).Exp(b.Num(), p, nil), new(big.Int).Exp(b.Denom(), p, nil))
	if k < 0 {
		r.Inv(r)
	}
	return r, nil
}

// exactFunction is the exact value of a function of rational numbers, where it has one:
// nil for others.
func exactFunction(name string, args []*node, f *fuel) (*big.Rat, error) {
	if !exactNames[name] || len(args) == 0 {
		return nil, nil
	}
	values := make([]*big.Rat, len(args))
	for i, a := range args {
		v, err := rational(a, f)
		if v == nil || err != nil {
			return nil, err
		}
		values[i] = v
	}
	switch name {
	case "gcd", "lcm", "max", "min":
		return fold(name, values), nil
	case "binom", "factorial", "factorial2", "mod":
		return combinatorial(name, values, f)
	}
	if len(values) != 1 {
		return nil, nil
	}
	return rounded(name, values[0]), nil
}

var exactNames = setOf("gcd lcm max min binom factorial factorial2 mod abs floor ceil sgn")

// rounded are the functions of one number.
func rounded(name string, v *big.Rat) *big.Rat {
	q := new(big.Int).Div(v.Num(), v.Denom()) // Euclidean: floor, since the denominator is positive
	switch name {
	case "abs":
		return new(big.Rat).Abs(v)
	case "sgn":
		return big.NewRat(int64(v.Sign()), 1)
	case "floor":
		return new(big.Rat).SetInt(q)
	case "ceil":
		if !v.IsInt() {
			q.Add(q, big.NewInt(1))
		}
		return new(big.Rat).SetInt(q)
	}
	return nil
}

func fold(name string, values []*big.Rat) *big.Rat {
	total := values[0]
	for _, v := range values[1:] {
		switch name {
		case "max":
			if v.Cmp(total) > 0 {
				total = v
			}
		case "min":
			if v.Cmp(total) < 0 {
				total = v
			}
		default:
			if !v.IsInt() || !total.IsInt() || v.Sign() == 0 || total.Sign() == 0 {
				return nil
			}
			a, b := new(big.Int).Abs(total.Num()), new(big.Int).Abs(v.Num())
			g := new(big.Int).GCD(nil, nil, a, b)
			if name == "lcm" {
				g.Mul(new(big.Int).Quo(a, g), b)
			}
			total = new(big.Rat).SetInt(g)
		}
	}
	return total
}

// maxFactorial is the largest number whose factorial is computed.
const maxFactorial = 2500

func combinatorial(name string, v []*big.Rat, f *fuel) (*big.Rat, error) {
	for _, r := range v {
		if !r.IsInt() || !r.Num().IsInt64() {
			return nil, nil
		}
	}
	n := v[0].Num().Int64()
	out := new(big.Int)
	switch name {
	case "mod":
		if len(v) != 2 || v[1].Sign() <= 0 {
			return nil, nil
		}
		return new(big.Rat).SetInt(out.Mod(v[0].Num(), v[1].Num())), nil
	case "binom":
		if len(v) != 2 || n < 0 || n > maxFactorial {
			return nil, nil
		}
		k := v[1].Num().Int64()
		if k < 0 || k > n {
			return new(big.Rat), nil
		}
		out.Binomial(n, k)
		return new(big.Rat).SetInt(out), f.burn(int(n) / 10)
	case "factorial":
		if n < 0 || n > maxFactorial {
			return nil, nil
		}
		out.MulRange(1, n)
	case "factorial2":
		if n < 0 || n > maxFactorial {
			return nil, nil
		}
		out.SetInt64(1)
		for k := n; k > 1; k -= 2 {
			out.Mul(out, big.NewInt(k))
		}
	}
	return new(big.Rat).SetInt(out), f.burn(1 + int(n)/5)
}
