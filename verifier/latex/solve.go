package latex

import "math/big"

// solutions are the numbers for which a relation in one variable holds, where that can
// be read off: x < a, a < x <= b, |x| < a, 2x + 1 > 0, x != a.
func (c *comparer) solutions(n *node) ([]segment, bool) {
	out := []segment{{minusInfinity, plusInfinity, false, false}}
	variable := ""
	for i, rel := range n.rels {
		s, name, ok := c.solved(n.args[i], n.args[i+1], rel)
		if !ok || variable != "" && name != variable {
			return nil, false
		}
		variable = name
		if len(n.rels) == 1 {
			return s, true
		}
		if out, ok = c.intersect(out, s); !ok {
			return nil, false
		}
	}
	return out, true
}

// solved are the solutions of one link, and the variable.
func (c *comparer) solved(l, r *node, rel string) ([]segment, string, bool) {
	if flipped[rel] == "" && rel != "!=" && rel != "=" {
		return nil, "", false
	}
	if r.has(isVariable) && !l.has(isVariable) {
		l, r = r, l
		if f := flipped[rel]; f != "" {
			rel = f
		}
	}
	if r.has(isVariable) {
		return nil, "", false
	}
	if isVariable(l) && l.op != opFn {
		s, ok := c.bounded(r, rel)
		return s, l.key(), ok
	}
	if l.op == opFn && l.name == "abs" && isVariable(l.args[0]) {
		s, ok := c.absolute(r, rel)
		return s, l.args[0].key(), ok
	}
	return c.linear(l, r, rel)
}

// bounded are the x with x rel bound.
func (c *comparer) bounded(bound *node, rel string) ([]segment, bool) {
	switch rel {
	case "<", "<=":
		return []segment{{minusInfinity, bound, false, rel == "<="}}, true
	case ">", ">=":
		return []segment{{bound, plusInfinity, rel == ">=", false}}, true
	case "=":
		return []segment{{bound, bound, true, true}}, true
	}
	return []segment{{minusInfinity, bound, false, false}, {bound, plusInfinity, false, false}}, true
}

// absolute are the x with |x| rel bound, for a bound that is positive.
func (c *comparer) absolute(bound *node, rel string) ([]segment, bool) {
	if o, ok := c.order(bound, integer(0)); !ok || o <= 0 {
		return nil, false
	}
	low := neg(bound)
	switch rel {
	case "<", "<=":
		return []segment{{low, bound, rel == "<=", rel == "<="}}, true
	case ">", ">=":
		return []segment{{minusInfinity, low, false, rel == ">="}, {bound, plusInfinity, rel == ">=", false}}, true
	}
	return nil, false
}

// linear solves a x + b rel r with rational numbers.
func (c *comparer) linear(l, r *node, rel string) ([]segment, string, bool) {
	z := newNormalizer(c.fuel)
	q, err := z.normal(sub(l, r))
	if err != nil || len(q.num) > 2 {
		return nil, "", false
	}
	d, ok := q.den.single()
	if !ok || d.Sign() == 0 {
		return nil, "", false
	}
	var slope *big.Rat
	shift, name := new(big.Rat), ""
	for key, t := range q.num {
		switch {
		case key == "":
			shift = t.coef
		case len(t.factors) == 1 && t.factors[0].num == 1 && t.factors[0].den == 1 && t.factors[0].atom[0] != '#':
			slope, name = t.coef, t.factors[0].atom
		default:
			return nil, "", false
		}
	}
	if slope == nil || !isVariable(sym(name)) {
		return nil, "", false
	}
	if f := flipped[rel]; f != "" && slope.Sign()*d.Sign() < 0 {
		rel = f
	}
	bound := new(big.Rat).Quo(shift, slope)
	s, ok := c.bounded(num(bound.Neg(bound)), rel)
	return s, name, ok
}
