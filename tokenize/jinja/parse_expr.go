package jinja

import (
	"slices"
	"strconv"
)

// constants are the names with a fixed value.
var constants = map[string]Value{"true": true, "True": true, "false": false, "False": false, "none": nil, "None": nil}

// notImplemented are names with a meaning in Jinja2 that this package lacks.
var notImplemented = []string{"caller", "varargs", "kwargs", "self", "super", "cycler", "joiner", "lipsum"}

// expression reads a conditional expression, the lowest of the grammar.
func (p *parser) expression() expression {
	defer func(depth int) { p.depth = depth }(p.depth)
	p.deeper()
	value := p.or()
	for p.is("if") {
		c := &choice{at: at(p.next().line), value: value}
		p.deeper()
		if c.test = p.or(); p.skip("else") {
			c.orelse = p.expression()
		}
		value = c
	}
	return value
}

// tuple reads expressions with commas between them, without brackets around.
func (p *parser) tuple() expression {
	first := p.expression()
	if !p.is(",") {
		return first
	}
	out := &sequence{at(p.line), true, []expression{first}}
	for p.skip(",") {
		if k := p.peek().kind; k == tokenOutputEnd || k == tokenTagEnd || p.is(")") {
			break
		}
		out.items = append(out.items, p.expression())
	}
	return out
}

// chain reads operands with left-associative operators between them.
func (p *parser) chain(operand func() expression, operators ...string) expression {
	left := operand()
	for t := p.peek(); slices.ContainsFunc(operators, t.is); t = p.peek() {
		p.next()
		p.deeper()
		left = &operation{at(t.line), t.text, left, operand()}
	}
	return left
}

// condition reads an expression without if.
func (p *parser) condition() expression {
	defer func(depth int) { p.depth = depth }(p.depth)
	return p.or()
}

func (p *parser) or() expression { return p.chain(p.and, "or") }

func (p *parser) and() expression { return p.chain(p.not, "and") }

func (p *parser) not() expression {
	if !p.is("not") {
		return p.comparison()
	}
	p.deeper()
	return &negation{at(p.next().line), p.not()}
}

func (p *parser) comparison() expression {
	first := p.sum()
	out := &comparison{at: at(p.peek().line), first: first}
	for {
		t := p.peek()
		operator := t.text
		switch {
		case t.is("not") && p.tokens[1].is("in"): // the last token is no name
			p.next()
			operator = "not in"
		case !slices.ContainsFunc([]string{"==", "!=", "<", "<=", ">", ">=", "in"}, t.is):
			if len(out.rest) == 0 {
				return first
			}
			return out
		}
		p.next()
		out.rest = append(out.rest, compared{operator, p.sum()})
	}
}

func (p *parser) sum() expression { return p.chain(p.concatenation, "+", "-") }

func (p *parser) concatenation() expression {
	first := p.product()
	if !p.is("~") {
		return first
	}
	out := &concatenation{at(p.line), []expression{first}}
	for p.skip("~") {
		out.parts = append(out.parts, p.product())
	}
	return out
}

func (p *parser) product() expression {
	return p.chain(func() expression { return p.unary(true) }, "*", "/", "//", "%")
}

// unary reads an operand with its sign and with what follows it; filters and tests
// bind less than the sign does.
func (p *parser) unary(filters bool) expression {
	var value expression
	if t := p.peek(); t.is("-") || t.is("+") {
		p.next()
		p.deeper()
		value = &signed{at(t.line), t.text, p.unary(false)}
	} else {
		value = p.postfix(p.primary())
	}
	for filters {
		switch {
		case p.skip("|"):
			value = p.filter(value)
		case p.skip("is"):
			value = p.test(value)
		case p.is("("):
			value = p.call(value)
		default:
			return value
		}
		p.deeper()
	}
	return value
}

