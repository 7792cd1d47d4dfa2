package tokenize

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// templateError is a fault of a chat template, with the line where it is.
type templateError struct {
	line  int
	cause error
}

// Error is "line 12: what is wrong".
func (e *templateError) Error() string { return fmt.Sprintf("line %d: %v", e.line, e.cause) }

// Unwrap is what is wrong.
func (e *templateError) Unwrap() error { return e.cause }

func faultAt(line int, format string, args ...any) error {
	return &templateError{line, fmt.Errorf(format, args...)}
}

// lexKind is the kind of a token of a template.
type lexKind uint8

const (
	lexEOF lexKind = iota
	lexData
	lexVarBegin
	lexVarEnd
	lexBlockBegin
	lexBlockEnd
	lexName
	lexString
	lexInt
	lexFloat
	lexOp
)

// lexToken is a token; text is decoded for strings and data.
type lexToken struct {
	kind lexKind
	text string
	line int
}

// describe is the token for a message.
func (t lexToken) describe() string {
	switch t.kind {
	case lexEOF:
		return "the end of the template"
	case lexVarEnd:
		return "'}}'"
	case lexBlockEnd:
		return "'%}'"
	default:
		return strconv.Quote(t.text)
	}
}

// lexer cuts a template as Jinja2 3.1 does with trim_blocks and lstrip_blocks.
type lexer struct {
	src  string
	pos  int
	line int
	// lineStart says that what was read last ended a line.
	lineStart bool
	out       []lexToken
}

// lexTemplate gives the tokens of a template, the last of them lexEOF.
func lexTemplate(src string) ([]lexToken, error) {
	src = strings.ReplaceAll(strings.ReplaceAll(src, "\r\n", "\n"), "\r", "\n")
	l := &lexer{src: strings.TrimSuffix(src, "\n"), line: 1, lineStart: true}
	for l.pos < len(l.src) {
		if err := l.next(); err != nil {
			return nil, err
		}
	}
	l.emit(lexEOF, "")
	return l.out, nil
}

func (l *lexer) emit(kind lexKind, text string) {
	l.out = append(l.out, lexToken{kind, text, l.line})
}

// take moves over n bytes.
func (l *lexer) take(n int) {
	part := l.src[l.pos : l.pos+n]
	l.line += strings.Count(part, "\n")
	l.lineStart = strings.HasSuffix(part, "\n")
	l.pos += n
}

func (l *lexer) rest() string { return l.src[l.pos:] }

var (
	rawBegin = regexp.MustCompile(`^\{%([-+]?)` + pySpaces + `raw` + pySpaces + `(?:-%\}` + pySpaces + `|%\})`)
	rawEnd   = regexp.MustCompile(`\{%([-+]?)` + pySpaces + `endraw` + pySpaces + `(?:\+%\}|-%\}` + pySpaces + `|%\}\n?)`)
)

// pySpaces matches what Python's \s* matches.
const pySpaces = `[\s\x0b\x1c-\x1f\x{85}\p{Z}]*`

// next reads text up to a tag, and the tag.
func (l *lexer) next() error {
	at, kind := nextTag(l.rest())
	if at < 0 {
		l.emit(lexData, l.rest())
		l.take(len(l.rest()))
		return nil
	}
	text, tag := l.rest()[:at], l.rest()[at:]
	sign := byte(0)
	raw := rawBegin.FindStringSubmatch(tag)
	switch {
	case raw != nil && raw[1] != "":
		sign = raw[1][0]
	case raw == nil && len(tag) > 2 && (tag[2] == '-' || tag[2] == '+'):
		sign = tag[2]
	}
	l.data(text, sign, kind != '{')
	width := 2
	if sign != 0 {
		width++
	}
	switch {
	case raw != nil:
		l.take(len(raw[0]))
		return l.raw()
	case kind == '#':
		l.take(width)
		return l.comment()
	case kind == '%':
		l.emit(lexBlockBegin, "{%")
		l.take(width)
		return l.tag(lexBlockEnd, '%')
	default:
		l.emit(lexVarBegin, "{{")
		l.take(width)
		return l.tag(lexVarEnd, '}')
	}
}

// nextTag finds the next tag and the second byte of its opening.
func nextTag(s string) (int, byte) {
	for from := 0; ; {
		i := strings.IndexByte(s[from:], '{')
		if i < 0 || from+i+1 >= len(s) {
			return -1, 0
		}
		i += from
		if c := s[i+1]; c == '{' || c == '%' || c == '#' {
			return i, c
		}
		from = i + 1
	}
}

// data emits text before a tag, stripped as the tag's sign and lstrip_blocks say.
func (l *lexer) data(text string, sign byte, block bool) {
	kept := text
	switch {
	case sign == '-':
		kept = strings.TrimRightFunc(text, pySpace)
	case sign == 0 && block:
		from := strings.LastIndexByte(text, '\n') + 1
		if (from > 0 || l.lineStart) && strings.TrimFunc(text[from:], pySpace) == "" {
			kept = text[:from]
		}
	}
	if kept != "" {
		l.emit(lexData, kept)
	}
	l.take(len(text))
}

