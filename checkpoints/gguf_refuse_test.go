package checkpoints

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rlvr-go/rlvr/checkpoints/gguf"
	"github.com/rlvr-go/rlvr/tokenize"
)

// ggufFile is a GGUF file to be written: values by key, and tensors of zeros.
type ggufFile struct {
	pairs   []field
	tensors []ggufEntry
}

type ggufEntry struct {
	name  string
	kind  gguf.Type
	shape []int
}

// set replaces the value of a key or adds it; nil removes it.
func (g *ggufFile) set(key string, value any) {
	g.pairs = slices.DeleteFunc(g.pairs, func(f field) bool { return f.name == key })
	if value != nil {
		g.pairs = append(g.pairs, field{key, value})
	}
}

// reshape replaces the type and shape of a tensor or adds it; no shape removes it.
func (g *ggufFile) reshape(name string, kind gguf.Type, shape ...int) {
	g.tensors = slices.DeleteFunc(g.tensors, func(e ggufEntry) bool { return e.name == name })
	if shape != nil {
		g.tensors = append(g.tensors, ggufEntry{name, kind, shape})
	}
}

// encode spells the file.
func (g *ggufFile) encode(t testing.TB) []byte {
	t.Helper()
	var b []byte
	u32 := func(x uint32) { b = binary.LittleEndian.AppendUint32(b, x) }
	u64 := func(x int) { b = binary.LittleEndian.AppendUint64(b, uint64(x)) }
	text := func(s string) { u64(len(s)); b = append(b, s...) }
	b = append(b, "GGUF"...)
	u32(3)
	u64(len(g.tensors))
	u64(len(g.pairs))
	for _, p := range g.pairs {
		text(p.name)
		switch v := p.value.(type) {
		case int:
			u32(5)
			u32(uint32(int32(v)))
		case float64:
			u32(6)
			u32(math.Float32bits(float32(v)))
		case bool:
			u32(7)
			b = append(b, map[bool]byte{true: 1}[v])
		case string:
			u32(8)
			text(v)
		case []string:
			u32(9)
			u32(8)
			u64(len(v))
			for _, s := range v {
				text(s)
			}
		case []int:
			u32(9)
			u32(5)
			u64(len(v))
			for _, x := range v {
				u32(uint32(int32(x)))
			}
		case []float64:
			u32(9)
			u32(6)
			u64(len(v))
			for _, x := range v {
				u32(math.Float32bits(float32(x)))
			}
		default:
			t.Fatalf("%s: a %T", p.name, v)
		}
	}
	offset := 0
	for _, e := range g.tensors {
		text(e.name)
		u32(uint32(len(e.shape)))
		size := 4
		for i := range e.shape {
			u64(e.shape[len(e.shape)-1-i])
			size *= e.shape[i]
		}
		u32(uint32(e.kind))
		u64(offset)
		offset += (size + 31) / 32 * 32
	}
	b = append(b, make([]byte, (len(b)+31)/32*32-len(b))...)
	return append(b, make([]byte, offset)...)
}

// tinyLlama is a good file of arch llama: one block, byte-level tokens.
func tinyLlama() *ggufFile {
	g := &ggufFile{pairs: []field{
		{"general.architecture", "llama"}, {"llama.block_count", 1}, {"llama.context_length", 32}, {"llama.embedding_length", 8},
		{"llama.feed_forward_length", 4}, {"llama.attention.head_count", 2}, {"llama.attention.layer_norm_rms_epsilon", 1e-5},
		{"tokenizer.ggml.model", "gpt2"}, {"tokenizer.ggml.pre", "llama-bpe"}, {"tokenizer.ggml.tokens", []string{"a", "b", "ab", "<s>", "[PAD4]"}},
		{"tokenizer.ggml.token_type", []int{1, 1, 1, 3, 5}}, {"tokenizer.ggml.merges", []string{"a b"}},
		{"tokenizer.ggml.bos_token_id", 3}, {"tokenizer.ggml.eos_token_id", 3},
	}}
	for name, shape := range map[string][]int{
		"token_embd.weight": {5, 8}, "output_norm.weight": {8}, "blk.0.attn_norm.weight": {8}, "blk.0.ffn_norm.weight": {8},
		"blk.0.attn_q.weight": {8, 8}, "blk.0.attn_k.weight": {8, 8}, "blk.0.attn_v.weight": {8, 8}, "blk.0.attn_output.weight": {8, 8},
		"blk.0.ffn_gate.weight": {4, 8}, "blk.0.ffn_up.weight": {4, 8}, "blk.0.ffn_down.weight": {8, 4},
	} {
		g.tensors = append(g.tensors, ggufEntry{name, gguf.F32, shape})
	}
	slices.SortFunc(g.tensors, func(a, b ggufEntry) int { return strings.Compare(a.name, b.name) })
	return g
}

