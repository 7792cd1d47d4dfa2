package sampler

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/model/device"
)

// TestCompletionDependsOnNothingElse samples the same prompts alone, together, in
// other orders, chunks, numbers of rows and beside a much longer prompt. On the
// pure-Go backend every bit must agree, below the size at which it changes its
// matrix kernels and above.
func TestCompletionDependsOnNothingElse(t *testing.T) {
	dev := open(t, "go")
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

// xlaTolerance bounds the difference of a log-probability between shapes on XLA,
// which sums up in another order: of a log-softmax over 32 logits of about 10, two
// layers deep.
const xlaTolerance = 2e-5

// alike fails the test unless two completions have the same tokens and, within
// tolerance, log-probabilities.
func alike(t *testing.T, k resultKey, got, want Result, tolerance float64) {
	t.Helper()
	if !slices.Equal(got.Tokens, want.Tokens) || got.Finish != want.Finish {
		t.Errorf("completion %v: %v %v, want %v %v", k, got.Tokens, got.Finish, want.Tokens, want.Finish)
		return
	}
	for i := range got.LogProbs {
		if d := math.Abs(float64(got.LogProbs[i] - want.LogProbs[i])); !(d <= tolerance) {
			t.Errorf("completion %v token %d: log-prob %g, want %g", k, i, got.LogProbs[i], want.LogProbs[i])
		}
	}
}

// TestXLADependsOnLittleElse: the same prompts alone and together, in other numbers
// of rows. Bits may differ there, tokens only at a near tie, which these are not.
func TestXLADependsOnLittleElse(t *testing.T) {
	dev := open(t, "xla:cpu")
	p := testPolicy(t)
	o := Options{NumGenerations: 4, Temperature: 1, TopP: 1, MaxCompletionLength: 12, ChunkTokens: 4, MaxRows: 64}
	prompts := testPrompts(12, 2, 8)
	together := sampleAll(t, dev, p, o, prompts, nil)
	for _, i := range []int{0, 5, 11} {
		for k, r := range sampleAll(t, dev, p, o, prompts[i:i+1], nil) {
			alike(t, k, r, together[resultKey{i, k.sample}], xlaTolerance)
		}
	}
}

// TestGroupsDiffer makes sure that the invariance above is not that of a constant.
func TestGroupsDiffer(t *testing.T) {
	dev := open(t, "go")
	o := Options{NumGenerations: 8, Temperature: 1, TopP: 1, MaxCompletionLength: 6, ChunkTokens: 8, MaxRows: 256}
	seen := map[string]bool{}
	for _, r := range sampleAll(t, dev, testPolicy(t), o, testPrompts(4, 3, 9), nil) {
		seen[fmt.Sprint(r.Tokens)] = true
	}
	if len(seen) < 16 {
		t.Errorf("32 completions of 4 prompts: only %d different", len(seen))
	}
}
