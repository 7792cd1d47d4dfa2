package checkpoints

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/checkpoints/gguf"
	"github.com/rlvr-go/rlvr/tokenize"
)

// encodeTokens are the tokens of a text by a tokenizer made of a file.
func encodeTokens(t testing.TB, g *ggufFile, tokens []string, text string) []string {
	t.Helper()
	m, err := OpenModel(g.write(t))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	tok, err := tokenize.Load(m.Files)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := tok.Encode(text)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, id := range ids {
		out = append(out, tokens[id])
	}
	return out
}

// TestPreTokenizers: texts that tell the rules of tokenizer.ggml.pre apart, with a
// vocabulary in which a word has a token that no merge makes.
func TestPreTokenizers(t *testing.T) {
	tokens := []string{"1", "2", "3", "4", ".", "\u010a", "\u010a\u010a", "12", "123", "a", "b", "ab", "aba", "\u00c3", "\u00a9", "\u00c3\u00a9", "e", "\u00cc", "\u0123", "<s>"}
	merges := []string{"\u010a \u010a", "1 2", "12 3", "a b", "\u00c3 \u00a9"}
	kinds := slices.Repeat([]int{1}, len(tokens))
	kinds[len(kinds)-1] = 3
	// In the order: line feeds before a digit; a run of digits; a word that is a
	// token; e with an acute accent in two characters.
	texts := []string{"\n\n1.", "1234", "aba", "e\u0301"}
	gpt2 := [][]string{{"\u010a", "\u010a", "1", "."}, {"123", "4"}, {"ab", "a"}, {"e", "\u00cc", "\u0123"}}
	with := func(i int, want ...string) [][]string {
		out := slices.Clone(gpt2)
		out[i] = want
		return out
	}
	smollm := with(0, "\u010a\u010a", "1", ".")
	smollm[1] = []string{"1", "2", "3", "4"}
	qwen := with(3, "\u00c3\u00a9")
	qwen[0], qwen[1] = smollm[0], smollm[1]
	llama := with(2, "aba")
	llama[0] = smollm[0]
	for pre, want := range map[string][][]string{
		"gpt-2": gpt2, "smollm": smollm, "qwen2": qwen, "deepseek-r1-qwen": qwen, "llama-bpe": llama, "llama3": llama, "llama-v3": llama,
	} {
		g := tinyLlama()
		g.reshape("token_embd.weight", gguf.F32, len(tokens), 8)
		for _, f := range []field{{"pre", pre}, {"tokens", tokens}, {"token_type", kinds}, {"merges", merges}, {"bos_token_id", len(tokens) - 1}, {"eos_token_id", len(tokens) - 1}} {
			g.set(tokenizerPrefix+f.name, f.value)
		}
		for i, text := range texts {
			if got := encodeTokens(t, g, tokens, text); !slices.Equal(got, want[i]) {
				t.Errorf("%s: %q is %q, want %q", pre, text, got, want[i])
			}
		}
	}
	if len(preTokenizers) != 7 {
		t.Errorf("%d rules, 7 are tested", len(preTokenizers))
	}
}

// TestScoresDecide: the order of merges is that of scores, not that of ids.
func TestScoresDecide(t *testing.T) {
	for _, c := range []struct {
		ab, bc float64
		want   string
	}{{-4, -9, "ab c"}, {-9, -4, "a bc"}} {
		g := tinyLlama()
		g.sentencePiece()
		g.set("tokenizer.ggml.add_space_prefix", false)
		scores := make([]float64, 264) // of ab, a, b, c and bc, the last five
		copy(scores[259:], []float64{c.ab, -1, -2, -3, c.bc})
		g.set("tokenizer.ggml.scores", scores)
		tokens := append(make([]string, 259), "ab", "a", "b", "c", "bc")
		if got := strings.Join(encodeTokens(t, g, tokens, "abc"), " "); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// TestMergesByScore is what transformers 5.23's generate_merges gives for the normal
// tokens, with their scores.
func TestMergesByScore(t *testing.T) {
	g := tinyLlama()
	tokens, kinds, scores := byteTokens()
	for _, p := range []struct {
		text  string
		score float64
	}{{"aaa", -1}, {"aa", -1}, {"aaaa", -1}, {"b", -5}, {"a", -5}, {"ba", -2}, {"ab", 0}, {"aab", -1}, {"<", -6}, {"s>", -6}} {
		tokens, kinds, scores = append(tokens, p.text), append(kinds, 1), append(scores, p.score)
	}
	g.set("tokenizer.ggml.tokens", tokens)
	g.set("tokenizer.ggml.token_type", kinds)
	g.set("tokenizer.ggml.scores", scores)
	f, err := gguf.Parse("merges", g.encode(t))
	if err != nil {
		t.Fatal(err)
	}
	m := &metadata{file: f, asked: map[string]bool{}}
	v, err := readVocabulary(m, 1000)
	if err != nil {
		t.Fatal(err)
	}
	got, err := v.mergesByScore(m)
	if err != nil {
		t.Fatal(err)
	}
	want := [][2]string{{"a", "b"}, {"aaa", "a"}, {"aa", "aa"}, {"aa", "a"}, {"aa", "b"}, {"a", "aaa"}, {"a", "aa"}, {"a", "ab"}, {"a", "a"}, {"b", "a"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
