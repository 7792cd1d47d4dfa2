package tokenize

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// decoder is the part "decoder", made into what each id stands for.
type decoder struct {
	tokens []decodedToken // by id
	// whole is set for ByteLevel: all bytes form one text, in which what is no UTF-8
	// is replaced. Otherwise each run of single bytes (ByteFallback) is a text, and
	// all its bytes are replaced if it is none.
	whole bool
	// mark is what the first token loses, if it is set, and a space in the others
	// (Metaspace).
	mark string
	// strip is the character of which the text loses up to stripMost at its start.
	strip     string
	stripMost int
}

// decodedToken is what an id stands for.
type decodedToken struct {
	text    string
	known   bool // an id without a token decodes to nothing
	special bool
	isByte  bool // text is a single byte
}

// newDecoder makes the decoder of a vocabulary. texts holds the tokens as the
// reference's decoder sees them, by id.
func newDecoder(f *decoderFile, tokens []decodedToken) *decoder {
	d := &decoder{tokens: tokens, whole: f.byteLevel, strip: f.strip, stripMost: f.stripMost}
	if f.meta != nil {
		d.mark = f.meta.replacement
	}
	for i := range tokens {
		t := &tokens[i]
		if f.byteLevel {
			if raw, ok := fromAlphabet(nil, t.text); ok {
				t.text = string(raw)
			}
			continue
		}
		for k := range f.old {
			t.text = strings.ReplaceAll(t.text, f.old[k], f.new[k])
		}
		if b, ok := fallbackByte(t.text); ok && f.fallback {
			t.text, t.isByte = string([]byte{b}), true
		}
		if f.meta != nil && f.meta.scheme == "never" {
			t.text = strings.ReplaceAll(t.text, d.mark, " ")
		}
	}
	if f.meta != nil && f.meta.scheme == "never" {
		d.mark = ""
	}
	return d
}

// fallbackByte is the byte that a token such as <0x0A> stands for.
func fallbackByte(token string) (byte, bool) {
	if len(token) != 6 || !strings.HasPrefix(token, "<0x") || token[5] != '>' {
		return 0, false
	}
	digits := token[3:5]
	if digits[0] == '+' { // Rust takes a sign
		digits = digits[1:]
	}
	b, err := strconv.ParseUint(digits, 16, 8)
	return byte(b), err == nil
}

// decode gives the text of ids.
func (d *decoder) decode(ids []int32, skipSpecial bool) string {
	if !d.whole {
		s := decoding{d: d, skipSpecial: skipSpecial}
		var out []byte
		for _, id := range ids {
			out = s.push(out, id)
		}
		return string(s.flush(out))
	}
	n := 0
	for _, id := range ids {
		if t := d.token(id); t != nil {
			n += len(t.text)
		}
	}
	out := make([]byte, 0, n)
	for _, id := range ids {
		if t := d.token(id); t != nil && !(skipSpecial && t.special) {
			out = append(out, t.text...)
		}
	}
	if utf8.Valid(out) {
		return string(out)
	}
	text, _ := appendLossy(nil, out, true)
	return string(text)
}

// token is what an id stands for, nil if there is nothing.
func (d *decoder) token(id int32) *decodedToken {
	if id < 0 || int(id) >= len(d.tokens) || !d.tokens[id].known {
		return nil
	}
	return &d.tokens[id]
}

const replacement = "\uFFFD"

// appendLossy appends text with U+FFFD for what is no UTF-8, one for each longest
// start of a character that is cut short (WHATWG's and Rust's way). Unless all is
// set, such a start at the end of text is left over.
func appendLossy(dst, text []byte, all bool) (out, rest []byte) {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if r != utf8.RuneError || size > 1 {
			dst = append(dst, text[:size]...)
			text = text[size:]
			continue
		}
		n := startLength(text)
		if n == len(text) && !all && !utf8.FullRune(text) {
			return dst, text
		}
		dst = append(dst, replacement...)
		text = text[n:]
	}
	return dst, nil
}

// startLength is how many bytes of text, which starts with no whole character, could
// begin one; at least 1.
func startLength(text []byte) int {
	n := 1
	for n < len(text) && n < utf8.UTFMax && !utf8.FullRune(text[:n]) {
		n++
	}
	// FullRune is true of what cannot become a character any more, with its last byte.
	if n > 1 && utf8.FullRune(text[:n]) {
		n--
	}
	return n
}
