package latex

import "math/big"

// segment is an interval of real numbers; a point is a closed one with equal ends.
// Its ends are expressions or infinite.
type segment struct {
	lo, hi             *node
	loClosed, hiClosed bool
}

var (
	plusInfinity  = sym("\\infty")
	minusInfinity = build(opMul, integer(-1), plusInfinity)
)

// regions compares sets of real numbers, however they are written.
func (c *comparer) regions(gold, pred *node) Outcome {
	if out, done := c.regionsOf(gold, pred); done {
		return out
	}
	if kindOf(gold) == kindOf(pred) && gold.op == pred.op && len(gold.args) == len(pred.args) && gold.op != opInterval {
		if out := c.ordered(gold.args, pred.args); out == Equal {
			return c.outcome("sets part by part", Equal)
		}
	}
	return c.outcome("sets that cannot be computed", Undecided)
}

// regionsOf compares two trees as sets of real numbers, if they are such.
func (c *comparer) regionsOf(gold, pred *node) (Outcome, bool) {
	g, ok1 := c.segments(gold)
	if !ok1 {
		return Undecided, false
	}
	p, ok2 := c.segments(pred)
	if !ok2 {
		return Undecided, false
	}
	if len(g) != 1 || len(p) != 1 {
		if g, ok1 = c.merged(g); !ok1 {
			return Undecided, false
		}
		if p, ok2 = c.merged(p); !ok2 {
			return Undecided, false
		}
	}
	if len(g) != len(p) {
		return c.outcome("sets of real numbers", Different), true
	}
	all := Equal
	for i := range g {
		out := c.ordered([]*node{g[i].lo, g[i].hi}, []*node{p[i].lo, p[i].hi})
		if out == Different || g[i].loClosed != p[i].loClosed || g[i].hiClosed != p[i].hiClosed {
			return c.outcome("sets of real numbers", Different), true
		}
		if out == Undecided {
			all = Undecided
		}
	}
	return c.outcome("sets of real numbers", all), true
}

// segments are the parts of a set, neither sorted nor disjoint.
func (c *comparer) segments(n *node) ([]segment, bool) {
	if c.fuel.burn(1) != nil {
		return nil, false
	}
	switch n.op {
	case opInterval:
		return []segment{{n.args[0], n.args[1], n.lo, n.hi}}, kindOf(n.args[0]) == kindExpr && kindOf(n.args[1]) == kindExpr
	case opTuple:
		return []segment{{n.args[0], n.args[len(n.args)-1], false, false}}, len(n.args) == 2
	case opSet:
		var out []segment
		for _, a := range expand(n).args {
			if kindOf(a) != kindExpr {
				return nil, false
			}
			out = append(out, segment{a, a, true, true})
		}
		return out, true
	case opUnion, opList:
		return c.united(n)
	case opInter, opDiff:
		return c.combined(n)
	case opSym:
		return []segment{{minusInfinity, plusInfinity, false, false}}, n.name == "\\mathbb R"
	case opRel:
		return c.solutions(n)
	case opFn:
		if n.name == "such that" {
			return c.builder(n)
		}
	}
	return nil, false
}

// builder is {x | ...}, {x in R | ...}.
func (c *comparer) builder(n *node) ([]segment, bool) {
	x := n.args[0]
	if x.op == opRel && x.rels[0] == "in" && len(x.rels) == 1 && x.args[1].key() == "\\mathbb R" {
		x = x.args[0]
	}
	if x.op != opSym {
		return nil, false
	}
	return c.segments(n.args[1])
}

// united is a union, or conditions of which one must hold; "and" means all of them.
func (c *comparer) united(n *node) ([]segment, bool) {
	if n.op == opList && n.name == "" {
		return nil, false // a comma is either
	}
	var out []segment
	for i, a := range n.args {
		s, ok := c.segments(a)
		if !ok || n.op == opList && a.op != opRel {
			return nil, false
		}
		switch {
		case i == 0 || n.op == opUnion || n.name == "or":
			out = append(out, s...)
		default:
			if out, ok = c.intersect(out, s); !ok {
				return nil, false
			}
		}
	}
	return out, true
}

