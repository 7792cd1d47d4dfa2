package tokenize

import (
	"slices"
	"strings"
)

// Limits of a template that keep parsing and rendering within the stack.
const (
	maxTemplateBytes = 1 << 20
	maxNesting       = 64
	maxChain         = 100
)

// templateParser reads a template by Jinja2's grammar.
type templateParser struct {
	tokens []lexToken
	at     int
	depth  int
	loops  int
	macros int
}

// parseTemplate gives the statements of a template. What Jinja2 has and this
// parser has not is an error like any other.
func parseTemplate(src string) ([]*stmt, error) {
	if len(src) > maxTemplateBytes {
		return nil, faultAt(1, "a template of %d bytes, want at most %d", len(src), maxTemplateBytes)
	}
	tokens, err := lexTemplate(src)
	if err != nil {
		return nil, err
	}
	p := &templateParser{tokens: tokens}
	body, _, err := p.body()
	return body, err
}

func (p *templateParser) peek() lexToken { return p.tokens[p.at] }

func (p *templateParser) look() lexToken { return p.tokens[min(p.at+1, len(p.tokens)-1)] }

func (p *templateParser) next() lexToken {
	t := p.tokens[p.at]
	if p.at < len(p.tokens)-1 {
		p.at++
	}
	return t
}

func (t lexToken) isName(name string) bool { return t.kind == lexName && t.text == name }

func (t lexToken) isOp(op string) bool { return t.kind == lexOp && t.text == op }

func (p *templateParser) skipName(name string) bool {
	if p.peek().isName(name) {
		p.next()
		return true
	}
	return false
}

func (p *templateParser) skipOp(op string) bool {
	if p.peek().isOp(op) {
		p.next()
		return true
	}
	return false
}

func (p *templateParser) expectOp(op string) error {
	if t := p.next(); !t.isOp(op) {
		return faultAt(t.line, "found %s, want %q", t.describe(), op)
	}
	return nil
}

func (p *templateParser) expectKind(kind lexKind, want string) (lexToken, error) {
	t := p.next()
	if t.kind != kind {
		return t, faultAt(t.line, "found %s, want %s", t.describe(), want)
	}
	return t, nil
}

// deeper counts nesting; the returned function counts back.
func (p *templateParser) deeper() (func(), error) {
	p.depth++
	if p.depth > maxNesting {
		return nil, faultAt(p.peek().line, "nested more than %d deep", maxNesting)
	}
	return func() { p.depth-- }, nil
}

// body reads statements up to one of the end tags or the end of the template, and
// says which; the tag's name is read, what follows it is not.
func (p *templateParser) body(ends ...string) ([]*stmt, string, error) {
	back, err := p.deeper()
	if err != nil {
		return nil, "", err
	}
	defer back()
	start := p.tokens[max(p.at-1, 0)].line
	var out []*stmt
	for {
		switch t := p.next(); t.kind {
		case lexEOF:
			if len(ends) > 0 {
				return nil, "", faultAt(start, "no %s up to the end of the template", ends[len(ends)-1])
			}
			return out, "", nil
		case lexData:
			out = append(out, &stmt{kind: stmtText, line: t.line, text: t.text})
		case lexVarBegin:
			value, err := p.tuple()
			if err != nil {
				return nil, "", err
			}
			if _, err := p.expectKind(lexVarEnd, "'}}'"); err != nil {
				return nil, "", err
			}
			out = append(out, &stmt{kind: stmtOutput, line: t.line, value: value})
		case lexBlockBegin:
			name, err := p.expectKind(lexName, "the name of a statement")
			if err != nil {
				return nil, "", err
			}
			if slices.Contains(ends, name.text) {
				return out, name.text, nil
			}
			s, err := p.statement(name)
			if err != nil {
				return nil, "", err
			}
			out = append(out, s)
		default: // the lexer gives these within tags only
			return nil, "", faultAt(t.line, "found %s outside a tag", t.describe())
		}
	}
}

// block reads the end of a tag, a body, and the end tag whole.
func (p *templateParser) block(end string) ([]*stmt, error) {
	if err := p.blockEnd(); err != nil {
		return nil, err
	}
	body, _, err := p.body(end)
	if err != nil {
		return nil, err
	}
	return body, p.blockEnd()
}

func (p *templateParser) blockEnd() error {
	_, err := p.expectKind(lexBlockEnd, "'%}'")
	return err
}

