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
	"strconv"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/model/device"
)

// transformersTolerance bounds the difference of logits in float32. They are up to 6
// here and differ by 3e-6 at most; an ignored rms_norm_eps moves them by 9e-4, an
// ignored rope_theta by 4e-2.
const transformersTolerance = 1e-4

// transformersScript reads {"folders": [...], "prompts": [...], "max_new_tokens": n}
// and prints what transformers makes of each folder.
const transformersScript = `
import json, sys, torch
from transformers import AutoModelForCausalLM, AutoTokenizer
job = json.load(sys.stdin)
out = []
for folder in job["folders"]:
    model, info = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True)
    tok = AutoTokenizer.from_pretrained(folder)
    g = model.generation_config
    peer = {"class": type(model).__name__, "dtype": str(model.dtype), "faults": {k: sorted(map(str, v)) for k, v in info.items() if v},
            "eos": g.eos_token_id, "pad": g.pad_token_id, "prompts": []}
    for text in job["prompts"]:
        ids = tok(text, return_tensors="pt")
        with torch.inference_mode():
            logits = model(**ids).logits[0]
            new = model.generate(**ids, do_sample=False, max_new_tokens=job["max_new_tokens"])
        new = new[0, ids.input_ids.shape[1]:]
        peer["prompts"].append({"ids": ids.input_ids[0].tolist(), "logits": logits.flatten().tolist(),
                                "completion": tok.decode(new, skip_special_tokens=True)})
    out.append(peer)
json.dump(out, sys.stdout)
`

// transformersPeer is what the script prints of a folder.
type transformersPeer struct {
	Class   string
	DType   string
	Faults  map[string][]string
	EOS     []int32
	Pad     int32
	Prompts []struct {
		IDs        []int32
		Logits     []float32
		Completion string
	}
}

// TestTransformersLoadsCheckpoints trains the quickstart and a model of each family
// for some steps and lets transformers load what was saved, as it is: weights,
// config, generation config and tokenizer. The small models' configs differ from
// transformers' defaults, so that a field not written or not read is seen.
func TestTransformersLoadsCheckpoints(t *testing.T) {
	python := os.Getenv("RLVR_PEER_PYTHON")
	if python == "" {
		t.Skip("set RLVR_PEER_PYTHON to a Python with torch and transformers (bench/peers/requirements.txt) to load checkpoints with them")
	}
	tiny, odd := filepath.Join("testdata", "tiny.yaml"), []string{"initializer_range=0.3", "rope_theta=500", "rms_norm_eps=1e-4"}
	cases := []struct {
		name, class, config string
		model               []string
	}{
		{"quickstart", "Qwen3ForCausalLM", filepath.Join("..", "..", "configs", "quickstart.yaml"), nil},
		{"qwen3", "Qwen3ForCausalLM", tiny, odd},
		{"qwen3 untied", "Qwen3ForCausalLM", tiny, append([]string{"tie_word_embeddings=false", "num_hidden_layers=2"}, odd...)},
		{"qwen2", "Qwen2ForCausalLM", tiny, append([]string{"model_type=qwen2"}, odd...)},
		{"llama", "LlamaForCausalLM", tiny, append([]string{"model_type=llama", "attention_bias=true"}, odd...)},
	}
	prompts := []string{"1+2=", "7+5=12", "9+0", "3+3=6=0+1+2+4+5"}
	const maxNew = 6
	var folders []string
	for _, c := range cases {
		folders = append(folders, trainBriefly(t, c.config, c.model))
	}
	dev, err := device.Open("go", newLogger(t.Output()))
	if err != nil {
		t.Fatal(err)
	}
	for i, peer := range askTransformers(t, python, folders, prompts, maxNew) {
		t.Run(cases[i].name, func(t *testing.T) {
			if peer.Class != cases[i].class || peer.DType != "torch.float32" || len(peer.Faults) > 0 {
				t.Errorf("loaded as %s of %s, with %v", peer.Class, peer.DType, peer.Faults)
			}
			isTheSameModel(t, dev, folders[i], prompts, &peer)
			if got := greedy(t, folders[i], prompts, maxNew); !slices.Equal(got, completions(&peer)) {
				t.Errorf("greedy completions %q, transformers' %q", got, completions(&peer))
			}
		})
	}
}

