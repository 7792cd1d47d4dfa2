package tokenize

import (
	"maps"
	"slices"
	"unicode"
	"unicode/utf8"
)

// A span provider cuts a text: it gives the byte offsets, ascending and above 0, at
// which another span begins.
var spanProviders = map[string]func(text string) []int{
	"spans/sentence": sentences,
	"spans/line":     lines,
	"spans/item":     lines,
}

// SpanProviders lists the names that [Spans] knows: spans/sentence (sentences, ended
// by their punctuation or by the end of a line), spans/line, and spans/item (the
// entries of a list, a line each).
func SpanProviders() []string { return slices.Sorted(maps.Keys(spanProviders)) }

// Spans numbers the spans of a completion from 0 and gives each token the number of
// the span that its text begins in, [L]: numbers never fall. A name that
// [SpanProviders] does not list gives nil.
func Spans(name string, tok Tokenizer, ids []int32) []float32 {
	cut, ok := spanProviders[name]
	if !ok {
		return nil
	}
	begins := make([]int, len(ids))
	stream, length := NewStream(tok, true), 0
	for i, id := range ids {
		begins[i] = length
		length += len(stream.Push(id))
	}
	starts := cut(tok.Decode(ids, true))
	out := make([]float32, len(ids))
	span := 0
	for i, begin := range begins {
		for span < len(starts) && starts[span] <= begin {
			span++
		}
		out[i] = float32(span)
	}
	return out
}

// sentences begin after . ! or ? where white space follows, closing quotes and
// brackets included, and after the end of a line. White space belongs to the sentence
// after it, as tokens have it before a word.
func sentences(text string) []int {
	var starts []int
	said := false // since the last start
	ended := false
	for i, r := range text {
		switch {
		case r == '\n':
			if said {
				starts = append(starts, i+1)
			}
			said, ended = false, false
		case unicode.IsSpace(r):
			if ended && said {
				starts = append(starts, i)
				said = false
			}
			ended = false
		case r == '.' || r == '!' || r == '?' || r == '\u3002' || r == '\uff01' || r == '\uff1f':
			said, ended = true, true
		case ended && (unicode.Is(unicode.Pe, r) || unicode.Is(unicode.Pf, r) || r == '"' || r == '\''):
		default:
			said, ended = true, false
		}
	}
	return before(starts, len(text))
}

// lines begin after the end of a line that has something on it.
func lines(text string) []int {
	var starts []int
	said := false
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		if r == '\n' {
			if said {
				starts = append(starts, i)
			}
			said = false
			continue
		}
		said = said || !unicode.IsSpace(r)
	}
	return before(starts, len(text))
}

// before drops a start at the end of the text, where nothing follows.
func before(starts []int, end int) []int {
	if n := len(starts); n > 0 && starts[n-1] >= end {
		return starts[:n-1]
	}
	return starts
}
