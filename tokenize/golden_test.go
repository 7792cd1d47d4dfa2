package tokenize

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// goldens is testdata/goldens.json: what the Rust library makes of texts
// (testdata/make_tokenizers.py).
type goldens struct {
	Texts      []string
	Tokenizers map[string]struct {
		// Special are ids with special tokens found and added; Plain without either,
		// nil where they are equal.
		Special, Plain [][]int32
		// Decoded are the texts of Special, Skipped without special tokens; nil:
		// equal to the text, and to Decoded.
		Decoded, Skipped []*string
		// Texts are those of Sequences, random ids with many single bytes.
		Sequences [][]int32
		Texts     []string
	}
}

func readGoldens(t testing.TB) *goldens {
	t.Helper()
	raw, err := os.ReadFile("testdata/goldens.json")
	if err != nil {
		t.Fatal(err)
	}
	g := &goldens{}
	if err := json.Unmarshal(raw, g); err != nil {
		t.Fatal(err)
	}
	if len(g.Tokenizers) < 15 || len(g.Texts) < 30 {
		t.Fatalf("%d tokenizers, %d texts", len(g.Tokenizers), len(g.Texts))
	}
	return g
}

// small loads a tokenizer of testdata/tokenizers.
func small(t testing.TB, name string) *bpe {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "tokenizers", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	tok, err := load(map[string][]byte{tokenizerFile: raw})
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// TestGoldens compares ids and texts with those of the Rust library on small
// tokenizers of every structure.
func TestGoldens(t *testing.T) {
	g := readGoldens(t)
	for _, name := range slices.Sorted(maps.Keys(g.Tokenizers)) {
		t.Run(name, func(t *testing.T) {
			tok, want := small(t, name), g.Tokenizers[name]
			for i, text := range g.Texts {
				ids, err := tok.EncodeSpecial(text, true)
				if err != nil || !slices.Equal(ids, want.Special[i]) {
					t.Errorf("%+q: %v, %v, want %v", text, ids, err, want.Special[i])
				}
				plain := want.Plain[i]
				if plain == nil {
					plain = want.Special[i]
				}
				if ids, err := tok.Encode(text); err != nil || !slices.Equal(ids, plain) {
					t.Errorf("plain %+q: %v, %v, want %v", text, ids, err, plain)
				}
				decoded := text
				if want.Decoded[i] != nil {
					decoded = *want.Decoded[i]
				}
				checkDecode(t, tok, want.Special[i], false, decoded)
				if want.Skipped[i] != nil {
					decoded = *want.Skipped[i]
				}
				checkDecode(t, tok, want.Special[i], true, decoded)
			}
			for i, ids := range want.Sequences {
				checkDecode(t, tok, ids, false, want.Texts[i])
			}
		})
	}
}

// checkDecode compares the text of ids with want, of the whole and of a stream.
func checkDecode(t *testing.T, tok Tokenizer, ids []int32, skip bool, want string) {
	t.Helper()
	var text strings.Builder
	stream := NewStream(tok, skip)
	for _, id := range ids {
		text.WriteString(stream.Push(id))
	}
	text.WriteString(stream.Flush())
	if got := tok.Decode(ids, skip); got != want || text.String() != want {
		t.Errorf("%v (special tokens left out: %v): %+q, streamed %+q, want %+q", ids, skip, got, text.String(), want)
	}
}
