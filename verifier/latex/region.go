package latex

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
	default:
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
	sorted, ok := c.sorted(in)
	if !ok {
		return nil, false
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

// sorted are the segments that are not empty, by their lower ends.
func (c *comparer) sorted(in []segment) ([]segment, bool) {
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
	return sorted, true
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
