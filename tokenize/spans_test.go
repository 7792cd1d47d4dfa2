package tokenize

import (
	"slices"
	"strings"
	"testing"
)

// TestCuts: where sentences, lines and items begin.
func TestCuts(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string // the spans, put together the text
	}{
		{"spans/sentence", "One, two! Three... four", []string{"One,", " two!", " Three...", " four"}},
		{"spans/sentence", "a: b\n\nc.", []string{"a:", " b\n\n", "c."}},
		{"spans/sentence", "\u4e00\u3002\u4e8c", []string{"\u4e00\u3002", "\u4e8c"}},
		{"spans/sentence", "none", []string{"none"}},
		{"spans/sentence", "", nil},
		{"spans/line", "a. b\n\n c\n", []string{"a. b\n", "\n c\n"}},
		{"spans/item", "1. x\n2. y\n3. z", []string{"1. x\n", "2. y\n", "3. z"}},
	} {
		var got []string
		from := 0
		for _, at := range append(spanProviders[c.name].cut(c.text), len(c.text)) {
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

// TestSpansOfTokens: a token lies in the span of its first character, and a sentence of
// fewer than four tokens joins the next one.
func TestSpansOfTokens(t *testing.T) {
	tok := mustNew(t, "abc. ")
	for text, want := range map[string][]float32{
		"aaa. bbb. c":  {0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2},
		"a. b. cc. aa": {0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2},
		"aaaa":         {0, 0, 0, 0, 0},
		"":             {0},
	} {
		ids, err := tok.Encode(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := Spans("spans/sentence", tok, append(ids, tok.EOS()...)); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
	if Spans("spans/word", tok, nil) != nil {
		t.Error("an unknown provider gives spans")
	}
}

func FuzzCuts(f *testing.F) {
	f.Add("One. Two!\nThree")
	f.Fuzz(func(t *testing.T, text string) {
		for name, p := range spanProviders {
			last := 0
			for _, at := range p.cut(text) {
				if at <= last || at >= len(text) {
					t.Fatalf("%s of %q: starts %v", name, text, p.cut(text))
				}
				last = at
			}
		}
	})
}
