package tokenize

import (
	"slices"
	"strings"
	"testing"
)

// TestSpans: where sentences, lines and items begin.
func TestSpans(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string // the spans, put together the text
	}{
		{"spans/sentence", "One. Two! Three? four", []string{"One.", " Two!", " Three?", " four"}},
		{"spans/sentence", "It is 3.5 kg. \"Yes.\" No", []string{"It is 3.5 kg.", " \"Yes.\"", " No"}},
		{"spans/sentence", "a\nb\n\nc. ", []string{"a\n", "b\n", "\nc.", " "}},
		{"spans/sentence", "...  x", []string{"...", "  x"}},
		{"spans/sentence", "", nil},
		{"spans/line", "a. b\n\n c\n", []string{"a. b\n", "\n c\n"}},
		{"spans/item", "1. x\n2. y\n3. z", []string{"1. x\n", "2. y\n", "3. z"}},
	} {
		var got []string
		from := 0
		for _, at := range append(spanProviders[c.name](c.text), len(c.text)) {
			if at > from {
				got = append(got, c.text[from:at])
			}
			from = at
		}
		if !slices.Equal(got, c.want) || strings.Join(got, "") != c.text {
			t.Errorf("%s of %q: %q, want %q", c.name, c.text, got, c.want)
		}
	}
}

// TestSpansOfTokens: a token lies in the span that its text begins in.
func TestSpansOfTokens(t *testing.T) {
	tok := mustNew(t, "abc. ")
	ids, err := tok.Encode("a. b. c")
	if err != nil {
		t.Fatal(err)
	}
	got := Spans("spans/sentence", tok, append(ids, tok.EOS()...))
	if want := []float32{0, 0, 1, 1, 1, 2, 2, 2}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if Spans("spans/word", tok, ids) != nil {
		t.Error("an unknown provider gives spans")
	}
}

func FuzzSpans(f *testing.F) {
	f.Add("One. Two!\nThree")
	f.Fuzz(func(t *testing.T, text string) {
		for name, cut := range spanProviders {
			last := 0
			for _, at := range cut(text) {
				if at <= last || at >= len(text) {
					t.Fatalf("%s of %q: starts %v", name, text, cut(text))
				}
				last = at
			}
		}
	})
}