// byteTokens are the tokens that every SentencePiece vocabulary with bytes begins
// with: 259 of them.
func byteTokens() (tokens []string, kinds []int, scores []float64) {
	tokens, kinds, scores = []string{"<unk>", "<s>", "</s>"}, []int{2, 3, 3}, []float64{0, 0, 0}
	for b := range 256 {
		tokens, kinds, scores = append(tokens, fmt.Sprintf("<0x%02X>", b)), append(kinds, 6), append(scores, 0)
	}
	return tokens, kinds, scores
}

// sentencePiece makes it one with a SentencePiece vocabulary.
func (g *ggufFile) sentencePiece() {
	tokens, kinds, scores := byteTokens()
	for i, piece := range []string{"ab", "a", "b", "c", "bc"} {
		tokens, kinds, scores = append(tokens, piece), append(kinds, 1), append(scores, float64(-i))
	}
	g.set("tokenizer.ggml.model", "llama")
	g.set("tokenizer.ggml.pre", nil)
	g.set("tokenizer.ggml.merges", nil)
	g.set("tokenizer.ggml.tokens", tokens)
	g.set("tokenizer.ggml.token_type", kinds)
	g.set("tokenizer.ggml.scores", scores)
	g.set("tokenizer.ggml.bos_token_id", nil)
	g.set("tokenizer.ggml.eos_token_id", nil)
	g.reshape("token_embd.weight", gguf.F32, len(tokens), 8)
}

