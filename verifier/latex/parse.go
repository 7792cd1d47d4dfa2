package latex

import (
	"errors"
	"strings"
)

// errSyntax says that a text is not a formula that the parser knows.
var errSyntax = errors.New("not a formula")

// parser builds a tree by precedence climbing.
type parser struct {
	toks  []token
	pos   int
	depth int
	bars  int // | that are open
	// builder is set within braces of a set, where : and | are no operators.
	builder bool
	fuel    *fuel
}

// parse reads a text; groups is that of lex.
func parse(s string, groups bool, f *fuel) (n *node, ambiguous bool, err error) {
	if len(s) > maxAnswer {
		return nil, false, errFuel
	}
	toks, ambiguous, err := lex(s, groups, f)
	if err != nil {
		return nil, false, err
	}
	p := &parser{toks: toks, fuel: f}
	n, err = p.list()
	if err == nil && p.peek().kind != tEnd {
		err = errSyntax
	}
	return n, ambiguous, err
}

func (p *parser) peek() token { return p.toks[p.pos] }

// ahead is the token k after the next, or the end.
func (p *parser) ahead(k int) token {
	return p.toks[min(p.pos+k, len(p.toks)-1)]
}

func (p *parser) take() token {
	t := p.toks[p.pos]
	if t.kind != tEnd {
		p.pos++
	}
	return t
}

// accept takes the next token if it is one of the characters or commands.
func (p *parser) accept(any ...string) bool {
	for _, s := range any {
		if p.peek().is(s) {
			p.take()
			return true
		}
	}
	return false
}

func (p *parser) expect(s string) error {
	if !p.accept(s) {
		return errSyntax
	}
	return nil
}

// down guards recursion; each call is undone by up.
func (p *parser) down() error {
	p.depth++
	if p.depth > maxDepth {
		return errFuel
	}
	return p.fuel.burn(1)
}

func (p *parser) up() { p.depth-- }

// list reads items with separators between them. One item is itself; items within
// semicolons that have commas are tuples.
func (p *parser) list() (*node, error) {
	if err := p.down(); err != nil {
		return nil, err
	}
	defer p.up()
	groups := [][]*node{nil}
	commas, semicolons, word := false, false, ""
	for {
		item, err := p.relation()
		if err != nil {
			return nil, err
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], item)
		comma, semicolon, said := p.separators()
		word = joined(word, said)
		if !comma && !semicolon || p.atListEnd() {
			break
		}
		commas, semicolons = commas || comma, semicolons || semicolon
		if semicolon {
			groups = append(groups, nil)
		}
	}
	n := joinItems(groups, commas && semicolons)
	if n.op == opList && (word == "and" || word == "or") {
		n.name = word
	}
	return n, nil
}

// joined is the word that joins all items, if it is one.
func joined(word, said string) string {
	switch {
	case word == "" || word == said:
		return said
	case said == "":
		return word
	}
	return "mixed"
}

// atListEnd reports whether a separator was the last thing of a list: "1, 2,".
func (p *parser) atListEnd() bool {
	t := p.peek()
	return t.kind == tEnd || t.is("}") || t.is("right")
}

func joinItems(groups [][]*node, nested bool) *node {
	var items []*node
	for _, g := range groups {
		if nested && len(g) > 1 {
			items = append(items, build(opTuple, g...))
		} else {
			items = append(items, g...)
		}
	}
	if len(items) == 1 {
		return items[0]
	}
	return build(opList, items...)
}

// separators takes what stands between two items, with the word that says how they
// are joined: "and", "or", or "," where there is none.
func (p *parser) separators() (comma, semicolon bool, word string) {
	for {
		t := p.peek()
		switch {
		case t.kind == tSep:
			comma, word = true, t.text
		case t.is(","), t.is("\\"), t.is("&"):
			comma = true
			if word == "" {
				word = ","
			}
		case t.is(";"):
			semicolon = true
		default:
			return comma && !semicolon, semicolon, word
		}
		p.take()
	}
}

