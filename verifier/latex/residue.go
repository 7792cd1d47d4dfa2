package latex

import (
	"hash/fnv"
	"math/big"
	mathbits "math/bits"
)

// The primes of identity tests. A rational function of degree d that is not zero is
// zero at a random point with odds of d to the prime.
var primes = [...]uint64{1<<61 - 1, 2305843009213693921}

// residues evaluates a rational expression modulo a prime.
type residues struct {
	p     uint64
	seed  uint64
	fuel  *fuel
	cache map[string]uint64
}

// seedOf makes a seed of texts: equal questions get equal points.
func seedOf(texts ...string) uint64 {
	h := fnv.New64a()
	for _, t := range texts {
		_, _ = h.Write([]byte(t)) // never fails
		_, _ = h.Write([]byte{0})
	}
	return mix(h.Sum64())
}

// mix is the finalizer of SplitMix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (m *residues) mul(a, b uint64) uint64 {
	hi, lo := mathbits.Mul64(a, b)
	return mathbits.Rem64(hi, lo, m.p)
}

func (m *residues) pow(a, e uint64) uint64 {
	r := uint64(1)
	for ; e > 0; e >>= 1 {
		if e&1 == 1 {
			r = m.mul(r, a)
		}
		a = m.mul(a, a)
	}
	return r
}

func (m *residues) rat(r *big.Rat) (uint64, bool) {
	p := new(big.Int).SetUint64(m.p)
	n := new(big.Int).Mod(r.Num(), p).Uint64()
	d := new(big.Int).Mod(r.Denom(), p).Uint64()
	if d == 0 {
		return 0, false
	}
	return m.mul(n, m.pow(d, m.p-2)), true
}

// eval is the value of n; false where it has none modulo p or is not rational.
func (m *residues) eval(n *node) (uint64, bool) {
	if m.fuel.burn(1) != nil {
		return 0, false
	}
	switch n.op {
	case opNum:
		return m.rat(n.rat)
	case opSym:
		if n.name == "\\infty" || n.name == "e" || n.name == "i" || n.name == "\\pi" {
			return 0, false
		}
		return m.variable(n.name), true
	case opCall:
		return m.variable(n.key()), true
	case opPct:
		v, ok := m.eval(n.args[0])
		return m.mul(v, m.pow(100, m.p-2)), ok
	case opAdd, opMul:
		return m.chain(n)
	case opPow:
		return m.power(n)
	case opFn:
		if v, err := exactFunction(n.name, n.args, m.fuel); v != nil && err == nil {
			return m.rat(v)
		}
	default:
	}
	return 0, false
}

func (m *residues) variable(name string) uint64 {
	if v, ok := m.cache[name]; ok {
		return v
	}
	v := (mix(m.seed^seedOf(name)))%(m.p-1) + 1
	m.cache[name] = v
	return v
}

func (m *residues) chain(n *node) (uint64, bool) {
	total, ok := m.eval(n.args[0])
	for _, a := range n.args[1:] {
		if !ok {
			return 0, false
		}
		var v uint64
		v, ok = m.eval(a)
		if n.op == opMul {
			total = m.mul(total, v)
		} else if total += v; total >= m.p {
			total -= m.p
		}
	}
	return total, ok
}

// power has exponents far below the prime, so that x^p is never taken for x.
func (m *residues) power(n *node) (uint64, bool) {
	e, err := rational(n.args[1], m.fuel)
	if e == nil || err != nil || !e.IsInt() || e.Num().BitLen() > 40 {
		return 0, false
	}
	b, ok := m.eval(n.args[0])
	if !ok {
		return 0, false
	}
	k := e.Num().Int64()
	if k <= 0 {
		if b == 0 {
			return 0, false
		}
		b, k = m.pow(b, m.p-2), -k
	}
	return m.pow(b, uint64(k)), true
}

// rationalIdentity compares two rational expressions modulo primes: Different is
// proved, Equal is so but for odds far below one in 10^30.
func rationalIdentity(a, b *node, f *fuel) Outcome {
	for i := range 4 {
		m := &residues{p: primes[i%len(primes)], seed: seedOf(a.key(), b.key()) + uint64(i/len(primes)), fuel: f, cache: map[string]uint64{}}
		x, ok := m.eval(a)
		if !ok {
			return Undecided
		}
		y, ok := m.eval(b)
		if !ok {
			return Undecided
		}
		if x != y {
			return Different
		}
	}
	return Equal
}
