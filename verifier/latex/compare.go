package latex

import "math/big"

// Mode says whose conventions decide.
type Mode uint8

// Strict is exact and symmetric. MathVerify follows Math-Verify 0.9.0, for comparison
// with numbers published with it: percent signs are dropped, numbers are rounded, a
// set may equal a tuple.
const (
	Strict Mode = iota
	MathVerify
)

// comparer compares trees within the fuel.
type comparer struct {
	fuel *fuel
	mode Mode
	// decimals is how many decimals MathVerify rounds to.
	decimals int
	// anyVariable lets variables match by position, setsAreRelations a gold set an
	// inequality (both MathVerify).
	anyVariable, setsAreRelations bool
	// rule says what decided last, for people.
	rule string
}

// outcome notes the rule that an outcome is due to.
func (c *comparer) outcome(rule string, o Outcome) Outcome {
	c.rule = rule
	return o
}

func decided(equal bool) Outcome {
	if equal {
		return Equal
	}
	return Different
}

// kind is what a tree is compared as.
type kind uint8

const (
	kindExpr kind = iota
	kindText
	kindTuple
	kindItems // lists and sets
	kindRegion
	kindRel
	kindMatrix
	kindRatio
	kindMod
	kindCases
)

func kindOf(n *node) kind {
	switch n.op {
	case opText:
		return kindText
	case opTuple:
		return kindTuple
	case opList, opSet:
		return kindItems
	case opInterval, opUnion, opInter, opDiff:
		return kindRegion
	case opRel:
		return kindRel
	case opRatio:
		return kindRatio
	case opMod:
		return kindMod
	case opCases:
		return kindCases
	case opSym:
		if n.name == "\\mathbb R" {
			return kindRegion
		}
	case opFn:
		if n.name == "such that" {
			return kindRegion
		}
	default:
	}
	if n.has(isMatrix) {
		return kindMatrix
	}
	return kindExpr
}

// compare says whether a and b mean the same.
func (c *comparer) compare(gold, pred *node) Outcome {
	if c.fuel.burn(1) != nil {
		return Undecided
	}
	if gold.key() == pred.key() {
		return c.outcome("same tree", Equal)
	}
	gold, pred = c.unwrap(gold, pred)
	gold, pred = expand(gold), expand(pred)
	g, p := kindOf(gold), kindOf(pred)
	if g == kindItems || p == kindItems {
		return c.items(gold, pred)
	}
	if out, done := c.mixed(gold, pred, g, p); done {
		return out
	}
	switch g {
	case kindText:
		return c.outcome("words", decided(gold.name == pred.name))
	case kindTuple:
		return c.outcome("tuples in order", c.ordered(gold.args, pred.args))
	case kindRegion:
		return c.regions(gold, pred)
	case kindRel:
		return c.relations(gold, pred)
	case kindMatrix:
		return c.matrices(gold, pred)
	case kindRatio:
		return c.ratios(gold, pred)
	case kindMod:
		return c.residues(gold, pred)
	case kindCases:
		return c.outcome("cases in order", c.ordered(gold.args, pred.args))
	default:
	}
	return c.expressions(gold, pred)
}

// mixed compares trees of different kinds; done is false where both kinds are the
// same.
func (c *comparer) mixed(gold, pred *node, g, p kind) (out Outcome, done bool) {
	switch {
	case g == kindMatrix && p == kindExpr || g == kindExpr && p == kindMatrix:
		return c.matrices(gold, pred), true
	case g == p:
		return Undecided, false
	case maybeRegion(gold, g) && maybeRegion(pred, p) && c.asRegions(g, p):
		return c.regions(gold, pred), true
	case g == kindMod && p == kindExpr:
		return c.compare(gold.args[0], pred), true
	case g == kindExpr && p == kindMod:
		return c.compare(gold, pred.args[0]), true
	case g == kindText || p == kindText:
		return c.wordAndExpression(gold, pred), true
	}
	return c.outcome("different kinds", Different), true
}

// maybeRegion reports whether a tree may be a set of numbers: no tuple but a pair, no
// equation.
func maybeRegion(n *node, k kind) bool {
	return !(k == kindTuple && len(n.args) != 2 || k == kindRel && equations(n))
}

// asRegions reports whether trees of different kinds may be the same set of numbers: an
// interval that looks like a pair, an inequality. Math-Verify takes a gold set for an
// inequality where it is told to.
func (c *comparer) asRegions(g, p kind) bool {
	set := func(k kind) bool { return k == kindTuple || k == kindRegion }
	switch {
	case set(g) && set(p):
		return true
	case g == kindRel:
		return set(p)
	}
	return p == kindRel && set(g) && (c.mode == Strict || c.setsAreRelations)
}