// relops are the relations, by token.
var relops = map[string]string{
	"=": "=", "==": "=", ":=": "=", "<": "<", ">": ">", "<=": "<=", ">=": ">=", "!=": "!=",
	"le": "<=", "leq": "<=", "leqslant": "<=", "leqq": "<=", "ge": ">=", "geq": ">=", "geqslant": ">=", "geqq": ">=",
	"lt": "<", "gt": ">", "ne": "!=", "neq": "!=", "approx": "~", "simeq": "~", "approxeq": "~", "cong": "cong", "sim": "sim",
	"equiv": "equiv", "in": "in", "notin": "notin", "subset": "subset", "subseteq": "subseteq", "propto": "propto",
	"parallel": "parallel", "perp": "perp", "mid": "mid", "to": "to", "rightarrow": "to", "mapsto": "to",
}

// relop is the relation at the next token, or "".
func (p *parser) relop() string {
	t := p.peek()
	if t.kind != tChar && t.kind != tCmd {
		return ""
	}
	if t.is("not") && p.ahead(1).is("=") {
		return "!="
	}
	if t.is("not") && p.ahead(1).is("in") {
		return "notin"
	}
	return relops[t.text]
}

// relation reads a chain: a < b <= c.
func (p *parser) relation() (*node, error) {
	first, err := p.sets()
	if err != nil {
		return nil, err
	}
	n := &node{op: opRel, args: []*node{first}}
	for rel := p.relop(); rel != "" && !(rel == "mid" && p.builder); rel = p.relop() {
		if p.take().is("not") {
			p.take()
		}
		p.accept("=") // "< =", "=="
		next, err := p.sets()
		if err != nil {
			return nil, err
		}
		n.args, n.rels = append(n.args, next), append(n.rels, rel)
	}
	if len(n.rels) == 0 {
		return p.modulo(first)
	}
	return p.modulo(n)
}

// modulo reads \pmod{n} after a relation or a value.
func (p *parser) modulo(n *node) (*node, error) {
	paren := p.peek().is("(") && (p.ahead(1).is("mod") || p.ahead(1).is("bmod"))
	if !paren && !p.peek().is("pmod") {
		return n, nil
	}
	p.take()
	if paren {
		p.take()
	}
	m, err := p.factor()
	if err != nil {
		return nil, err
	}
	if paren {
		if err := p.expect(")"); err != nil {
			return nil, err
		}
	}
	return build(opMod, n, m), nil
}

// sets reads unions, intersections and differences of sets.
func (p *parser) sets() (*node, error) {
	left, err := p.sum()
	if err != nil {
		return nil, err
	}
	for {
		var o op
		switch t := p.peek(); {
		case t.is("cup"):
			o = opUnion
		case t.is("cap"):
			o = opInter
		case t.is("setminus"), t.is("backslash"):
			o = opDiff
		case t.is(":") && !p.builder:
			o = opRatio
		default:
			return left, nil
		}
		p.take()
		right, err := p.sum()
		if err != nil {
			return nil, err
		}
		if left.op == o && o != opDiff {
			left = build(o, append(append([]*node(nil), left.args...), right)...)
		} else {
			left = build(o, left, right)
		}
	}
}

// sum reads terms with signs between them.
func (p *parser) sum() (*node, error) {
	if err := p.down(); err != nil {
		return nil, err
	}
	defer p.up()
	var terms []*node
	for {
		sign := p.sign()
		if len(terms) > 0 && sign == "" {
			break
		}
		t, err := p.product()
		if err != nil {
			return nil, err
		}
		switch sign {
		case "-":
			t = neg(t)
		case "+-":
			t = build(opPM, t)
		case "-+":
			t = &node{op: opPM, name: "-", args: []*node{t}}
		}
		terms = append(terms, t)
	}
	if len(terms) == 1 {
		return terms[0], nil
	}
	return build(opAdd, terms...), nil
}

// sign takes signs: "" where there is none, "+", "-", "+-" or "-+".
func (p *parser) sign() string {
	out := ""
	for {
		t, s := p.peek(), ""
		switch {
		case t.is("+"):
			s = "+"
		case t.is("-"):
			s = "-"
		case t.is("pm"):
			s = "+-"
		case t.is("mp"):
			s = "-+"
		default:
			return out
		}
		p.take()
		out = combineSigns(out, s)
	}
}

func combineSigns(a, b string) string {
	switch {
	case a == "" || a == "+":
		return b
	case b == "+":
		return a
	case a == "-" && b == "-":
		return "+"
	case a == "-":
		return strings.NewReplacer("+", "-", "-", "+").Replace(b)
	}
	return a
}
