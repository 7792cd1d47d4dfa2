package checkpoints

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/rlvr-go/rlvr/checkpoints/safetensors"
	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/tokenize"
)

// ggufGolden is what testdata/make_gguf.py knows of a file.
type ggufGolden struct {
	Config  map[string]any
	Tensors map[string]string
	Texts   []goldenText
}

type goldenText struct {
	Text string  `json:"text"`
	IDs  []int32 `json:"ids"`
}

func readGoldens(t testing.TB) map[string]*ggufGolden {
	t.Helper()
	raw, err := os.ReadFile("testdata/gguf/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]*ggufGolden
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func ggufPath(name string) string { return filepath.Join("testdata", "gguf", name+".gguf") }

func mustOpen(t testing.TB, path string) *Model {
	t.Helper()
	m, err := OpenModel(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

// eachGolden runs a subtest for each file, in the order of their names.
func eachGolden(t *testing.T, test func(t *testing.T, m *Model, want *ggufGolden)) {
	goldens := readGoldens(t)
	for _, name := range slices.Sorted(maps.Keys(goldens)) {
		t.Run(name, func(t *testing.T) { test(t, mustOpen(t, ggufPath(name)), goldens[name]) })
	}
}

// sumFloats is the SHA-256 of x as little-endian float32.
func sumFloats(t testing.TB, x []float32) string {
	t.Helper()
	sum := sha256.New()
	if err := safetensors.WriteFloat32(sum, safetensors.F32, x); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// TestGGUFTensors: under Hugging Face's names are the bits of the state dict that the
// file was made from.
func TestGGUFTensors(t *testing.T) {
	eachGolden(t, func(t *testing.T, m *Model, want *ggufGolden) {
		if got := len(m.Tensors()); got != len(want.Tensors) {
			t.Errorf("%d tensors, want %d", got, len(want.Tensors))
		}
		for _, info := range m.Tensors() {
			x, shape, err := m.Float32(info.Name)
			if err != nil || !slices.Equal(shape, info.Shape) {
				t.Fatalf("%s: shape %v, listed as %v, %v", info.Name, shape, info.Shape, err)
			}
			if sumFloats(t, x) != want.Tensors[info.Name] {
				t.Errorf("%s of shape %v differs", info.Name, shape)
			}
		}
	})
}

// TestGGUFConfig: every field of config.json is there, and the model package finds
// all tensors that it implies in the file, and no other ones.
func TestGGUFConfig(t *testing.T) {
	eachGolden(t, func(t *testing.T, m *Model, want *ggufGolden) {
		var got map[string]any
		if err := json.Unmarshal(m.Files["config.json"], &got); err != nil {
			t.Fatal(err)
		}
		for _, field := range slices.Sorted(maps.Keys(want.Config)) {
			if !reflect.DeepEqual(got[field], want.Config[field]) {
				t.Errorf("%s is %v, want %v", field, got[field], want.Config[field])
			}
			delete(got, field)
		}
		delete(got, "architectures")
		delete(got, "torch_dtype")
		if len(got) > 0 {
			t.Errorf("further fields: %v", got)
		}
		arch, err := model.ParseArch(m.Files["config.json"])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := model.PolicyFromTensors(arch, m.Float32); err != nil {
			t.Error(err)
		}
		n := 0
		for _, w := range arch.Weights() {
			n += max(1, len(w.Parts))
		}
		if n != len(m.Tensors()) {
			t.Errorf("the config implies %d tensors, the file has %d", n, len(m.Tensors()))
		}
	})
}

// TestGGUFTokenizer: the tokenizer.json that is made gives the ids of the tokenizer
// that the metadata were taken from.
func TestGGUFTokenizer(t *testing.T) {
	eachGolden(t, func(t *testing.T, m *Model, want *ggufGolden) {
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
	})
}

// TestRustLoadsGGUFTokenizer: the Rust library loads the tokenizer.json and gives the
// same ids.
func TestRustLoadsGGUFTokenizer(t *testing.T) {
	python := os.Getenv("RLVR_PEER_PYTHON")
	if python == "" {
		t.Skip("set RLVR_PEER_PYTHON to a Python with tokenizers to load what is made of GGUF metadata")
	}
	const script = `
import json, sys
from tokenizers import Tokenizer
job = json.load(sys.stdin)
tok = Tokenizer.from_str(job["tokenizer"])
print(json.dumps([{"text": t["text"], "ids": tok.encode(t["text"]).ids} for t in job["texts"]]))
`
	eachGolden(t, func(t *testing.T, m *Model, want *ggufGolden) {
		job, err := json.Marshal(map[string]any{"tokenizer": string(m.Files["tokenizer.json"]), "texts": want.Texts})
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(python, "-c", script)
		cmd.Stdin, cmd.Stderr = bytes.NewReader(job), os.Stderr
		raw, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		var got []goldenText
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatal(err)
		}
		for i, c := range want.Texts {
			if !slices.Equal(got[i].IDs, c.IDs) {
				t.Errorf("%q: ids %v, want %v", c.Text, got[i].IDs, c.IDs)
			}
		}
	})
}