// ordered compares lists of the same length in order.
func (c *comparer) ordered(gold, pred []*node) Outcome {
	if len(gold) != len(pred) {
		return Different
	}
	all := Equal
	for i := range gold {
		switch c.compare(gold[i], pred[i]) {
		case Different:
			return Different
		case Undecided:
			all = Undecided
		default:
		}
	}
	return all
}

// wordAndExpression compares words with letters that the parser took for variables.
func (c *comparer) wordAndExpression(gold, pred *node) Outcome {
	if gold.op != opText {
		gold, pred = pred, gold
	}
	spelt, ok := letters(pred)
	if !ok {
		return c.outcome("words and a formula", Different)
	}
	return c.outcome("words, letter by letter", decided(foldWord(spelt) == foldWord(gold.name)))
}

// letters is the spelling of a product of plain letters in their order.
func letters(n *node) (string, bool) {
	switch n.op {
	case opSym:
		return n.name, len(n.name) == 1
	case opMul:
		out := ""
		for _, a := range n.args {
			s, ok := letters(a)
			if !ok {
				return "", false
			}
			out += s
		}
		return out, true
	default:
	}
	return "", false
}

// expand replaces an expression with plus or minus by the list of its values.
func expand(n *node) *node {
	switch n.op {
	case opList, opSet:
		var items []*node
		changed := false
		for _, a := range n.args {
			b := expand(a)
			if b != a && b.op == opList {
				items, changed = append(items, b.args...), true
			} else {
				items = append(items, a)
			}
		}
		if changed {
			return n.with(items)
		}
		return n
	case opTuple, opInterval, opUnion, opMatrix:
		return n
	default:
	}
	if !n.has(func(m *node) bool { return m.op == opPM }) {
		return n
	}
	return build(opList, signed1(n, false), signed1(n, true))
}

// signed1 takes one sign for all plus-or-minuses of an expression.
func signed1(n *node, minus bool) *node {
	return n.replace(func(m *node) *node {
		if m.op != opPM {
			return nil
		}
		inner := signed1(m.args[0], minus)
		if minus != (m.name == "-") {
			return neg(inner)
		}
		return inner
	})
}

// ratios compares a:b with c:d. What looks like times of day is compared as such.
func (c *comparer) ratios(gold, pred *node) Outcome {
	if len(gold.args) != len(pred.args) {
		return c.outcome("ratios", Different)
	}
	exact := c.ordered(gold.args, pred.args)
	if exact != Different || clock(gold) && clock(pred) {
		return c.outcome("ratios, part by part", exact)
	}
	all := Equal
	for i := 1; i < len(gold.args); i++ {
		l := build(opMul, gold.args[0], pred.args[i])
		r := build(opMul, gold.args[i], pred.args[0])
		out := c.expressions(l, r)
		if out == Equal && c.isZero(gold.args[i]) {
			out = Different
		}
		if out == Different {
			return c.outcome("ratios", Different)
		}
		if out == Undecided {
			all = Undecided
		}
	}
	if c.isZero(gold.args[0]) {
		all = Different
	}
	return c.outcome("proportional ratios", all)
}

func (c *comparer) isZero(n *node) bool { return c.expressions(n, integer(0)) != Different }

// clock reports whether a ratio may be a time of day: two parts, the second within an
// hour and not a single digit other than one of 00 to 09.
func clock(n *node) bool {
	if len(n.args) != 2 || !n.args[0].isInt() || !n.args[1].isInt() {
		return false
	}
	hour, minute := n.args[0].rat, n.args[1].rat
	return hour.Cmp(big.NewRat(24, 1)) <= 0 && hour.Sign() >= 0 &&
		(minute.Cmp(big.NewRat(10, 1)) >= 0 || n.args[1].name != "") && minute.Cmp(big.NewRat(60, 1)) < 0
}

// residues compares a (mod m) with b (mod n).
func (c *comparer) residues(gold, pred *node) Outcome {
	if out := c.compare(gold.args[1], pred.args[1]); out != Equal {
		return c.outcome("moduli", out)
	}
	if gold.args[0].op == opRel || pred.args[0].op == opRel {
		return c.compare(gold.args[0], pred.args[0])
	}
	m, err := rational(gold.args[1], c.fuel)
	d, err2 := rational(sub(gold.args[0], pred.args[0]), c.fuel)
	if err != nil || err2 != nil || m == nil || d == nil || !m.IsInt() || !d.IsInt() || m.Sign() == 0 {
		return c.compare(gold.args[0], pred.args[0])
	}
	return c.outcome("residues", decided(new(big.Int).Mod(d.Num(), m.Num()).Sign() == 0))
}
