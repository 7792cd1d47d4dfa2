package latex

// assigned is the value of x = 5 or x = ... = 5, and what it is assigned to.
func assigned(n *node) (name, value *node) {
	if n.op != opRel || !equations(n) || !namesValue(n.args[0]) {
		return nil, nil
	}
	return n.args[0], lastValue(n)
}

// equations reports whether all links of a chain are = or approximately so.
func equations(n *node) bool {
	for _, r := range n.rels {
		if r != "=" && r != "~" && r != "equiv" {
			return false
		}
	}
	return true
}

// lastValue is the last link of a chain; what is only approximate counts where there
// is nothing else.
func lastValue(n *node) *node {
	for i := len(n.rels) - 1; i > 0; i-- {
		if n.rels[i] != "~" {
			return n.args[i+1]
		}
	}
	return n.args[1]
}

// namesValue reports whether a left side only names what the right side says: x, f(2),
// |AB|, \frac{NO}{BO}, (p, q).
func namesValue(n *node) bool {
	switch n.op {
	case opSym:
		return n.name != "\\pi" && n.name != "\\infty"
	case opCall, opText:
		return true
	case opFn:
		return (n.name == "abs" || n.name == "norm" || n.name == "angle" || n.name == "deg" || n.name == "max" || n.name == "min" || len(n.name) > 6 && n.name[:6] == "accent") &&
			allNames(n.args)
	case opMul, opTuple, opRatio:
		return allNames(n.args)
	case opPow:
		return n.args[1].key() == "-1" && namesValue(n.args[0])
	default:
	}
	return false
}

func allNames(args []*node) bool {
	for _, a := range args {
		if !namesValue(a) {
			return false
		}
	}
	return true
}

// unwrap takes the values of assignments where only one side is one, and the sets of
// memberships.
func (c *comparer) unwrap(gold, pred *node) (*node, *node) {
	if s, t := member(gold), member(pred); s != nil && t != nil {
		if gold.args[0].key() == pred.args[0].key() {
			return s, t
		}
	} else if s != nil {
		gold = s
	} else if t != nil {
		pred = t
	}
	if c.mode == MathVerify {
		return unwrapLikeMathVerify(gold, pred)
	}
	_, g := assigned(gold)
	_, p := assigned(pred)
	if g != nil && pred.op != opRel {
		return g, pred
	}
	if p != nil && gold.op != opRel {
		return gold, p
	}
	// 2 + 3 = 5 is 5 where it is true.
	if gold.op == opRel && pred.op != opRel {
		return c.trueChain(gold), pred
	}
	if pred.op == opRel && gold.op != opRel {
		return gold, c.trueChain(pred)
	}
	return gold, pred
}

func (c *comparer) trueChain(n *node) *node {
	if !equations(n) || n.has(isVariable) {
		return n
	}
	for i := range n.rels {
		if n.rels[i] == "=" && c.compare(n.args[i], n.args[i+1]) != Equal {
			return n
		}
	}
	return lastValue(n)
}

// member is the set of x in S.
func member(n *node) *node {
	if n.op == opRel && len(n.rels) == 1 && n.rels[0] == "in" && (namesValue(n.args[0]) || n.args[0].op == opSym) {
		return n.args[1]
	}
	return nil
}

// unwrapLikeMathVerify takes the last right side of any equation of the prediction
// where the gold answer is none, and the value of an assignment of the gold answer.
func unwrapLikeMathVerify(gold, pred *node) (*node, *node) {
	goldEquation := gold.op == opRel && equations(gold)
	predEquation := pred.op == opRel && equations(pred)
	if predEquation && !goldEquation {
		return gold, lastValue(pred)
	}
	_, v := assigned(gold)
	if goldEquation && len(gold.rels) > 1 { // 1 = x = 0: the last link, whatever the first
		v = lastValue(gold)
	}
	if v != nil && !predEquation {
		return v, pred
	}
	return gold, pred
}
