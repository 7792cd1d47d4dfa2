package tokenize

import (
	"encoding/json"
	"hash/crc32"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestEveryScalar compares what scanners and normalizer do to every Unicode scalar
// with checksums of the Rust library's work (testdata/make_unicode_goldens.py).
func TestEveryScalar(t *testing.T) {
	raw, err := os.ReadFile("testdata/unicode.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Cut, Normalized map[string]map[string][17]uint32
	}
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	if len(want.Cut) != len(scanners)+1 || len(want.Normalized) != 1 {
		t.Errorf("goldens of %d scanners and %d normalizers", len(want.Cut), len(want.Normalized))
	}
	texts := planes{}
	for name, byContext := range want.Cut {
		scan := runScanner(classNumeric, 1)
		if name != "Digits" {
			scan = scanners[name].scan
		}
		texts.compare(t, name, byContext, func(text string) string { return pieceLengths(scan, text) })
	}
	texts.compare(t, "NFC", want.Normalized["NFC"], nfc)
}

// pieceLengths lists the lengths of pieces in characters.
func pieceLengths(scan scanner, text string) string {
	var out []byte
	for i, end := 0, 0; i < len(text); i = end {
		if i > 0 {
			out = append(out, ',')
		}
		end = scan(text, i)
		out = strconv.AppendInt(out, int64(utf8.RuneCountInString(text[i:end])), 10)
	}
	return string(out)
}

// planes holds, by context, every scalar of each plane in that context.
type planes map[string][]string

func (p planes) of(context string) []string {
	if p[context] == nil {
		for plane := range rune(17) {
			var text strings.Builder
			for c := plane << 16; c < (plane+1)<<16; c++ {
				if c < 0xD800 || c > 0xDFFF {
					text.WriteString(strings.ReplaceAll(context, "{}", string(c)))
				}
			}
			p[context] = append(p[context], text.String())
		}
	}
	return p[context]
}

func (p planes) compare(t *testing.T, name string, byContext map[string][17]uint32, do func(string) string) {
	t.Helper()
	for context, sums := range byContext {
		for plane, text := range p.of(context) {
			if crc32.ChecksumIEEE([]byte(do(text))) != sums[plane] {
				t.Errorf("%s, scalars of plane %d in %+q: differs from the reference", name, plane, context)
			}
		}
	}
}

// TestNFC holds cases of the reference's normal form that other libraries miss.
func TestNFC(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"plain", "plain"},
		{"e\u0301", "é"},
		{"\u0301e\u0301", "\u0301é"},
		{"o" + strings.Repeat("\u0300", 40), "ò" + strings.Repeat("\u0300", 39)}, // no U+034F within
		{"a\u0323\u0302", "ậ"},
		{"a\u0302\u0323", "ậ"},
		{"\u1112\u1161\u11ab각\u11a8가\u11a8", "한각\u11a8각"},
		{"\U00010041\u0301", "\U00010041\u0301"}, // not the letter of the low 16 bits
		{"\u212b\uf900\u0958", "Å豈\u0915\u093c"},
		{"q\u0307\u0323", "q\u0323\u0307"},
		{"\u0344", "\u0308\u0301"},
		{"a\u0327\u0301", "á\u0327"},       // over a mark of a lower class
		{"a\u0313\u0301", "a\u0313\u0301"}, // not over one of the same
	} {
		if got := nfc(c.text); got != c.want {
			t.Errorf("nfc(%+q) = %+q, want %+q", c.text, got, c.want)
		}
	}
}
