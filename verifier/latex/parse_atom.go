package latex

import (
	"math/big"
	"strings"
)

// functionNames are the functions of one argument that may go without parentheses.
var functionNames = map[string]bool{
	"sin": true, "cos": true, "tan": true, "cot": true, "sec": true, "csc": true, "arcsin": true, "arccos": true, "arctan": true,
	"sinh": true, "cosh": true, "tanh": true, "ln": true, "log": true, "lg": true, "exp": true, "arccot": true,
	"gcd": true, "lcm": true, "max": true, "min": true, "det": true, "arg": true, "Re": true, "Im": true, "deg": true, "dim": true, "rank": true, "tr": true,
	"sgn": true, "Gamma": true, "sup": true, "inf": true, "erf": true, "angle": true, "triangle": true,
}

// inverses are the functions that a power of -1 stands for.
var inverses = map[string]string{"sin": "arcsin", "cos": "arccos", "tan": "arctan", "cot": "arccot"}

// symbols are commands that stand for themselves.
var symbols = setOf(`alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi rho
	sigma tau upsilon phi varphi chi psi omega Delta Theta Lambda Xi Pi Sigma Phi Psi Omega infty ell hbar partial nabla
	emptyset varnothing aleph star square Box heartsuit mho top bot setR setN setZ setQ setC R N Z Q C imath jmath ldots dots cdots dotsc vdots`)

// accents are commands that decorate a symbol.
var accents = setOf("overline bar hat vec tilde widehat widetilde dot ddot overrightarrow underbrace overbrace mathring")

// reserved are commands that are neither symbols nor start anything: operators and
// closing delimiters.
var reserved = setOf(`cdot times ast bullet div bmod mod pmod pm mp cup cap setminus backslash circ degree prime over choose
	right end rangle rfloor rceil rvert rVert rbrack rbrace not mid forall exists neg land lor implies iff Rightarrow Leftrightarrow
	color textcolor cancel xcancel phantom hphantom not stackrel overset underset substack tag label ref`)

// unknown reports whether a command is one that the parser knows nothing of: a symbol
// with its own name, equal to itself alone.
func unknown(name string) bool {
	return isLetter(name[0]) && !reserved[name] && relops[name] == ""
}

