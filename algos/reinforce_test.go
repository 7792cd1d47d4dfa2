package algos_test

import (
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
)

func policyGradient(mode string) func(in, at *algotest.Batch) float64 {
	return func(in, _ *algotest.Batch) float64 {
		return algotest.Aggregate(mode, in, func(i, t int) float64 {
			return -in.Weight(i, t) * in.Advantages[i][t] * in.LogProbs[i][t]
		})
	}
}

func TestReinforce(t *testing.T) {
	for _, mode := range []string{"token-mean", "seq-mean-token-mean", "seq-mean-token-sum", "seq-mean-token-sum-norm"} {
		t.Run(mode, func(t *testing.T) {
			loss := policyGradient(mode)
			algotest.Run(t, algotest.Case{
				Algorithm:          algos.Options{Name: "reinforce", Options: map[string]any{"loss_agg_mode": mode}},
				Oracle:             loss,
				Metrics:            func(b *algotest.Batch) map[string]float64 { return map[string]float64{"policy_loss": loss(b, b)} },
				PerTokenAdvantages: true,
				Golden:             "testdata/reinforce.json",
				Identities: []algotest.Identity{algotest.SameGradient("SFT at advantage 1",
					"with advantage 1 everywhere the gradient is that of the log-likelihood",
					algos.Options{Name: "sft", Options: map[string]any{"loss_agg_mode": mode}},
					ones)},
			})
		})
	}
}

func ones(b *algotest.Batch) {
	for i := range b.Advantages {
		for t := range b.Advantages[i] {
			b.Advantages[i][t] = 1
		}
	}
}
