package tokenize

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// unescape decodes a string literal as Python's unicode-escape does.
func unescape(s string) (string, error) {
	if !strings.Contains(s, `\`) {
		return s, nil
	}
	var out strings.Builder
	for len(s) > 0 {
		at := strings.IndexByte(s, '\\')
		if at < 0 {
			out.WriteString(s)
			break
		}
		out.WriteString(s[:at])
		text, width, err := escape(s[at:])
		if err != nil {
			return "", err
		}
		out.WriteString(text)
		s = s[at+width:]
	}
	return out.String(), nil
}

// simpleEscapes are the escapes of one character.
var simpleEscapes = map[byte]string{
	'\n': "", '\\': `\`, '\'': "'", '"': `"`, 'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v",
}

// escape decodes the escape at the beginning of s.
func escape(s string) (text string, width int, err error) {
	if len(s) < 2 {
		return "", 0, fmt.Errorf("a string ends in a backslash")
	}
	if text, ok := simpleEscapes[s[1]]; ok {
		return text, 2, nil
	}
	digits, base := 0, 16
	from := 2
	switch c := s[1]; {
	case c == 'x':
		digits = 2
	case c == 'u':
		digits = 4
	case c == 'U':
		digits = 8
	case c >= '0' && c <= '7':
		from, base = 1, 8
		for digits < 3 && from+digits < len(s) && s[from+digits] >= '0' && s[from+digits] <= '7' {
			digits++
		}
	case c == 'N' || c >= utf8.RuneSelf:
		return "", 0, fmt.Errorf("the escape \\%c in a string is not implemented", []rune(s[1:])[0])
	default:
		return s[:2], 2, nil
	}
	if from+digits > len(s) {
		return "", 0, fmt.Errorf("a string has a cut escape %q", s[:2])
	}
	code, err := strconv.ParseUint(s[from:from+digits], base, 32)
	if err != nil || !utf8.ValidRune(rune(code)) {
		return "", 0, fmt.Errorf("a string has the escape %q, which is no character", s[:from+digits])
	}
	return string(rune(code)), from + digits, nil
}
