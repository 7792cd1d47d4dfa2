package latex

import (
	"math/big"
	"strings"
)

// roundedLikeMathVerify is Math-Verify's comparison of numbers: percentages of integers
// without their sign, and both sides rounded where one is a decimal.
func (c *comparer) roundedLikeMathVerify(gold, pred *node) (Outcome, bool) {
	g, p := withoutPercent(gold), withoutPercent(pred)
	if g.isInt() && p.isInt() {
		return c.outcome("integers, percent signs dropped", decided(g.rat.Cmp(p.rat) == 0)), true
	}
	if !(g.op == opNum && g.dec > 0) && !(p.op == opNum && p.dec > 0) {
		return Undecided, false
	}
	x, ok1 := c.roundTo(gold)
	y, ok2 := c.roundTo(pred)
	if !ok1 || !ok2 {
		return Undecided, false
	}
	return c.outcome("rounded decimals", decided(x.Cmp(y) == 0)), true
}

func withoutPercent(n *node) *node {
	if n.op == opPct {
		return n.args[0]
	}
	return n
}

// roundTo is n times a power of ten, rounded to an integer.
func (c *comparer) roundTo(n *node) (*big.Int, bool) {
	r, err := rational(n, c.fuel)
	if err != nil {
		return nil, false
	}
	if r == nil {
		v := &evaluator{calculator: calculator{prec: 256, fuel: c.fuel}, at: func(string) *big.Rat { return nil }}
		x, err := v.eval(n)
		if err != nil || !x.real {
			return nil, false
		}
		r, _ = x.re.mid.Rat(nil)
		if r == nil {
			return nil, false
		}
	}
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(c.decimals)), nil)
	v := new(big.Rat).Mul(r, new(big.Rat).SetInt(scale))
	v.Add(v, big.NewRat(1, 2))
	return new(big.Int).Div(v.Num(), v.Denom()), true
}

// spelledLikeMathVerify compares products of letters as words, whatever the case of
// longer ones.
func (c *comparer) spelledLikeMathVerify(gold, pred *node) (Outcome, bool) {
	g, ok1 := letters(gold)
	p, ok2 := letters(pred)
	if !ok1 || !ok2 || len(g) < 2 || len(p) < 2 {
		return Undecided, false
	}
	if strings.EqualFold(g, p) {
		return c.outcome("words", Equal), true
	}
	return Undecided, false
}

// renamed gives the variables of pred the names of those of gold, in the order in which
// they are first seen, where there are as many.
func renamed(gold, pred *node) *node {
	from, to := variables(pred), variables(gold)
	if len(from) != len(to) {
		return pred
	}
	names := map[string]string{}
	for i := range from {
		names[from[i]] = to[i]
	}
	return pred.replace(func(n *node) *node {
		if n.op == opSym && names[n.name] != "" {
			return sym(names[n.name])
		}
		return nil
	})
}

// variables are the names of variables in the order in which they are first seen.
func variables(n *node) []string {
	var out []string
	seen := map[string]bool{}
	n.has(func(m *node) bool {
		if m.op == opSym && isVariable(m) && !seen[m.name] {
			seen[m.name] = true
			out = append(out, m.name)
		}
		return false
	})
	return out
}
