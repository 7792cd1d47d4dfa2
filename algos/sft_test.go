package algos_test

import (
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
)

func TestSFT(t *testing.T) {
	algotest.Run(t, algotest.Case{
		Algorithm: algos.Options{Name: "sft"},
		Oracle: func(in, _ *algotest.Batch) float64 {
			sum, tokens := 0.0, 0
			for i := range in.Mask {
				for t, trained := range in.Mask[i] {
					if trained {
						sum -= in.Weight(i, t) * in.LogProbs[i][t]
						tokens++
					}
				}
			}
			return sum / float64(tokens)
		},
		Golden: "testdata/sft.json",
		Identities: []algotest.Identity{algotest.SameGradient("REINFORCE at advantage 1",
			"a given answer is an action with advantage 1",
			algos.Options{Name: "reinforce", Options: map[string]any{"loss_agg_mode": "token-mean"}}, ones)},
	})
}
