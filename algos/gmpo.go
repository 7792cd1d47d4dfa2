package algos

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

const gmpoPaper = "arXiv 2507.20673"

// gmpo is the geometric mean of clipped token ratios (arXiv 2507.20673, eq. 4): with
// d = logp - old
//
//	c_it = min(d, epsilon_high) where A_i > 0, max(d, -epsilon) where A_i < 0
//	J_i  = exp(mean_t(c_it)) * A_i
//
// so the clip widths are those of log-ratios: ratios stay within
// (e^-epsilon, e^epsilon_high). A clipped token loses its gradient and still scales that
// of the others.
//
// Deviations: mean log-ratios above 10 have no gradient (neither verl nor TRL bound
// them). verl adds 1e-8 to each row's length and counts rows without a trained token; its
// official code takes A = 0 for positive, which has no gradient either way.
type gmpo struct{ low, high float64 } // bounds of the log-ratio

func init() {
	RegisterLoss(Part{
		Name: "gmpo", Paper: gmpoPaper, Summary: "geometric mean of clipped ratios", OneAdvantage: true,
		Options: []Option{
			FloatOption("epsilon", 0.4, "0 or more", notNegative,
				"Log-ratios below -epsilon stop learning where the advantage is negative."),
			FloatOption("epsilon_high", 0, "0 (the same as epsilon) or more", notNegative,
				"Log-ratios above epsilon_high stop learning where the advantage is positive; 0: epsilon."),
		},
	}, func(v Values) Loss { c := newClipRange(v); return gmpo{c.low - 1, c.high - 1} })
	RegisterPreset(Preset{
		Name: "gmpo", Paper: gmpoPaper, Summary: "group-normalised advantages, geometric mean of ratios",
		Loss: "gmpo", Estimator: "grpo", Aggregation: "seq-mean-token-mean",
	})
}

// Needs implements [Loss].
func (gmpo) Needs() Needs { return Needs{Old: true, AdvantageScaled: true} }

// Graph implements [Loss].
func (o gmpo) Graph(in Inputs) Output {
	adv := in.Advantages
	logRatio := Sub(in.LogProbs, in.Old)
	tooHigh := LogicalAnd(above(adv, 0), above(logRatio, o.high))
	tooLow := LogicalAnd(below(adv, 0), below(logRatio, o.low))
	bound := func(x float64) *Node { return Scalar(adv.Graph(), adv.DType(), x) }
	cut := Where(tooHigh, bound(o.high), Where(tooLow, bound(o.low), logRatio))
	ratio := Exp(MinScalar(rowMeanGraph(in, cut), maxLogSequenceRatio)) // [N, T]
	c := clipped{tooLow: tooLow, tooHigh: tooHigh, region: LogicalOr(tooHigh, tooLow)}
	return policyOutput(in, Mul(ratio, adv), logRatio).with(clipMetrics(in, c), ratioMetrics(in, ratio))
}