// primary reads a name, a literal or an expression in brackets.
func (p *parser) primary() expression {
	t := p.next()
	here := at(t.line)
	switch {
	case t.kind == tokenName:
		if v, ok := constants[t.text]; ok {
			return &literal{at: here, value: v}
		}
		if slices.Contains(notImplemented, t.text) {
			p.fail(t.line, "%s is not implemented here", t.text)
		}
		return &variable{here, t.text}
	case t.kind == tokenString:
		for p.peek().kind == tokenString {
			t.text += p.next().text
		}
		return &literal{at: here, value: t.text}
	case t.kind == tokenInt:
		n, err := strconv.ParseInt(t.text, 10, 64)
		if err != nil || t.text[0] == '0' && len(t.text) > 1 {
			p.fail(t.line, "the number %s is not implemented", t.text)
		}
		return &literal{at: here, value: n}
	case t.kind == tokenFloat:
		f, _ := strconv.ParseFloat(t.text, 64) // infinite where it is too large, as in Python
		return &literal{at: here, value: f}
	case t.is("("):
		if p.skip(")") {
			return &sequence{at: here, tuple: true}
		}
		inner := p.tuple()
		p.expect(")")
		return inner
	case t.is("["):
		out := &sequence{at: here}
		for p.more("]", len(out.items)) {
			out.items = append(out.items, p.expression())
		}
		return out
	case t.is("{"):
		out := &mapping{at: here}
		for p.more("}", len(out.keys)) {
			out.keys = append(out.keys, p.expression())
			p.expect(":")
			out.values = append(out.values, p.expression())
		}
		return out
	}
	p.fail(t.line, "found %v, want an expression", t)
	return nil
}

// more says whether an element comes before the end of a list in brackets, of which n
// are read; it reads the comma before the element, or the end.
func (p *parser) more(closing string, n int) bool {
	if p.err != nil || p.skip(closing) {
		return false
	}
	if n > 0 {
		p.expect(",")
	}
	return p.err == nil && (n == 0 || !p.skip(closing))
}

// postfix reads attributes, subscripts and calls.
func (p *parser) postfix(value expression) expression {
	for ; ; p.deeper() {
		here := at(p.peek().line)
		switch {
		case p.skip("."):
			switch t := p.next(); t.kind {
			case tokenName:
				value = &attribute{here, value, t.text}
			case tokenInt:
				n, err := strconv.ParseInt(t.text, 10, 64)
				if err != nil {
					p.fail(t.line, "the number %s is not implemented", t.text)
				}
				value = &element{here, value, &literal{at: here, value: n}}
			default:
				p.fail(t.line, "found %v, want a name or a number", t)
			}
		case p.skip("["):
			value = p.subscript(here, value)
		case p.is("("):
			value = p.call(value)
		default:
			return value
		}
	}
}

func (p *parser) subscript(here at, object expression) expression {
	var parts [3]expression
	colons := 0
	for i := range parts {
		if !p.is(":") && !p.is("]") {
			parts[i] = p.expression()
		}
		if i == 2 || !p.skip(":") {
			break
		}
		colons++
	}
	p.expect("]")
	if colons > 0 {
		return &slice{here, object, parts}
	}
	if parts[0] == nil {
		p.fail(int(here), "an empty subscript")
	}
	return &element{here, object, parts[0]}
}

func (p *parser) call(function expression) expression {
	c := &call{at(p.peek().line), function, p.arguments()}
	if _, method := function.(*attribute); !method {
		writtenArguments(c.args, true) // a macro may write them
	}
	return c
}

// arguments reads arguments in brackets.
func (p *parser) arguments() []argument {
	var out []argument
	for p.expect("("); p.more(")", len(out)); {
		a := argument{}
		if t := p.peek(); t.kind == tokenName && p.tokens[1].is("=") {
			a.name = t.text
			p.next()
			p.next()
		} else if len(out) > 0 && out[len(out)-1].name != "" {
			p.fail(t.line, "an argument without a name after one with a name")
		} else if t.is("*") {
			p.fail(t.line, "arguments by * and ** are not implemented")
		}
		a.value = p.expression()
		out = append(out, a)
	}
	return out
}

// filter reads a filter after its |.
func (p *parser) filter(value expression) expression {
	t := p.expectKind(tokenName, "the name of a filter")
	out := &applied{at: at(t.line), name: t.text, function: filters[t.text], value: value}
	if out.function == nil {
		p.fail(t.line, "filter %q is not implemented", t.text)
	}
	if p.is("(") {
		out.args = p.arguments()
	}
	return out
}

// test reads a test after its is.
func (p *parser) test(value expression) expression {
	negated := p.skip("not")
	t := p.expectKind(tokenName, "the name of a test")
	out := &applied{at: at(t.line), test: true, name: t.text, function: tests[t.text], value: value}
	if out.function == nil {
		p.fail(t.line, "test %q is not implemented", t.text)
	}
	switch next := p.peek(); {
	case next.is("("):
		out.args = p.arguments()
	case next.is("is"):
		p.fail(next.line, "tests in a row")
	case next.kind == tokenName && !next.is("else") && !next.is("or") && !next.is("and"),
		next.kind == tokenString, next.kind == tokenInt, next.kind == tokenFloat, next.is("["), next.is("{"):
		out.args = []argument{{value: p.postfix(p.primary())}}
	}
	if negated {
		return &negation{at(t.line), out}
	}
	return out
}
