package latex

import "math/big"

// product reads factors with or without an operator between them.
func (p *parser) product() (*node, error) {
	left, err := p.factor()
	if err != nil {
		return nil, err
	}
	for {
		t := p.peek()
		switch {
		case t.is("*"), t.is("cdot"), t.is("times"), t.is("ast"), t.is("bullet"):
			left, err = p.binary(left, func(a, b *node) *node { return build(opMul, a, b) })
		case t.is("/"), t.is("div"):
			left, err = p.binary(left, div)
		case t.is("bmod") || t.is("mod"):
			left, err = p.binary(left, func(a, b *node) *node { return fn("mod", a, b) })
		case t.kind == tText:
			return p.worded(left)
		case p.startsFactor():
			left, err = p.juxtaposed(left)
		default:
			return left, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// binary takes an operator and its right side, which may have a sign.
func (p *parser) binary(left *node, join func(a, b *node) *node) (*node, error) {
	p.take()
	sign := p.sign()
	right, err := p.factor()
	if err != nil {
		return nil, err
	}
	switch sign {
	case "", "+":
	case "-":
		right = neg(right)
	default:
		return nil, errSyntax
	}
	return join(left, right), nil
}

// startsFactor reports whether the next token can start a factor.
func (p *parser) startsFactor() bool {
	t := p.peek()
	switch t.kind {
	case tNum, tLetter:
		return true
	case tChar:
		switch t.text {
		case "(", "{":
			return !(t.text == "(" && (p.ahead(1).is("mod") || p.ahead(1).is("bmod")))
		case "[":
			return true
		case "|":
			return p.bars == 0
		}
	case tCmd:
		return atoms[t.text] != nil || symbols[t.text] || functionNames[t.text] || accents[t.text] || unknown(t.text)
	default:
	}
	return false
}

// juxtaposed reads a factor after another: a product, or a mixed number.
func (p *parser) juxtaposed(left *node) (*node, error) {
	literal := left.isInt() && left.rat.Sign() >= 0 && p.toks[p.pos-1].kind == tNum
	t := p.peek()
	if literal && t.kind == tNum {
		return p.mixed(left)
	}
	if t.kind == tNum && (left.op == opNum || p.toks[p.pos-1].kind == tNum) {
		return nil, errSyntax // 3 4
	}
	fraction := t.is("frac") || t.is("dfrac") || t.is("tfrac")
	right, err := p.factor()
	if err != nil {
		return nil, err
	}
	if literal && fraction {
		if n := mixedNumber(left, right); n != nil {
			return n, nil
		}
	}
	return build(opMul, left, right), nil
}

// mixed reads the rest of 3 3/4.
func (p *parser) mixed(whole *node) (*node, error) {
	if !p.peek().space || !p.ahead(1).is("/") || p.ahead(2).kind != tNum {
		return nil, errSyntax
	}
	top, err := p.take().value()
	if err != nil {
		return nil, err
	}
	p.take()
	bottom, err := p.take().value()
	if err != nil {
		return nil, err
	}
	if bottom.rat.Sign() == 0 {
		return nil, errSyntax
	}
	if n := mixedNumber(whole, div(top, bottom)); n != nil {
		return n, nil
	}
	return nil, errSyntax
}

// mixedNumber is whole and a proper fraction of literals, or nil.
func mixedNumber(whole, fraction *node) *node {
	top, bottom, ok := literalFraction(fraction)
	if !ok || top.Sign() <= 0 || top.Cmp(bottom) >= 0 {
		return nil
	}
	return num(new(big.Rat).Add(whole.rat, new(big.Rat).SetFrac(top, bottom)))
}

// literalFraction takes a quotient of two integer literals apart.
func literalFraction(n *node) (top, bottom *big.Int, ok bool) {
	if n.op != opMul || len(n.args) != 2 || !n.args[0].isInt() {
		return nil, nil, false
	}
	d := n.args[1]
	if d.op != opPow || !d.args[0].isInt() || !d.args[1].isInt() || d.args[1].rat.Cmp(big.NewRat(-1, 1)) != 0 {
		return nil, nil, false
	}
	return n.args[0].rat.Num(), d.args[0].rat.Num(), true
}

// worded reads words after a number: a percentage, a scale, or a unit at the end.
func (p *parser) worded(left *node) (*node, error) {
	said := p.take().text
	if percentWords[said] {
		return build(opPct, left), nil
	}
	if s := scales[said]; s != 0 && left.op == opNum {
		left = num(new(big.Rat).Mul(left.rat, new(big.Rat).SetInt64(s)))
		if p.peek().kind == tText {
			return p.worded(left)
		}
		return left, nil
	}
	power := 1
	if p.accept("^") {
		n, err := p.argument()
		if err != nil {
			return nil, err
		}
		if !n.isInt() || !n.rat.Num().IsInt64() || n.rat.Num().Int64() < 2 || n.rat.Num().Int64() > 3 {
			return nil, errSyntax
		}
		power = int(n.rat.Num().Int64())
	}
	for p.peek().kind == tText && unitOf(said) == nil {
		said += " " + p.take().text
	}
	if !mayBeUnit(said) {
		return nil, errSyntax
	}
	if err := p.atEnd(); err != nil {
		return nil, err
	}
	name := said
	if power > 1 {
		name += "^" + string(rune('0'+power))
	}
	return &node{op: opUnit, name: name, args: []*node{left}}, nil
}

// atEnd demands that an item ends here.
func (p *parser) atEnd() error {
	t := p.peek()
	if t.kind == tEnd || t.kind == tSep || p.relop() != "" {
		return nil
	}
	for _, s := range []string{",", ";", ")", "]", "}", "\\", "&", "cup", ":"} {
		if t.is(s) {
			return nil
		}
	}
	return errSyntax
}

// maxAttached bounds the marks behind an atom, each of which is a level of the tree.
const maxAttached = 8

// factor reads an atom with what is attached to it: powers, !, %, degrees.
func (p *parser) factor() (*node, error) {
	if err := p.down(); err != nil {
		return nil, err
	}
	defer p.up()
	if s := p.peek(); s.is("-") || s.is("+") { // 2^-1, \sin -x
		sign := p.sign()
		n, err := p.factor()
		if err == nil && sign == "-" {
			n = neg(n)
		}
		return n, err
	}
	n, err := p.atom()
	for attached := 0; err == nil; attached++ {
		t := p.peek()
		switch {
		case attached > maxAttached:
			return nil, errFuel
		case t.is("^"):
			n, err = p.power(n)
		case t.is("!"):
			p.take()
			n = p.factorial(n)
		case t.is("%"):
			p.take()
			n = build(opPct, n)
		case t.is("circ"), t.is("degree"):
			p.take()
			n = build(opDeg, n)
		case t.is("prime"), t.is("'"):
			p.take()
			n = fn("prime", n)
		default:
			return n, nil
		}
	}
	return nil, err
}

func (p *parser) factorial(n *node) *node {
	if p.accept("!") {
		return fn("factorial2", n)
	}
	return fn("factorial", n)
}

// power reads an exponent; 90^\circ is degrees, A^T a transpose.
func (p *parser) power(base *node) (*node, error) {
	p.take()
	braced := p.accept("{")
	if p.accept("circ", "degree") {
		if braced {
			if err := p.expect("}"); err != nil {
				return nil, err
			}
		}
		return build(opDeg, base), nil
	}
	if braced {
		p.pos--
	}
	exponent, err := p.exponent()
	if err != nil {
		return nil, err
	}
	if base.op == opMatrix && exponent.op == opSym && (exponent.name == "T" || exponent.name == "top") {
		return fn("transpose", base), nil
	}
	return build(opPow, base, exponent), nil
}

// exponent reads an argument of ^, which may have a sign and further powers.
func (p *parser) exponent() (*node, error) {
	sign := p.sign()
	var n *node
	var err error
	switch {
	case p.peek().kind == tNum:
		n, err = p.take().value()
	case p.peek().is("("):
		n, err = p.atom()
	default:
		n, err = p.argument()
	}
	if err != nil {
		return nil, err
	}
	if p.peek().is("^") {
		if err := p.down(); err != nil {
			return nil, err
		}
		defer p.up()
		if n, err = p.power(n); err != nil {
			return nil, err
		}
	}
	if sign == "-" {
		n = neg(n)
	} else if sign != "" && sign != "+" {
		return nil, errSyntax
	}
	return n, nil
}

// argument reads the argument of a command: a group or one symbol.
func (p *parser) argument() (*node, error) {
	t := p.peek()
	switch {
	case t.is("{"):
		return p.group()
	case t.kind == tNum && len(t.text) > 1 && t.repeat == "":
		// \frac12: one digit each.
		first := t
		first.text = t.text[:1]
		p.toks[p.pos].text, p.toks[p.pos].space = t.text[1:], false
		return first.value()
	}
	return p.atom()
}
