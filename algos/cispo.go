package algos

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas

	"github.com/rlvr-go/rlvr/configs/fault"
)

const cispoPaper = "arXiv 2506.13585"

// cispo clips the weight of a token, not its objective (MiniMax-M1, arXiv 2506.13585,
// eqs. 4 and 5): with r = exp(logp - old)
//
//	J = sg(clip(r, 1-epsilon, 1+epsilon_high)) * A * logp
//
// No token loses its gradient. The value of the loss means nothing.
//
// Deviations: log-ratios are clamped to +-20 in the weight. epsilon is 10 by default (no
// lower bound, as the paper says and verl's example has it); the paper gives no
// epsilon_high, 0.2 is verl's. With compat trl, epsilon_high is the upper bound itself,
// as in TRL and ms-swift, and there is no lower one: TRL recommends 5.
type cispo struct{ clipRange }

func init() {
	RegisterLoss(Part{
		Name: "cispo", Paper: cispoPaper, Summary: "clipped ratio as a constant weight of the log-probability",
		Options: []Option{
			FloatOption("epsilon", 10, "0 or more", notNegative, "Weights are at least 1-epsilon; 1 or more: no lower bound."),
			FloatOption("epsilon_high", 0.2, "above 0", positive, "Weights are at most 1+epsilon_high (epsilon_high itself with compat trl)."),
			CompatOption("trl"),
		},
		Contradictions: func(v Values, l *fault.List) {
			if v.Text(compatName) != "trl" {
				return
			}
			high := v.Float("epsilon_high")
			l.Check(high >= 1, "epsilon_high", high, "1 or more with compat trl, where it is the greatest weight itself; TRL recommends 5")
			l.Check(!v.Changed("epsilon"), "epsilon", v.Float("epsilon"), "nothing with compat trl, which has no lower bound")
		},
	}, func(v Values) Loss { return newCISPO(v) })
	RegisterPreset(Preset{
		Name: "cispo", Paper: cispoPaper, Summary: "group-normalised advantages, clipped weights",
		Loss: "cispo", Estimator: "grpo", Aggregation: "token-mean",
	})
}

func newCISPO(v Values) cispo {
	if v.Text(compatName) == "trl" {
		return cispo{clipRange{0, v.Float("epsilon_high")}}
	}
	return cispo{clipRange{1 - v.Float("epsilon"), 1 + v.Float("epsilon_high")}}
}

// Needs implements [Loss].
func (cispo) Needs() Needs { return Needs{Old: true, AdvantageScaled: true} }

// Graph implements [Loss].
func (o cispo) Graph(in Inputs) Output {
	logRatio := logRatioGraph(in)
	ratio := Exp(logRatio)
	weight := StopGradient(o.clipGraph(ratio))
	objective := Mul(weight, Mul(in.Advantages, in.LogProbs))
	return policyOutput(in, objective, logRatio).with(o.weightMetrics(in, ratio), ratioMetrics(in, ratio))
}

// weightMetrics are the shares of trained tokens whose weight is at a bound.
func (c clipRange) weightMetrics(in Inputs, weight *Node) []Metric {
	low, high := below(weight, c.low), above(weight, c.high)
	return clipMetrics(in, clipped{tooLow: low, tooHigh: high, region: LogicalOr(high, low)})
}
