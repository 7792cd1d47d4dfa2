package tokenize

import (
	"slices"
	"testing"
)

// bytesOf are the ids of single bytes.
func bytesOf(t *testing.T, tok *bpe, text string) []int32 {
	t.Helper()
	var out []int32
	for _, b := range []byte(text) {
		id := tok.model.byByte[b]
		if tok.model.fallback != nil {
			id = tok.model.fallback[b]
		}
		if id == none {
			t.Fatalf("no token for byte %#02x", b)
		}
		out = append(out, id)
	}
	return out
}

// TestStream: what a stream holds back, and when it lets go.
func TestStream(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string // after each byte, and at the end
	}{
		{"qwen2", "aé", []string{"a", "", "é", ""}},
		{"qwen2", "\U0001f600", []string{"", "", "", "😀", ""}},
		{"qwen2", "\xf0\x9f!", []string{"", "", "\ufffd!", ""}},
		{"qwen2", "\xff\xc3", []string{"\ufffd", "", "\ufffd"}},
		{"qwen2", "\xe0\x80\xe1\x80", []string{"", "\ufffd\ufffd", "", "", "\ufffd"}},
		{"qwen2", "\xc3\xc3\xa9", []string{"", "\ufffd", "é", ""}},
		// Of a run of bytes one fault spoils all.
		{"llama2", "é!", []string{"", "", "", "é!"}},
		{"llama2", "a\xc3", []string{"", "", "\ufffd\ufffd"}},
		{"llama2", "  a", []string{"", "", "", " a"}}, // the whole loses one space
	} {
		tok := small(t, c.name)
		stream := NewStream(tok, false)
		var got []string
		for _, id := range bytesOf(t, tok, c.text) {
			got = append(got, stream.Push(id))
		}
		if got = append(got, stream.Flush()); !slices.Equal(got, c.want) {
			t.Errorf("%s %q: %q, want %q", c.name, c.text, got, c.want)
		}
	}
}

// other is a Tokenizer of another package.
type other struct{ Tokenizer }

// TestStreamOther: the text of a tokenizer that is not ours comes at the end.
func TestStreamOther(t *testing.T) {
	tok := mustNew(t, "ab")
	stream := NewStream(other{tok}, true)
	if got := stream.Push(2) + stream.Push(1) + stream.Push(3); got != "" {
		t.Errorf("pushed %q", got)
	}
	if got := stream.Flush(); got != "ab" {
		t.Errorf("flushed %q", got)
	}
}
