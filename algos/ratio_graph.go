package algos

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

// This file holds what policy losses share: ratios to the old policy, the clipped
// surrogate, and what they report. N responses, T tokens.

// maxLogRatio bounds log-ratios before they are exponentiated. A token beyond it
// has no gradient.
const maxLogRatio = 20

// maxLogSequenceRatio bounds log-ratios of whole responses from above, as verl does.
const maxLogSequenceRatio = 10

// logRatioGraph is logp - old, clamped to +-20, [N, T].
func logRatioGraph(in Inputs) *Node {
	return ClipScalar(Sub(in.LogProbs, in.Old), -maxLogRatio, maxLogRatio)
}

// rowMeanGraph is the mean of x [N, T], zero where masked, over the trained tokens of
// each row, [N, T]: the same for all tokens of a row, 0 for a row without any.
func rowMeanGraph(in Inputs, x *Node) *Node {
	mean := Div(ReduceAndKeep(x, ReduceSum, -1), atLeastOne(ReduceAndKeep(in.Mask, ReduceSum, -1))) // [N, 1]
	return BroadcastToShape(mean, x.Shape())                                                        // [N, T]
}

// tokenFormGraph is exp(logRatio) whose gradient is that of the token's own
// log-probability: sg(exp(logRatio)) * exp(logp - sg(logp)), [N, T]. Log-ratios above
// 10 are cut to it and have no gradient.
func tokenFormGraph(in Inputs, logRatio *Node) *Node {
	own := Sub(in.LogProbs, StopGradient(in.LogProbs)) // 0, with a gradient
	return Exp(MinScalar(Add(own, StopGradient(logRatio)), maxLogSequenceRatio))
}

// clipRange are the bounds of a ratio.
type clipRange struct{ low, high float64 }

// clipped is a clipped surrogate, [N, T], with where the advantage is negative and
// where it is clipped.
type clipped struct{ objective, falling, tooLow, tooHigh, region *Node }

// surrogateGraph is min(ratio*A, clip(ratio, low, high)*A), [N, T]. A ratio that lies
// exactly on a bound is not clipped.
//
// By cases and not by min and clip: where their arguments are equal, the gradient of
// Min and Max may be the constant's, which is 0.
func (c clipRange) surrogateGraph(ratio, adv *Node) clipped {
	zero := ScalarZero(adv.Graph(), adv.DType())
	rising, falling := GreaterThan(adv, zero), LessThan(adv, zero)
	tooHigh := LogicalAnd(rising, above(ratio, c.high))
	tooLow := LogicalAnd(falling, below(ratio, c.low))
	region := LogicalOr(tooHigh, tooLow)
	j := Where(tooHigh, MulScalar(adv, c.high), Where(tooLow, MulScalar(adv, c.low), Mul(ratio, adv)))
	return clipped{j, falling, tooLow, tooHigh, region}
}

// surrogateWithinGraph is the same with bounds of each token's own, [N, T].
func surrogateWithinGraph(ratio, adv, low, high *Node) clipped {
	falling := below(adv, 0)
	tooHigh := LogicalAnd(above(adv, 0), GreaterThan(ratio, high))
	tooLow := LogicalAnd(falling, LessThan(ratio, low))
	j := Mul(Where(tooHigh, high, Where(tooLow, low, ratio)), adv)
	return clipped{j, falling, tooLow, tooHigh, LogicalOr(tooHigh, tooLow)}
}

// clipGraph is clip(x, low, high), [N, T]; a value exactly on a bound keeps its
// gradient.
func (c clipRange) clipGraph(x *Node) *Node {
	bound := func(v float64) *Node { return Scalar(x.Graph(), x.DType(), v) }
	return Where(above(x, c.high), bound(c.high), Where(below(x, c.low), bound(c.low), x))
}

// above is true where x > bound.
func above(x *Node, bound float64) *Node { return GreaterThan(x, Scalar(x.Graph(), x.DType(), bound)) }

// below is true where x < bound.
func below(x *Node, bound float64) *Node { return LessThan(x, Scalar(x.Graph(), x.DType(), bound)) }

// policyTerm aggregates a per-token objective [N, T], which is maximised.
func policyTerm(in Inputs, objective *Node) Term {
	numerator, denominator := in.Aggregate(Neg(weighted(in, objective)))
	return Term{Name: "policy_loss", Numerator: numerator, Denominator: denominator}
}

// policyOutput is the output of a policy loss: the term of its objective, its value,
// and the mean log-ratio.
func policyOutput(in Inputs, objective, logRatio *Node) Output {
	term := policyTerm(in, objective)
	return Output{Terms: []Term{term}, Metrics: []Metric{lossMetric(term), tokenMean("ppo_kl", in, Neg(logRatio))}}
}

// with adds metrics.
func (o Output) with(more ...[]Metric) Output {
	o.Metrics = slices.Concat(append([][]Metric{o.Metrics}, more...)...)
	return o
}

// clipMetrics are the shares of trained tokens whose surrogate is clipped.
func clipMetrics(in Inputs, c clipped) []Metric {
	return []Metric{
		tokenShare("clip_ratio/low_mean", in, c.tooLow),
		tokenShare("clip_ratio/high_mean", in, c.tooHigh),
		tokenShare("clip_ratio/region_mean", in, c.region),
	}
}

// ratioMetrics describe the ratio [N, T] that a loss uses.
func ratioMetrics(in Inputs, ratio *Node) []Metric {
	return []Metric{
		tokenMean("ratio/mean", in, ratio),
		{Name: "ratio/max", Join: JoinMax, Numerator: MaskedReduceAllMax(ratio, IsTrained(in.Mask))},
		{Name: "ratio/min", Join: JoinMin, Numerator: MaskedReduceAllMin(ratio, IsTrained(in.Mask))},
	}
}

// The options of a clip range.

func epsilonOption(value float64) Option {
	return FloatOption("epsilon", value, "0 or more", notNegative,
		"Ratios below 1-epsilon stop learning where the advantage is negative.")
}

func epsilonHighOption(value float64) Option {
	return FloatOption("epsilon_high", value, "0 (the same as epsilon) or more", notNegative,
		"Ratios above 1+epsilon_high stop learning where the advantage is positive; 0: epsilon.")
}

// newClipRange reads epsilonOption and epsilonHighOption.
func newClipRange(v Values) clipRange {
	high := v.Float("epsilon_high")
	if high == 0 {
		high = v.Float("epsilon")
	}
	return clipRange{1 - v.Float("epsilon"), 1 + high}
}

func notNegative(x float64) bool { return x >= 0 }

func positive(x float64) bool { return x > 0 }
