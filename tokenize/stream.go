package tokenize

import (
	"strings"
	"unicode/utf8"
)

// decoding is a text under way: what has come but cannot be said yet.
type decoding struct {
	d           *decoder
	skipSpecial bool
	started     bool
	stripped    int
	pending     []byte // the start of a character, or a run of single bytes
}

// push appends what is certain of the text once id has come.
func (s *decoding) push(dst []byte, id int32) []byte {
	t := s.d.token(id)
	if t == nil || s.skipSpecial && t.special {
		return dst
	}
	first := !s.started
	s.started = true
	switch {
	case s.d.whole:
		s.pending = append(s.pending, t.text...)
		out, rest := appendLossy(dst, s.pending, false)
		s.pending = append(s.pending[:0], rest...)
		return out
	case t.isByte:
		s.pending = append(s.pending, t.text...)
		return dst
	}
	dst = s.endRun(dst)
	switch {
	case s.d.mark == "":
		return s.emit(dst, t.text)
	case first:
		return s.emit(dst, strings.ReplaceAll(t.text, s.d.mark, ""))
	}
	return s.emit(dst, strings.ReplaceAll(t.text, s.d.mark, " "))
}

// flush appends what is left at the end of the text.
func (s *decoding) flush(dst []byte) []byte {
	if s.d.whole {
		dst, _ = appendLossy(dst, s.pending, true)
		s.pending = s.pending[:0]
		return dst
	}
	return s.endRun(dst)
}

// endRun appends a run of single bytes.
func (s *decoding) endRun(dst []byte) []byte {
	if len(s.pending) == 0 {
		return dst
	}
	text := string(s.pending)
	if !utf8.ValidString(text) {
		text = strings.Repeat(replacement, len(s.pending))
	}
	s.pending = s.pending[:0]
	return s.emit(dst, text)
}

// emit appends text without what the whole loses at its start.
func (s *decoding) emit(dst []byte, text string) []byte {
	for s.stripped < s.d.stripMost && text != "" {
		rest, ok := strings.CutPrefix(text, s.d.strip)
		if !ok {
			s.stripped = s.d.stripMost
			break
		}
		s.stripped++
		text = rest
	}
	return append(dst, text...)
}

// Stream decodes ids one by one. What Push and Flush return, put together, is what
// Decode gives for all ids.
type Stream struct {
	s decoding
	// all is for a Tokenizer of another package, whose text is known only at the end.
	tok Tokenizer
	all []int32
}

// NewStream starts a text of tok's ids, without special tokens if skipSpecial is set.
func NewStream(tok Tokenizer, skipSpecial bool) *Stream {
	s := &Stream{s: decoding{skipSpecial: skipSpecial}, tok: tok}
	if b, ok := tok.(*bpe); ok {
		s.s.d = b.decoder
	}
	return s
}

// Push gives the text that id adds. It holds back the bytes of a character that is
// not complete, to which later ids may add.
func (s *Stream) Push(id int32) string {
	if s.s.d == nil {
		s.all = append(s.all, id)
		return ""
	}
	return string(s.s.push(nil, id))
}

// Flush gives what Push held back, and ends the text.
func (s *Stream) Flush() string {
	if s.s.d == nil {
		return s.tok.Decode(s.all, s.s.skipSpecial)
	}
	return string(s.s.flush(nil))
}
