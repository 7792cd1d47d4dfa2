package latex

import "strings"

// frac reads the two arguments of \frac.
func (p *parser) frac() (*node, error) {
	top, err := p.argument()
	if err != nil {
		return nil, err
	}
	bottom, err := p.argument()
	if err != nil {
		return nil, err
	}
	return div(top, bottom), nil
}

func (p *parser) binom() (*node, error) {
	top, err := p.argument()
	if err != nil {
		return nil, err
	}
	bottom, err := p.argument()
	if err != nil {
		return nil, err
	}
	return fn("binom", top, bottom), nil
}

// sqrt reads \sqrt[n]{x} and sqrt(x).
func (p *parser) sqrt() (*node, error) {
	index := integer(2)
	if p.accept("[") {
		n, err := p.until("]")
		if err != nil {
			return nil, err
		}
		index = n
	}
	x, err := p.argument()
	if err != nil {
		return nil, err
	}
	return fn("root", x, index), nil
}

// enclosed reads what stands between an opening and a closing command.
func enclosed(closer, name string) func(p *parser) (*node, error) {
	return func(p *parser) (*node, error) {
		bars := p.bars
		p.bars = 0
		n, err := p.sum()
		p.bars = bars
		if err != nil {
			return nil, err
		}
		return fn(name, n), p.expect(closer)
	}
}

// angle reads a vector \langle a, b \rangle.
func (p *parser) angle() (*node, error) {
	n, err := p.until("rangle")
	if err != nil {
		return nil, err
	}
	if n.op == opList {
		return build(opTuple, n.args...), nil
	}
	return nil, errSyntax
}

// blackboard reads \mathbb{R}.
func (p *parser) blackboard() (*node, error) {
	braced := p.accept("{")
	t := p.take()
	if t.kind != tLetter {
		return nil, errSyntax
	}
	if braced {
		if err := p.expect("}"); err != nil {
			return nil, err
		}
	}
	name := "\\mathbb " + t.text
	if p.peek().is("^") && (p.ahead(1).is("+") || p.ahead(1).is("-")) {
		p.take()
		name += p.take().text
	}
	return sym(name), nil
}

// accent reads a decorated symbol. A segment AB is AB with or without its line; a mean
// is not the variable.
func (p *parser) accent(name string) (*node, error) {
	n, err := p.argument()
	if err != nil {
		return nil, err
	}
	if n.op == opMul && !n.has(func(m *node) bool { return m.op != opMul && !isCapital(m) }) {
		return n, nil
	}
	return fn("accent "+name, n), nil
}

func isCapital(n *node) bool {
	return n.op == opSym && len(n.name) == 1 && strings.ToUpper(n.name) == n.name
}

// function reads a known function: its power, base, and argument.
func (p *parser) function(name string) (*node, error) {
	var base, exponent *node
	var err error
	for p.peek().is("_") || p.peek().is("^") {
		if p.take().is("_") {
			if name == "Gamma" {
				return nil, errSyntax
			}
			base, err = p.argument()
		} else {
			exponent, err = p.exponent()
		}
		if err != nil {
			return nil, err
		}
	}
	if name == "Gamma" && !p.peek().is("(") {
		return sym("\\Gamma"), nil
	}
	arg, err := p.functionArgument()
	if err != nil {
		return nil, err
	}
	if exponent != nil && inverses[name] != "" && exponent.key() == "-1" {
		name, exponent = inverses[name], nil
	}
	n := applied(name, base, arg)
	if exponent != nil {
		n = build(opPow, n, exponent)
	}
	return n, nil
}

// applied is a function of its argument, with logarithms and the like in one form.
func applied(name string, base, arg *node) *node {
	switch {
	case name == "lg":
		name, base = "log", integer(10)
	case name == "exp" && base == nil:
		return build(opPow, sym("e"), arg)
	}
	var args []*node
	if arg.op == opTuple || arg.op == opList {
		args = arg.args
	} else {
		args = []*node{arg}
	}
	if name == "log" {
		if base == nil {
			return fn("log", args...)
		}
		return div(fn("ln", args...), fn("ln", base))
	}
	if base != nil {
		return fn(name+"_"+base.key(), args...)
	}
	return fn(name, args...)
}

