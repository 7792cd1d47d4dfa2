package latex

import (
	"errors"
	"math/big"
	"sort"
	"strconv"
)

// errUndefined says that an expression has no value, such as 1/0.
var errUndefined = errors.New("undefined")

// errNoNormal says that a tree is no expression.
var errNoNormal = errors.New("no expression")

// normalizer makes normal forms. provable says of the last one that its atoms are
// independent over the rational numbers, so that a form other than zero is not zero.
type normalizer struct {
	polyMath
	provable bool
	// transcendental is the constant, pi or e, that was seen first.
	transcendental string
}

func newNormalizer(f *fuel) *normalizer {
	return &normalizer{polyMath: polyMath{f}, provable: true}
}

// normal is the normal form of an expression.
func (z *normalizer) normal(n *node) (quotient, error) {
	if err := z.fuel.burn(1); err != nil {
		return quotient{}, err
	}
	switch n.op {
	case opNum:
		if bits(n.rat) > maxBits {
			return quotient{}, errFuel
		}
		return quotient{constant(n.rat), one}, nil
	case opSym:
		return z.symbol(n.name)
	case opAdd, opMul:
		return z.chain(n)
	case opPow:
		return z.pow(n.args[0], n.args[1])
	case opPct:
		q, err := z.normal(n.args[0])
		if err != nil {
			return q, err
		}
		return z.mulQ(q, quotient{constant(big.NewRat(1, 100)), one})
	case opDeg:
		return z.normal(build(opMul, n.args[0], sym("\\pi"), num(big.NewRat(1, 180))))
	case opFn:
		return z.function(n)
	case opCall:
		return z.atom(n)
	default:
	}
	return quotient{}, errNoNormal
}

func atomPoly(name string, num, den int64) quotient {
	t := term{coef: big.NewRat(1, 1), factors: []factorOf{{name, num, den}}}
	return quotient{poly{monomialKey(t.factors): t}, one}
}

func (z *normalizer) symbol(name string) (quotient, error) {
	switch name {
	case "\\infty":
		return quotient{}, errNoNormal
	case "\\pi", "e":
		// Each is transcendental; nothing is known of both together.
		if z.transcendental != "" && z.transcendental != name {
			z.provable = false
		}
		z.transcendental = name
	}
	return atomPoly(safeName(name), 1, 1), nil
}

