package latex

import (
	"math/big"
)

// function is the value of a known function.
func (v *evaluator) function(n *node) (number, error) {
	if r, err := exactFunction(n.name, n.args, v.fuel); err != nil {
		return number{}, err
	} else if r != nil {
		b, err := v.rat(r)
		return realNumber(b), err
	}
	switch n.name {
	case "root":
		return v.root(n.args[0], n.args[1])
	case "sum", "prod":
		return v.series(n)
	case "norm", "abs":
		a, err := v.eval(n.args[0])
		if err != nil {
			return a, err
		}
		b, err := v.absN(a)
		return realNumber(b), err
	case "exp":
		a, err := v.eval(n.args[0])
		if err != nil {
			return a, err
		}
		return v.expN(a)
	case "log": // without a base: what people mean by it differs, so it is its own
		return v.opaque(n)
	case "floor", "ceil", "sgn":
		return v.step(n)
	case "max", "min":
		return v.extremum(n)
	case "factorial", "factorial2", "binom", "gcd", "lcm", "mod":
		return v.discrete(n)
	}
	f := realFunctions[n.name]
	if f == nil || len(n.args) != 1 {
		return v.opaque(n)
	}
	a, err := v.eval(n.args[0])
	if err != nil {
		return a, err
	}
	if !a.real {
		return a, v.notReal()
	}
	b, err := f(&v.calculator, a.re)
	return realNumber(b), err
}

// opaque refuses what is not computed.
func (v *evaluator) opaque(n *node) (number, error) {
	if n.name != "log" || len(n.args) != 1 {
		return number{}, errSymbolic
	}
	a, err := v.eval(n.args[0])
	if err != nil {
		return a, err
	}
	if !a.real {
		return a, v.notReal()
	}
	b, err := v.ln(a.re)
	if err != nil {
		return a, err
	}
	// The base is a number of its own, as of a variable that has no other name.
	base, err := v.variable("log base")
	if err != nil {
		return a, err
	}
	x, err := v.mul(b, base.re)
	return realNumber(x), err
}

// root is the k-th root; for odd k also of negative numbers.
func (v *evaluator) root(x, index *node) (number, error) {
	k, err := rational(index, v.fuel)
	if err != nil {
		return number{}, err
	}
	if k == nil || !k.IsInt() || k.Sign() <= 0 || k.Num().BitLen() > 20 {
		return v.power(x, build(opPow, index, integer(-1)))
	}
	a, err := v.eval(x)
	if err != nil {
		return a, err
	}
	d := k.Num().Int64()
	if d == 2 {
		return v.sqrtN(a)
	}
	e, err := v.rat(big.NewRat(1, d))
	if err != nil {
		return a, err
	}
	if a.real && d%2 == 1 {
		if s, err := a.re.sign(); err != nil {
			return a, err
		} else if s < 0 {
			r, err := v.powN(a.neg(), realNumber(e))
			return r.neg(), err
		}
	}
	return v.powN(a, realNumber(e))
}

// step are the functions that jump.
func (v *evaluator) step(n *node) (number, error) {
	a, err := v.eval(n.args[0])
	if err != nil || !a.real {
		return a, v.orNotReal(err)
	}
	if n.name == "sgn" {
		s, err := a.re.sign()
		return realNumber(v.int(int64(s))), err
	}
	if n.name == "ceil" {
		a = a.neg()
	}
	f, err := a.re.floor()
	if err != nil {
		return a, err
	}
	if n.name == "ceil" {
		f.Neg(f)
	}
	b, err := v.rat(new(big.Rat).SetInt(f))
	return realNumber(b), err
}

// orNotReal is err, or the error of a number that is not real.
func (v *evaluator) orNotReal(err error) error {
	if err == nil {
		return v.notReal()
	}
	return err
}

func (v *evaluator) extremum(n *node) (number, error) {
	best, err := v.eval(n.args[0])
	if err != nil || !best.real {
		return best, v.orNotReal(err)
	}
	for _, arg := range n.args[1:] {
		a, err := v.eval(arg)
		if err != nil || !a.real {
			return a, v.orNotReal(err)
		}
		d, err := v.add(a.re, best.re.neg())
		if err != nil {
			return a, err
		}
		s, err := d.sign()
		if err != nil {
			return a, err
		}
		if s > 0 == (n.name == "max") {
			best = a
		}
	}
	return best, nil
}

// discrete are functions of integers at an integer point.
func (v *evaluator) discrete(n *node) (number, error) {
	args := make([]*node, len(n.args))
	for i, arg := range n.args {
		a, err := v.eval(arg)
		if err != nil {
			return a, err
		}
		k, ok := a.re.integer()
		if !ok || !a.real {
			return a, errDiscrete
		}
		args[i] = num(new(big.Rat).SetInt(k))
	}
	r, err := exactFunction(n.name, args, v.fuel)
	if err != nil {
		return number{}, err
	}
	if r == nil {
		return number{}, errUndefined
	}
	b, err := v.rat(r)
	return realNumber(b), err
}

// maxSeries is the largest number of terms that are summed.
const maxSeries = 2000

// series is a sum or product over integers that are known.
func (v *evaluator) series(n *node) (number, error) {
	from := n.args[0]
	if from.op != opRel || len(from.rels) != 1 || from.rels[0] != "=" || from.args[0].op != opSym {
		return number{}, errSymbolic
	}
	name := from.args[0].name
	lo, err := v.eval(from.args[1])
	if err != nil {
		return lo, err
	}
	hi, err := v.eval(n.args[1])
	if err != nil {
		return hi, err
	}
	a, ok1 := lo.re.integer()
	b, ok2 := hi.re.integer()
	if !ok1 || !ok2 {
		return lo, errDiscrete
	}
	count := new(big.Int).Sub(b, a)
	if !count.IsInt64() || count.Int64() > maxSeries {
		return lo, errRange
	}
	total := realNumber(v.int(0))
	if n.name == "prod" {
		total = realNumber(v.int(1))
	}
	outer := v.bound
	defer func() { v.bound = outer }()
	for k := int64(0); k <= count.Int64(); k++ {
		v.bound = map[string]*big.Rat{}
		for other, r := range outer {
			v.bound[other] = r
		}
		v.bound[name] = new(big.Rat).SetInt(new(big.Int).Add(a, big.NewInt(k)))
		x, err := v.eval(n.args[2])
		if err != nil {
			return x, err
		}
		if n.name == "sum" {
			total, err = v.addN(total, x)
		} else {
			total, err = v.mulN(total, x)
		}
		if err != nil {
			return total, err
		}
	}
	return total, nil
}
