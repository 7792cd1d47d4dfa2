package latex

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// tokenKind is the kind of a token.
type tokenKind uint8

const (
	tEnd    tokenKind = iota
	tNum              // text: digits, perhaps with one '.'
	tLetter           // text: one Latin letter
	tCmd              // text: the name of a command without its backslash, or "\\"
	tChar             // text: one character
	tText             // text: the words of \text{...}
	tSep              // "and", "or"
)

// token is a lexical element. space says that white space stood before it.
type token struct {
	kind  tokenKind
	text  string
	space bool
	// repeat is the repeating part of a decimal, as in 0.\overline{3}.
	repeat string
}

func (t token) is(s string) bool {
	return (t.kind == tChar || t.kind == tCmd) && t.text == s
}

var errCharacter = errors.New("unknown character")

// skipped are commands that change how a formula looks, not what it says. Their
// argument, if any, is a group and stays.
var skipped = map[string]bool{
	"left": true, "right": true, "mleft": true, "mright": true, "big": true, "Big": true, "bigg": true, "Bigg": true,
	"bigl": true, "bigr": true, "Bigl": true, "Bigr": true, "biggl": true, "biggr": true, "Biggl": true, "Biggr": true,
	"displaystyle": true, "textstyle": true, "scriptstyle": true, "limits": true, "nolimits": true, "middle": true,
	"bf": true, "rm": true, "it": true, "boxed": true, "fbox": true, "mathstrut": true, "hline": true,
	"therefore": true, "mathbf": true, "boldsymbol": true, "bm": true, "pmb": true, "mathcal": true, "mathscr": true, "mathfrak": true, "underline": true, "large": true, "Large": true, "small": true, "nonumber": true, "ensuremath": true,
}

// spaces are commands that leave room.
var spaces = map[string]bool{
	",": true, ";": true, ":": true, " ": true, ">": true, "quad": true, "qquad": true, "enspace": true, "thinspace": true,
	"medspace": true, "thickspace": true, "hfill": true, "newline": true, "noindent": true, "par": true,
}

// texts are commands whose argument is words.
var texts = map[string]bool{
	"text": true, "textbf": true, "textit": true, "textrm": true, "textnormal": true, "mbox": true, "textsf": true,
	"texttt": true, "mathrm": true, "mathsf": true, "mathtt": true, "operatorname": true, "operatorname*": true, "hbox": true,
	"mathit": true, "emph": true, "textup": true,
}

// lexer cuts a text into tokens.
type lexer struct {
	s      string
	i      int
	out    []token
	depth  int  // of ( [ and \{
	groups bool // commas between digits at depth 0 group thousands
	// ambiguous says that groups made a difference.
	ambiguous bool
	space     bool // white space since the last token
	ended     int  // where the last command ended
}

// lex cuts s into tokens; groups says how commas between digits at the top level are
// read, and ambiguous that it mattered.
func lex(s string, groups bool, f *fuel) (tokens []token, ambiguous bool, err error) {
	l := &lexer{s: s, groups: groups}
	for {
		l.skipSpace()
		if l.i >= len(s) {
			break
		}
		if err := f.burn(1); err != nil {
			return nil, false, err
		}
		if err := l.next(); err != nil {
			return nil, false, err
		}
		if len(l.out) > maxNodes {
			return nil, false, errFuel
		}
	}
	for len(l.out) > 0 && l.out[len(l.out)-1].is(".") {
		l.out = l.out[:len(l.out)-1]
	}
	return append(l.out, token{kind: tEnd}), l.ambiguous, nil
}

// skipSpace passes what is only room; the next token remembers it.
func (l *lexer) skipSpace() {
	for l.i < len(l.s) {
		switch c := l.s[l.i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '~':
			l.space = true
			l.i++
		case c == '$' || c == '"' || c == '`':
			l.i++
		case strings.HasPrefix(l.s[l.i:], "\u00a0") || strings.HasPrefix(l.s[l.i:], "\u2009") || strings.HasPrefix(l.s[l.i:], "\u202f"):
			_, n := utf8.DecodeRuneInString(l.s[l.i:])
			l.i += n
			l.space = true
		default:
			return
		}
	}
}

func (l *lexer) emit(k tokenKind, text string) {
	l.out = append(l.out, token{kind: k, text: text, space: l.space})
	l.space = false
}

