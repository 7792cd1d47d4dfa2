package latex

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// factorOf is an atom to a rational power.
type factorOf struct {
	atom     string
	num, den int64 // den > 0, reduced
}

// term is a coefficient with powers of atoms, which are sorted by name.
type term struct {
	coef    *big.Rat
	factors []factorOf
}

// poly is a sum of terms by their monomial. Powers of primes stay within [0, 1), those
// of i within {0, 1}, so that equal sums of radicals are equal polynomials.
type poly map[string]term

// quotient is a quotient of polynomials.
type quotient struct{ num, den poly }

func constant(r *big.Rat) poly {
	p := poly{}
	if r.Sign() != 0 {
		p[""] = term{coef: r}
	}
	return p
}

var one = constant(big.NewRat(1, 1))

// monomialKey names the product of powers.
func monomialKey(fs []factorOf) string {
	if len(fs) == 0 {
		return ""
	}
	var b strings.Builder
	for _, f := range fs {
		b.WriteString(f.atom)
		b.WriteByte('^')
		b.WriteString(strconv.FormatInt(f.num, 10))
		if f.den != 1 {
			b.WriteByte('/')
			b.WriteString(strconv.FormatInt(f.den, 10))
		}
		b.WriteByte(';')
	}
	return b.String()
}

// single is the value of the only term, which is a number.
func (p poly) single() (*big.Rat, bool) {
	switch len(p) {
	case 0:
		return new(big.Rat), true
	case 1:
		if t, ok := p[""]; ok {
			return t.coef, true
		}
	}
	return nil, false
}

