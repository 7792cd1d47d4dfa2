package latex

// items compares lists and sets. Their order has no meaning, nor do repetitions; a
// list with an ellipsis is a sequence and has an order.
func (c *comparer) items(gold, pred *node) Outcome {
	if c.mode == Strict {
		if out, done := c.strictItems(gold, pred); done {
			return out
		}
	} else if out, done := c.looseItems(gold, pred); done {
		return out
	}
	if hasDots(gold) || hasDots(pred) {
		return c.sequences(gold, pred)
	}
	gold, pred = sameVariable(gold), sameVariable(pred)
	if out, done := c.positional(gold, pred); done {
		return out
	}
	return c.outcome("elements in any order", c.match(elements(gold), elements(pred)))
}

// strictItems keeps apart what is not the same: a set and a tuple, a set and its only
// element.
func (c *comparer) strictItems(gold, pred *node) (Outcome, bool) {
	list, other := gold, pred
	if other.op == opList || other.op == opSet && list.op != opList {
		list, other = pred, gold
	}
	if isItems(list) && isItems(other) {
		return Undecided, false
	}
	if list.op == opList && list.name != "" && kindOf(other) != kindExpr && list.has(isRelational) {
		return c.regions(gold, pred), true
	}
	if list.op == opSet { // \mathbb{R} \ ..., (0, 1) \cup ...
		if r := kindOf(other); r == kindRegion || r == kindRel && other.has(isRelational) {
			return c.regions(gold, pred), true
		}
		return c.outcome("a set and no set", Different), true
	}
	if other.op == opTuple && distinctAssignments(list) {
		return c.outcome("assignments and a tuple", c.ordered(sortedValues(list), other.args)), true
	}
	if other.op != opTuple {
		return c.outcome("a list that says one thing", c.allEqual(list.args, other)), true
	}
	return c.outcome("a list and no list", Different), true
}

// allEqual is Equal where every item of a list means the same as one answer: "3 1/2 or
// 7/2".
func (c *comparer) allEqual(items []*node, other *node) Outcome {
	all := Equal
	for _, a := range items {
		switch c.compare(a, other) {
		case Different:
			return Different
		case Undecided:
			all = Undecided
		default:
		}
	}
	return all
}

func isItems(n *node) bool { return n.op == opList || n.op == opSet }

func isRelational(n *node) bool { return n.op == opRel && !equations(n) }

// looseItems are Math-Verify's conventions: a tuple equals a list in its order, an open
// interval is a pair.
func (c *comparer) looseItems(gold, pred *node) (Outcome, bool) {
	switch {
	case gold.op == opTuple && isItems(pred):
		return c.outcome("a tuple in order", c.ordered(gold.args, dedupe(pred.args))), true
	case isItems(gold) && pred.op == opTuple:
		if c.match(elements(gold), pred.args) == Equal {
			return c.outcome("a set and a tuple", Equal), true
		}
	case kindOf(gold) == kindRegion || kindOf(pred) == kindRegion:
		return c.regions(gold, pred), true
	}
	return Undecided, false
}

func hasDots(n *node) bool {
	for _, a := range n.args {
		if a.op == opDots {
			return true
		}
	}
	return false
}

// sequences compares lists with an ellipsis in order; those that show other elements
// may still be the same.
func (c *comparer) sequences(gold, pred *node) Outcome {
	if !hasDots(gold) || !hasDots(pred) {
		return c.outcome("a sequence and a finite list", Undecided)
	}
	if out := c.ordered(gold.args, pred.args); out != Different {
		return c.outcome("sequences in order", out)
	}
	if len(gold.args) == len(pred.args) {
		return c.outcome("sequences in order", Different)
	}
	return c.outcome("sequences that show other elements", Undecided)
}

// elements are the items of a list or set, a single item alone.
func elements(n *node) []*node {
	if !isItems(n) {
		return []*node{n}
	}
	return dedupe(n.args)
}

// dedupe drops items that are spelt alike.
func dedupe(items []*node) []*node {
	seen := map[string]bool{}
	var out []*node
	for _, a := range items {
		if !seen[a.key()] {
			seen[a.key()] = true
			out = append(out, a)
		}
	}
	return out
}

// sameVariable takes the values of x = 1, x = 2 and of x = 1, 2.
func sameVariable(n *node) *node {
	if !isItems(n) || len(n.args) < 2 {
		return n
	}
	name, _ := assigned(n.args[0])
	if name == nil {
		return n
	}
	values := make([]*node, len(n.args))
	for i, a := range n.args {
		other, value := assigned(a)
		switch {
		case other == nil && a.op != opRel:
			values[i] = a
		case other == nil || other.key() != name.key():
			return n
		default:
			values[i] = value
		}
	}
	return expand(n.with(values))
}

