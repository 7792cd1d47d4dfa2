package latex

import (
	"math/big"
	"strings"
	"unicode/utf8"
)

// words reads the argument of \text and the like.
func (l *lexer) words(command string) error {
	k := l.i
	for k < len(l.s) && l.s[k] == ' ' {
		k++
	}
	if k >= len(l.s) || l.s[k] != '{' {
		return nil // \rm x and the like
	}
	end := closing(l.s, k)
	if end < 0 {
		return errSyntax
	}
	inner := l.s[k+1 : end]
	said := strings.Join(strings.Fields(inner), " ")
	switch {
	case said == "":
		l.space = true
	case transparent(command, said):
		l.i = k // the group is read as mathematics
		return nil
	case isSeparator(said):
		l.emit(tSep, strings.Trim(said, " ,;"))
	case units[said] != nil && len(l.out) > 0 && unitAfter(l.out[len(l.out)-1]):
		l.emit(tText, said)
	case len(bareLetter(said)) == 1:
		l.emit(tLetter, bareLetter(said))
	case functionNames[said] || said == "mod":
		l.emit(tCmd, said)
	default:
		l.emit(tText, said)
	}
	l.i = end + 1
	return nil
}

// closing is the index of the brace that closes the one at i, or -1.
func closing(s string, i int) int {
	depth := 0
	for k := i; k < len(s); k++ {
		switch s[k] {
		case '\\':
			k++
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return k
			}
		}
	}
	return -1
}

// transparent reports whether the argument of a command is mathematics: anything in a
// font for mathematics that is no word, and numbers in \text.
func transparent(command, said string) bool {
	if strings.Trim(said, "0123456789.,-+/() ") == "" {
		return true
	}
	if !strings.HasPrefix(command, "math") {
		return false
	}
	if strings.ContainsAny(said, `\^_+=`) {
		return true
	}
	return strings.ToUpper(said) == said // a segment AB, a set
}

func isSeparator(said string) bool {
	switch strings.Trim(said, " ,") {
	case "and", "or", ";":
		return true
	case "":
		return true
	}
	return false
}

// bareLetter is the letter of "C", "(C)" or "C.".
func bareLetter(said string) string {
	said = strings.TrimSuffix(said, ".")
	if strings.HasPrefix(said, "(") && strings.HasSuffix(said, ")") {
		said = strings.TrimSpace(said[1 : len(said)-1])
	}
	if len(said) == 1 && isLetter(said[0]) {
		return said
	}
	return ""
}

// runes are characters outside of ASCII that stand for commands.
var runes = map[rune]string{
	'\u00d7': "times", '\u00b7': "cdot", '\u22c5': "cdot", '\u00f7': "div", '\u2217': "times", '\u00b1': "pm", '\u2213': "mp",
	'\u221a': "sqrt", '\u221e': "infty", '\u2264': "le", '\u2265': "ge", '\u2260': "ne", '\u2248': "approx",
	'\u222a': "cup", '\u2229': "cap", '\u2208': "in", '\u2205': "emptyset", '\u00b0': "degree",
	'\u03c0': "pi", '\u03b1': "alpha", '\u03b2': "beta", '\u03b3': "gamma", '\u03b4': "delta", '\u03b8': "theta",
	'\u03bb': "lambda", '\u03bc': "mu", '\u03c6': "phi", '\u03c9': "omega", '\u03c3': "sigma", '\u03b5': "varepsilon",
	'\u2026': "ldots", '\u2216': "setminus", '\u27e8': "langle", '\u27e9': "rangle",
	'\u230a': "lfloor", '\u230b': "rfloor", '\u2308': "lceil", '\u2309': "rceil",
}

// numberSets are the characters of sets of numbers.
var numberSets = map[rune]string{'\u211d': "R", '\u2115': "N", '\u2124': "Z", '\u211a': "Q", '\u2102': "C"}

const superscripts = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"

// fractions are characters that are fractions.
var fractionRunes = map[rune][2]int64{'\u00bd': {1, 2}, '\u2153': {1, 3}, '\u2154': {2, 3}, '\u00bc': {1, 4}, '\u00be': {3, 4}}

// rune reads a character outside of ASCII.
func (l *lexer) rune() error {
	r, n := utf8.DecodeRuneInString(l.s[l.i:])
	l.i += n
	switch {
	case runes[r] != "":
		l.emit(tCmd, runes[r])
	case numberSets[r] != "":
		l.emit(tCmd, "set"+numberSets[r])
	case r == '\u2212' || r == '\u2013':
		l.emit(tChar, "-")
	case strings.ContainsRune(superscripts, r):
		l.emit(tChar, "^")
		digit := utf8.RuneCountInString(superscripts[:strings.IndexRune(superscripts, r)])
		l.emit(tNum, string(rune('0'+digit)))
	case fractionRunes[r] != [2]int64{}:
		// As \frac, so that 2 and a half is a mixed number.
		f := fractionRunes[r]
		l.emit(tCmd, "frac")
		l.emit(tNum, big.NewInt(f[0]).String())
		l.emit(tNum, big.NewInt(f[1]).String())
	case strings.ContainsRune("\u2018\u2019\u201c\u201d\u200b\ufeff\u2009\u2062", r):
		l.space = true
	case strings.ContainsRune("\u20ac\u00a3\u00a5\u20b9\u20bd", r):
		// A currency, as the dollar sign: the amount is what counts.
	default:
		return errCharacter
	}
	return nil
}

var smallNumbers = map[string]int64{
	"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
	"eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
	"nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}

// numberOfWords is the number up to a thousand that English words say, if they do.
func numberOfWords(said string) (int64, bool) {
	words := strings.Fields(strings.ReplaceAll(strings.ToLower(said), "-", " "))
	if len(words) == 0 || len(words) > 6 {
		return 0, false
	}
	total, last := int64(0), int64(1000)
	for i, w := range words {
		switch {
		case w == "hundred" && total > 0 && total < 10:
			total, last = total*100, 100
		case w == "thousand" && len(words) == 2 && total == 1:
			return 1000, true
		case w == "and" && last == 100 && i+1 < len(words):
		default:
			n, known := smallNumbers[w]
			if !known || n == 0 && len(words) > 1 || !mayFollow(last, n) {
				return 0, false
			}
			total, last = total+n, n
		}
	}
	return total, true
}

// mayFollow reports whether the word for n may follow the one for last: anything at the
// start and after hundred, a digit after a multiple of ten.
func mayFollow(last, n int64) bool {
	return last == 1000 || last == 100 || last >= 20 && last < 100 && n < 10
}

var percentWords = map[string]bool{"percent": true, "percentage": true, "pct": true}