// trainBriefly trains a config's model, with fields of model.config set, and returns
// the last checkpoint.
func trainBriefly(t *testing.T, config string, model []string) string {
	t.Helper()
	dir := t.TempDir()
	args := []string{"train", config, "--backend", "go"}
	for _, s := range []string{
		"output_dir=" + dir, "checkpoint.save_steps=0", "eval.max_examples=8",
		"stages.0.steps=40", // enough for completions that end
		"stages.1.steps=2",
	} {
		args = append(args, "--set", s)
	}
	for _, s := range model {
		args = append(args, "--set", "model.config."+s)
	}
	runs(t, args)
	found, err := filepath.Glob(filepath.Join(dir, "checkpoints", "step-*"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no checkpoint in %s: %v", dir, err)
	}
	return found[len(found)-1]
}

// runs executes a command line, which must succeed, and returns what it printed.
func runs(t *testing.T, args []string) string {
	t.Helper()
	var out, errOut bytes.Buffer
	if code := run(args, strings.NewReader(""), &out, &errOut); code != exitDone {
		t.Fatalf("rlvr %s: exit code %d\n%s%s", strings.Join(args, " "), code, &out, &errOut)
	}
	return out.String()
}

func askTransformers(t *testing.T, python string, folders, prompts []string, maxNew int) []transformersPeer {
	t.Helper()
	job, err := json.Marshal(map[string]any{"folders": folders, "prompts": prompts, "max_new_tokens": maxNew})
	if err != nil {
		t.Fatal(err)
	}
	var out, errOut bytes.Buffer
	c := exec.Command(python, "-c", transformersScript)
	c.Env = append(os.Environ(), "HF_HUB_OFFLINE=1")
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(job), &out, &errOut
	if err := c.Run(); err != nil {
		t.Fatalf("%v\n%s", err, &errOut)
	}
	var peers []transformersPeer
	if err := json.Unmarshal(out.Bytes(), &peers); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	return peers
}

// isTheSameModel compares ids, logits and the ids that end and pad.
func isTheSameModel(t *testing.T, dev *device.Device, folder string, prompts []string, peer *transformersPeer) {
	t.Helper()
	m, err := loadModel(t.Context(), folder, dev, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(peer.EOS, m.tokenizer.EOS()) || peer.Pad != m.tokenizer.PadID() {
		t.Errorf("generation ends with %v and pads with %d, want %v and %d", peer.EOS, peer.Pad, m.tokenizer.EOS(), m.tokenizer.PadID())
	}
	for i, text := range prompts {
		ids, err := m.tokenizer.Encode(text)
		if err != nil {
			t.Fatal(err)
		}
		theirs := &peer.Prompts[i]
		if !slices.Equal(ids, theirs.IDs) {
			t.Errorf("%q: ids %v, transformers' %v", text, ids, theirs.IDs)
			continue
		}
		ours := logits(t, dev, m.policy, ids)
		if len(ours) != len(theirs.Logits) {
			t.Fatalf("%q: %d logits, transformers has %d", text, len(ours), len(theirs.Logits))
		}
		worst, largest := 0.0, 0.0
		for j := range ours {
			// math.Max keeps NaN, a comparison would drop it.
			worst = math.Max(worst, math.Abs(float64(ours[j])-float64(theirs.Logits[j])))
			largest = math.Max(largest, math.Abs(float64(ours[j])))
		}
		if !(worst <= transformersTolerance) {
			t.Errorf("%q: logits differ by %g, tolerance %g", text, worst, transformersTolerance)
		}
		t.Logf("%q: logits up to %.1f differ by %.1e", text, largest, worst)
	}
}

// logits are those of each position of a sequence, [n, V].
func logits(t *testing.T, dev *device.Device, p *model.Policy, ids []int32) []float32 {
	t.Helper()
	forward := dev.NewExec("logits", func(in []*graph.Node) []*graph.Node {
		last := len(in) - 1
		tokens, d := in[last], p.Arch.BindGraph(in[:last])
		rotary := p.Arch.RotaryGraph(model.PositionsGraph(tokens), len(ids))
		hidden := d.HiddenGraph(tokens, rotary, model.CausalGraph(tokens))
		return []*graph.Node{d.LogitsGraph(graph.Reshape(hidden, len(ids), p.Arch.HiddenSize))}
	})
	out, err := forward.Call(device.Args(p.Weights, device.Array(ids, 1, len(ids)))...)
	if err != nil {
		t.Fatal(err)
	}
	values, err := device.Values[float32](dev, out[0])
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// greedy are the completions of rlvr sample.
func greedy(t *testing.T, folder string, prompts []string, maxNew int) []string {
	t.Helper()
	args := []string{"sample", "--model", folder, "--backend", "go", "--json", "--max-tokens", strconv.Itoa(maxNew)}
	for _, p := range prompts {
		args = append(args, "--prompt", p)
	}
	var out []string
	for line := range strings.Lines(runs(t, args)) {
		var s struct{ Completion string }
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		out = append(out, s.Completion)
	}
	return out
}

func completions(peer *transformersPeer) []string {
	var out []string
	for i := range peer.Prompts {
		out = append(out, peer.Prompts[i].Completion)
	}
	return out
}
