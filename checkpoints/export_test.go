package checkpoints

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/checkpoints/safetensors"
)

// mustExport exports to a new folder and opens it.
func mustExport(t testing.TB, m *Model, o ExportOptions) (*Model, *Exported) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "models", "out")
	done, err := export(context.Background(), hastyDisk{}, m, folder, o)
	if err != nil {
		t.Fatal(err)
	}
	wantOnly(t, filepath.Dir(folder), "out")
	return mustOpen(t, folder), done
}

// wantOnly demands that a folder holds these names.
func wantOnly(t testing.TB, folder string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, names) {
		t.Errorf("%s holds %v, want %v", folder, got, names)
	}
}

// TestExportAsStored: without a dtype everything is as it was, byte for byte, and
// nothing of the trainer's is there.
func TestExportAsStored(t *testing.T) {
	for _, limit := range []int64{0, 6} {
		dir := t.TempDir()
		mustSave(t, dir, 0, 3)
		m, done := mustExport(t, mustOpen(t, Folder(dir, 3)), ExportOptions{MaxShardBytes: limit})
		wantTensors(t, m, sample(3).Model)
		if diff := cmp.Diff(sample(3).Files, m.Files); diff != "" {
			t.Error(diff)
		}
		want := &Exported{Tensors: 2, Files: 1, Bytes: 22}
		names := []string{"config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}
		if limit > 0 {
			want.Files = 2
			names = slices.Replace(names, 2, 3, "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json")
		}
		if diff := cmp.Diff(want, done); diff != "" {
			t.Error(diff)
		}
		wantOnly(t, m.Path, names...)
	}
}

// oddModel is a folder with a tensor of each dtype that is read.
func oddModel(t testing.TB, config string) *Model {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "config.json"), config)
	writeFile(t, filepath.Join(dir, "chat_template.jinja"), "{{ messages }}")
	writeFile(t, filepath.Join(dir, "tokenizer.model"), "\x00\xff")
	writeFile(t, filepath.Join(dir, "notes.txt"), "not a model's file")
	f64 := math.Float64bits(1.0 / 3)
	writeTensors(t, filepath.Join(dir, "model.safetensors"),
		Tensor{Name: "f64", DType: safetensors.F64, Shape: []int{1}, Data: []byte{byte(f64), byte(f64 >> 8), byte(f64 >> 16), byte(f64 >> 24), byte(f64 >> 32), byte(f64 >> 40), byte(f64 >> 48), byte(f64 >> 56)}},
		Tensor{Name: "f32", DType: safetensors.F32, Shape: []int{1}, Data: []byte{0x00, 0x80, 0x80, 0x3f}}, // 1 + 2^-8, half way between two bfloat16
		Tensor{Name: "bf16", DType: safetensors.BF16, Shape: []int{2}, Data: []byte{0x80, 0x3f, 0x81, 0x7f}},
		Tensor{Name: "f16", DType: safetensors.F16, Shape: []int{2}, Data: []byte{0x01, 0x00, 0xff, 0x7b}})
	return mustOpen(t, dir)
}

// TestExportDType rounds every tensor, says so in config.json, and keeps the rest.
func TestExportDType(t *testing.T) {
	const config = "{\n  \"a\": 1,\n  \"torch_dtype\": \"float64\"\n}\n"
	for _, c := range []struct {
		dtype, stored string
		want          map[string][]float32
	}{
		{"float32", "F32", map[string][]float32{"f64": {1.0 / 3}, "f32": {1 + 1.0/256}, "f16": {0x1p-24, 65504}}},
		{"bfloat16", "BF16", map[string][]float32{"f64": {0.333984375}, "f32": {1}, "f16": {0x1p-24, 65536}}},
		{"float16", "F16", map[string][]float32{"f64": {0.333251953125}, "f32": {1 + 1.0/256}, "f16": {0x1p-24, 65504}}},
	} {
		m, _ := mustExport(t, oddModel(t, config), ExportOptions{DType: c.dtype})
		for _, info := range m.Tensors() {
			if info.DType != c.stored {
				t.Errorf("%s: %s is %s", c.dtype, info.Name, info.DType)
			}
		}
		for name, want := range c.want {
			if got, _, err := m.Float32(name); err != nil || !slices.Equal(got, want) {
				t.Errorf("%s: %s is %v (%v), want %v", c.dtype, name, got, err, want)
			}
		}
		if got := string(m.Files["config.json"]); got != strings.Replace(config, "float64", c.dtype, 1) {
			t.Errorf("%s: config.json is %s", c.dtype, got)
		}
		wantOnly(t, m.Path, "chat_template.jinja", "config.json", "model.safetensors", "tokenizer.model")
	}
}