// combined is an intersection or a difference.
func (c *comparer) combined(n *node) ([]segment, bool) {
	out, ok := c.segments(n.args[0])
	for _, a := range n.args[1:] {
		if !ok {
			return nil, false
		}
		var s []segment
		if s, ok = c.segments(a); !ok {
			return nil, false
		}
		if n.op == opDiff {
			if s, ok = c.complement(s); !ok {
				return nil, false
			}
		}
		out, ok = c.intersect(out, s)
	}
	return out, ok
}

// order compares two ends: -1, 0 or 1.
func (c *comparer) order(a, b *node) (int, bool) {
	i, k := infinity(a), infinity(b)
	if i != 0 || k != 0 {
		return sign(i - k), true
	}
	if a.key() == b.key() {
		return 0, true
	}
	if x, err := rational(a, c.fuel); x != nil && err == nil {
		if y, err := rational(b, c.fuel); y != nil && err == nil {
			return x.Cmp(y), true
		}
	}
	if a.has(isVariable) || b.has(isVariable) {
		return 0, false
	}
	if s := ballSign(sub(a, b), c.fuel); s != 0 {
		return s, true
	}
	return 0, c.exactly(a, b) == Equal
}

func sign(n int) int {
	switch {
	case n > 0:
		return 1
	case n < 0:
		return -1
	}
	return 0
}

// maxSegments bounds the work on unions.
const maxSegments = 64

// merged sorts segments and joins those that touch; empty ones vanish.
func (c *comparer) merged(in []segment) ([]segment, bool) {
	if len(in) > maxSegments {
		return nil, false
	}
	var sorted []segment
	for _, s := range in {
		o, ok := c.order(s.lo, s.hi)
		if !ok {
			return nil, false
		}
		if o > 0 || o == 0 && !(s.loClosed && s.hiClosed) {
			continue
		}
		at := len(sorted)
		for at > 0 {
			o, ok := c.order(s.lo, sorted[at-1].lo)
			if !ok {
				return nil, false
			}
			if o > 0 || o == 0 && (!s.loClosed || sorted[at-1].loClosed) {
				break
			}
			at--
		}
		sorted = append(sorted[:at], append([]segment{s}, sorted[at:]...)...)
	}
	var out []segment
	for _, s := range sorted {
		if len(out) == 0 {
			out = append(out, s)
			continue
		}
		last := &out[len(out)-1]
		gap, ok1 := c.order(s.lo, last.hi)
		further, ok2 := c.order(s.hi, last.hi)
		if !ok1 || !ok2 {
			return nil, false
		}
		switch {
		case gap > 0 || gap == 0 && !s.loClosed && !last.hiClosed:
			out = append(out, s)
		case further > 0:
			last.hi, last.hiClosed = s.hi, s.hiClosed
		case further == 0:
			last.hiClosed = last.hiClosed || s.hiClosed
		}
	}
	return out, true
}

// intersect is what two unions share.
func (c *comparer) intersect(a, b []segment) ([]segment, bool) {
	if len(a)*len(b) > maxSegments {
		return nil, false
	}
	var out []segment
	for _, s := range a {
		for _, t := range b {
			lo, ok1 := c.order(s.lo, t.lo)
			hi, ok2 := c.order(s.hi, t.hi)
			if !ok1 || !ok2 {
				return nil, false
			}
			x := s
			if lo < 0 {
				x.lo, x.loClosed = t.lo, t.loClosed
			} else if lo == 0 {
				x.loClosed = s.loClosed && t.loClosed
			}
			if hi > 0 {
				x.hi, x.hiClosed = t.hi, t.hiClosed
			} else if hi == 0 {
				x.hiClosed = s.hiClosed && t.hiClosed
			}
			out = append(out, x)
		}
	}
	return c.merged(out)
}

// complement is all real numbers but these.
func (c *comparer) complement(in []segment) ([]segment, bool) {
	in, ok := c.merged(in)
	if !ok {
		return nil, false
	}
	var out []segment
	lo, closed := minusInfinity, false
	for _, s := range in {
		out = append(out, segment{lo, s.lo, closed, !s.loClosed})
		lo, closed = s.hi, !s.hiClosed
	}
	out = append(out, segment{lo, plusInfinity, closed, false})
	for i := range out {
		out[i].loClosed = out[i].loClosed && infinity(out[i].lo) == 0
		out[i].hiClosed = out[i].hiClosed && infinity(out[i].hi) == 0
	}
	return c.merged(out)
}

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
