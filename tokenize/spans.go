package tokenize

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// spanProvider cuts a text: cut gives the byte offsets, ascending and above 0, at which
// another span begins. A span of fewer than least tokens joins the next.
type spanProvider struct {
	cut   func(text string) []int
	least int
}

// shortestSentence is SSPO's: a span of fewer tokens has no ratio of its own.
const shortestSentence = 4

var spanProviders = map[string]spanProvider{
	"spans/sentence": {sentences, shortestSentence},
	"spans/line":     {lines, 1},
	"spans/item":     {lines, 1},
}

// SpanProviders lists the names that [Spans] knows: spans/sentence (sentences and
// clauses, closed by . ! ? ; , : or the end of a line, of at least four tokens),
// spans/line, and spans/item (the entries of a list, a line each).
func SpanProviders() []string { return slices.Sorted(maps.Keys(spanProviders)) }

// Spans numbers the spans of a completion from 0 and gives each token the number of
// the span that its first character lies in, [L]: numbers never fall. A name that
// [SpanProviders] does not list gives nil.
func Spans(name string, tok Tokenizer, ids []int32) []float32 {
	p, ok := spanProviders[name]
	if !ok {
		return nil
	}
	stream, begin := NewStream(tok, true), 0
	starts := p.cut(tok.Decode(ids, true))
	out := make([]float32, len(ids))
	span, tokens, at := 0, 0, 0
	for i, id := range ids {
		crossed := false
		for at < len(starts) && starts[at] <= begin {
			at++
			crossed = true
		}
		if crossed && tokens >= p.least {
			span++
			tokens = 0
		}
		out[i] = float32(span)
		tokens++
		begin += len(stream.Push(id))
	}
	return out
}

// sentences begin after punctuation that closes a sentence or clause, and after the
// end of a line.
func sentences(text string) []int {
	const closing = ".!?;,:\n\u3002\uff01\uff1f\uff1b\uff0c\uff1a"
	var starts []int
	closed := false
	for i, r := range text {
		closes := strings.ContainsRune(closing, r)
		if closed && !closes {
			starts = append(starts, i)
		}
		closed = closes
	}
	return starts
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
