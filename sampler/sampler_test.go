package sampler

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/model/device"
)

const testEOS = 1

func testArch() *model.Arch {
	return &model.Arch{ModelType: "qwen3", VocabSize: 32, HiddenSize: 32, IntermediateSize: 64, NumHiddenLayers: 2,
		NumAttentionHeads: 4, NumKeyValueHeads: 2, HeadDim: 16, MaxPositionEmbeddings: 512, TieWordEmbeddings: true, InitializerRange: 0.3}
}

func testPolicy(t testing.TB) *model.Policy {
	t.Helper()
	p, err := model.NewPolicy(testArch(), 7)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// backends are the devices that tests run on; XLA where its plugin is found.
func backends(t testing.TB, run func(t *testing.T, dev *device.Device)) {
	tt := t.(*testing.T)
	for _, name := range []string{"go", "xla:cpu"} {
		tt.Run(name, func(t *testing.T) {
			if name == "xla:cpu" {
				if path, why := device.FindPlugin("cpu"); path == "" {
					t.Skip(why + ": make xla-cpu installs it")
				}
			}
			dev, err := device.Open(name, quiet())
			if err != nil {
				t.Fatal(err)
			}
			run(t, dev)
		})
	}
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

func sampleAll(t *testing.T, dev *device.Device, p *model.Policy, o Options, prompts []Prompt, stop Stopper) map[resultKey]Result {
	t.Helper()
	s, err := New(dev, p.Arch, o, []int32{testEOS}, stop)
	if err != nil {
		t.Fatal(err)
	}
	out := map[resultKey]Result{}
	err = s.Sample(context.Background(), p, prompts, Draw{Seed: 3, Step: 5}, func(r Result) {
		k := resultKey{r.Prompt, r.Sample}
		if _, ok := out[k]; ok {
			t.Errorf("completion %v came twice", k)
		}
		out[k] = r
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := len(prompts) * o.NumGenerations; len(out) != want {
		t.Fatalf("%d completions, want %d", len(out), want)
	}
	return out
}

// logProbTolerance is the float32 rounding of a log-softmax over 32 logits, with two
// layers of different summation order below.
const logProbTolerance = 2e-5

// TestLogProbsAreTheTrainers compares the sampler's log-probabilities with one full
// forward pass over prompt and completion.
func TestLogProbsAreTheTrainers(t *testing.T) {
	backends(t, func(t *testing.T, dev *device.Device) {
		p := testPolicy(t)
		o := Options{NumGenerations: 3, Temperature: 0.7, TopP: 1, MaxCompletionLength: 12, ChunkTokens: 4, MaxRows: 16}
		prompts := testPrompts(9, 2, 20)
		forward := dev.NewExec("forward", func(in []*graph.Node) []*graph.Node {
			nw := len(p.Weights)
			tokens, targets, temperature := in[nw], in[nw+1], in[nw+2]
			d := p.Arch.BindGraph(in[:nw])
			h := d.HiddenGraph(tokens, p.Arch.RotaryGraph(model.PositionsGraph(tokens), tokens.Shape().Dim(1)), model.CausalGraph(tokens))
			h = graph.Reshape(h, tokens.Shape().Dim(1), -1)
			return []*graph.Node{model.TokenStatsGraph(d.LogitsGraph(h), targets, temperature).LogProbs}
		})
		for k, r := range sampleAll(t, dev, p, o, prompts, nil) {
			prompt := prompts[k.prompt].Tokens
			all := append(append([]int32{}, prompt...), r.Tokens...)
			tokens, targets := make([]int32, 40), make([]int32, 40)
			copy(tokens, all)
			copy(targets, all[1:])
			out, err := forward.Call(device.Args(p.Weights, device.Array(tokens, 1, 40), device.Array(targets, 40), float32(o.Temperature))...)
			if err != nil {
				t.Fatal(err)
			}
			want, _ := device.Values[float32](dev, out[0])
			for i := range r.Tokens {
				if d := math.Abs(float64(r.LogProbs[i] - want[len(prompt)-1+i])); d > logProbTolerance {
					t.Errorf("completion %v token %d: log-prob %g, forward pass %g", k, i, r.LogProbs[i], want[len(prompt)-1+i])
				}
			}
			ended := r.Tokens[len(r.Tokens)-1] == testEOS
			if ended != (r.Finish == data.FinishEOS) || (!ended && len(r.Tokens) != o.MaxCompletionLength) {
				t.Errorf("completion %v: %d tokens, finish %v", k, len(r.Tokens), r.Finish)
			}
		}
	})
}

// TestCompletionDependsOnNothingElse samples the same prompts alone, together, in
// other orders, chunks, numbers of rows and beside a much longer prompt. On the
// pure-Go backend every bit must agree, below the size at which it changes its
// matrix kernels and above.
func TestCompletionDependsOnNothingElse(t *testing.T) {
	dev, err := device.Open("go", quiet())
	if err != nil {
		t.Fatal(err)
	}
	large := testArch()
	large.HiddenSize, large.IntermediateSize = 128, 768
	for name, arch := range map[string]*model.Arch{"small kernels": testArch(), "large kernels": large} {
		flops := dev.RowTile * arch.HiddenSize * arch.IntermediateSize
		if above := flops >= 4<<20; above != (arch == large) {
			t.Fatalf("%s: a product of a tile has %d multiplications: the wrong side of the threshold", name, flops)
		}
		t.Run(name, func(t *testing.T) { dependsOnNothingElse(t, dev, arch) })
	}
}

func dependsOnNothingElse(t *testing.T, dev *device.Device, arch *model.Arch) {
	p, err := model.NewPolicy(arch, 7)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{NumGenerations: 5, Temperature: 1, TopP: 1, MaxCompletionLength: 12, ChunkTokens: 8, MaxRows: 256}
	prompts := testPrompts(20, 2, 20)
	want := sampleAll(t, dev, p, o, prompts, nil)
	same := func(what string, got map[resultKey]Result, original func(int) int) {
		t.Helper()
		for k, r := range got {
			w := want[resultKey{original(k.prompt), k.sample}]
			w.Prompt = r.Prompt
			if !reflect.DeepEqual(r, w) {
				t.Fatalf("%s: completion %v differs\n got %v\nwant %v", what, k, r, w)
			}
		}
	}
	identity := func(i int) int { return i }
	same("one prompt alone", sampleAll(t, dev, p, o, prompts[7:8], nil), func(int) int { return 7 })
	reversed := slices.Clone(prompts)
	slices.Reverse(reversed)
	same("prompts in reverse", sampleAll(t, dev, p, o, reversed, nil), func(i int) int { return len(prompts) - 1 - i })
	for _, chunk := range []int{1, 3} {
		c := o
		c.ChunkTokens = chunk
		same("other chunks", sampleAll(t, dev, p, c, prompts, nil), identity)
	}
	few := o
	few.MaxRows = 8
	same("one tile with refills", sampleAll(t, dev, p, few, prompts, nil), identity)
	long := append(slices.Clone(prompts), Prompt{ID: 5, Tokens: testPrompts(1, 100, 100)[0].Tokens})
	got := sampleAll(t, dev, p, o, long, nil)
	for g := range o.NumGenerations {
		delete(got, resultKey{len(prompts), g})
	}
	same("beside a longer prompt", got, identity)
}

// TestGroupsDiffer makes sure that the invariance above is not that of a constant.
func TestGroupsDiffer(t *testing.T) {
	dev, err := device.Open("go", quiet())
	if err != nil {
		t.Fatal(err)
	}
	o := Options{NumGenerations: 8, Temperature: 1, TopP: 1, MaxCompletionLength: 6, ChunkTokens: 8, MaxRows: 256}
	seen := map[string]bool{}
	for _, r := range sampleAll(t, dev, testPolicy(t), o, testPrompts(4, 3, 9), nil) {
		seen[fmt.Sprint(r.Tokens)] = true
	}
	if len(seen) < 16 {
		t.Errorf("32 completions of 4 prompts: only %d different", len(seen))
	}
}