// keys are the monomials in order: no result depends on the order of a map.
func (p poly) keys() []string {
	out := make([]string, 0, len(p))
	for k := range p {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func (p poly) put(t term) {
	k := monomialKey(t.factors)
	if old, ok := p[k]; ok {
		t.coef = new(big.Rat).Add(old.coef, t.coef)
	}
	if t.coef.Sign() == 0 {
		delete(p, k)
		return
	}
	p[k] = t
}

// polyMath does arithmetic on polynomials within the fuel.
type polyMath struct{ fuel *fuel }

func (m polyMath) add(a, b poly) (poly, error) {
	if err := m.fuel.burn(len(a) + len(b)); err != nil {
		return nil, err
	}
	out := make(poly, len(a)+len(b))
	for k, t := range a {
		out[k] = t
	}
	for _, k := range b.keys() {
		out.put(b[k])
	}
	return out, m.check(out)
}

func (m polyMath) mul(a, b poly) (poly, error) {
	if len(a)*len(b) > 4*maxTerms {
		return nil, errFuel
	}
	if err := m.fuel.burn(1 + 3*len(a)*len(b)); err != nil {
		return nil, err
	}
	out := poly{}
	bk := b.keys()
	for _, i := range a.keys() {
		for _, j := range bk {
			t, err := m.mulTerms(a[i], b[j])
			if err != nil {
				return nil, err
			}
			out.put(t)
		}
	}
	return out, m.check(out)
}

// check refuses what grew too large.
func (m polyMath) check(p poly) error {
	if len(p) > maxTerms {
		return errFuel
	}
	return nil
}

func bits(r *big.Rat) int { return r.Num().BitLen() + r.Denom().BitLen() }

func (m polyMath) mulTerms(a, b term) (term, error) {
	c := new(big.Rat).Mul(a.coef, b.coef)
	if n := bits(c); n > 256 {
		if n > maxBits {
			return term{}, errFuel
		}
		if err := m.fuel.burn(n / 256); err != nil {
			return term{}, err
		}
	}
	out := term{coef: c}
	i, j := 0, 0
	for i < len(a.factors) || j < len(b.factors) {
		var f factorOf
		switch {
		case j == len(b.factors) || i < len(a.factors) && a.factors[i].atom < b.factors[j].atom:
			f = a.factors[i]
			i++
		case i == len(a.factors) || b.factors[j].atom < a.factors[i].atom:
			f = b.factors[j]
			j++
		default:
			var ok bool
			if f, ok = addPowers(a.factors[i], b.factors[j]); !ok {
				return term{}, errFuel
			}
			i, j = i+1, j+1
		}
		f, c := reduce(f)
		if c != nil {
			out.coef = new(big.Rat).Mul(out.coef, c)
		}
		if f.num != 0 {
			out.factors = append(out.factors, f)
		}
	}
	return out, nil
}

const maxPower = 1 << 20

func addPowers(a, b factorOf) (factorOf, bool) {
	n, d := a.num*b.den+b.num*a.den, a.den*b.den
	g := gcd(n, d)
	f := factorOf{a.atom, n / g, d / g}
	return f, abs64(f.num) < maxPower && f.den < maxPower
}

func gcd(a, b int64) int64 {
	a, b = abs64(a), abs64(b)
	for b != 0 {
		a, b = b, a%b
	}
	return max(a, 1)
}

func abs64(a int64) int64 {
	if a < 0 {
		return -a
	}
	return a
}

// reduce takes the rational part out of a power of a prime or of i.
func reduce(f factorOf) (factorOf, *big.Rat) {
	switch {
	case f.atom == imaginary && f.den == 1:
		n := ((f.num % 4) + 4) % 4
		f.num = n % 2
		if n >= 2 {
			return f, big.NewRat(-1, 1)
		}
	case f.atom[0] == '#' && (f.num < 0 || f.num >= f.den):
		whole := f.num / f.den
		if f.num < 0 && f.num%f.den != 0 {
			whole--
		}
		f.num -= whole * f.den
		if f.num == 0 {
			f.den = 1
		}
		p, _ := new(big.Int).SetString(f.atom[1:], 10)
		r := new(big.Rat).SetInt(new(big.Int).Exp(p, big.NewInt(abs64(whole)), nil))
		if whole < 0 {
			r.Inv(r)
		}
		return f, r
	}
	return f, nil
}

// imaginary is the atom i; "#" and digits is a prime.
const imaginary = "i"

// inverse is the inverse of a single term.
func (m polyMath) inverse(t term) (term, error) {
	out := term{coef: new(big.Rat).Inv(t.coef)}
	unit := term{coef: big.NewRat(1, 1)}
	for _, f := range t.factors {
		f.num = -f.num
		g, c := reduce(f)
		if c != nil {
			out.coef = new(big.Rat).Mul(out.coef, c)
		}
		if g.num != 0 {
			unit.factors = append(unit.factors, g)
		}
	}
	return m.mulTerms(out, unit)
}

// quotients.

func (m polyMath) addQ(a, b quotient) (quotient, error) {
	if samePoly(a.den, b.den) {
		n, err := m.add(a.num, b.num)
		return quotient{n, a.den}, err
	}
	x, err := m.mul(a.num, b.den)
	if err != nil {
		return a, err
	}
	y, err := m.mul(b.num, a.den)
	if err != nil {
		return a, err
	}
	n, err := m.add(x, y)
	if err != nil {
		return a, err
	}
	d, err := m.mul(a.den, b.den)
	return quotient{n, d}, err
}

func (m polyMath) mulQ(a, b quotient) (quotient, error) {
	n, err := m.mul(a.num, b.num)
	if err != nil {
		return a, err
	}
	d, err := m.mul(a.den, b.den)
	return quotient{n, d}, err
}

// invertQ is 1/a; a denominator of one term goes into the numerator.
func (m polyMath) invertQ(a quotient) (quotient, error) {
	if len(a.num) == 0 {
		return a, errUndefined
	}
	if len(a.num) == 1 {
		for _, t := range a.num {
			inv, err := m.inverse(t)
			if err != nil {
				return a, err
			}
			n, err := m.mul(a.den, poly{monomialKey(inv.factors): inv})
			return quotient{n, one}, err
		}
	}
	return quotient{a.den, a.num}, nil
}

func samePoly(a, b poly) bool {
	if len(a) != len(b) {
		return false
	}
	for k, t := range a {
		u, ok := b[k]
		if !ok || t.coef.Cmp(u.coef) != 0 {
			return false
		}
	}
	return true
}

// String is the polynomial with its terms in order, for keys.
func (p poly) String() string {
	var b strings.Builder
	for _, k := range p.keys() {
		b.WriteString(p[k].coef.RatString())
		b.WriteByte('*')
		b.WriteString(k)
		b.WriteByte('+')
	}
	return b.String()
}
