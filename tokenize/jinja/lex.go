package jinja

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokenKind is the kind of a token.
type tokenKind uint8

const (
	tokenEnd tokenKind = iota // of the template
	tokenText
	tokenOutput    // {{
	tokenOutputEnd // }}
	tokenTag       // {%
	tokenTagEnd    // %}
	tokenName
	tokenString
	tokenInt
	tokenFloat
	tokenSymbol
)

// token is a token; text is decoded for strings and data.
type token struct {
	kind tokenKind
	text string
	line int
}

// String is the token for a message.
func (t token) String() string {
	switch t.kind {
	case tokenEnd:
		return "the end of the template"
	case tokenOutputEnd:
		return "'}}'"
	case tokenTagEnd:
		return "'%}'"
	default:
		return strconv.Quote(t.text)
	}
}

// lexer cuts a template as Jinja2 does with trim_blocks and lstrip_blocks.
type lexer struct {
	rest string // what is not read yet
	line int
	// lineStart says that what was read last ended a line.
	lineStart bool
	out       []token
}

// lex gives the tokens of a template, the last of them tokenEnd.
func lex(source string) ([]token, error) {
	source = strings.ReplaceAll(strings.ReplaceAll(source, "\r\n", "\n"), "\r", "\n")
	l := &lexer{rest: strings.TrimSuffix(source, "\n"), line: 1, lineStart: true}
	for l.rest != "" {
		if err := l.next(); err != nil {
			return nil, err
		}
	}
	l.emit(tokenEnd, "")
	return l.out, nil
}

func (l *lexer) emit(kind tokenKind, text string) {
	l.out = append(l.out, token{kind, text, l.line})
}

// take moves over n bytes.
func (l *lexer) take(n int) {
	l.line += strings.Count(l.rest[:n], "\n")
	l.lineStart = strings.HasSuffix(l.rest[:n], "\n")
	l.rest = l.rest[n:]
}

// skipSpace moves over white space and says whether there was any.
func (l *lexer) skipSpace() bool {
	n := len(l.rest) - len(strings.TrimLeftFunc(l.rest, isSpace))
	if n > 0 {
		l.take(n)
	}
	return n > 0
}

// next reads text up to a tag, and the tag.
func (l *lexer) next() error {
	at := tagStart(l.rest)
	if at < 0 {
		l.emit(tokenText, l.rest)
		l.take(len(l.rest))
		return nil
	}
	opening := l.rest[at : at+2]
	sign := byte(0)
	if after := l.rest[at+2:]; after != "" && (after[0] == '-' || after[0] == '+') {
		sign = after[0]
	}
	l.data(l.rest[:at], sign, opening != "{{")
	line := l.line
	l.take(2)
	if sign != 0 {
		l.take(1)
	}
	switch opening {
	case "{#":
		return l.comment()
	case "{%":
		l.out = append(l.out, token{tokenTag, opening, line})
		return l.tag(tokenTagEnd, "%}")
	default:
		l.out = append(l.out, token{tokenOutput, opening, line})
		return l.tag(tokenOutputEnd, "}}")
	}
}

// tagStart finds the next tag or comment, -1 if there is none.
func tagStart(s string) int {
	for from := 0; ; from++ {
		i := strings.IndexByte(s[from:], '{')
		if i < 0 || from+i+1 >= len(s) {
			return -1
		}
		from += i
		if strings.IndexByte("{%#", s[from+1]) >= 0 {
			return from
		}
	}
}

// data emits text before a tag, stripped as the tag's sign and lstrip_blocks say.
func (l *lexer) data(text string, sign byte, block bool) {
	kept := text
	switch {
	case sign == '-':
		kept = strings.TrimRightFunc(text, isSpace)
	case sign == 0 && block:
		from := strings.LastIndexByte(text, '\n') + 1
		if (from > 0 || l.lineStart) && strings.TrimFunc(text[from:], isSpace) == "" {
			kept = text[:from]
		}
	}
	if kept != "" {
		l.emit(tokenText, kept)
	}
	l.take(len(text))
}

// comment skips to the end of a comment.
func (l *lexer) comment() error {
	end := strings.Index(l.rest, "#}")
	if end < 0 {
		return faultAt(l.line, "a comment without its end")
	}
	sign := byte(0)
	if end > 0 {
		sign = l.rest[end-1]
	}
	l.take(end + 2)
	l.after(sign, true)
	return nil
}

// after skips what the end of a tag with a sign strips behind it.
func (l *lexer) after(sign byte, block bool) {
	switch {
	case sign == '-':
		l.skipSpace()
	case sign != '+' && block && strings.HasPrefix(l.rest, "\n"):
		l.take(1)
	}
}

