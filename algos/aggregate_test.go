package algos_test

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
)

// untidy is a loss that is NaN where masked, which the aggregation must not see.
type untidy struct{}

func init() {
	algos.RegisterLoss(algos.Part{Name: "test_untidy", Paper: testOnly}, func(algos.Values) algos.Loss { return untidy{} })
	algos.RegisterPreset(algos.Preset{Name: "test_untidy", Paper: testOnly, Loss: "test_untidy", Estimator: "grpo", Aggregation: "token-mean"})
}

func (untidy) Needs() algos.Needs { return algos.Needs{} }

func (untidy) Graph(in algos.Inputs) algos.Output {
	numerator, denominator := in.Aggregate(Div(in.LogProbs, in.Mask))
	return algos.Output{Terms: []algos.Term{{Name: "loss", Numerator: numerator, Denominator: denominator}}}
}

func TestAggregations(t *testing.T) {
	modes := 0
	for _, p := range algos.Parts() {
		if p.Kind != "aggregation" {
			continue
		}
		modes++
		t.Run(p.Name, func(t *testing.T) {
			algotest.Run(t, algotest.Case{
				Algorithm: algos.Options{Name: "test_untidy", Options: map[string]any{"loss_agg_mode": p.Name}},
				Oracle: func(in, _ *algotest.Batch) float64 {
					return algotest.Aggregate(p.Name, in, func(i, t int) float64 { return in.LogProbs[i][t] })
				},
				NoGolden: "one of its own",
				Identities: []algotest.Identity{algotest.SameGradient("negative SFT", "the loss is the log-likelihood without its sign",
					algos.Options{Name: "reinforce", Options: map[string]any{"loss_agg_mode": p.Name}}, minusOnes)},
			})
		})
	}
	if modes != 4 {
		t.Errorf("%d aggregations", modes)
	}
}

func minusOnes(b *algotest.Batch) {
	ones(b)
	for i := range b.Advantages {
		for t := range b.Advantages[i] {
			b.Advantages[i][t] = -1
		}
	}
	b.Weights = nil
}