// TestExportTwice: exporting what was exported gives the same weights file, in each
// dtype.
func TestExportTwice(t *testing.T) {
	for _, dtype := range ExportTypes() {
		once, _ := mustExport(t, oddModel(t, `{"dtype": null}`), ExportOptions{DType: dtype})
		twice, _ := mustExport(t, once, ExportOptions{DType: dtype})
		stored, _ := mustExport(t, once, ExportOptions{})
		if a, b, c := contents(t, once.Path), contents(t, twice.Path), contents(t, stored.Path); cmp.Diff(a, b) != "" || cmp.Diff(a, c) != "" {
			t.Errorf("%s: differs\n%s\n%s", dtype, cmp.Diff(a, b), cmp.Diff(a, c))
		}
	}
}

func TestSetDType(t *testing.T) {
	for _, c := range []struct{ config, want string }{
		{`{"dtype": "float32", "x": {"dtype": "y"}}`, `{"dtype": "float16", "x": {"dtype": "y"}}`},
		{"{\"torch_dtype\":null}\n", "{\"torch_dtype\":\"float16\"}\n"},
		{`{"a": [1, {"torch_dtype": 3}], "b": 2 }`, `{"a": [1, {"torch_dtype": 3}], "b": 2, "torch_dtype": "float16" }`},
		{"{\n  \"a\": 1\n}\n", "{\n  \"a\": 1,\n  \"torch_dtype\": \"float16\"\n}\n"},
		{"{\"dtype\": \"a\", \"torch_dtype\": \"b\"}", "{\"dtype\": \"float16\", \"torch_dtype\": \"float16\"}"},
	} {
		got, err := exportedConfig([]byte(c.config), "float16")
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %s, %v, want %s", c.config, got, err, c.want)
		}
	}
	for _, bad := range []string{"", "[]", "{", `{"a" 1}`, "{}", `{"rope_scaling": 3}`, `{"rope_parameters": {"rope_type": "explicit"}}`} {
		if got, err := exportedConfig([]byte(bad), "float16"); err == nil {
			t.Errorf("%s: became %s", bad, got)
		}
	}
}

// TestExportRefuses before it writes anything.
func TestExportRefuses(t *testing.T) {
	m := oddModel(t, `{"a": 1}`)
	parent := t.TempDir()
	if err := os.Mkdir(filepath.Join(parent, "there"), 0o755); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(parent, "file"), "")
	for _, c := range []struct {
		folder, dtype, want string
	}{
		{"there", "", "there: exists already"},
		{"file", "", "file: exists already"},
		{"new", "int8", `dtype is "int8", allowed: bfloat16, float16, float32`},
	} {
		_, err := Export(context.Background(), m, filepath.Join(parent, c.folder), ExportOptions{DType: c.dtype})
		if err == nil || !strings.Contains(err.Error(), c.want) || c.dtype == "" && !errors.Is(err, ErrExists) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
	explicit := mustOpen(t, ggufPath("llama_sentencepiece"))
	if _, err := Export(context.Background(), explicit, filepath.Join(parent, "new"), ExportOptions{}); !errors.Is(err, ErrNotExportable) {
		t.Errorf("explicit divisors: %v", err)
	}
	wantOnly(t, parent, "file", "there")
}

// TestExportFails: an error of the disk at any moment leaves nothing.
func TestExportFails(t *testing.T) {
	m := oddModel(t, `{"a": 1}`)
	for k := 1; ; k++ {
		parent := t.TempDir()
		d := &faultyDisk{operations: k, bytes: -1}
		_, err := export(context.Background(), d, m, filepath.Join(parent, "out"), ExportOptions{DType: "float32", MaxShardBytes: 8})
		if d.operations > 0 { // it came to its end first
			if err != nil || k < 10 {
				t.Fatalf("operation %d: %v", k, err)
			}
			return
		}
		if err == nil || !strings.Contains(err.Error(), "input/output error") {
			t.Fatalf("operation %d: got %v", k, err)
		}
		if entries, err := os.ReadDir(parent); err != nil || len(entries) > 1 || len(entries) == 1 && entries[0].Name() != "out" {
			t.Errorf("operation %d: left %v, %v", k, entries, err)
		}
	}
}