// tag reads the tokens of a tag up to its end.
func (l *lexer) tag(end tokenKind, closing string) error {
	block := end == tokenTagEnd
	var open []byte // the brackets that are to be closed; the end of a tag inside them is none
	for l.rest != "" {
		if len(open) == 0 {
			signed := l.rest[0] == '-' || block && l.rest[0] == '+'
			n := 0
			switch {
			case strings.HasPrefix(l.rest, closing):
				n = 2
			case signed && strings.HasPrefix(l.rest[1:], closing):
				n = 3
			}
			if n > 0 {
				sign := l.rest[0]
				l.emit(end, "")
				l.take(n)
				l.after(sign, block)
				return nil
			}
		}
		if l.skipSpace() {
			continue
		}
		t, width, err := l.token()
		if err != nil {
			return &Error{l.line, err}
		}
		if t.kind == tokenSymbol {
			if at := strings.Index("([{", t.text); at >= 0 {
				open = append(open, ")]}"[at])
			} else if strings.Contains(")]}", t.text) {
				if len(open) == 0 || open[len(open)-1] != t.text[0] {
					return faultAt(l.line, "unexpected %q", t.text)
				}
				open = open[:len(open)-1]
			}
		}
		l.out = append(l.out, t)
		l.take(width)
	}
	return faultAt(l.line, "a tag without its end")
}

// symbols of two characters, and of one.
var (
	longSymbols  = []string{"//", "==", "!=", "<=", ">="}
	shortSymbols = "+-/*%~[](){}><=.:|,;"
)

// token reads the token that rest begins with and gives its width.
func (l *lexer) token() (token, int, error) {
	c := l.rest[0]
	switch {
	case isNameByte(c) && !isDigit(c):
		n := prefixOf(l.rest, isNameByte)
		return token{tokenName, l.rest[:n], l.line}, n, nil
	case isDigit(c):
		n, kind := numberToken(l.rest)
		return token{kind, l.rest[:n], l.line}, n, nil
	case c == '\'' || c == '"':
		for i := 1; i < len(l.rest); i++ {
			switch l.rest[i] {
			case '\\':
				i++
			case c:
				text, err := unescape(l.rest[1:i])
				return token{tokenString, text, l.line}, i + 1, err
			}
		}
	case len(l.rest) > 1 && slices.Contains(longSymbols, l.rest[:2]):
		return token{tokenSymbol, l.rest[:2], l.line}, 2, nil
	case strings.IndexByte(shortSymbols, c) >= 0:
		return token{tokenSymbol, l.rest[:1], l.line}, 1, nil
	}
	r, _ := utf8.DecodeRuneInString(l.rest)
	if unicode.IsLetter(r) {
		return token{}, 0, fmt.Errorf("a name with %q is not implemented", r)
	}
	return token{}, 0, fmt.Errorf("unexpected character %q", r)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isNameByte(c byte) bool { return isDigit(c) || c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' }

// prefixOf is the length of the beginning of s of which all bytes are of a class.
func prefixOf(s string, of func(byte) bool) int {
	n := 0
	for n < len(s) && of(s[n]) {
		n++
	}
	return n
}

// numberToken is the width and the kind of a number in decimal digits.
func numberToken(s string) (int, tokenKind) {
	n, kind := prefixOf(s, isDigit), tokenInt
	if n < len(s) && s[n] == '.' {
		if digits := prefixOf(s[n+1:], isDigit); digits > 0 {
			n, kind = n+1+digits, tokenFloat
		}
	}
	if n < len(s) && s[n]|0x20 == 'e' {
		at := n + 1
		if at < len(s) && (s[at] == '-' || s[at] == '+') {
			at++
		}
		if digits := prefixOf(s[at:], isDigit); digits > 0 {
			n, kind = at+digits, tokenFloat
		}
	}
	return n, kind
}

// unescape decodes a string literal as Python's unicode-escape does, but for \N, for
// octal escapes of fewer than three digits and for surrogates.
func unescape(s string) (string, error) {
	var out strings.Builder
	for {
		before, _, found := strings.Cut(s, `\`)
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		s = s[len(before):] // at least two bytes: the lexer read them as a pair
		switch c := s[1]; {
		case c == '\n':
			s = s[2:]
		case c == '\'' || c == '"':
			out.WriteByte(c)
			s = s[2:]
		case strings.IndexByte(`abfnrtv\xuU01234567`, c) >= 0:
			r, _, tail, err := strconv.UnquoteChar(s, 0)
			if err != nil {
				return "", fmt.Errorf("the escape %q in a string is not implemented", s[:2])
			}
			out.WriteRune(r)
			s = tail
		case c == 'N' || c >= utf8.RuneSelf:
			return "", fmt.Errorf("the escape \\%c in a string is not implemented", []rune(s[1:])[0])
		default:
			out.WriteString(s[:2])
			s = s[2:]
		}
	}
}

// isSpace is Python's str.isspace for a character.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }
