package trainer

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/checkpoints"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/model/device"
	"github.com/rlvr-go/rlvr/sampler"
	"github.com/rlvr-go/rlvr/tokenize"
	"github.com/rlvr-go/rlvr/trainer/runlog"
	"github.com/rlvr-go/rlvr/verifier"
	"github.com/rlvr-go/rlvr/verifier/tasks"
)

// This file makes the smallest runs that train: one-digit addition with a decoder
// of two thousand weights.

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func openDevice(t testing.TB, name string) *device.Device {
	t.Helper()
	if name == "xla:cpu" {
		if path, why := device.FindPlugin("cpu"); path == "" {
			t.Skip(why + ": make xla-cpu installs it")
		}
	}
	dev, err := device.Open(name, quiet())
	if err != nil {
		t.Fatal(err)
	}
	return dev
}

// onBackends runs a test on the pure-Go backend, and on XLA where its plugin is
// found.
func onBackends(t *testing.T, run func(t *testing.T, dev *device.Device)) {
	for _, name := range []string{"go", "xla:cpu"} {
		t.Run(name, func(t *testing.T) { run(t, openDevice(t, name)) })
	}
}

func kitTokenizer(t testing.TB) tokenize.Tokenizer {
	t.Helper()
	tok, err := tokenize.New(tokenize.Options{Chars: "0123456789+="})
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func kitArch() *model.Arch {
	return &model.Arch{
		ModelType: "qwen3", VocabSize: 14, HiddenSize: 16, IntermediateSize: 32, NumHiddenLayers: 1,
		NumAttentionHeads: 2, NumKeyValueHeads: 1, HeadDim: 8, MaxPositionEmbeddings: 64,
		TieWordEmbeddings: true, InitializerRange: 0.3,
	}
}

func kitPolicy(t testing.TB, arch *model.Arch) *model.Policy {
	t.Helper()
	p, err := model.NewPolicy(arch, 7)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// kitStage is a stage of a few steps: 4 prompts, completions of up to 4 tokens in
// groups of 4.
func kitStage(name, algorithm string, steps int) StageOptions {
	o := DefaultStage()
	o.Name, o.Steps, o.NumPromptsPerStep, o.EvalSteps = name, steps, 4, 0
	o.Algorithm = algos.Options{Name: algorithm}
	o.Rollout = sampler.Options{NumGenerations: 4, Temperature: 1, TopP: 1, MaxCompletionLength: 4, ChunkTokens: 4, MaxRows: 64}
	o.Optim.LearningRate = 1e-2
	return o
}

// kitSetup is a run of stages that reports to a new recorder and saves every step
// to a folder of the test's.
func kitSetup(t testing.TB, dev *device.Device, stages ...StageOptions) (Setup, *recorder) {
	t.Helper()
	task, err := tasks.New("addition", map[string]any{"max_operand": 9, "validation_size": 10, "test_size": 20})
	if err != nil {
		t.Fatal(err)
	}
	rec := &recorder{}
	dir := t.TempDir()
	s := Setup{
		Device: dev, Policy: kitPolicy(t, kitArch()), Tokenizer: kitTokenizer(t),
		Stages: stages, Eval: DefaultEval(),
		Checkpoint: checkpoints.Options{SaveSteps: 1}, Logging: runlog.DefaultOptions(), Seed: 1,
		CheckpointDir: filepath.Join(dir, "checkpoints"), BadBatchDir: filepath.Join(dir, "bad_batch"),
		Report: rec, Log: quiet(),
	}
	for name, into := range map[string]*[]data.Example{tasks.Train: &s.Train, tasks.Validation: &s.Validation, tasks.Test: &s.Test} {
		if *into, err = task.Split(name); err != nil {
			t.Fatal(err)
		}
	}
	s.Eval.MaxCompletionLength = 4
	v, err := verifier.New("exact", nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Rewards = verifier.RewardsOf(v, 0, time.Minute, 0.1)
	for i := range stages {
		if err := stages[i].Validate(); err != nil {
			t.Fatal(err)
		}
	}
	return s, rec
}

// newTrainer makes a trainer of a setup, or fails the test.
func newTrainer(t testing.TB, s Setup) *Trainer {
	t.Helper()
	tr, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// runAll makes the whole run, or fails the test.
func runAll(t testing.TB, s Setup) *Trainer {
	t.Helper()
	tr := newTrainer(t, s)
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	return tr
}

// verify is a verifier made of a function.
type verify func(ex *data.Example, completion string) data.Verdict

func (verify) Name() string { return "test" }

func (f verify) Verify(_ context.Context, ex *data.Example, completion string) data.Verdict {
	return f(ex, completion)
}

// judgeBy replaces a setup's rewards.
func (f verify) judgeBy(s *Setup) { s.Rewards = verifier.RewardsOf(f, 0, time.Minute, 0.1) }

// evenStart accepts what begins with an even digit: a random policy's completions
// about one time in three, so that every step has something to learn.
func evenStart(_ *data.Example, completion string) data.Verdict {
	if completion != "" && strings.Contains("02468", completion[:1]) {
		return data.Verdict{Kind: data.Correct, Score: 1}
	}
	return data.Verdict{}
}

// evalReport is an evaluation that a recorder was told of.
type evalReport struct {
	step   int
	after  string
	values map[string]float64
}

// recorder is a Reporter that remembers. onStep and onSync, where set, are called
// with what comes and may end the run.
type recorder struct {
	stages  []runlog.Stage
	steps   []runlog.Record
	samples []runlog.Sample
	evals   []evalReport
	syncs   int
	onStep  func(r runlog.Record) error
	onSync  func() error
}

func (r *recorder) Stage(s runlog.Stage) { r.stages = append(r.stages, s) }

func (r *recorder) Step(rec runlog.Record) error {
	rec.Values = maps.Clone(rec.Values)
	r.steps = append(r.steps, rec)
	if r.onStep != nil {
		return r.onStep(rec)
	}
	return nil
}

func (r *recorder) Samples(_ int, s []runlog.Sample) error {
	r.samples = append(r.samples, s...)
	return nil
}

func (r *recorder) Eval(step int, after string, values map[string]float64) error {
	r.evals = append(r.evals, evalReport{step, after, maps.Clone(values)})
	return nil
}

func (r *recorder) Sync() error {
	r.syncs++
	if r.onSync != nil {
		return r.onSync()
	}
	return nil
}

// values are one metric of each step that has it.
func (r *recorder) values(name string) []float64 {
	var out []float64
	for i := range r.steps {
		if v, ok := r.steps[i].Values[name]; ok {
			out = append(out, v)
		}
	}
	return out
}

// hostWeights copies a policy's weights.
func hostWeights(t testing.TB, dev *device.Device, p *model.Policy) [][]float32 {
	t.Helper()
	return hostTensors(t, dev, p.Weights)
}

func hostTensors(t testing.TB, dev *device.Device, tensors []*device.Tensor) [][]float32 {
	t.Helper()
	out := make([][]float32, len(tensors))
	for i, x := range tensors {
		values, err := device.Values[float32](dev, x)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = values
	}
	return out
}

// sameBits reports whether two lists of tensors are equal bit for bit.
func sameBits(a, b [][]float32) bool {
	return slices.EqualFunc(a, b, func(x, y []float32) bool {
		return slices.EqualFunc(x, y, func(u, v float32) bool { return math.Float32bits(u) == math.Float32bits(v) })
	})
}
