package latex

import (
	"math/big"
	"strings"
)

// number reads digits, with the separators of thousands that are beyond doubt:
// 1{,}234  1,\!234  1\,234  1 234  1'234  1.234.567, and 1,234 where the lexer is to
// read it so.
func (l *lexer) number() {
	start := l.i
	l.digits()
	text := l.s[start:l.i]
	l.emit(tNum, text)
	t := &l.out[len(l.out)-1]
	if !strings.Contains(text, ".") {
		l.thousands(t, text)
	}
	if strings.HasSuffix(t.text, ".") || !strings.Contains(t.text, ".") {
		l.fraction(t)
	}
	l.repeating(t)
	l.exponent(t)
}

// digits passes digits and, when digits follow it, a decimal point.
func (l *lexer) digits() {
	start := l.i
	for l.i < len(l.s) && isDigit(l.s[l.i]) {
		l.i++
	}
	if l.i+1 < len(l.s) && l.s[l.i] == '.' && isDigit(l.s[l.i+1]) && (l.i == start || !l.dotted()) {
		l.i++
		for l.i < len(l.s) && isDigit(l.s[l.i]) {
			l.i++
		}
	}
}

// dotted reports whether points group thousands here: at least two of them.
func (l *lexer) dotted() bool {
	return l.grouped(l.i+1) && l.i+4 < len(l.s) && l.s[l.i+4] == '.' && l.grouped(l.i+5)
}

// grouped reports whether exactly three digits start at i.
func (l *lexer) grouped(i int) bool {
	if i+3 > len(l.s) {
		return false
	}
	for k := i; k < i+3; k++ {
		if !isDigit(l.s[k]) {
			return false
		}
	}
	return i+3 == len(l.s) || !isDigit(l.s[i+3])
}

// separators of thousands, longest first; one number keeps to one of them.
var separators = []string{`{,}\!`, `,\!`, "{,}", " {, }", "{, }", " {,}", "\u202f", "\u2009", "\u00a0", `\,`, `\ `, `\;`, `~`, ` `, `'`, `.`, `,`}

// thousands appends further groups of three digits.
func (l *lexer) thousands(t *token, first string) {
	if len(first) == 0 || len(first) > 3 || first[0] == '0' {
		return
	}
	for _, sep := range separators {
		if !strings.HasPrefix(l.s[l.i:], sep) {
			continue
		}
		after := l.i + len(sep)
		for after < len(l.s) && l.s[after] == ' ' && strings.HasSuffix(sep, "!") {
			after++
		}
		if !l.grouped(after) {
			continue
		}
		if !l.mayGroup(sep) {
			return
		}
		l.join(t, sep)
		return
	}
}

// mayGroup decides on separators that may mean something else.
func (l *lexer) mayGroup(sep string) bool {
	switch sep {
	case ",":
		if l.depth > 0 {
			return false
		}
		l.ambiguous = true
		return l.groups
	case ".":
		return l.dotted()
	}
	return true
}

// join takes the groups that follow with the same separator.
func (l *lexer) join(t *token, sep string) {
	for strings.HasPrefix(l.s[l.i:], sep) {
		after := l.i + len(sep)
		for after < len(l.s) && l.s[after] == ' ' && strings.HasSuffix(sep, "!") {
			after++
		}
		if !l.grouped(after) {
			break
		}
		t.text += l.s[after : after+3]
		l.i = after + 3
	}
	// The point of 1.234.567 is a comma then.
	if sep == "." && strings.HasPrefix(l.s[l.i:], ",") && l.i+1 < len(l.s) && isDigit(l.s[l.i+1]) {
		start := l.i + 1
		for l.i = start; l.i < len(l.s) && isDigit(l.s[l.i]); {
			l.i++
		}
		t.text += "." + l.s[start:l.i]
	}
}

// fraction takes the decimals after groups of thousands.
func (l *lexer) fraction(t *token) {
	if l.i+1 >= len(l.s) || l.s[l.i] != '.' || !isDigit(l.s[l.i+1]) {
		return
	}
	start := l.i
	for l.i++; l.i < len(l.s) && isDigit(l.s[l.i]); {
		l.i++
	}
	t.text += l.s[start:l.i]
}

// repeating takes the period of a decimal: 0.\overline{3}, 0.1\dot{6}.
func (l *lexer) repeating(t *token) {
	rest := l.s[l.i:]
	point := strings.HasPrefix(rest, ".")
	if point {
		rest = rest[1:]
	} else if !strings.Contains(t.text, ".") {
		return
	}
	for _, command := range []string{`\overline{`, `\dot{`, `\bar{`} {
		inner, ok := strings.CutPrefix(rest, command)
		if !ok {
			continue
		}
		end := strings.IndexByte(inner, '}')
		if end <= 0 || strings.Trim(inner[:end], "0123456789") != "" || end > 50 {
			return
		}
		if point {
			t.text += "."
			l.i++
		}
		t.repeat = inner[:end]
		l.i += len(command) + end + 1
		return
	}
}

// exponent takes the e of 6.02e23.
func (l *lexer) exponent(t *token) {
	rest := l.s[l.i:]
	if rest == "" || rest[0] != 'e' && rest[0] != 'E' {
		return
	}
	k := 1
	if k < len(rest) && (rest[k] == '+' || rest[k] == '-') {
		k++
	}
	first := k
	for k < len(rest) && isDigit(rest[k]) {
		k++
	}
	if k == first || k-first > 5 || k < len(rest) && (isLetter(rest[k]) || rest[k] == '^') {
		return
	}
	t.text += "e" + rest[1:k]
	l.i += k
}

// value is the exact value of a number token. Decimals remember how many digits they
// were written with.
func (t token) value() (*node, error) {
	text, power := t.text, ""
	if at := strings.IndexByte(text, 'e'); at >= 0 {
		text, power = text[:at], text[at:]
		if len(power) > 5 { // e+9999: far beyond maxBits
			return nil, errFuel
		}
	}
	if len(text) > maxBits/4 {
		return nil, errFuel
	}
	r, ok := new(big.Rat).SetString(strings.TrimSuffix(text, ".") + power)
	if !ok {
		return nil, errSyntax
	}
	n := num(r)
	if len(text) > 1 && text[0] == '0' && !strings.Contains(text, ".") {
		n.name = text // as the minutes of a clock
	}
	if at := strings.IndexByte(text, '.'); at >= 0 {
		n.dec = len(text) - at // digits after the point and one
		if t.repeat != "" {
			n.rat, n.dec = new(big.Rat).Add(r, period(t.repeat, n.dec-1)), 0
		}
	}
	if power != "" {
		n.dec = 0
	}
	return n, nil
}

// period is the value of digits that repeat for ever from place after+1 behind the
// point on.
func period(digits string, after int) *big.Rat {
	top, _ := new(big.Int).SetString(digits, 10)
	ten := big.NewInt(10)
	nines := new(big.Int).Exp(ten, big.NewInt(int64(len(digits))), nil)
	nines.Sub(nines, big.NewInt(1))
	nines.Mul(nines, new(big.Int).Exp(ten, big.NewInt(int64(after)), nil))
	return new(big.Rat).SetFrac(top, nines)
}
