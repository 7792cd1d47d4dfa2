package sampler

import (
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/model/device"
)

const testEOS = 1

func testArch() *model.Arch {
	return &model.Arch{ModelType: "qwen3", VocabSize: 32, HiddenSize: 32, IntermediateSize: 64, NumHiddenLayers: 2,
		NumAttentionHeads: 4, NumKeyValueHeads: 2, HeadDim: 16, MaxPositionEmbeddings: 512, TieWordEmbeddings: true, InitializerRange: 0.3}
}

func newTestPolicy(a *model.Arch) (*model.Policy, error) { return model.NewPolicy(a, 7) }

func testPolicy(t testing.TB) *model.Policy {
	t.Helper()
	p, err := newTestPolicy(testArch())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// backends are the devices that tests run on; XLA where its plugin is found.
func backends(t *testing.T, run func(t *testing.T, dev *device.Device)) {
	for _, name := range []string{"go", "xla:cpu"} {
		t.Run(name, func(t *testing.T) { run(t, open(t, name)) })
	}
}

// open opens a device, or skips the test where XLA's plugin is not found.
func open(t testing.TB, name string) *device.Device {
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

type node = graph.Node

// run calls a graph function once and returns its outputs.
func run(t testing.TB, dev *device.Device, fn func(in []*node) []*node, inputs ...any) []*device.Tensor {
	t.Helper()
	out, err := dev.NewExec(t.Name(), fn).Call(device.Args(inputs...)...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// values copies a tensor to the host.
func values[T int32 | uint32 | float32](t testing.TB, dev *device.Device, x *device.Tensor) []T {
	t.Helper()
	v, err := device.Values[T](dev, x)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func testPrompts(n, minLen, maxLen int) []Prompt {
	rng := rand.New(rand.NewPCG(1, 2))
	out := make([]Prompt, n)
	for i := range out {
		tokens := make([]int32, minLen+rng.IntN(maxLen-minLen+1))
		for j := range tokens {
			tokens[j] = int32(2 + rng.IntN(30))
		}
		out[i] = Prompt{ID: uint64(1000 + i), Tokens: tokens}
	}
	return out
}

type resultKey struct{ prompt, sample int }

func sampleAll(t testing.TB, dev *device.Device, p *model.Policy, o Options, prompts []Prompt, stop Stopper) map[resultKey]Result {
	t.Helper()
	s, err := New(dev, p.Arch, o, []int32{testEOS}, stop)
	if err != nil {
		t.Fatal(err)
	}
	return collect(t, s, p, prompts)
}

// collect samples and checks that each completion came once.
func collect(t testing.TB, s *Sampler, p *model.Policy, prompts []Prompt) map[resultKey]Result {
	t.Helper()
	out := map[resultKey]Result{}
	err := s.Sample(context.Background(), p, prompts, Draw{Seed: 3, Step: 5}, func(r Result) {
		k := resultKey{r.Prompt, r.Sample}
		if _, ok := out[k]; ok {
			t.Errorf("completion %v came twice", k)
		}
		out[k] = r
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := len(prompts) * s.opts.NumGenerations; len(out) != want {
		t.Fatalf("%d completions, want %d", len(out), want)
	}
	return out
}