// positional compares assignments to several variables with bare values, in the order
// in which both are written.
func (c *comparer) positional(gold, pred *node) (Outcome, bool) {
	if c.mode != Strict {
		return Undecided, false
	}
	g, p := distinctAssignments(gold), distinctAssignments(pred)
	switch {
	case g == p:
		return Undecided, false
	case g && !anyAssignment(pred):
		return c.outcome("assignments and values in order", c.ordered(valuesOf(gold), pred.args)), true
	case p && !anyAssignment(gold):
		return c.outcome("assignments and values in order", c.ordered(gold.args, valuesOf(pred))), true
	}
	return Undecided, false
}

func anyAssignment(n *node) bool {
	for _, a := range n.args {
		if name, _ := assigned(a); name != nil {
			return true
		}
	}
	return false
}

// distinctAssignments reports whether all items are assignments, to two variables or
// more.
func distinctAssignments(n *node) bool {
	if !isItems(n) || len(n.args) < 2 {
		return false
	}
	seen := map[string]bool{}
	for _, a := range n.args {
		name, _ := assigned(a)
		if name == nil {
			return false
		}
		seen[name.key()] = true
	}
	return len(seen) == len(n.args)
}

func valuesOf(n *node) []*node {
	out := make([]*node, len(n.args))
	for i, a := range n.args {
		_, out[i] = assigned(a)
	}
	return out
}

// sortedValues are the values in the order of their variables' names.
func sortedValues(n *node) []*node {
	args := append([]*node(nil), n.args...)
	for i := 1; i < len(args); i++ {
		for k := i; k > 0 && args[k].args[0].key() < args[k-1].args[0].key(); k-- {
			args[k], args[k-1] = args[k-1], args[k]
		}
	}
	return valuesOf(n.with(args))
}

// match pairs every gold element with one of the prediction: Equal where that works
// with equal pairs, Undecided where it works with undecided ones besides.
func (c *comparer) match(gold, pred []*node) Outcome {
	gold, pred = withoutCommon(gold, pred)
	gold, pred = c.distinct(gold), c.distinct(pred)
	if len(gold) != len(pred) {
		return Different
	}
	table := make([][]Outcome, len(gold))
	for i, g := range gold {
		table[i] = make([]Outcome, len(pred))
		possible := false
		for k, p := range pred {
			table[i][k] = c.compare(g, p)
			possible = possible || table[i][k] != Different
		}
		if !possible {
			return Different
		}
		if c.fuel.steps < 0 {
			return Undecided
		}
	}
	if perfect(table, func(o Outcome) bool { return o == Equal }) {
		return Equal
	}
	if perfect(table, func(o Outcome) bool { return o != Different }) {
		return Undecided
	}
	return Different
}

// distinct drops elements that equal another; one of a few is worth the comparisons.
func (c *comparer) distinct(items []*node) []*node {
	if len(items) > 12 {
		return items
	}
	var out []*node
	for _, a := range items {
		repeated := false
		for _, b := range out {
			repeated = repeated || kindOf(a) == kindOf(b) && c.compare(a, b) == Equal
		}
		if !repeated {
			out = append(out, a)
		}
	}
	return out
}

// withoutCommon drops the elements that both sides spell alike.
func withoutCommon(gold, pred []*node) (g, p []*node) {
	left := map[string]bool{}
	for _, a := range gold {
		left[a.key()] = true
	}
	common := map[string]bool{}
	for _, a := range pred {
		if left[a.key()] {
			common[a.key()] = true
		} else {
			p = append(p, a)
		}
	}
	for _, a := range gold {
		if !common[a.key()] {
			g = append(g, a)
		}
	}
	return g, p
}

// perfect reports whether the allowed pairs of a square table have a perfect matching
// (augmenting paths).
func perfect(table [][]Outcome, allowed func(Outcome) bool) bool {
	owner := make([]int, len(table))
	for k := range owner {
		owner[k] = -1
	}
	var place func(i int, tried []bool) bool
	place = func(i int, tried []bool) bool {
		for k, o := range table[i] {
			if tried[k] || !allowed(o) {
				continue
			}
			tried[k] = true
			if owner[k] < 0 || place(owner[k], tried) {
				owner[k] = i
				return true
			}
		}
		return false
	}
	for i := range table {
		if !place(i, make([]bool, len(table))) {
			return false
		}
	}
	return true
}
