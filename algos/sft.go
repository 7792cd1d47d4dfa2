package algos

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

const instructGPT = "arXiv 2203.02155"

// sft is supervised fine-tuning: the negative log-likelihood of given answers
// (arXiv 2203.02155, step 1). Prompt tokens are masked.
type sft struct{}

func init() {
	RegisterLoss(Part{Name: "sft", Paper: instructGPT, Summary: "negative log-likelihood"},
		func(Values) Loss { return sft{} })
	RegisterPreset(Preset{
		Name: "sft", Paper: instructGPT, Summary: "supervised fine-tuning on given answers",
		Loss: "sft", Estimator: "constant", Aggregation: "token-mean", Offline: true,
	})
}

// Needs implements [Loss].
func (sft) Needs() Needs { return Needs{} }

// Graph implements [Loss].
func (sft) Graph(in Inputs) Output {
	numerator, denominator := in.Aggregate(Neg(weighted(in, in.LogProbs)))
	return Output{Terms: []Term{{Name: "nll", Numerator: numerator, Denominator: denominator}}}
}
