package latex

import (
	"strings"
	"unicode/utf8"
)

// numbers adds the last numbers and expressions in plain text.
func (x *extractor) numbers() {
	var all []span
	s := &plainScanner{text: x.text, decimalComma: x.mode == MathVerify}
	for i := 0; i < len(x.text); {
		if !boundary(x.text, i) {
			i++
			continue
		}
		found := s.at(i)
		if found == nil {
			i++
			continue
		}
		if x.mode == Strict && (x.within(found.start) || x.inFormula(found) || !x.unchanged(found)) {
			i = max(i+1, found.end)
			continue
		}
		all = append(all, *found)
		if len(all) > 4*fewCandidates {
			all = append(all[:0], all[len(all)-fewCandidates:]...)
		}
		i = max(i+1, found.end)
	}
	for _, f := range all[max(0, len(all)-fewCandidates):] {
		f.rule = "last number"
		x.add(rankBare, f)
	}
}

// within reports whether i is inside of a formula.
func (x *extractor) within(i int) bool {
	k := x.envFrom(i + 1)
	if k < 0 {
		k = len(x.envs)
	}
	return k > 0 && i < x.envs[k-1].end
}

// boundary reports whether plain text may start at i: the start, or after white space
// or an equals sign.
func boundary(s string, i int) bool {
	return i == 0 || isSpace(s[i-1]) || s[i-1] == '='
}

// plainAfter finds the number that an anchor announces.
func (x *extractor) plainAfter(after int, final bool) {
	s := &plainScanner{text: x.text, decimalComma: x.mode == MathVerify}
	if final {
		x.finalNumber(s, after)
	}
	found := x.afterEquals(s, after)
	for i := after; found == nil && i < min(after+52, len(x.text)) && x.text[i] != '\n'; i++ {
		if boundary(x.text, i) {
			found = s.at(i)
		}
	}
	if found == nil || followedByEquals(x.text[found.end:]) {
		return
	}
	if x.mode == Strict && !x.alone(found) {
		return
	}
	found.rule = "number after answer"
	x.add(rankAnswer, *found)
	if strings.HasPrefix(x.text[after:], ":") {
		x.add(rankColon, *found)
	}
}

func (x *extractor) finalNumber(s *plainScanner, after int) {
	for i := after; i < min(after+103, len(x.text)); i++ {
		k := x.isAt(i)
		if k == 0 || k >= len(x.text) {
			continue
		}
		found := s.at(x.skip(k, ":"))
		if found == nil || x.mode == Strict && !x.alone(found) {
			continue
		}
		found.rule = "number after final answer is"
		if i == after+1 && x.hopes(found.end) {
			x.add(rankHope, *found)
		}
		x.add(rankFinal, *found)
		return
	}
}

// afterEquals is the number after the last equals sign within 100 characters.
func (x *extractor) afterEquals(s *plainScanner, after int) *span {
	line, _, _ := strings.Cut(x.text[after:min(after+101, len(x.text))], "\n")
	for end := len(line); ; {
		at := strings.LastIndexByte(line[:end], '=')
		if at < 0 {
			return nil
		}
		i := after + at + 1
		for i < len(x.text) && isSpace(x.text[i]) {
			i++
		}
		if found := s.at(i); found != nil && !followedByEquals(x.text[found.end:]) {
			return found
		}
		end = at
	}
}

func followedByEquals(s string) bool {
	return strings.HasPrefix(strings.TrimLeft(s, " \t\n"), "=")
}

// alone reports whether a number is no part of a formula and means what it says.
func (x *extractor) alone(f *span) bool {
	return !x.within(f.start) && standsAlone(x.text, f) && !x.inFormula(f) && x.unchanged(f)
}

// inFormula reports whether the line of a number has LaTeX outside of the formulas
// that were found: what cannot be read as one gives no number either.
func (x *extractor) inFormula(f *span) bool {
	const reach = 200
	line := x.text[f.end:min(len(x.text), f.end+reach)]
	line, _, _ = strings.Cut(line, "\n")
	if k := x.envFrom(f.end); k >= 0 && x.envs[k].start < f.end+len(line) {
		line = line[:x.envs[k].start-f.end]
	}
	start := max(0, f.start-reach)
	if k := x.envFrom(f.start + 1); k != 0 && len(x.envs) > 0 {
		if k < 0 {
			k = len(x.envs)
		}
		start = max(start, x.envs[k-1].end)
	}
	before := x.text[min(start, f.start):f.start]
	before = before[strings.LastIndexByte(before, '\n')+1:]
	return strings.ContainsAny(line, `\^_{}`) || strings.ContainsAny(before, `\^_{}`)
}

// changing are words after a number that make it another one, or none.
var changing = setOf(`hundred thousand million billion trillion dozen half halves third thirds quarter quarters fourth
	fourths fifth fifths sixth sixths seventh sevenths eighth eighths ninth ninths tenth tenths hundredth hundredths
	thousandth thousandths squared cubed factorial plus minus times over divided mod modulo choose or`)

// unchanged reports whether the words around a number leave it as it is.
func (x *extractor) unchanged(f *span) bool {
	after := strings.TrimLeft(x.text[f.end:min(len(x.text), f.end+24)], " \t*")
	end := 0
	for end < len(after) && isLetter(after[end]) {
		end++
	}
	if changing[strings.ToLower(after[:end])] {
		return false
	}
	before := strings.ToLower(strings.TrimRight(x.text[max(0, f.start-12):f.start], " *"))
	return !strings.HasSuffix(before, "minus") && !strings.HasSuffix(before, "negative")
}

