package latex

import "math/big"

// flipped are the relations read from right to left.
var flipped = map[string]string{"<": ">", ">": "<", "<=": ">=", ">=": "<="}

// relations compares equations, inequalities and chains of them.
func (c *comparer) relations(gold, pred *node) Outcome {
	gName, gValue := assigned(gold)
	pName, pValue := assigned(pred)
	if gName != nil && pName != nil {
		gold = &node{op: opRel, args: []*node{gName, gValue}, rels: []string{"="}}
		pred = &node{op: opRel, args: []*node{pName, pValue}, rels: []string{"="}}
		if gName.key() == pName.key() {
			return c.compare(gValue, pValue)
		}
		if renamed := sameFunction(gName, pName, pValue); renamed != nil {
			return c.compare(gValue, renamed)
		}
	}
	if len(gold.rels) == 1 && len(pred.rels) == 1 {
		return c.link(gold, pred)
	}
	if out := c.chains(gold, pred); out == Equal {
		return out
	}
	if out := c.chains(gold, reversed(pred)); out == Equal {
		return out
	}
	if r, ok := c.regionsOf(gold, pred); ok {
		return r
	}
	return c.outcome("chains of relations", Different)
}

// sameFunction is the value of f(t) in terms of the x of f(x): nil where the names are
// of different functions or x means something else in the value.
func sameFunction(gold, pred, value *node) *node {
	if gold.op != opCall || pred.op != opCall || gold.name != pred.name {
		return nil
	}
	x, t := gold.args[0], pred.args[0]
	if x.op != opSym || t.op != opSym || value.has(func(n *node) bool { return n.op == opSym && n.name == x.name }) {
		return nil
	}
	return value.replace(func(n *node) *node {
		if n.op == opSym && n.name == t.name {
			return x
		}
		return nil
	})
}

// chains compares link by link.
func (c *comparer) chains(gold, pred *node) Outcome {
	if len(gold.rels) != len(pred.rels) {
		return Different
	}
	for i, r := range gold.rels {
		if r != pred.rels[i] {
			return Different
		}
	}
	return c.outcome("chains link by link", c.ordered(gold.args, pred.args))
}

// reversed is the chain from right to left.
func reversed(n *node) *node {
	r := &node{op: opRel}
	for i := len(n.args) - 1; i >= 0; i-- {
		r.args = append(r.args, n.args[i])
		if i > 0 {
			rel := n.rels[i-1]
			if f, ok := flipped[rel]; ok {
				rel = f
			}
			r.rels = append(r.rels, rel)
		}
	}
	return r
}

// link compares two relations of one link: both sides subtracted, up to a constant
// factor, which is positive or turns an inequality around.
func (c *comparer) link(gold, pred *node) Outcome {
	g, p := gold.rels[0], pred.rels[0]
	switch g {
	case "=", "!=", "<", ">", "<=", ">=", "~", "equiv":
	default:
		return c.otherLink(gold, pred)
	}
	if g != p && flipped[g] != p {
		return c.outcome("other relations", Different)
	}
	if out := c.ordered(gold.args, pred.args); g == p && out == Equal {
		return c.outcome("both sides", Equal)
	}
	if out := c.ordered(gold.args, []*node{pred.args[1], pred.args[0]}); out == Equal && (flipped[g] == p || flipped[g] == "") {
		return c.outcome("both sides, exchanged", Equal)
	}
	if c.noNumbers(gold) || c.noNumbers(pred) {
		return c.outcome("both sides", Different)
	}
	l := sub(gold.args[0], gold.args[1])
	r := sub(pred.args[0], pred.args[1])
	if out, done := c.proportional(l, r, g, p); done {
		return out
	}
	sign := 1
	if g != p {
		sign = -1
		r = neg(r)
	}
	if out := c.exactly(l, r); out != Different || flipped[g] != "" {
		return c.outcome("difference of the sides", out)
	}
	if sign == 1 {
		return c.outcome("difference of the sides", c.exactly(l, neg(r)))
	}
	return c.outcome("difference of the sides", Different)
}

// otherLink compares relations that have no arithmetic.
func (c *comparer) otherLink(gold, pred *node) Outcome {
	if gold.rels[0] != pred.rels[0] {
		return c.outcome("other relations", Different)
	}
	out := c.ordered(gold.args, pred.args)
	if out == Different {
		switch gold.rels[0] {
		case "sim", "cong", "parallel", "perp":
			out = c.ordered(gold.args, []*node{pred.args[1], pred.args[0]})
		}
	}
	return c.outcome("both sides", out)
}

// noNumbers reports whether a side is no expression, such as a point in A = (1, 2).
func (c *comparer) noNumbers(n *node) bool {
	return n.args[0].has(isNoExpression) || n.args[1].has(isNoExpression) || n.has(isMatrix)
}

// proportional compares l = 0 with r = 0 where both have normal forms.
func (c *comparer) proportional(l, r *node, g, p string) (Outcome, bool) {
	z := newNormalizer(c.fuel)
	a, err1 := z.normal(l)
	b, err2 := z.normal(r)
	if err1 != nil || err2 != nil {
		return Undecided, false
	}
	factor := big.NewRat(1, 1)
	if flipped[g] != "" { // the sign of a denominator matters
		d, ok1 := a.den.single()
		e, ok2 := b.den.single()
		if !ok1 || !ok2 || d.Sign() == 0 || e.Sign() == 0 {
			return Undecided, false
		}
		factor.Quo(e, d)
	}
	k, ok := ratioOfPolys(a.num, b.num)
	if !ok {
		if z.provable {
			return c.outcome("normal forms up to a factor", Different), true
		}
		return Undecided, false
	}
	if flipped[g] == "" {
		return c.outcome("normal forms up to a factor", Equal), true
	}
	k.Mul(k, factor)
	return c.outcome("normal forms up to a factor", decided(k.Sign() > 0 == (g == p))), true
}

// ratioOfPolys is the number k with a = k b.
func ratioOfPolys(a, b poly) (*big.Rat, bool) {
	if len(a) != len(b) || len(a) == 0 {
		return nil, false
	}
	var k *big.Rat
	for key, t := range a {
		u, ok := b[key]
		if !ok {
			return nil, false
		}
		q := new(big.Rat).Quo(t.coef, u.coef)
		if k == nil {
			k = q
		} else if k.Cmp(q) != 0 {
			return nil, false
		}
	}
	return k, true
}
