package runlog

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// printable makes any text safe to show on one line of a terminal: what a model
// writes must not move the cursor, change colours or reverse the reading order.
// Line ends, control and format characters and invalid bytes become Go escapes.
func printable(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteString(`\x` + strconv.FormatUint(uint64(s[0]), 16))
		case r == ' ' || unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
		s = s[size:]
	}
	return b.String()
}

// wide are the blocks whose characters take two cells of a terminal: Hangul, CJK,
// kana, full-width forms and emoji.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x1100, Hi: 0x115f, Stride: 1}, {Lo: 0x2e80, Hi: 0xa4cf, Stride: 1}, {Lo: 0xac00, Hi: 0xd7a3, Stride: 1},
		{Lo: 0xf900, Hi: 0xfaff, Stride: 1}, {Lo: 0xfe30, Hi: 0xfe6f, Stride: 1}, {Lo: 0xff00, Hi: 0xff60, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0x1f300, Hi: 0x1faff, Stride: 1}, {Lo: 0x20000, Hi: 0x3fffd, Stride: 1}},
}

// cell is the number of terminal cells that a printable character takes.
func cell(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case unicode.Is(wide, r):
		return 2
	default:
		return 1
	}
}

// width is the number of cells that a printable text takes.
func width(s string) int {
	n := 0
	for _, r := range s {
		n += cell(r)
	}
	return n
}

// head is the longest beginning of s that fits into most cells.
func head(s string, most int) string {
	n := 0
	for i, r := range s {
		if n += cell(r); n > most {
			return s[:i]
		}
	}
	return s
}

// tail is the longest end of s that fits into most cells.
func tail(s string, most int) string {
	n := 0
	for i := len(s); i > 0; {
		r, size := utf8.DecodeLastRuneInString(s[:i])
		if n += cell(r); n > most {
			return s[i:]
		}
		i -= size
	}
	return s
}

// fit cuts the middle out of a text that takes more than most cells: beginning and
// end say more of a completion than its middle.
func fit(s string, most int) string {
	const gap = "..."
	if width(s) <= most {
		return s
	}
	if most <= len(gap) {
		return head(s, most)
	}
	room := most - len(gap)
	return head(s, (room+1)/2) + gap + tail(s, room/2)
}

// pad fills a text up to n cells with spaces.
func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-width(s))) }