func setOf(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// atoms read what starts with a command; filled by init since they call the parser.
var atoms map[string]func(p *parser) (*node, error)

func init() {
	atoms = map[string]func(p *parser) (*node, error){
		"frac": (*parser).frac, "dfrac": (*parser).frac, "tfrac": (*parser).frac, "cfrac": (*parser).frac,
		"binom": (*parser).binom, "dbinom": (*parser).binom, "tbinom": (*parser).binom,
		"sqrt": (*parser).sqrt, "{": (*parser).set, "lbrace": (*parser).set,
		"lfloor": enclosed("rfloor", "floor"), "lceil": enclosed("rceil", "ceil"), "lvert": enclosed("rvert", "abs"),
		"lVert": enclosed("rVert", "norm"), "|": enclosed("|", "norm"), "langle": (*parser).angle,
		"begin": (*parser).environment, "sum": bigOperator("sum"), "prod": bigOperator("prod"),
		"int": bigOperator("int"), "lim": bigOperator("lim"), "mathbb": (*parser).blackboard, "lbrack": (*parser).bracket,
	}
}

// atom reads the smallest unit of a formula.
func (p *parser) atom() (*node, error) {
	if err := p.down(); err != nil {
		return nil, err
	}
	defer p.up()
	t := p.take()
	switch t.kind {
	case tNum:
		return p.numeral(t)
	case tLetter:
		return p.letter(t.text)
	case tText:
		return p.text(t.text)
	case tChar:
		return p.bracketed(t)
	case tCmd:
		switch {
		case atoms[t.text] != nil:
			return atoms[t.text](p)
		case functionNames[t.text]:
			return p.function(t.text)
		case accents[t.text]:
			return p.accent(t.text)
		case symbols[t.text], unknown(t.text):
			return p.symbol(t.text)
		}
	default:
	}
	return nil, errSyntax
}

// numeral is a number, with its base where it has one.
func (p *parser) numeral(t token) (*node, error) {
	if !p.peek().is("_") {
		return t.value()
	}
	p.take()
	base, err := p.wholeArgument()
	if err != nil {
		return nil, err
	}
	if !base.isInt() || !base.rat.Num().IsInt64() {
		return nil, errSyntax
	}
	b := base.rat.Num().Int64()
	if b < 2 || b > 36 || strings.Contains(t.text, ".") || len(t.text) > 1000 {
		return nil, errSyntax
	}
	v, ok := new(big.Int).SetString(t.text, int(b))
	if !ok {
		return nil, errSyntax
	}
	return num(new(big.Rat).SetInt(v)), nil
}

// wholeArgument is a group, or all digits of a number.
func (p *parser) wholeArgument() (*node, error) {
	if p.peek().kind == tNum {
		return p.take().value()
	}
	return p.argument()
}

// letter is a variable, or a call of one: f(x).
func (p *parser) letter(name string) (*node, error) {
	n, err := p.symbol(name)
	if err != nil || !p.peek().is("(") || p.peek().space && !strings.Contains("fgh", name) {
		return n, err
	}
	if strings.Contains("fghFGHPWQ", name) || p.namesFunction() {
		return p.call(n)
	}
	return n, nil
}

// namesFunction reports whether (x) is followed by an equals sign: "p(x) = ..." defines
// p, and is no product.
func (p *parser) namesFunction() bool {
	return (p.ahead(1).kind == tLetter || p.ahead(1).kind == tNum) && p.ahead(2).is(")") && p.ahead(3).is("=")
}

func (p *parser) call(name *node) (*node, error) {
	p.take()
	inner, err := p.until(")")
	if err != nil {
		return nil, err
	}
	return &node{op: opCall, name: name.name, args: []*node{inner}}, nil
}

// until reads a list up to a closing character.
func (p *parser) until(closer string) (*node, error) {
	bars, builder := p.bars, p.builder
	p.bars, p.builder = 0, false
	n, err := p.list()
	p.bars, p.builder = bars, builder
	if err != nil {
		return nil, err
	}
	return n, p.expect(closer)
}

// symbol is a variable with its subscript.
func (p *parser) symbol(name string) (*node, error) {
	switch name {
	case "ldots", "dots", "cdots", "dotsc", "vdots":
		return build(opDots), nil
	case "varnothing", "emptyset":
		return build(opSet), nil
	case "imath":
		name = "i"
	case "setR", "setN", "setZ", "setQ", "setC":
		name = name[3:]
		return sym("\\mathbb " + name), nil
	}
	if len(name) > 1 {
		name = "\\" + name
	}
	if !p.accept("_") {
		return sym(name), nil
	}
	index, err := p.subscript()
	if err != nil {
		return nil, err
	}
	return sym(name + "_" + index), nil
}

// subscript is the spelling of an index.
func (p *parser) subscript() (string, error) {
	if !p.peek().is("{") {
		t := p.take()
		if t.kind == tNum || t.kind == tLetter || t.kind == tText || t.kind == tCmd && symbols[t.text] {
			return t.text, nil
		}
		return "", errSyntax
	}
	depth, out := 0, ""
	for {
		t := p.take()
		switch {
		case t.kind == tEnd:
			return "", errSyntax
		case t.is("{"):
			depth++
		case t.is("}"):
			if depth--; depth == 0 {
				return strings.TrimSuffix(out, " "), nil
			}
		}
		if !(t.is("{") && depth == 1) {
			out += t.text
			if t.kind == tCmd {
				out += " "
			}
		}
	}
}

// text is words: a name, a number in words, a known word.
func (p *parser) text(said string) (*node, error) {
	if n, ok := numberOfWords(said); ok {
		return integer(n), nil
	}
	for p.peek().kind == tText {
		said += " " + p.take().text
	}
	n := &node{op: opText, name: strings.ToLower(strings.Trim(said, " .,"))}
	if n.name == "" {
		return nil, errSyntax
	}
	return n, nil
}

// bracketed reads what a character opens.
func (p *parser) bracketed(t token) (*node, error) {
	switch t.text {
	case "(":
		return p.parenthesis()
	case "[":
		return p.bracket()
	case "{":
		p.pos--
		return p.group()
	case "|":
		p.bars++
		n, err := p.sum()
		p.bars--
		if err != nil {
			return nil, err
		}
		return fn("abs", n), p.expect("|")
	}
	return nil, errSyntax
}

// parenthesis reads a group, a tuple, or an interval that is open on the left.
func (p *parser) parenthesis() (*node, error) {
	n, closed, err := p.delimited()
	if err != nil {
		return nil, err
	}
	switch {
	case n.op != opList:
		if closed {
			return nil, errSyntax
		}
		return n, nil
	case closed && len(n.args) == 2:
		return &node{op: opInterval, args: n.args, hi: true}, nil
	case closed:
		return nil, errSyntax
	}
	return build(opTuple, n.args...), nil
}

// bracket reads [a, b], [a, b), or a group in square brackets.
func (p *parser) bracket() (*node, error) {
	n, closed, err := p.delimited()
	if err != nil {
		return nil, err
	}
	switch {
	case n.op != opList && closed:
		return n, nil
	case n.op == opList && len(n.args) == 2:
		return &node{op: opInterval, args: n.args, lo: true, hi: closed}, nil
	case n.op == opList && closed:
		return build(opTuple, n.args...), nil
	}
	return nil, errSyntax
}

// delimited reads a list up to ) or ], and whether that was ].
func (p *parser) delimited() (n *node, closed bool, err error) {
	bars, builder := p.bars, p.builder
	p.bars, p.builder = 0, false
	n, err = p.list()
	p.bars, p.builder = bars, builder
	switch {
	case err != nil:
	case p.accept(")"):
	case p.accept("]", "rbrack"):
		closed = true
	default:
		err = errSyntax
	}
	return n, closed, err
}

// group reads {...}: its content, or a set where it has several items.
func (p *parser) group() (*node, error) {
	if err := p.expect("{"); err != nil {
		return nil, err
	}
	if p.accept("}") { // {} is nothing
		return p.atom()
	}
	bars, builder := p.bars, p.builder
	p.bars, p.builder = 0, false
	n, err := p.list()
	p.bars, p.builder = bars, builder
	if err != nil {
		return nil, err
	}
	for _, infix := range []string{"over", "choose"} {
		if !p.accept(infix) {
			continue
		}
		below, err := p.list()
		if err != nil {
			return nil, err
		}
		if infix == "over" {
			n = div(n, below)
		} else {
			n = fn("binom", n, below)
		}
	}
	if n.op == opList {
		n = build(opSet, n.args...)
	}
	return n, p.expect("}")
}

// set reads \{...\}, which may say what its elements are: \{x | x > 0\}.
func (p *parser) set() (*node, error) {
	if p.accept("}", "rbrace") {
		return build(opSet), nil
	}
	bars, builder := p.bars, p.builder
	p.bars, p.builder = 1, true
	defer func() { p.bars, p.builder = bars, builder }()
	n, err := p.list()
	if err != nil {
		return nil, err
	}
	if p.accept("|", ":", "mid") {
		condition, err := p.list()
		if err != nil {
			return nil, err
		}
		if !p.accept("}", "rbrace") {
			return nil, errSyntax
		}
		return fn("such that", n, condition), nil
	}
	if !p.accept("}", "rbrace") {
		return nil, errSyntax
	}
	if n.op == opList {
		return build(opSet, n.args...), nil
	}
	return build(opSet, n), nil
}