// chain is a sum or a product.
func (z *normalizer) chain(n *node) (quotient, error) {
	total, err := z.normal(n.args[0])
	if err != nil {
		return total, err
	}
	for _, a := range n.args[1:] {
		q, err := z.normal(a)
		if err != nil {
			return q, err
		}
		if n.op == opAdd {
			total, err = z.addQ(total, q)
		} else {
			total, err = z.mulQ(total, q)
		}
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// pow is a power; exponents that are no small rational numbers make an atom.
func (z *normalizer) pow(base, exponent *node) (quotient, error) {
	b, err := z.normal(base)
	if err != nil {
		return b, err
	}
	e, err := z.normal(exponent)
	if err != nil {
		return e, err
	}
	d, rational := e.den.single()
	x, number := e.num.single()
	if !rational || !number || d.Sign() == 0 {
		return z.opaquePower(b, e)
	}
	r := new(big.Rat).Quo(x, d)
	if !r.Num().IsInt64() || !r.Denom().IsInt64() || abs64(r.Num().Int64()) >= maxPower || r.Denom().Int64() > 1000 {
		return quotient{}, errFuel
	}
	if r.IsInt() {
		return z.intPow(b, r.Num().Int64())
	}
	return z.root(b, r.Num().Int64(), r.Denom().Int64())
}

// opaquePower is an atom named by base and exponent.
func (z *normalizer) opaquePower(b, e quotient) (quotient, error) {
	z.provable = false
	return atomPoly("pow("+b.key()+","+e.key()+")", 1, 1), nil
}

// key names a quotient; equal keys are equal quotients.
func (q quotient) key() string { return q.num.String() + "|" + q.den.String() }

func (z *normalizer) intPow(b quotient, n int64) (quotient, error) {
	if n < 0 {
		inv, err := z.invertQ(b)
		if err != nil {
			return b, err
		}
		return z.intPow(inv, -n)
	}
	if n == 0 && len(b.num) == 0 {
		return b, errUndefined
	}
	if c, ok := b.num.single(); ok && int64(bits(c))*n > maxBits {
		return b, errFuel
	}
	if len(b.num) > 1 && n > 64 {
		return b, errFuel
	}
	result := quotient{one, one}
	for square := b; ; {
		var err error
		if n&1 == 1 {
			if result, err = z.mulQ(result, square); err != nil {
				return b, err
			}
		}
		if n >>= 1; n == 0 {
			return result, nil
		}
		if square, err = z.mulQ(square, square); err != nil {
			return b, err
		}
	}
}

// root is b to the power n/d in lowest terms.
func (z *normalizer) root(b quotient, n, d int64) (quotient, error) {
	top, ok1 := b.num.single()
	bottom, ok2 := b.den.single()
	if ok1 && ok2 {
		if bottom.Sign() == 0 {
			return b, errUndefined
		}
		return z.rationalRoot(new(big.Rat).Quo(top, bottom), n, d)
	}
	if ok2 && len(b.num) == 1 {
		for _, t := range b.num {
			// (c x)^(n/d) for one atom to the first power: nothing is lost.
			if len(t.factors) == 1 && t.factors[0].num == 1 && t.factors[0].den == 1 && t.coef.Sign() > 0 && t.factors[0].atom[0] != '#' && t.factors[0].atom != imaginary {
				c, err := z.rationalRoot(new(big.Rat).Quo(t.coef, bottom), n, d)
				if err != nil {
					return b, err
				}
				return z.mulQ(c, atomPoly(t.factors[0].atom, n, d))
			}
		}
	}
	z.provable = false
	return atomPoly("root("+b.key()+")", n, d), nil
}

// rationalRoot is r^(n/d) as powers of primes.
func (z *normalizer) rationalRoot(r *big.Rat, n, d int64) (quotient, error) {
	out := quotient{one, one}
	var err error
	switch {
	case r.Sign() == 0 && n > 0:
		return quotient{poly{}, one}, nil
	case r.Sign() == 0:
		return out, errUndefined
	case r.Sign() < 0 && d == 2:
		if out, err = z.intPow(atomPoly(imaginary, 1, 1), n); err != nil {
			return out, err
		}
	case r.Sign() < 0:
		return out, errNoNormal
	}
	for _, side := range []struct {
		v *big.Int
		n int64
	}{{new(big.Int).Abs(r.Num()), n}, {r.Denom(), -n}} {
		factors, err := z.factorize(side.v)
		if err != nil {
			return out, err
		}
		for _, f := range factors {
			power := f.count * side.n
			g := gcd(power, d)
			part := term{coef: big.NewRat(1, 1)}
			p, c := reduce(factorOf{"#" + f.prime, power / g, d / g})
			if c != nil {
				part.coef = c
			}
			if p.num != 0 {
				part.factors = []factorOf{p}
			}
			if out, err = z.mulQ(out, quotient{poly{monomialKey(part.factors): part}, one}); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}

type primePower struct {
	prime string
	count int64
}

// trialLimit bounds trial division; what is left over stands as if it were prime,
// which is true of it or makes differences unprovable.
const trialLimit = 2000

func (z *normalizer) factorize(v *big.Int) ([]primePower, error) {
	if v.BitLen() > 256 {
		return nil, errFuel
	}
	var out []primePower
	rest := new(big.Int).Set(v)
	q, r, d := new(big.Int), new(big.Int), new(big.Int)
	for p := int64(2); p < trialLimit && rest.BitLen() > 1; p++ {
		if rest.IsInt64() {
			return z.factorizeSmall(rest.Int64(), p, out)
		}
		d.SetInt64(p)
		count := int64(0)
		for {
			q.QuoRem(rest, d, r)
			if r.Sign() != 0 {
				break
			}
			rest.Set(q)
			count++
		}
		if count > 0 {
			out = append(out, primePower{strconv.FormatInt(p, 10), count})
		}
	}
	if rest.BitLen() > 1 {
		z.provable = false
		out = append(out, primePower{rest.String(), 1})
	}
	return out, z.fuel.burn(trialLimit / 10)
}

func (z *normalizer) factorizeSmall(v, from int64, out []primePower) ([]primePower, error) {
	p := from
	for ; p < 100*trialLimit && p*p <= v; p++ {
		count := int64(0)
		for v%p == 0 {
			v /= p
			count++
		}
		if count > 0 {
			out = append(out, primePower{strconv.FormatInt(p, 10), count})
		}
	}
	if v > 1 {
		if p*p <= v {
			z.provable = false
		}
		out = append(out, primePower{strconv.FormatInt(v, 10), 1})
	}
	return out, z.fuel.burn(1 + int((p-from)/100))
}

// atom is a node as an opaque atom, named by the normal forms of its arguments.
func (z *normalizer) atom(n *node) (quotient, error) {
	z.provable = z.provable && n.op == opCall
	name := n.name + "("
	if n.op == opCall {
		name = "call " + name
	}
	parts := make([]string, 0, len(n.args))
	for _, a := range n.args {
		if binds[n.name] { // i may be an index there
			parts = append(parts, a.key())
			continue
		}
		q, err := z.normal(a)
		if errors.Is(err, errNoNormal) {
			parts = append(parts, a.key())
			continue
		}
		if err != nil {
			return q, err
		}
		parts = append(parts, q.key())
	}
	if n.name == "gcd" || n.name == "lcm" || n.name == "max" || n.name == "min" {
		sort.Strings(parts)
	}
	for _, p := range parts {
		name += p + ","
	}
	return atomPoly(name+")", 1, 1), nil
}

// function is a known function: exact where its arguments are integers, else an atom.
func (z *normalizer) function(n *node) (quotient, error) {
	if n.name == "root" {
		return z.nthRoot(n)
	}
	if v, err := exactFunction(n.name, n.args, z.fuel); err != nil {
		return quotient{}, err
	} else if v != nil {
		return quotient{constant(v), one}, nil
	}
	if notExpression[n.name] {
		return quotient{}, errNoNormal
	}
	return z.atom(n)
}

// binds are the operators with a variable of their own.
var binds = map[string]bool{"sum": true, "prod": true, "int": true, "lim": true}

// notExpression are functions whose values are no numbers.
var notExpression = map[string]bool{"neg": true, "such that": true, "transpose": true}

// nthRoot is \sqrt[k]{x}: of a negative number for odd k the real root.
func (z *normalizer) nthRoot(n *node) (quotient, error) {
	k := n.args[1]
	if !k.isInt() || !k.rat.Num().IsInt64() || k.rat.Sign() <= 0 || k.rat.Num().Int64() > 1000 {
		return z.pow(n.args[0], build(opPow, k, integer(-1)))
	}
	d := k.rat.Num().Int64()
	b, err := z.normal(n.args[0])
	if err != nil {
		return b, err
	}
	if d == 1 {
		return b, nil
	}
	top, ok1 := b.num.single()
	bottom, ok2 := b.den.single()
	if ok1 && ok2 && bottom.Sign() != 0 && d%2 == 1 {
		if r := new(big.Rat).Quo(top, bottom); r.Sign() < 0 {
			q, err := z.rationalRoot(r.Neg(r), 1, d)
			if err != nil {
				return q, err
			}
			return z.mulQ(q, quotient{constant(big.NewRat(-1, 1)), one})
		}
	}
	return z.root(b, 1, d)
}
