package algos

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

const droPaper = "arXiv 2405.19107"

// dro holds the policy near the old one by a square in place of a clip (after Direct
// Reward Optimisation, arXiv 2405.19107, as verl and Kimi have it for tokens):
//
//	J = A*logp - dro_beta/2 * (logp - old)^2
//
// The gradient is A - dro_beta*(logp - old), in and out of any range.
//
// Deviations: the paper's objective is that of whole responses with a learned value; this
// is verl's. verl has no default for dro_beta, 0.1 is ours.
type dro struct{ beta float64 }

func init() {
	RegisterLoss(Part{
		Name: "dro", Paper: droPaper, Summary: "log-probability with a quadratic hold on the log-ratio",
		Options: []Option{FloatOption("dro_beta", 0.1, "above 0", positive, "Weight of the squared log-ratio to the old policy.")},
	}, func(v Values) Loss { return dro{v.Float("dro_beta")} })
	RegisterPreset(Preset{
		Name: "dro", Paper: droPaper, Summary: "group-normalised advantages, squared log-ratio",
		Loss: "dro", Estimator: "grpo", Aggregation: "token-mean",
	})
}

// Needs implements [Loss].
func (dro) Needs() Needs { return Needs{Old: true} }

// Graph implements [Loss].
func (o dro) Graph(in Inputs) Output {
	logRatio := Sub(in.LogProbs, in.Old)
	objective := Sub(Mul(in.Advantages, in.LogProbs), MulScalar(Square(logRatio), o.beta/2))
	return policyOutput(in, objective, logRatio)
}
