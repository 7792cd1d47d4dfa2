package jinja

import "slices"

// Limits of a template.
const (
	maxSource = 1 << 20
	// maxDepth bounds the depth of the tree: tags and brackets in one another, and
	// operators in a row.
	maxDepth = 200
)

// parser reads a template by Jinja2's grammar. After its first error it sees nothing
// but the end of the template, so that callers need not look.
type parser struct {
	tokens []token // what is not read yet; the last is tokenEnd
	line   int     // of the token read last
	depth  int
	loops  int // how many loops are around
	err    error
}

// Parse reads a template. What Jinja2 has and this package lacks is an error like any
// other, with its line. A template may be used by several goroutines.
func Parse(source string) (*Template, error) {
	if len(source) > maxSource {
		return nil, faultAt(1, "a template of %d bytes, want at most %d", len(source), maxSource)
	}
	tokens, err := lex(source)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens, line: 1}
	body, _ := p.body()
	if p.err != nil {
		return nil, p.err
	}
	return &Template{body}, nil
}

func (p *parser) fail(line int, format string, args ...any) {
	if p.err == nil {
		p.err = faultAt(line, format, args...)
		p.tokens = p.tokens[len(p.tokens)-1:]
	}
}

func (p *parser) peek() token { return p.tokens[0] }

func (p *parser) next() token {
	t := p.tokens[0]
	p.line = t.line
	if len(p.tokens) > 1 {
		p.tokens = p.tokens[1:]
	}
	return t
}

// is says whether what comes next is a name or a symbol.
func (p *parser) is(text string) bool { return p.tokens[0].is(text) }

func (t token) is(text string) bool {
	return (t.kind == tokenName || t.kind == tokenSymbol) && t.text == text
}

// skip reads a name or a symbol if it comes next.
func (p *parser) skip(text string) bool {
	found := p.is(text)
	if found {
		p.next()
	}
	return found
}

func (p *parser) expect(text string) {
	if t := p.peek(); !p.skip(text) {
		p.fail(t.line, "found %v, want %q", t, text)
	}
}

func (p *parser) expectKind(kind tokenKind, want string) token {
	t := p.next()
	if t.kind != kind {
		p.fail(t.line, "found %v, want %s", t, want)
	}
	return t
}

// deeper counts a level of the tree. Whoever reads statements or an expression in
// brackets sets the count back.
func (p *parser) deeper() {
	if p.depth++; p.depth > maxDepth {
		p.fail(p.peek().line, "brackets, tags or operators nested more than %d deep", maxDepth)
	}
}

// body reads statements up to one of the end tags or the end of the template, and
// says which; the tag's name is read, what follows it is not.
func (p *parser) body(ends ...string) ([]statement, string) {
	defer func(depth int) { p.depth = depth }(p.depth)
	p.deeper()
	start, depth := p.line, p.depth
	var out []statement
	for {
		p.depth = depth
		switch t := p.next(); t.kind {
		case tokenText:
			out = append(out, &text{at(t.line), t.text})
		case tokenOutput:
			value := p.tuple()
			written(value)
			p.expectKind(tokenOutputEnd, "'}}'")
			out = append(out, &output{at(t.line), value})
		case tokenTag:
			name := p.expectKind(tokenName, "the name of a statement")
			if slices.Contains(ends, name.text) {
				return out, name.text
			}
			out = append(out, p.statement(name))
		default: // within tags, all tokens are read by others
			if len(ends) > 0 {
				p.fail(start, "no %s up to the end of the template", ends[len(ends)-1])
			}
			return out, ""
		}
	}
}

// block reads the end of a tag, a body, and the end tag whole.
func (p *parser) block(end string) []statement {
	p.tagEnd()
	body, _ := p.body(end)
	p.tagEnd()
	return body
}

// apart is a block that the loops around it are not around.
func (p *parser) apart(end string) []statement {
	defer func(loops int) { p.loops = loops }(p.loops)
	p.loops = 0
	return p.block(end)
}

func (p *parser) tagEnd() { p.expectKind(tokenTagEnd, "'%}'") }

// statement reads a statement after its name.
func (p *parser) statement(name token) statement {
	here := at(name.line)
	switch name.text {
	case "if":
		return p.ifStatement(here)
	case "for":
		return p.forStatement(here)
	case "set":
		return p.setStatement(here)
	case "macro":
		return p.macroStatement(here)
	case "generation":
		return &block{p.apart("endgeneration")}
	case "break", "continue":
		if p.loops == 0 {
			p.fail(name.line, "%s outside a loop", name.text)
		}
		p.tagEnd()
		if name.text == "break" {
			return &jump{errBreak}
		}
		return &jump{errContinue}
	}
	p.fail(name.line, "statement %q is not implemented", name.text)
	return nil
}

func (p *parser) ifStatement(here at) statement {
	s := &conditional{at: here}
	for {
		test := p.condition()
		p.tagEnd()
		body, end := p.body("elif", "else", "endif")
		s.branches = append(s.branches, branch{test, body})
		switch end {
		case "elif":
			continue
		case "else":
			s.orelse = p.block("endif")
		default:
			p.tagEnd()
		}
		return s
	}
}

func (p *parser) forStatement(here at) statement {
	s := &loop{at: here, targets: p.targets()}
	p.expect("in")
	s.value = p.condition()
	written(s.value)
	if p.skip("if") {
		s.test = p.expression()
	}
	p.tagEnd()
	p.loops++
	body, end := p.body("else", "endfor")
	p.loops--
	s.body = body
	if end == "else" {
		s.orelse = p.block("endfor")
	} else {
		p.tagEnd()
	}
	return s
}

// targets reads names that are assigned to.
func (p *parser) targets() []string {
	closing := p.skip("(")
	var out []string
	for {
		t := p.expectKind(tokenName, "a name")
		if _, constant := constants[t.text]; constant || t.text == "loop" {
			p.fail(t.line, "cannot assign to %s", t.text)
		}
		out = append(out, t.text)
		if !p.skip(",") {
			break
		}
	}
	if closing {
		p.expect(")")
	}
	return out
}

func (p *parser) setStatement(here at) statement {
	s := &assignment{at: here, targets: p.targets()}
	if len(s.targets) == 1 && p.skip(".") {
		s.attribute = p.expectKind(tokenName, "a name").text
	}
	if p.skip("=") {
		s.value = p.tuple()
		written(s.value)
		p.tagEnd()
		return s
	}
	if t := p.peek(); t.kind != tokenTagEnd || len(s.targets) > 1 {
		p.fail(t.line, "found %v, want \"=\"", t)
	}
	s.value = &captured{here, p.block("endset")}
	return s
}

func (p *parser) macroStatement(here at) statement {
	m := &macro{at: here, name: p.expectKind(tokenName, "the name of a macro").text}
	if m.name == "loop" {
		p.fail(p.line, "a macro called loop is not implemented")
	}
	p.expect("(")
	for p.err == nil && !p.skip(")") {
		if len(m.params) > 0 {
			p.expect(",")
		}
		t := p.expectKind(tokenName, "a parameter")
		if slices.Contains(m.params, t.text) {
			p.fail(t.line, "two parameters %s", t.text)
		}
		var value expression
		if p.skip("=") {
			value = p.expression()
			written(value)
		} else if n := len(m.params); n > 0 && m.defaults[n-1] != nil {
			p.fail(t.line, "parameter %s without a default after one with a default", t.text)
		}
		m.params, m.defaults = append(m.params, t.text), append(m.defaults, value)
	}
	m.body = p.apart("endmacro")
	return m
}
