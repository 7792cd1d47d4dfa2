package sampler

import (
	"slices"
	"testing"

	"github.com/rlvr-go/rlvr/model"
)

// cutAfter ends completions when they have a number of tokens.
type cutAfter int

func (n cutAfter) Stop(tokens []int32, _ int) (int, bool) {
	return min(len(tokens), int(n)), len(tokens) >= int(n)
}

// TestRoutesAreThoseOfOnePass: the experts of every token that was fed in, prompt and
// completion, are those of a pass over the whole sequence; also where completions are
// cut, and where rows are used again.
func TestRoutesAreThoseOfOnePass(t *testing.T) {
	dev := open(t, "go")
	for name, arch := range familyArchs() {
		if arch.NumExperts == 0 {
			continue
		}
		for _, stopper := range []Stopper{nil, cutAfter(6)} {
			p, err := newTestPolicy(arch)
			if err != nil {
				t.Fatal(err)
			}
			passes := model.NewPasses(dev, p)
			o := Options{NumGenerations: 4, Temperature: 0.7, TopP: 1, MaxCompletionLength: 12, ChunkTokens: 4, MaxRows: 16, KeepRoutes: true}
			prompts := testPrompts(20, 3, 16)
			s, err := New(dev, p.Arch, o, []int32{testEOS}, stopper)
			if err != nil {
				t.Fatal(err)
			}
			for k, r := range collect(t, s, p, prompts) {
				ids := append(slices.Clone(prompts[k.prompt].Tokens), r.Tokens[:len(r.Tokens)-1]...)
				out, err := passes.Logits(ids)
				if err != nil {
					t.Fatal(err)
				}
				var want []int32
				for i := range ids {
					for _, layer := range out.Routes {
						want = append(want, layer[i*arch.NumExpertsPerTok:(i+1)*arch.NumExpertsPerTok]...)
					}
				}
				if !slices.Equal(r.Routes, want) {
					t.Fatalf("%s, completion %v: routes\n%v\none pass has\n%v", name, k, r.Routes, want)
				}
			}
		}
	}
}

func TestRoutesNeedExperts(t *testing.T) {
	o := DefaultOptions()
	o.KeepRoutes = true
	if _, err := New(open(t, "go"), testArch(), o, nil, nil); err == nil {
		t.Error("a model without experts keeps routes")
	}
}