// next reads one token.
func (l *lexer) next() error {
	c := l.s[l.i]
	switch {
	case isDigit(c) || c == '.' && l.i+1 < len(l.s) && isDigit(l.s[l.i+1]) && !l.afterDigit():
		l.number()
	case isLetter(c):
		l.letters()
	case c == '\\':
		return l.command()
	case c >= utf8.RuneSelf:
		return l.rune()
	case c == '*' && strings.HasPrefix(l.s[l.i:], "**"):
		l.emit(tChar, "^")
		l.i += 2
	case strings.IndexByte("+-*/^_()[]{}|,;:=<>!'%&.?", c) >= 0:
		l.char(c)
	default:
		return fmt.Errorf("%w %q", errCharacter, c)
	}
	return nil
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// afterDigit reports whether the last token is a number without a space since.
func (l *lexer) afterDigit() bool {
	return !l.space && len(l.out) > 0 && l.out[len(l.out)-1].kind == tNum
}

func (l *lexer) char(c byte) {
	switch c {
	case '(', '[':
		l.depth++
	case ')', ']':
		l.depth--
	case '<', '>', '!', '=', ':':
		if l.i+1 < len(l.s) && l.s[l.i+1] == '=' {
			l.emit(tChar, l.s[l.i:l.i+2])
			l.i += 2
			return
		}
	}
	l.emit(tChar, string(rune(c)))
	l.i++
}

// letters reads one letter, or a whole word where it separates the items of a list.
func (l *lexer) letters() {
	end := l.i
	for end < len(l.s) && isLetter(l.s[end]) {
		end++
	}
	word := l.s[l.i:end]
	within := l.i > 0 && isLetter(l.s[l.i-1]) && l.ended != l.i // within a word
	switch {
	case within:
		end = l.i + 1
		l.emit(tLetter, word[:1])
	case word == "and" || word == "or":
		l.emit(tSep, word)
	case strings.HasPrefix(word, "or") && len(word) > 2 && l.afterDigit() && word[2] >= 'A' && word[2] <= 'Z':
		// "W(x)=1orW(x)=-1": or glued to what stands before.
		end = l.i + 2
		l.emit(tSep, "or")
	case plainWord(word) != "" && (end == len(l.s) || l.s[end] != '_'):
		l.emit(tCmd, plainWord(word))
	case len(l.out) > 0 && l.isTextAfter(word, l.out[len(l.out)-1]):
		l.emit(tText, word)
	default:
		end = l.i + 1
		l.emit(tLetter, word[:1])
	}
	l.i = end
}

// isTextAfter reports whether letters after a number are a word and no product: a unit,
// percent, and longer words that stand apart ("1024 apples").
func (l *lexer) isTextAfter(word string, before token) bool {
	const shortestWord = 4
	if len(word) >= shortestWord && l.space && (unitAfter(before) || before.kind == tText) {
		return true
	}
	return len(word) > 1 && unitAfter(before) && (unitOf(word) != nil || percentWords[word])
}

// unitAfter reports whether a unit in plain letters may follow t.
func unitAfter(t token) bool { return t.kind == tNum || t.is("}") || t.is(")") }

// plainWord is the command that a word without a backslash stands for, or "".
func plainWord(word string) string {
	switch word {
	case "pi", "infty", "sqrt", "sin", "cos", "tan", "log", "ln", "exp", "theta", "alpha", "beta", "mod":
		return word
	case "infinity", "inf", "oo":
		return "infty"
	}
	return ""
}

// command reads what starts with a backslash.
func (l *lexer) command() error {
	l.i++
	if l.i >= len(l.s) {
		return nil
	}
	// Escaped twice, as JSON in JSON has it: "\\frac" is \frac, outside of matrices.
	if l.s[l.i] == '\\' && l.i+1 < len(l.s) && isLetter(l.s[l.i+1]) && !l.inRows() {
		l.i++
	}
	if !isLetter(l.s[l.i]) {
		return l.symbolCommand()
	}
	end := l.i
	for end < len(l.s) && isLetter(l.s[end]) {
		end++
	}
	name := l.s[l.i:end]
	if strings.HasPrefix(l.s[end:], "*") && name == "operatorname" {
		end++
	}
	// "\quadx": a space glued to a letter.
	if !skipped[name] && strings.HasPrefix(name, "quad") && len(name) > 4 {
		name, end = "quad", l.i+4
	}
	l.i, l.ended = end, end
	switch {
	case skipped[name]:
		l.delimiter(name)
	case spaces[name]:
		l.space = true
	case texts[name]:
		return l.words(name)
	default:
		l.emit(tCmd, name)
		if name == "lbrace" {
			l.depth++
		}
	}
	return nil
}

// delimiter drops the dot of an invisible delimiter.
func (l *lexer) delimiter(name string) {
	if (name == "left" || name == "right") && strings.HasPrefix(l.s[l.i:], ".") {
		l.i++
	}
}

// symbolCommand reads a backslash with one character that is no letter.
func (l *lexer) symbolCommand() error {
	r, n := utf8.DecodeRuneInString(l.s[l.i:])
	l.i += n
	switch {
	case r == '!' || r == '$' || r == '"' || r == '/' || r == '-':
	case r == '\\':
		l.emit(tCmd, "\\")
	case r == '\n' || r == '\t':
	case spaces[string(r)]:
		l.space = true
	case r == '{':
		l.depth++
		l.emit(tCmd, "{")
	case r == '}':
		l.depth--
		l.emit(tCmd, "}")
	case r == '|':
		l.emit(tCmd, "|")
	case r == '%' || r == '&' || r == '#' || r == '_':
		l.emit(tChar, string(r))
	default:
		return fmt.Errorf("%w \\%c", errCharacter, r)
	}
	return nil
}

// inRows reports whether the text has an environment with rows, where two
// backslashes end a row.
func (l *lexer) inRows() bool {
	return strings.Contains(l.s, `\begin`)
}
