package algos

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

const minproPaper = "arXiv 2601.22718"

// minpro weighs a token by its ratio and the least ratio before it, in place of the
// product of all before it (arXiv 2601.22718): with r = exp(logp - old)
//
//	pmin_t = min over trained j < t of r_j, 1 if there are none
//	J      = sg(clip(pmin_t*r_t, 1-epsilon, 1+epsilon_high)) * A * logp
//
// One token that the policy has turned away from damps the rest of the response.
//
// Deviations: there is no official code, and the formula was read in secondary sources;
// the first token's pmin, the clip widths (no lower one, above as in CISPO) and cap_at_one
// are ours. With cap_at_one no pmin is above 1. A lower clip floors the weight and undoes
// the damping. Tokens that are not trained (of a tool) are skipped. The product is
// at most e^20.
type minpro struct {
	clipRange
	capAtOne bool
}

func init() {
	RegisterLoss(Part{
		Name: "minpro", Paper: minproPaper, Summary: "weight of the log-probability: ratio times the least ratio before it",
		Options: []Option{
			FloatOption("epsilon", 10, "0 or more", notNegative, "Weights are at least 1-epsilon; 1 or more: no lower bound."),
			FloatOption("epsilon_high", 0.2, "above 0", positive, "Weights are at most 1+epsilon_high."),
			BoolOption("cap_at_one", false, "Let the least ratio before a token damp it only, never raise it."),
		},
		Warnings: func(v Values) []Warning {
			if e := v.Float("epsilon"); e < 1 {
				return []Warning{{"minpro-lower-clip", "a lower clip keeps every weight at 1-epsilon or more, so small ratios cannot damp what follows; 1 or more turns it off"}}
			}
			return nil
		},
	}, func(v Values) Loss {
		return minpro{clipRange{1 - v.Float("epsilon"), 1 + v.Float("epsilon_high")}, v.Bool("cap_at_one")}
	})
	RegisterPreset(Preset{
		Name: "minpro", Paper: minproPaper, Summary: "group-normalised advantages, least ratio of the prefix",
		Loss: "minpro", Estimator: "grpo", Aggregation: "token-mean",
	})
}

// Needs implements [Loss].
func (minpro) Needs() Needs { return Needs{Old: true, AdvantageScaled: true} }

// noToken is above any log-ratio: that of a place without a trained token.
const noToken = 1e30

// Graph implements [Loss].
func (o minpro) Graph(in Inputs) Output {
	logRatio := StopGradient(Sub(in.LogProbs, in.Old))
	none := Scalar(logRatio.Graph(), logRatio.DType(), noToken)
	before := ShiftRight(Where(IsTrained(in.Mask), logRatio, none), 1, noToken)        // [N, T]
	least := prefixGraph(before, noToken, func(a, b *Node) *Node { return Min(a, b) }) // [N, T]
	least = Where(Equal(least, none), ZerosLike(least), least)
	if o.capAtOne {
		least = MinScalar(least, 0)
	}
	weight := Exp(MinScalar(Add(least, logRatio), maxLogRatio))
	objective := Mul(o.clipGraph(weight), Mul(in.Advantages, in.LogProbs))
	prefix := Exp(MinScalar(least, maxLogRatio))
	return policyOutput(in, objective, logRatio).with(o.weightMetrics(in, weight), ratioMetrics(in, weight), []Metric{
		tokenMean("prefix_min/mean", in, prefix),
		{Name: "prefix_min/min", Join: JoinMin, Numerator: MaskedReduceAllMin(prefix, IsTrained(in.Mask))},
	})
}