// standsAlone reports whether a number is no part of a formula or word: what follows
// it is punctuation or prose.
func standsAlone(s string, f *span) bool {
	rest := strings.TrimPrefix(s[f.end:], "**")
	if rest == "" || strings.IndexByte(".,;:!?)\n", rest[0]) >= 0 {
		return true
	}
	if !isSpace(rest[0]) {
		return false
	}
	rest = strings.TrimLeft(rest, " \t\n")
	return rest == "" || isLetter(rest[0]) || rest[0] == '<' || rest[0] == '('
}

// plainScanner reads numbers and expressions; the run of characters that expressions
// consist of is remembered, so that a long one is passed once.
type plainScanner struct {
	text string
	// decimalComma reads 2,74 as 2.74; otherwise it is a list.
	decimalComma   bool
	runStart, run  int // the run of expression characters [runStart, run)
	lastOperatorAt int
}

const currencies = "$\u20ac\u00a3\u00a5\u20b9\u20bd\u20aa\u20a9\u0e3f"

// at is the expression or number at i, or nil.
func (p *plainScanner) at(i int) *span {
	if strings.HasPrefix(p.text[i:], "**") {
		i += 2
	}
	if f := p.expression(i); f != nil {
		return f
	}
	if r, n := utf8.DecodeRuneInString(p.text[i:]); n > 0 && strings.ContainsRune(currencies, r) {
		i += n
	}
	return p.number(i)
}

func (p *plainScanner) isExpression(i int) bool {
	c := p.text[i]
	return isDigit(c) || isSpace(c) || strings.IndexByte(".+-*/^()", c) >= 0
}

// expression is digits and operators, at least one between operands.
func (p *plainScanner) expression(i int) *span {
	start := i
	for _, c := range []string{"-", "(", "-"} {
		if strings.HasPrefix(p.text[i:], c) {
			i += len(c)
		}
	}
	if i >= len(p.text) || !isDigit(p.text[i]) {
		return nil
	}
	if p.findRun(start, i); p.lastOperatorAt <= i || p.run-start > longestExpression {
		return nil
	}
	end := p.run
	ended := end == len(p.text) || strings.IndexByte(",:$", p.text[end]) >= 0 || strings.IndexByte(". \n\t)", p.text[end-1]) >= 0
	for end > i && (isSpace(p.text[end-1]) || p.text[end-1] == '.') {
		end--
	}
	if !ended || strings.IndexByte("+-*/^(", p.text[end-1]) >= 0 || !strings.ContainsAny(p.text[i+1:end], "+-*/^") {
		return nil
	}
	return &span{start: start, end: end, parts: []string{p.text[start:end]}, plain: true}
}

// longestExpression bounds an expression in plain text.
const longestExpression = 2000

// findRun passes the characters of an expression from start on; operators count after
// first.
func (p *plainScanner) findRun(start, first int) {
	if start < p.run && start >= p.runStart {
		return
	}
	p.runStart, p.lastOperatorAt = start, -1
	for p.run = start; p.run < len(p.text) && p.isExpression(p.run); p.run++ {
		if p.run > first && strings.IndexByte("+-*/^()", p.text[p.run]) >= 0 {
			p.lastOperatorAt = p.run
		}
	}
}

// number is a number with separators of thousands or a decimal comma, and a percent
// sign after it.
func (p *plainScanner) number(i int) *span {
	s := p.text
	start := i
	if strings.HasPrefix(s[i:], "-") || strings.HasPrefix(s[i:], "\u2212") {
		_, n := utf8.DecodeRuneInString(s[i:])
		i += n
	}
	first := i
	text, i, grouped := wholeDigits(s, i)
	text, i = p.decimals(text, first, i, p.decimalComma && !grouped && text != "")
	if text == "" {
		return nil
	}
	if first > start {
		text = "-" + text
	}
	end := i
	if e := percentAt(s, i); e > 0 {
		text, end = text+`\%`, e
	}
	return &span{start: start, end: end, parts: []string{text}, plain: true}
}

// wholeDigits reads digits with groups of thousands from i on.
func wholeDigits(s string, i int) (text string, end int, grouped bool) {
	first := i
	for i < len(s) && isDigit(s[i]) && i-first <= maxAnswer {
		i++
	}
	text = s[first:i]
	if len(text) == 0 || len(text) > 3 || text[0] == '0' {
		return text, i, false
	}
	for i+3 < len(s) && (s[i] == ',' || s[i] == ' ') && threeDigits(s, i+1) {
		text, i, grouped = text+s[i+1:i+4], i+4, true
	}
	return text, i, grouped
}

// decimals reads what follows the whole digits of a number that starts at first:
// decimals, or the further items of a list without spaces.
func (p *plainScanner) decimals(text string, first, i int, comma bool) (string, int) {
	s := p.text
	if i+1 >= len(s) {
		return text, i
	}
	if (s[i] == '.' || s[i] == ',' && comma) && isDigit(s[i+1]) {
		k := i + 1
		for k < len(s) && isDigit(s[k]) {
			k++
		}
		return text + "." + s[i+1:k], k
	}
	if s[i] == ',' && (isDigit(s[i+1]) || s[i+1] == '-') {
		k := i
		for k < len(s) && (isDigit(s[k]) || strings.IndexByte(",.-", s[k]) >= 0) {
			k++
		}
		k = first + len(strings.TrimRight(s[first:k], ",.-"))
		return s[first:k], k
	}
	return text, i
}

func threeDigits(s string, i int) bool {
	return i+3 <= len(s) && isDigit(s[i]) && isDigit(s[i+1]) && isDigit(s[i+2]) && (i+3 == len(s) || !isDigit(s[i+3]))
}