// functionArgument reads (x), or factors up to an operator or the next function.
func (p *parser) functionArgument() (*node, error) {
	if p.peek().is("(") || p.peek().is("{") || p.peek().is("[") {
		first, err := p.factor()
		return first, err
	}
	sign := p.sign()
	var factors []*node
	for len(factors) == 0 || p.startsFactor() && !functionNames[p.peek().text] {
		if p.peek().is("(") && len(factors) > 0 {
			break
		}
		f, err := p.factor()
		if err != nil {
			return nil, err
		}
		factors = append(factors, f)
		if p.peek().is("/") && p.ahead(1).kind == tNum { // \sin \pi/6
			p.take()
			d, err := p.factor()
			if err != nil {
				return nil, err
			}
			factors = append(factors, build(opPow, d, integer(-1)))
		}
	}
	n := factors[0]
	if len(factors) > 1 {
		n = build(opMul, factors...)
	}
	if sign == "-" {
		n = neg(n)
	}
	return n, nil
}

// bigOperator reads \sum_{k=1}^{n} and the like with what they act on.
func bigOperator(name string) func(p *parser) (*node, error) {
	return func(p *parser) (*node, error) {
		below, above := build(opDots), build(opDots)
		for p.peek().is("_") || p.peek().is("^") {
			var err error
			if p.take().is("_") {
				below, err = p.bound()
			} else {
				above, err = p.exponent()
			}
			if err != nil {
				return nil, err
			}
		}
		body, err := p.product()
		if err != nil {
			return nil, err
		}
		return fn(name, below, above, body), nil
	}
}

func (p *parser) bound() (*node, error) {
	if p.peek().is("{") {
		return p.group()
	}
	return p.wholeArgument()
}

// environment reads \begin{...} ... \end{...}.
func (p *parser) environment() (*node, error) {
	name, err := p.environmentName()
	if err != nil {
		return nil, err
	}
	switch name {
	case "array":
		if err := p.columns(); err != nil {
			return nil, err
		}
		fallthrough
	case "matrix", "pmatrix", "bmatrix", "smallmatrix", "Bmatrix":
		return p.rows(name, opMatrix)
	case "vmatrix":
		m, err := p.rows(name, opMatrix)
		if err != nil {
			return nil, err
		}
		return fn("det", m), nil
	case "cases":
		return p.rows(name, opCases)
	case "align", "aligned", "equation", "gather", "gathered", "split":
		n, err := p.list()
		if err != nil {
			return nil, err
		}
		return n, p.endEnvironment(name)
	}
	return nil, errSyntax
}

func (p *parser) environmentName() (string, error) {
	if err := p.expect("{"); err != nil {
		return "", err
	}
	name := ""
	for !p.peek().is("}") {
		t := p.take()
		if t.kind != tLetter && t.kind != tCmd && !t.is("*") {
			return "", errSyntax
		}
		name += t.text
	}
	p.take()
	return strings.TrimSuffix(name, "*"), nil
}

func (p *parser) endEnvironment(name string) error {
	if err := p.expect("end"); err != nil {
		return err
	}
	end, err := p.environmentName()
	if err == nil && end != name {
		err = errSyntax
	}
	return err
}

// columns passes the {ccc} of an array.
func (p *parser) columns() error {
	if err := p.expect("{"); err != nil {
		return err
	}
	for !p.accept("}") {
		if p.take().kind == tEnd {
			return errSyntax
		}
	}
	return nil
}

// rows reads cells up to the end of an environment.
func (p *parser) rows(name string, o op) (*node, error) {
	n := &node{op: o}
	width := 0
	for !p.peek().is("end") {
		cell, err := p.relation()
		if err != nil {
			return nil, err
		}
		n.args = append(n.args, cell)
		width++
		if o == opCases {
			p.accept(",")
		}
		if p.accept("&") {
			continue
		}
		if n.cols == 0 {
			n.cols = width
		}
		if width != n.cols {
			return nil, errSyntax
		}
		width = 0
		if !p.accept("\\") && !p.peek().is("end") {
			return nil, errSyntax
		}
	}
	if n.cols == 0 || width != 0 {
		return nil, errSyntax
	}
	return n, p.endEnvironment(name)
}
