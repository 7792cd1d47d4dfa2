package trainer

import (
	"github.com/rlvr-go/rlvr/model"
)

// MemoryPart is what a run keeps on the device, in bytes.
type MemoryPart struct {
	Name  string
	Bytes int64
}

// Memory estimates what the stages of a run keep on the device, the most of any stage for
// each part, before anything is loaded: float32 weights (a value head's among them, where
// an objective has one), gradients, AdamW's moments, a
// reference and further models where an objective reads them, caches of keys and values for the rows decoded
// at once, and logits of the largest pass with their gradient. maxPrompt bounds prompts
// in tokens. Activations of the layers come on top; they follow the packing.
func Memory(arch *model.Arch, stages []StageOptions, maxPrompt int) ([]MemoryPart, error) {
	full := arch.WithDefaults()
	arch = &full
	parameters := int64(0)
	for _, w := range arch.Weights() {
		parameters += int64(w.Size())
	}
	const float32Bytes = 4
	weights := parameters * float32Bytes
	var head, reference, others, cache, logits int64
	for i := range stages {
		o := &stages[i]
		a, err := o.Resolve()
		if err != nil {
			return nil, err
		}
		needs := a.Needs()
		if needs.Ref {
			reference = weights
		}
		others = max(others, weights*int64(len(needs.Models())))
		if needs.Values {
			head = int64(arch.HiddenSize+1) * float32Bytes
		}
		length := o.Rollout.MaxCompletionLength
		if !a.Offline {
			rows := min(o.Rollout.MaxRows, o.NumPromptsPerStep*o.Rollout.NumGenerations)
			cache = max(cache, cacheBytes(arch, rows, min(maxPrompt+length, arch.MaxPositionEmbeddings)))
		}
		responses := int64(o.NumPromptsPerStep * max(1, o.Rollout.NumGenerations) * length)
		tokens := min(int64(o.Update.MicroBatchTokens), responses)
		logits = max(logits, tokens*int64(arch.VocabSize)*float32Bytes*2)
	}
	out := []MemoryPart{
		{"weights, float32", weights + head}, {"gradients", weights + head}, {"AdamW's moments", 2 * (weights + head)},
		{"reference policy", reference}, {"further models", others}, {"keys and values of rollouts", cache}, {"logits of a pass and their gradient", logits},
	}
	return out, nil
}

// cacheBytes is the size of the caches of rows of width tokens.
func cacheBytes(a *model.Arch, rows, width int) int64 {
	size := int64(a.ComputeDType().Size())
	for _, d := range a.CacheDims(rows, width) {
		size *= int64(d)
	}
	return size * int64(a.NumCaches())
}
