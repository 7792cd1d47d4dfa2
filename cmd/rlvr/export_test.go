package main

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/rlvr-go/rlvr/model/device"
)

// TestTransformersComputesExports: of each architecture of GGUF files, what rlvr
// computes with the file itself is what transformers computes with the export of it:
// the ids of texts, and the logits. The files' configs have rope scalings, a sliding
// window, biases and experts (checkpoints/testdata/make_gguf.py).
func TestTransformersComputesExports(t *testing.T) {
	python := os.Getenv("RLVR_PEER_PYTHON")
	if python == "" {
		t.Skip("set RLVR_PEER_PYTHON to a Python with torch and transformers (bench/peers/requirements.txt) to load exports with them")
	}
	const script = `
import json, sys, torch
from transformers import AutoModelForCausalLM, AutoTokenizer
job, out = json.load(sys.stdin), []
for folder in job["folders"]:
    model = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager")
    tok = AutoTokenizer.from_pretrained(folder)
    ids = [tok(t)["input_ids"] for t in job["texts"]]
    with torch.inference_mode():
        out.append([{"ids": i, "logits": model(torch.tensor([i])).logits.flatten().tolist()} for i in ids])
json.dump(out, sys.stdout)
`
	texts := []string{"the cat sat", " 12 plus 34 is 46, they're sure\n\n1. one", longText()}
	var names, folders []string
	for _, name := range []string{"llama3", "mistral", "qwen2", "qwen3", "qwen3moe"} {
		names = append(names, filepath.Join("..", "..", "checkpoints", "testdata", "gguf", name+".gguf"))
		folders = append(folders, filepath.Join(t.TempDir(), "out"))
		runs(t, []string{"export", names[len(names)-1], "--out", folders[len(folders)-1]})
	}
	in, err := json.Marshal(map[string]any{"folders": folders, "texts": texts})
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(python, "-c", script)
	c.Env = append(os.Environ(), "HF_HUB_OFFLINE=1")
	var errOut bytes.Buffer
	c.Stdin, c.Stderr = bytes.NewReader(in), &errOut
	raw, err := c.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &errOut)
	}
	var peers [][]struct {
		IDs    []int32
		Logits []float32
	}
	if err := json.Unmarshal(raw, &peers); err != nil {
		t.Fatal(err)
	}
	dev, err := device.Open("go", newLogger(t.Output()))
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			m, err := loadModel(t.Context(), name, dev, io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			for j, text := range texts {
				ids, err := m.tokenizer.EncodePrompt(text)
				theirs := &peers[i][j]
				if err != nil || !slices.Equal(ids, theirs.IDs) {
					t.Fatalf("%q: ids %v (%v), transformers' %v", text, ids, err, theirs.IDs)
				}
				worst, largest := 0.0, 0.0
				for k, x := range logits(t, dev, m.policy, ids) {
					worst = math.Max(worst, math.Abs(float64(x)-float64(theirs.Logits[k])))
					largest = math.Max(largest, math.Abs(float64(x)))
				}
				t.Logf("%d tokens: logits up to %.1f differ by %.1e", len(ids), largest, worst)
				if !(worst <= transformersTolerance) {
					t.Errorf("%q: logits differ by %g, tolerance %g", text, worst, transformersTolerance)
				}
			}
		})
	}
}

// longText is longer than the sliding window of the files and their yarn scaling's
// original length.
func longText() string {
	return string(bytes.Repeat([]byte("that thing on the mat, "), 20))
}
