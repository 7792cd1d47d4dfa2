package tokenize

import "slices"

// expression reads a conditional expression, the lowest of the grammar.
func (p *templateParser) expression() (*expr, error) {
	back, err := p.deeper()
	if err != nil {
		return nil, err
	}
	defer back()
	value, err := p.or()
	for n := 0; err == nil && p.peek().isName("if"); n++ {
		line := p.next().line
		if n == maxChain {
			return nil, tooLong(line)
		}
		var test, orelse *expr
		if test, err = p.or(); err != nil {
			return nil, err
		}
		if p.skipName("else") {
			if orelse, err = p.expression(); err != nil {
				return nil, err
			}
		}
		value = &expr{kind: exprIf, line: line, args: []*expr{test, value, orelse}}
	}
	return value, err
}

func tooLong(line int) error {
	return faultAt(line, "an expression of more than %d operators in a row", maxChain)
}

// tuple reads expressions with commas between them, without brackets around.
func (p *templateParser) tuple() (*expr, error) {
	first, err := p.expression()
	if err != nil || !p.peek().isOp(",") {
		return first, err
	}
	out := &expr{kind: exprTuple, line: first.line, args: []*expr{first}}
	for p.skipOp(",") {
		if k := p.peek().kind; k == lexVarEnd || k == lexBlockEnd || p.peek().isOp(")") {
			break
		}
		next, err := p.expression()
		if err != nil {
			return nil, err
		}
		out.args = append(out.args, next)
	}
	return out, nil
}

// chain reads operands with left-associative operators between them. op gives the
// node for the operator that is next, or nil.
func (p *templateParser) chain(operand func() (*expr, error), op func() *expr) (*expr, error) {
	left, err := operand()
	for n := 0; err == nil; n++ {
		node := op()
		if node == nil {
			return left, nil
		}
		if n == maxChain {
			return nil, tooLong(node.line)
		}
		var right *expr
		if right, err = operand(); err == nil {
			node.args = []*expr{left, right}
			left = node
		}
	}
	return nil, err
}

// named gives an op for chain that reads a word.
func (p *templateParser) named(kind exprKind, word string) func() *expr {
	return func() *expr {
		if !p.peek().isName(word) {
			return nil
		}
		return &expr{kind: kind, line: p.next().line}
	}
}

// symbols gives an op for chain that reads one of the operators.
func (p *templateParser) symbols(ops ...string) func() *expr {
	return func() *expr {
		if t := p.peek(); t.kind != lexOp || !slices.Contains(ops, t.text) {
			return nil
		}
		t := p.next()
		return &expr{kind: exprBinary, line: t.line, text: t.text}
	}
}

func (p *templateParser) or() (*expr, error) { return p.chain(p.and, p.named(exprOr, "or")) }

func (p *templateParser) and() (*expr, error) { return p.chain(p.not, p.named(exprAnd, "and")) }

func (p *templateParser) not() (*expr, error) {
	if !p.peek().isName("not") {
		return p.compare()
	}
	back, err := p.deeper()
	if err != nil {
		return nil, err
	}
	defer back()
	line := p.next().line
	value, err := p.not()
	return &expr{kind: exprNot, line: line, args: []*expr{value}}, err
}

func (p *templateParser) compare() (*expr, error) {
	left, err := p.sum()
	for n := 0; err == nil; n++ {
		node := p.comparison()
		if node == nil {
			return left, nil
		}
		if n > 0 {
			return nil, faultAt(node.line, "comparisons in a row are not implemented")
		}
		var right *expr
		if right, err = p.sum(); err == nil {
			node.args = []*expr{left, right}
			left = node
		}
	}
	return nil, err
}

// comparison reads the operator of a comparison, nil where there is none.
func (p *templateParser) comparison() *expr {
	t := p.peek()
	switch {
	case t.kind == lexOp && slices.Contains([]string{"==", "!=", "<", "<=", ">", ">="}, t.text), t.isName("in"):
		p.next()
		return &expr{kind: exprCompare, line: t.line, text: t.text}
	case t.isName("not") && p.look().isName("in"):
		p.next()
		p.next()
		return &expr{kind: exprCompare, line: t.line, text: "not in"}
	}
	return nil
}

func (p *templateParser) sum() (*expr, error) { return p.chain(p.concat, p.symbols("+", "-")) }

func (p *templateParser) concat() (*expr, error) {
	first, err := p.product()
	if err != nil || !p.peek().isOp("~") {
		return first, err
	}
	out := &expr{kind: exprConcat, line: first.line, args: []*expr{first}}
	for p.skipOp("~") {
		next, err := p.product()
		if err != nil {
			return nil, err
		}
		out.args = append(out.args, next)
	}
	return out, nil
}

func (p *templateParser) product() (*expr, error) {
	return p.chain(p.power, p.symbols("*", "/", "//", "%"))
}

func (p *templateParser) power() (*expr, error) {
	return p.chain(func() (*expr, error) { return p.unary(true) }, p.symbols("**"))
}

func (p *templateParser) unary(filters bool) (*expr, error) {
	back, err := p.deeper()
	if err != nil {
		return nil, err
	}
	defer back()
	var value *expr
	if t := p.peek(); t.isOp("-") || t.isOp("+") {
		p.next()
		operand, err := p.unary(false)
		if err != nil {
			return nil, err
		}
		value = &expr{kind: exprUnary, line: t.line, text: t.text, args: []*expr{operand}}
	} else if value, err = p.primary(); err != nil {
		return nil, err
	}
	if value, err = p.postfix(value); err != nil || !filters {
		return value, err
	}
	return p.filtersAndTests(value)
}
