package tokenize

import (
	"encoding/json"
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

// decoderFile is what the part "decoder" holds. The order of its steps is fixed:
// ByteLevel or Metaspace alone, or replacing, ByteFallback, Fuse and Strip.
type decoderFile struct {
	byteLevel, fallback, fuse bool
	meta                      *metaspace
	old, new                  []string
	strip                     string
	stripMost                 int
	steps                     int
}

// parseDecoder reads the part "decoder".
func parseDecoder(r *refusals, raw json.RawMessage) *decoderFile {
	d := &decoderFile{}
	d.parse(r, "decoder", raw)
	return d
}

func (d *decoderFile) parse(r *refusals, path string, raw json.RawMessage) {
	const kinds = "ByteLevel, Metaspace, or a Sequence of Replace, ByteFallback, Fuse, Strip in this order"
	kind := kindField(raw)
	alone := func() {
		if d.steps > 0 {
			r.add(path, raw, kinds)
		}
	}
	if kind != "Sequence" && (d.byteLevel || d.meta != nil || d.strip != "") {
		r.add(path, raw, kinds)
		return
	}
	switch kind {
	case "Sequence":
		var list json.RawMessage
		r.fields(path, raw, map[string]any{"type": &kind, "decoders": &list})
		eachOf(r, path+".decoders", list, func(at string, value json.RawMessage) { d.parse(r, at, value) })
		return
	case "ByteLevel":
		var b bool
		r.fields(path, raw, map[string]any{"type": &kind, "add_prefix_space": &b, "trim_offsets": &b, "use_regex": &b})
		alone()
		d.byteLevel = true
	case "Metaspace":
		alone()
		if m, ok := parseMetaspaceFields(r, path, raw); ok {
			d.meta = &m
		}
	case "Replace":
		var pattern json.RawMessage
		var content string
		r.fields(path, raw, map[string]any{"type": &kind, "pattern": &pattern, "content": &content})
		if d.fallback || d.fuse {
			r.add(path, raw, kinds)
		}
		d.old, d.new = append(d.old, parseText(r, path+".pattern", pattern)), append(d.new, content)
	case "ByteFallback":
		r.fields(path, raw, map[string]any{"type": &kind})
		if d.fuse || d.fallback {
			r.add(path, raw, kinds)
		}
		d.fallback = true
	case "Fuse":
		r.fields(path, raw, map[string]any{"type": &kind})
		d.fuse = true
	case "Strip":
		stop := 0
		r.fields(path, raw, map[string]any{"type": &kind, "content": &d.strip, "start": &d.stripMost, "stop": &stop})
		if _, ok := singleRune(d.strip); !ok || d.stripMost < 0 || stop != 0 || !d.fuse {
			r.add(path, raw, "one character, start, a stop of 0, after Fuse")
		}
	default:
		r.add(path, raw, kinds)
	}
	d.steps++
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
