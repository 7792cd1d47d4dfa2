package runlog

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestPrintable(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"12+07= 910", "12+07= 910"}, {"a\nb\r\tc", `a\nb\r\tc`}, {"\x1b[31mred\x07", `\x1b[31mred\a`},
		{"\xff\xfe", `\xff\xfe`}, {"\x00", `\x00`}, {"e\u0301\u65e5\U0001F600", "e\u0301\u65e5\U0001F600"},
		{"\u202eabc\u200b\ufeff", `\u202eabc\u200b\ufeff`}, {"a\u00a0b", `a\u00a0b`}, {"\ufffd", "\ufffd"}, {"it's", "it's"}, {"\U000e0001", `\U000e0001`},
	} {
		if got := printable(tt.in); got != tt.want {
			t.Errorf("printable(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestFit(t *testing.T) {
	for _, tt := range []struct {
		in   string
		most int
		want string
	}{
		{"abcdef", 6, "abcdef"}, {"abcdefg", 6, "ab...g"}, {"abcdefgh", 7, "ab...gh"}, {"abcdef", 3, "abc"}, {"abcdef", 0, ""}, {"", 5, ""},
		{"\u65e5\u672c\u8a9e", 6, "\u65e5\u672c\u8a9e"}, {"\u65e5\u672c\u8a9e\u6587", 7, "\u65e5...\u6587"}, {"\u65e5\u672c\u8a9e\u6587", 6, "\u65e5..."},
		{"e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301e\u0301"},
	} {
		if got := fit(tt.in, tt.most); got != tt.want {
			t.Errorf("fit(%q, %d) = %q, want %q", tt.in, tt.most, got, tt.want)
		}
	}
}

// FuzzPrintable: nothing that a model can write reaches the terminal as anything
// but visible characters of a known width.
func FuzzPrintable(f *testing.F) {
	f.Add("\x1b]0;title\x07\u202e\xff\u65e5", 5)
	f.Add(strings.Repeat("\u0301", 50), 3)
	f.Fuzz(func(t *testing.T, s string, most int) {
		shown := printable(s)
		if !utf8.ValidString(shown) || strings.ContainsFunc(shown, func(r rune) bool { return r != ' ' && !unicode.IsPrint(r) }) {
			t.Errorf("%q is shown as %q", s, shown)
		}
		if printable(shown) != shown {
			t.Errorf("%q changes when shown again", shown)
		}
		most %= 200
		if cut := fit(shown, most); most >= 0 && width(cut) > most {
			t.Errorf("fit(%q, %d) = %q takes %d", shown, most, cut, width(cut))
		}
	})
}
