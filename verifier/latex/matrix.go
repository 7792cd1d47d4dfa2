package latex

// matrices compares matrices cell by cell, once sums and products are worked out.
func (c *comparer) matrices(gold, pred *node) Outcome {
	g, ok1 := c.matrix(gold)
	p, ok2 := c.matrix(pred)
	if !ok1 || !ok2 {
		return c.outcome("matrices that cannot be computed", Undecided)
	}
	if g.op != opMatrix || p.op != opMatrix {
		if g.op == opMatrix || p.op == opMatrix {
			return c.outcome("a matrix and a number", Different)
		}
		return c.expressions(g, p)
	}
	if g.cols != p.cols || len(g.args) != len(p.args) {
		return c.outcome("matrices of other sizes", Different)
	}
	return c.outcome("matrices cell by cell", c.ordered(g.args, p.args))
}

// matrix works out an expression of matrices: a matrix, or a number.
func (c *comparer) matrix(n *node) (*node, bool) {
	if c.fuel.burn(1) != nil {
		return nil, false
	}
	if n.op == opMatrix {
		for _, a := range n.args {
			if kindOf(a) != kindExpr {
				return nil, false
			}
		}
		return n, true
	}
	if !n.has(isMatrix) {
		return n, kindOf(n) == kindExpr
	}
	switch n.op {
	case opAdd, opMul:
		return c.matrixChain(n)
	case opPow:
		return c.matrixPower(n)
	case opFn:
		m, ok := c.matrix(n.args[0])
		if !ok || m.op != opMatrix {
			return nil, false
		}
		switch {
		case n.name == "transpose":
			return transposed(m), true
		case n.name == "det" && len(m.args) == m.cols*m.cols && m.cols <= 4:
			return determinant(m), true
		}
	default:
	}
	return nil, false
}

// matrixPower is a matrix to a small power.
func (c *comparer) matrixPower(n *node) (*node, bool) {
	e := n.args[1]
	if !e.isInt() || e.rat.Sign() <= 0 || e.rat.Num().BitLen() > 5 {
		return nil, false
	}
	args := make([]*node, e.rat.Num().Int64())
	for i := range args {
		args[i] = n.args[0]
	}
	return c.matrixChain(build(opMul, args...))
}

func (c *comparer) matrixChain(n *node) (*node, bool) {
	total, ok := c.matrix(n.args[0])
	for _, a := range n.args[1:] {
		if !ok {
			return nil, false
		}
		m, ok2 := c.matrix(a)
		if !ok2 {
			return nil, false
		}
		if n.op == opAdd {
			total, ok = c.matrixSum(total, m)
		} else {
			total, ok = c.matrixProduct(total, m)
		}
	}
	return total, ok
}

func (c *comparer) matrixSum(a, b *node) (*node, bool) {
	if a.op != opMatrix && b.op != opMatrix {
		return build(opAdd, a, b), true
	}
	if a.op != b.op || a.cols != b.cols || len(a.args) != len(b.args) {
		return nil, false
	}
	args := make([]*node, len(a.args))
	for i := range args {
		args[i] = build(opAdd, a.args[i], b.args[i])
	}
	return a.with(args), true
}

func (c *comparer) matrixProduct(a, b *node) (*node, bool) {
	if a.op != opMatrix {
		a, b = b, a
	}
	if a.op != opMatrix {
		return build(opMul, b, a), true
	}
	if b.op != opMatrix {
		args := make([]*node, len(a.args))
		for i := range args {
			args[i] = build(opMul, b, a.args[i])
		}
		return a.with(args), true
	}
	rows, inner := len(a.args)/a.cols, a.cols
	if inner != len(b.args)/b.cols || c.fuel.burn(rows*inner*b.cols) != nil {
		return nil, false
	}
	out := &node{op: opMatrix, cols: b.cols}
	for i := range rows {
		for k := range b.cols {
			terms := make([]*node, inner)
			for j := range terms {
				terms[j] = build(opMul, a.args[i*inner+j], b.args[j*b.cols+k])
			}
			out.args = append(out.args, build(opAdd, terms...))
		}
	}
	return out, out.size() <= maxNodes
}

func transposed(m *node) *node {
	rows := len(m.args) / m.cols
	out := &node{op: opMatrix, cols: rows}
	for k := range m.cols {
		for i := range rows {
			out.args = append(out.args, m.args[i*m.cols+k])
		}
	}
	return out
}

// determinant expands along the first row.
func determinant(m *node) *node {
	n := m.cols
	if n == 1 {
		return m.args[0]
	}
	var terms []*node
	for k := range n {
		minor := &node{op: opMatrix, cols: n - 1}
		for i := 1; i < n; i++ {
			for j := range n {
				if j != k {
					minor.args = append(minor.args, m.args[i*n+j])
				}
			}
		}
		t := build(opMul, m.args[k], determinant(minor))
		if k%2 == 1 {
			t = neg(t)
		}
		terms = append(terms, t)
	}
	return build(opAdd, terms...)
}