func (g *ggufFile) write(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.gguf")
	if err := os.WriteFile(path, g.encode(t), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestGGUFRefuses: what changes ids or logits and is not implemented, and what does
// not fit together, is named.
func TestGGUFRefuses(t *testing.T) {
	set := func(key string, value any) func(*ggufFile) {
		return func(g *ggufFile) { g.set(key, value) }
	}
	tensor := func(name string, shape ...int) func(*ggufFile) {
		return func(g *ggufFile) { g.reshape(name, gguf.F32, shape...) }
	}
	const ggml = "tokenizer.ggml."
	for _, c := range []struct {
		change func(*ggufFile)
		want   string
	}{
		{set("general.architecture", "gemma"), `architecture "gemma" is not implemented, only llama, qwen2, qwen3, qwen3moe`},
		{set("general.architecture", nil), `architecture "" is not implemented`},
		{set("general.architecture", 3), "is not implemented"},
		{set("general.type", "adapter"), `general.type is "adapter"`},
		{set("split.count", 2), "split.count is 2: one of several files"},
		{set("llama.block_count", nil), "llama.block_count: is missing"},
		{set("llama.block_count", -1), "llama.block_count: is -1"},
		{set("llama.block_count", 2), "tensors blk.*.attn_norm.weight: in 1 blocks of 2, want 2"},
		{set("llama.context_length", "long"), "llama.context_length: is a string, want an integer"},
		{set("llama.feed_forward_length", []int{4, 4}), "llama.feed_forward_length: is an array of integers"},
		{set("llama.attention.head_count_kv", 0), "llama.attention.head_count_kv: 0 heads"},
		{set("llama.attention.head_count_kv", 1), `tensor "blk.0.attn_k.weight": shape [8 8], want 1 heads of 4 rows`},
		{set("llama.attention.layer_norm_rms_epsilon", nil), "llama.attention.layer_norm_rms_epsilon: is missing"},
		{set("llama.rope.dimension_count", 2), `tensor "blk.0.attn_k.weight": shape [8 8], want 2 heads of 2 rows`},
		{func(g *ggufFile) { g.set("llama.attention.key_length", 4); g.set("llama.rope.dimension_count", 2) }, "llama.rope.dimension_count: 2 of 4 dimensions"},
		{set("llama.attention.value_length", 2), "llama.attention.value_length: 2, keys have 4"},
		{set("llama.rope.scaling.type", "longrope"), `llama.rope.scaling.type: "longrope" is not implemented`},
		{set("llama.rope.scaling.attn_factor", 1.5), "llama.rope.scaling.attn_factor: 1.5 is not implemented"},
		{set("llama.rope.scaling.yarn_log_multiplier", 0.1), "llama.rope.scaling.yarn_log_multiplier: is not implemented"},
		{set("llama.expert_count", 8), "llama.expert_count: is not implemented"},
		{set("llama.logit_scale", 2.0), "llama.logit_scale: is not implemented"},
		{set("llama.attention.causal", false), "llama.attention.causal: false is not implemented"},
		{set("llama.attention.causal", true), ""},
		{set("llama.vocab_size", 7), ""},
		{set("llama.expert_count", 0), ""}, // off
		{set("tokenizer.ggml.fim_pre_token_id", 1), ""},
		{tensor("rope_freqs.weight", 3), `tensor "rope_freqs.weight": shape [3], want half of 4 dimensions`},
		{tensor("rope_freqs.weight", 2), `tensor "rope_freqs.weight": element 0 is 0, want a divisor above 0`},
		{func(g *ggufFile) { tensor("rope_freqs.weight", 2)(g); g.set("llama.rope.scaling.factor", 2.0) }, `tensor "rope_freqs.weight" beside rope scaling "linear"`},
		{tensor("token_embd.weight"), `tensor "token_embd.weight": missing`},
		{tensor("blk.0.attn_q.weight"), "tensors blk.*.attn_q.weight: in 0 blocks of 1, want 1"},
		{tensor("blk.0.attn_q_norm.weight", 4), `tensor "blk.0.attn_q_norm.weight": is not known for architecture "llama"`},
		{tensor("blk.00.attn_v.weight", 8, 8), `tensor "blk.00.attn_v.weight": is not known`},
		{tensor("blk.7.attn_v.weight", 8, 8), `tensor "blk.7.attn_v.weight": block 7 of 1`},
		{tensor("blk.0.attn_q.bias", 8), "tensors blk.*.attn_k.bias: in 0 blocks of 1, want 1"},
		{tensor("blk.0.attn_output.bias", 8), "tensors blk.*.attn_output.bias: in 1 blocks of 1, want 0"},
		{tensor("surprise", 8), `tensor "surprise": is not known`},
		{tensor("blk.0.ffn_up.weight", 0, 8), `tensor "blk.0.ffn_up.weight": shape [0 8] has no elements`},
		{func(g *ggufFile) { g.reshape("blk.0.attn_v.weight", 24, 8, 8) }, `tensor "blk.0.attn_v.weight": type I8 is not implemented`},
		{set(ggml+"model", "bert"), `tokenizer.ggml.model: "bert" is not implemented`},
		{set(ggml+"pre", "tekken"), `tokenizer.ggml.pre: "tekken" is not implemented`},
		{set(ggml+"pre", nil), `tokenizer.ggml.pre: "" is not implemented`},
		{set(ggml+"add_space_prefix", true), "tokenizer.ggml.add_space_prefix: true is not implemented"},
		{set(ggml+"tokens", nil), "tokenizer.ggml.tokens: is missing"},
		{set(ggml+"tokens", []string{"a", "a", "ab", "<s>", "x"}), `tokenizer.ggml.tokens: "a" is token 0 and token 1`},
		{set(ggml+"tokens", []string{"a", "b", "ab", "<s>", "x", "y"}), "tokenizer.ggml.token_type: 5 kinds of 6 tokens"},
		{func(g *ggufFile) {
			g.set(ggml+"tokens", []string{"a", "b", "ab", "<s>", "x", "y"})
			g.set(ggml+"token_type", []int{1, 1, 1, 3, 1, 1})
		}, "tokenizer.ggml.tokens: 6 tokens, the embedding table has 5 rows"},
		{set(ggml+"token_type", []int{1, 1, 1, 3, 7}), "tokenizer.ggml.token_type: token 4 is of kind 7"},
		{set(ggml+"merges", nil), "tokenizer.ggml.merges: is missing"},
		{set(ggml+"merges", []string{"a b c"}), `tokenizer.ggml.merges: "a b c" is not of two parts`},
		{set(ggml+"merges", []string{"ab a"}), `tokenizer.ggml.merges: "ab a": "aba" is no token`},
		{set(ggml+"bos_token_id", 99), "tokenizer.ggml.bos_token_id: 99 of 4 tokens"},
		{set(ggml+"bos_token_id", nil), "tokenizer.ggml.add_bos_token: is true, but there is no bos_token_id"},
		{set(ggml+"precompiled_charsmap", []int{1}), "tokenizer.ggml.precompiled_charsmap: is not implemented"},
		{func(g *ggufFile) { g.sentencePiece(); g.set(ggml+"pre", "x") }, `tokenizer.ggml.pre: "x" is not implemented for a SentencePiece`},
		{func(g *ggufFile) { g.sentencePiece(); g.set(ggml+"scores", []float64{1}) }, "tokenizer.ggml.scores: 1 scores of 264 tokens"},
		{func(g *ggufFile) { g.sentencePiece(); g.set(ggml+"scores", make([]float64, 264)) }, "tokenizer.ggml.scores: all are 0, so that the order of merges is lost"},
		{func(g *ggufFile) { g.sentencePiece(); g.set(ggml+"remove_extra_whitespaces", true) }, "tokenizer.ggml.remove_extra_whitespaces: true"},
		{func(g *ggufFile) { g.sentencePiece(); g.set(ggml+"unknown_token_id", -1) }, "tokenizer.ggml.unknown_token_id: -1 of 264"},
	} {
		g := tinyLlama()
		c.change(g)
		path := g.write(t)
		m, err := OpenModel(path)
		if c.want == "" {
			if err != nil {
				t.Errorf("got %v", err)
			}
			continue
		}
		if err == nil {
			m.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

// TestGGUFVariants opens files that differ from the ordinary in ways that are read.
func TestGGUFVariants(t *testing.T) {
	open := func(change func(*ggufFile)) *Model {
		t.Helper()
		g := tinyLlama()
		change(g)
		m, err := OpenModel(g.write(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = m.Close() })
		return m
	}
	has := func(m *Model, file, want string) {
		t.Helper()
		if !bytes.Contains(m.Files[file], []byte(want)) {
			t.Errorf("%s lacks %s:\n%s", file, want, m.Files[file])
		}
	}
	m := open(func(*ggufFile) {})
	has(m, "config.json", `"head_dim": 4`)
	has(m, "config.json", `"tie_word_embeddings": true`)
	has(m, "tokenizer_config.json", `"bos_token": "<s>"`)
	if bytes.Contains(m.Files["tokenizer.json"], []byte("PAD4")) {
		t.Error("an unused token at the end is in tokenizer.json")
	}
	if !bytes.Contains(m.Files["tokenizer.json"], []byte("\"ab\": 2\n    },")) {
		t.Error("added tokens at the end are in the model's vocabulary")
	}

	m = open(func(g *ggufFile) { g.set("llama.rope.scale_linear", 4.0) })
	has(m, "config.json", `"rope_type": "linear"`)

	m = open(func(g *ggufFile) { g.set("tokenizer.ggml.eot_token_id", 2); g.set("tokenizer.ggml.eom_token_id", 3) })
	has(m, "generation_config.json", "\"eos_token_id\": [\n    3,\n    2\n  ]")

	m = open(func(g *ggufFile) {
		g.set("tokenizer.chat_template", "plain <&>")
		g.set("tokenizer.chat_template.tool_use", "tools")
	})
	has(m, "tokenizer_config.json", `"template": "plain <&>"`)
	has(m, "tokenizer_config.json", `"name": "tool_use"`)

	for _, none := range []any{nil, "none"} {
		m = open(func(g *ggufFile) { g.set("tokenizer.ggml.model", none) })
		if len(m.Files) != 1 {
			t.Errorf("without a tokenizer there are %d files", len(m.Files))
		}
	}

	folder := filepath.Dir(open(func(*ggufFile) {}).Path)
	if m, err := OpenModel(folder); err != nil || filepath.Dir(m.Path) != folder {
		t.Errorf("a folder of one GGUF file: %v", err)
	}
}

// TestSentencePieceBothEnds adds the tokens before and after a text as metadata say.
func TestSentencePieceBothEnds(t *testing.T) {
	for _, c := range []struct {
		bos, eos any
		prefix   bool
		want     []int32 // of "abc": <s> is 1, </s> 2, ab 259, c 262; a space is bytes
	}{
		{nil, nil, false, []int32{1, 259, 262}},
		{true, true, false, []int32{1, 259, 262, 2}},
		{false, true, false, []int32{259, 262, 2}},
		{false, nil, false, []int32{259, 262}},
		{false, nil, true, []int32{3 + 0xe2, 3 + 0x96, 3 + 0x81, 259, 262}},
	} {
		g := tinyLlama()
		g.sentencePiece()
		g.set("tokenizer.ggml.add_bos_token", c.bos)
		g.set("tokenizer.ggml.add_eos_token", c.eos)
		g.set("tokenizer.ggml.add_space_prefix", c.prefix)
		m, err := OpenModel(g.write(t))
		if err != nil {
			t.Fatal(err)
		}
		tok, err := tokenize.Load(m.Files)
		if err != nil {
			t.Fatal(err)
		}
		got, err := tok.EncodeSpecial("abc", true)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%+v: ids %v, %v", c, got, err)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

// FuzzGGUF: no file makes opening or reading it panic.
func FuzzGGUF(f *testing.F) {
	g := tinyLlama()
	f.Add(g.encode(f))
	g.set("tokenizer.ggml.pre", "qwen2")
	g.reshape("output.weight", gguf.F16, 5, 8)
	g.reshape("rope_freqs.weight", gguf.F32, 2)
	f.Add(g.encode(f))
	f.Fuzz(func(t *testing.T, content []byte) {
		file, err := gguf.Parse("fuzz", content)
		if err != nil {
			return
		}
		m, err := presentGGUF("fuzz", file)
		if err != nil {
			return
		}
		for _, info := range m.Tensors() {
			x, shape, err := m.Float32(info.Name)
			if err != nil || !slices.Equal(shape, info.Shape) {
				t.Fatalf("%s: %d elements of shape %v, %v", info.Name, len(x), shape, err)
			}
		}
	})
}
