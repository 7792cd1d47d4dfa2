package tokenize

// primary reads a name, a literal or an expression in brackets.
func (p *templateParser) primary() (*expr, error) {
	t := p.next()
	out := &expr{line: t.line, text: t.text}
	switch {
	case t.kind == lexName:
		switch t.text {
		case "true", "True", "false", "False", "none", "None":
			out.kind, out.text = exprConst, string(t.text[0]|0x20)+t.text[1:]
		default:
			out.kind = exprName
		}
	case t.kind == lexString:
		out.kind = exprString
		for p.peek().kind == lexString {
			out.text += p.next().text
		}
	case t.kind == lexInt:
		out.kind = exprInt
	case t.kind == lexFloat:
		out.kind = exprFloat
	case t.isOp("("):
		if p.skipOp(")") {
			return &expr{kind: exprTuple, line: t.line}, nil
		}
		inner, err := p.tuple()
		if err != nil {
			return nil, err
		}
		return inner, p.expectOp(")")
	case t.isOp("["):
		return out, p.list(out)
	case t.isOp("{"):
		return out, p.dict(out)
	default:
		return nil, faultAt(t.line, "found %s, want an expression", t.describe())
	}
	return out, nil
}

func (p *templateParser) list(out *expr) error {
	out.kind = exprList
	for !p.skipOp("]") {
		if len(out.args) > 0 {
			if err := p.expectOp(","); err != nil {
				return err
			}
			if p.skipOp("]") {
				return nil
			}
		}
		item, err := p.expression()
		if err != nil {
			return err
		}
		out.args = append(out.args, item)
	}
	return nil
}

func (p *templateParser) dict(out *expr) error {
	out.kind = exprDict
	for !p.skipOp("}") {
		if len(out.args) > 0 {
			if err := p.expectOp(","); err != nil {
				return err
			}
			if p.skipOp("}") {
				return nil
			}
		}
		key, err := p.expression()
		if err != nil {
			return err
		}
		if err := p.expectOp(":"); err != nil {
			return err
		}
		value, err := p.expression()
		if err != nil {
			return err
		}
		out.args = append(out.args, key, value)
	}
	return nil
}

// postfix reads attributes, subscripts and calls.
func (p *templateParser) postfix(value *expr) (*expr, error) {
	for n := 0; ; n++ {
		t := p.peek()
		if n == maxChain {
			return nil, tooLong(t.line)
		}
		var err error
		switch {
		case t.isOp("."):
			p.next()
			name := p.next()
			switch name.kind {
			case lexName:
				value = &expr{kind: exprAttr, line: t.line, text: name.text, args: []*expr{value}}
			case lexInt:
				value = &expr{kind: exprItem, line: t.line, args: []*expr{value, {kind: exprInt, line: t.line, text: name.text}}}
			default:
				return nil, faultAt(name.line, "found %s, want a name or a number", name.describe())
			}
		case t.isOp("["):
			value, err = p.subscript(value)
		case t.isOp("("):
			value, err = p.call(value)
		default:
			return value, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (p *templateParser) subscript(value *expr) (*expr, error) {
	line := p.next().line
	ends := func() bool { return p.peek().isOp(":") || p.peek().isOp("]") }
	var parts [3]*expr
	var err error
	colons := 0
	for i := 0; ; i++ {
		if !ends() {
			if parts[i], err = p.expression(); err != nil {
				return nil, err
			}
		}
		if i == 2 || !p.skipOp(":") {
			break
		}
		colons++
	}
	if err := p.expectOp("]"); err != nil {
		return nil, err
	}
	if colons == 0 {
		if parts[0] == nil {
			return nil, faultAt(line, "an empty subscript")
		}
		return &expr{kind: exprItem, line: line, args: []*expr{value, parts[0]}}, nil
	}
	return &expr{kind: exprSlice, line: line, args: append([]*expr{value}, parts[:]...)}, nil
}

// arguments reads the arguments of a call into out.
func (p *templateParser) arguments(out *expr) error {
	if err := p.expectOp("("); err != nil {
		return err
	}
	for first := true; !p.skipOp(")"); first = false {
		if !first {
			if err := p.expectOp(","); err != nil {
				return err
			}
			if p.skipOp(")") {
				return nil
			}
		}
		t := p.peek()
		if t.isOp("*") || t.isOp("**") {
			return faultAt(t.line, "arguments by %s are not implemented", t.text)
		}
		name := ""
		if t.kind == lexName && p.look().isOp("=") {
			name = t.text
			p.next()
			p.next()
		} else if len(out.named) > 0 {
			return faultAt(t.line, "an argument without a name after one with a name")
		}
		value, err := p.expression()
		if err != nil {
			return err
		}
		if name == "" {
			out.args = append(out.args, value)
		} else {
			out.named = append(out.named, namedExpr{name, value})
		}
	}
	return nil
}

func (p *templateParser) call(fn *expr) (*expr, error) {
	out := &expr{kind: exprCall, line: p.peek().line, args: []*expr{fn}}
	return out, p.arguments(out)
}

// filtersAndTests reads what follows an operand: filters, tests and calls.
func (p *templateParser) filtersAndTests(value *expr) (*expr, error) {
	var err error
	for n := 0; err == nil; n++ {
		t := p.peek()
		if n == maxChain {
			return nil, tooLong(t.line)
		}
		switch {
		case t.isOp("|"):
			p.next()
			value, err = p.filter(value)
		case t.isName("is"):
			p.next()
			value, err = p.test(value)
		case t.isOp("("):
			value, err = p.call(value)
		default:
			return value, nil
		}
	}
	return nil, err
}

// filter reads a filter after its |.
func (p *templateParser) filter(value *expr) (*expr, error) {
	name, err := p.expectKind(lexName, "the name of a filter")
	if err != nil {
		return nil, err
	}
	out := &expr{kind: exprFilter, line: name.line, text: name.text, args: []*expr{value}}
	if p.peek().isOp("(") {
		return out, p.arguments(out)
	}
	return out, nil
}

// test reads a test after its is.
func (p *templateParser) test(value *expr) (*expr, error) {
	negated := p.skipName("not")
	name, err := p.expectKind(lexName, "the name of a test")
	if err != nil {
		return nil, err
	}
	out := &expr{kind: exprTest, line: name.line, text: name.text, args: []*expr{value}}
	t := p.peek()
	switch {
	case t.isOp("("):
		err = p.arguments(out)
	case t.isName("is"):
		err = faultAt(t.line, "tests in a row")
	case t.kind == lexName && !t.isName("else") && !t.isName("or") && !t.isName("and"),
		t.kind == lexString, t.kind == lexInt, t.kind == lexFloat, t.isOp("["), t.isOp("{"):
		var arg *expr
		if arg, err = p.primary(); err == nil {
			if arg, err = p.postfix(arg); err == nil {
				out.args = append(out.args, arg)
			}
		}
	}
	if negated {
		out = &expr{kind: exprNot, line: name.line, args: []*expr{out}}
	}
	return out, err
}