// statement reads a statement after its name.
func (p *templateParser) statement(name lexToken) (*stmt, error) {
	s := &stmt{line: name.line}
	var err error
	switch name.text {
	case "if":
		return s, p.ifStmt(s)
	case "for":
		return s, p.forStmt(s)
	case "set":
		return s, p.setStmt(s)
	case "macro":
		return s, p.macroStmt(s)
	case "filter":
		s.kind = stmtFilterBlock
		if s.value, err = p.filter(&expr{kind: exprConst, text: "none", line: s.line}); err == nil {
			s.body, err = p.block("endfilter")
		}
		return s, err
	case "generation":
		s.kind = stmtGeneration
		s.body, err = p.block("endgeneration")
		return s, err
	case "break", "continue":
		s.kind = stmtBreak
		if name.text == "continue" {
			s.kind = stmtContinue
		}
		if p.loops == 0 {
			return nil, faultAt(name.line, "%s outside a loop", name.text)
		}
		return s, p.blockEnd()
	default:
		return nil, faultAt(name.line, "statement %q is not implemented", name.text)
	}
}

func (p *templateParser) ifStmt(s *stmt) error {
	s.kind = stmtIf
	for {
		test, err := p.or()
		if err != nil {
			return err
		}
		if err := p.blockEnd(); err != nil {
			return err
		}
		body, end, err := p.body("elif", "else", "endif")
		if err != nil {
			return err
		}
		s.branches = append(s.branches, branch{test, body})
		switch end {
		case "else":
			body, err := p.block("endif")
			s.branches = append(s.branches, branch{nil, body})
			return err
		case "endif":
			return p.blockEnd()
		}
	}
}

func (p *templateParser) forStmt(s *stmt) error {
	s.kind = stmtFor
	var err error
	if s.targets, err = p.targets(); err != nil {
		return err
	}
	if t := p.next(); !t.isName("in") {
		return faultAt(t.line, "found %s, want in", t.describe())
	}
	if s.value, err = p.or(); err != nil {
		return err
	}
	if p.skipName("if") {
		if s.test, err = p.expression(); err != nil {
			return err
		}
	}
	if err := p.blockEnd(); err != nil { // recursive is not implemented
		return err
	}
	p.loops++
	body, end, err := p.body("endfor", "else")
	p.loops--
	if err != nil {
		return err
	}
	s.body = body
	if end == "else" {
		s.orelse, err = p.block("endfor")
		return err
	}
	return p.blockEnd()
}

// targets reads names that are assigned to.
func (p *templateParser) targets() ([]string, error) {
	closing := p.skipOp("(")
	var out []string
	for {
		t, err := p.expectKind(lexName, "a name")
		if err != nil {
			return nil, err
		}
		if slices.Contains([]string{"true", "false", "True", "False", "none", "None"}, t.text) {
			return nil, faultAt(t.line, "cannot assign to %s", t.text)
		}
		out = append(out, t.text)
		if !p.skipOp(",") {
			break
		}
	}
	if closing {
		return out, p.expectOp(")")
	}
	return out, nil
}

func (p *templateParser) setStmt(s *stmt) error {
	var err error
	if s.targets, err = p.targets(); err != nil {
		return err
	}
	if len(s.targets) == 1 && p.skipOp(".") {
		attr, err := p.expectKind(lexName, "a name")
		if err != nil {
			return err
		}
		s.targets[0] += "." + attr.text
	}
	if p.skipOp("=") {
		s.kind = stmtSet
		if s.value, err = p.tuple(); err != nil {
			return err
		}
		return p.blockEnd()
	}
	s.kind = stmtSetBlock
	if len(s.targets) != 1 || strings.Contains(s.targets[0], ".") || !(p.peek().kind == lexBlockEnd) {
		return faultAt(p.peek().line, "found %s, want \"=\"", p.peek().describe())
	}
	s.body, err = p.block("endset")
	return err
}

func (p *templateParser) macroStmt(s *stmt) error {
	s.kind = stmtMacro
	name, err := p.expectKind(lexName, "the name of a macro")
	if err != nil {
		return err
	}
	s.text = name.text
	if err := p.expectOp("("); err != nil {
		return err
	}
	for !p.skipOp(")") {
		if len(s.params) > 0 {
			if err := p.expectOp(","); err != nil {
				return err
			}
		}
		t, err := p.expectKind(lexName, "a parameter")
		if err != nil {
			return err
		}
		param := macroParam{name: t.text}
		if p.skipOp("=") {
			if param.value, err = p.expression(); err != nil {
				return err
			}
		} else if len(s.params) > 0 && s.params[len(s.params)-1].value != nil {
			return faultAt(t.line, "parameter %s without a default after one with a default", t.text)
		}
		s.params = append(s.params, param)
	}
	loops := p.loops
	p.loops = 0
	p.macros++
	s.body, err = p.block("endmacro")
	p.macros--
	p.loops = loops
	return err
}