// comment skips to the end of a comment.
func (l *lexer) comment() error {
	end := strings.Index(l.rest(), "#}")
	if end < 0 {
		return faultAt(l.line, "a comment without its end")
	}
	minus := end > 0 && l.rest()[end-1] == '-'
	plus := end > 0 && l.rest()[end-1] == '+'
	l.take(end + 2)
	l.after(minus, plus)
	return nil
}

// after skips what the end of a block or comment strips behind it.
func (l *lexer) after(minus, plus bool) {
	switch {
	case minus:
		l.skipSpace()
	case !plus && strings.HasPrefix(l.rest(), "\n"):
		l.take(1)
	}
}

func (l *lexer) skipSpace() {
	if n := len(l.rest()) - len(strings.TrimLeftFunc(l.rest(), pySpace)); n > 0 {
		l.take(n)
	}
}

// raw emits the text of a raw block.
func (l *lexer) raw() error {
	m := rawEnd.FindStringSubmatchIndex(l.rest())
	if m == nil {
		return faultAt(l.line, "a raw block without endraw")
	}
	sign := byte(0)
	if m[2] < m[3] {
		sign = l.rest()[m[2]]
	}
	length := m[1] - m[0]
	l.data(l.rest()[:m[0]], sign, true)
	l.take(length)
	return nil
}

// tag reads the tokens of a tag up to its end, closer and '}'.
func (l *lexer) tag(end lexKind, closer byte) error {
	var open []byte
	for l.pos < len(l.src) {
		rest := l.rest()
		if len(open) == 0 {
			if n, minus, plus := tagEnd(rest, closer); n > 0 {
				l.emit(end, "")
				l.take(n)
				switch {
				case closer == '%':
					l.after(minus, plus)
				case minus:
					l.skipSpace()
				}
				return nil
			}
		}
		if r, _ := utf8.DecodeRuneInString(rest); pySpace(r) {
			l.skipSpace()
			continue
		}
		token, width, err := l.token(rest)
		if err != nil {
			return err
		}
		if token.kind == lexOp {
			if open, err = balance(open, token); err != nil {
				return err
			}
		}
		l.out = append(l.out, token)
		l.take(width)
	}
	return faultAt(l.line, "a tag without its end")
}

// tagEnd is the width of the end of a tag if it is here, and its sign.
func tagEnd(rest string, closer byte) (n int, minus, plus bool) {
	end := string([]byte{closer, '}'})
	switch {
	case strings.HasPrefix(rest, end):
		return 2, false, false
	case strings.HasPrefix(rest, "-"+end):
		return 3, true, false
	case closer == '%' && strings.HasPrefix(rest, "+"+end):
		return 3, false, true
	}
	return 0, false, false
}

// balance follows brackets; the end of a tag inside them is no end.
func balance(open []byte, t lexToken) ([]byte, error) {
	switch t.text {
	case "(":
		return append(open, ')'), nil
	case "[":
		return append(open, ']'), nil
	case "{":
		return append(open, '}'), nil
	case ")", "]", "}":
		if len(open) == 0 || open[len(open)-1] != t.text[0] {
			return nil, faultAt(t.line, "unexpected %q", t.text)
		}
		return open[:len(open)-1], nil
	}
	return open, nil
}

var (
	floatToken  = regexp.MustCompile(`^(?:[0-9]+_)*[0-9]+(?:(?:\.(?:[0-9]+_)*[0-9]+)?[eE][-+]?(?:[0-9]+_)*[0-9]+|\.(?:[0-9]+_)*[0-9]+)`)
	intToken    = regexp.MustCompile(`^(?:0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[0-9a-fA-F])+|[1-9](?:_?[0-9])*|0(?:_?0)*)`)
	nameToken   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*`)
	stringToken = regexp.MustCompile(`^(?s:'[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*")`)
	operators   = []string{"//", "**", "==", "!=", "<=", ">=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"}
)

// token is the token at the beginning of rest and its width.
func (l *lexer) token(rest string) (lexToken, int, error) {
	afterDot := l.pos > 0 && l.src[l.pos-1] == '.'
	if m := floatToken.FindString(rest); m != "" && !afterDot {
		return lexToken{lexFloat, strings.ReplaceAll(m, "_", ""), l.line}, len(m), nil
	}
	if m := intToken.FindString(rest); m != "" {
		return lexToken{lexInt, strings.ReplaceAll(m, "_", ""), l.line}, len(m), nil
	}
	if m := nameToken.FindString(rest); m != "" {
		return lexToken{lexName, m, l.line}, len(m), nil
	}
	if m := stringToken.FindString(rest); m != "" {
		text, err := unescape(m[1 : len(m)-1])
		if err != nil {
			return lexToken{}, 0, &templateError{l.line, err}
		}
		return lexToken{lexString, text, l.line}, len(m), nil
	}
	for _, op := range operators {
		if strings.HasPrefix(rest, op) {
			return lexToken{lexOp, op, l.line}, len(op), nil
		}
	}
	r, _ := utf8.DecodeRuneInString(rest)
	if unicode.IsLetter(r) {
		return lexToken{}, 0, faultAt(l.line, "a name with %q is not implemented", r)
	}
	return lexToken{}, 0, faultAt(l.line, "unexpected character %q", r)
}

// pySpace is Python's str.isspace for a character.
func pySpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }
