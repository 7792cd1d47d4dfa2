package algos_test

import (
	"math"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
)

func cispoPolicy(low, high float64, options map[string]any) policy {
	below, above := outside(clampedRatio, low, high)
	return policy{
		name: "cispo", options: options, mode: "token-mean", ratio: clampedRatio, perTokenAdvantages: true,
		objective: func(in, at *algotest.Batch) perToken {
			return func(i, t int) float64 {
				return clamp(ratio(at, i, t), low, high) * in.Advantages[i][t] * in.LogProbs[i][t]
			}
		},
		low: below, high: above,
	}
}

func TestCISPO(t *testing.T) {
	p := cispoPolicy(-9, 1.2, nil)
	p.golden = "testdata/cispo.json"
	p.edges = []float64{math.Log(1.2)}
	p.run(t)
	p = cispoPolicy(0.8, 1.28, map[string]any{"epsilon": 0.2, "epsilon_high": 0.28})
	p.edges = []float64{math.Log(0.8), math.Log(1.28)}
	p.run(t)
	cispoPolicy(0, 1.5, map[string]any{"compat": "trl", "epsilon_high": 1.5}).run(t)
}

func TestCISPOByHand(t *testing.T) {
	clip := algos.Options{Name: "cispo", Options: map[string]any{"epsilon": 0.2, "epsilon_high": 0.28}}
	byHand(t, "clip", clip, 1, []float64{1.105171, 0.8, 1.28, 1})
	byHand(t, "clip", clip, -1, []float64{-1.105171, -0.8, -1.28, -1})
	limit := algos.Options{Name: "cispo", Options: map[string]any{"compat": "trl", "epsilon_high": 5}}
	byHand(t, "cap 5", limit, 1, []float64{1.105171, 0.740818, 1.648721, 1})
	byHand(t, "cap 5", limit, -1, []float64{-1.105171, -0.740818, -1.648721, -1})
}