// TestExportWrongDType: integers are no weights; nothing is left.
func TestExportWrongDType(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "config.json"), `{"a": 1}`)
	writeTensors(t, filepath.Join(dir, "model.safetensors"), Tensor{Name: "ids", DType: safetensors.I64, Shape: []int{1}, Data: make([]byte, 8)})
	m := mustOpen(t, dir)
	parent := t.TempDir()
	_, err := Export(context.Background(), m, filepath.Join(parent, "out"), ExportOptions{DType: "float32"})
	if err == nil || !strings.Contains(err.Error(), `tensor "ids": dtype I64`) {
		t.Errorf("got %v", err)
	}
	wantOnly(t, parent)
}

// TestExportGGUF: the folder has the same files and values as the GGUF file
// presents, and half precision keeps what was stored in it.
func TestExportGGUF(t *testing.T) {
	for _, name := range []string{"llama3", "mistral", "qwen2", "qwen3", "qwen3moe"} {
		want := readGoldens(t)[name]
		for _, dtype := range []string{"", "float32", "float16"} { // the goldens' values fit float16
			m, _ := mustExport(t, mustOpen(t, ggufPath(name)), ExportOptions{DType: dtype, MaxShardBytes: 9000})
			if len(m.Tensors()) != len(want.Tensors) {
				t.Errorf("%s: %d tensors, want %d", name, len(m.Tensors()), len(want.Tensors))
			}
			for _, info := range m.Tensors() {
				if x, _, err := m.Float32(info.Name); err != nil || sumFloats(t, x) != want.Tensors[info.Name] {
					t.Errorf("%s, %q: %s differs (%v)", name, dtype, info.Name, err)
				}
			}
		}
	}
}

// TestTransformersLoadsExports: AutoModelForCausalLM and AutoTokenizer load an export
// as it is. From the weights of a GGUF file and from a second export in shards come
// the same logits and ids; the ids are also those of the goldens.
func TestTransformersLoadsExports(t *testing.T) {
	python := os.Getenv("RLVR_PEER_PYTHON")
	if python == "" {
		t.Skip("set RLVR_PEER_PYTHON to a Python with torch and transformers to load exports with them")
	}
	names := []string{"llama3", "mistral", "qwen2", "qwen3", "qwen3moe"}
	goldens := readGoldens(t)
	var folders [][]string
	for _, name := range names {
		first, _ := mustExport(t, mustOpen(t, ggufPath(name)), ExportOptions{})
		half, _ := mustExport(t, first, ExportOptions{DType: "float16", MaxShardBytes: 9000})
		again, _ := mustExport(t, half, ExportOptions{DType: "float32", MaxShardBytes: 20000})
		folders = append(folders, []string{first.Path, again.Path})
	}
	const script = `
import json, sys, torch
from transformers import AutoModelForCausalLM, AutoTokenizer
out = []
for group in json.load(sys.stdin):
    peers = []
    for folder in group["folders"]:
        model, info = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True)
        tok = AutoTokenizer.from_pretrained(folder)
        ids = [tok(t["text"])["input_ids"] for t in group["texts"]]
        with torch.inference_mode():
            logits = [model(torch.tensor([i])).logits.flatten().tolist() for i in ids if i]
        peers.append({"faults": {k: sorted(map(str, v)) for k, v in info.items() if v}, "dtype": str(model.dtype), "ids": ids, "logits": logits})
    out.append(peers)
json.dump(out, sys.stdout)
`
	var job []map[string]any
	for i, name := range names {
		job = append(job, map[string]any{"folders": folders[i], "texts": goldens[name].Texts})
	}
	in, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", script)
	cmd.Env = append(os.Environ(), "HF_HUB_OFFLINE=1")
	var errOut bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), &errOut
	raw, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &errOut)
	}
	var got [][]struct {
		Faults map[string][]string
		DType  string
		IDs    [][]int32
		Logits [][]float32
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		a, b := got[i][0], got[i][1]
		if len(a.Faults) > 0 || len(b.Faults) > 0 || a.DType != "torch.float32" || b.DType != "torch.float32" {
			t.Errorf("%s: loaded as %s and %s, with %v and %v", name, a.DType, b.DType, a.Faults, b.Faults)
		}
		for j, text := range goldens[name].Texts {
			if !slices.Equal(a.IDs[j], text.IDs) || !slices.Equal(b.IDs[j], text.IDs) {
				t.Errorf("%s: %q: ids %v and %v, want %v", name, text.Text, a.IDs[j], b.IDs[j], text.IDs)
			}
		}
		if diff := cmp.Diff(a.Logits, b.Logits); diff != "" || len(a.Logits) < 10 {
			t.Errorf("%s: logits of %d texts differ:\n%s", name, len(a.Logits), diff)
		}
	}
}
