package sampler

import (
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/model/device"
)

// familyArchs have what a decode loop may meet beside testArch: a window shorter than
// its sequences, experts computed for every token, and experts computed in blocks.
func familyArchs() map[string]*model.Arch {
	windowed, few, many := testArch(), testArch(), testArch()
	windowed.ModelType, windowed.SlidingWindow = "mistral", 5
	few.ModelType, few.NumExperts, few.NumExpertsPerTok, few.MoeIntermediateSize, few.NormTopKProb = "qwen3_moe", 4, 2, 24, true
	*many = *few
	many.NumExperts, many.NumExpertsPerTok, many.NumHiddenLayers = 96, 1, 1
	return map[string]*model.Arch{"window": windowed, "few experts": few, "many experts": many}
}

// TestFamiliesSampleTheTrainersLogProbs compares the decode loop with one pass.
func TestFamiliesSampleTheTrainersLogProbs(t *testing.T) {
	o := Options{NumGenerations: 4, Temperature: 0.7, TopP: 1, MaxCompletionLength: 12, ChunkTokens: 4, MaxRows: 32}
	archs := familyArchs()
	backends(t, func(t *testing.T, dev *device.Device) {
		for _, name := range slices.Sorted(maps.Keys(archs)) {
			if dev.Name != "go" && name != "many experts" && os.Getenv("RLVR_LONG") == "" { // compiling takes its time
				continue
			}
			t.Run(name, func(t *testing.T) {
				p, err := newTestPolicy(archs[name])
				if err != nil {
					t.Fatal(err)
				}
				prompts := testPrompts(8, 9, 16)
				exec := dev.NewExec("forward", forwardGraph(p.Arch))
				for k, r := range sampleAll(t, dev, p, o, prompts, nil) {
					checkLogProbs(t, k, r, forward(t, dev, exec, p, prompts[k.prompt].Tokens, r.Tokens), &o)
				}
			})
		}
	})
}

// TestFamiliesDependOnNothingElse: a row's experts do not depend on those of its
// neighbours, nor on where in a block it comes to lie.
func TestFamiliesDependOnNothingElse(t *testing.T) {
	dev, archs := open(t, "go"), familyArchs()
	for _, name := range slices.Sorted(maps.Keys(archs)) {
		t.Run(name, func(t *testing.T) { dependsOnNothingElse(t, dev, archs[name]) })
	}
}
