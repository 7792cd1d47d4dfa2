package algos

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

const aspoPaper = "arXiv 2510.06062"

// aspo turns the ratio of tokens with positive advantage around, so that unlikely ones
// are raised more than likely ones (arXiv 2510.06062, section 4): with r = exp(logp - old)
//
//	token dropped where A < 0 and r < 1-epsilon, or A > 0 and r > 1+epsilon_high
//	w = 1/r where A > 0, r where A < 0
//	J = sg(min(w, delta)) * exp(logp - sg(logp)) * A
//
// so delta softens the weight and never stops it. Tokens up to the entropy_quantile of
// their response's entropies have epsilon and epsilon_high, the others
// high_entropy_epsilon on both sides; with entropy_quantile 1 all are alike.
//
// Deviations: log-ratios are clamped to +-20, as in the official code. The quantile is
// the lower of the two entropies it lies between, where the code interpolates: the same
// tokens are on either side. Dropped tokens have the code's constant value. With compat
// official tokens with w > delta have the code's value, delta*A*logp: the gradient is the
// same, and the loss jumps where w passes delta.
type aspo struct {
	clipRange
	wide            clipRange
	delta, quantile float64
	official        bool
}

func init() {
	RegisterLoss(Part{
		Name: "aspo", Paper: aspoPaper, Summary: "ratio turned around where the advantage is positive",
		Options: []Option{
			epsilonOption(0.2), epsilonHighOption(0.2),
			FloatOption("high_entropy_epsilon", 0.4, "0 or more", notNegative, "epsilon and epsilon_high of tokens above the quantile of entropy."),
			FloatOption("entropy_quantile", 0.8, "0 to 1 (no difference)", func(x float64) bool { return x >= 0 && x <= 1 },
				"Share of a response's tokens whose entropy counts as low."),
			FloatOption("delta", 3, "above 1", func(x float64) bool { return x > 1 }, "Greatest weight of a token."),
			CompatOption("official"),
		},
	}, func(v Values) Loss {
		wide := v.Float("high_entropy_epsilon")
		return &aspo{newClipRange(v), clipRange{1 - wide, 1 + wide}, v.Float("delta"), v.Float("entropy_quantile"), v.Text(compatName) == "official"}
	})
	RegisterPreset(Preset{
		Name: "aspo", Paper: aspoPaper, Summary: "group-normalised advantages, asymmetric ratio",
		Loss: "aspo", Estimator: "grpo", Aggregation: "token-mean",
	})
}

// Needs implements [Loss].
func (o *aspo) Needs() Needs { return Needs{Old: true, Entropy: o.quantile < 1, AdvantageScaled: true} }

// boundsGraph are the clip bounds of each token, [N, T].
func (o *aspo) boundsGraph(in Inputs) (low, high *Node) {
	bound := func(x float64) *Node { return MulScalar(OnesLike(in.Mask), x) }
	low, high = bound(o.low), bound(o.high)
	if o.quantile < 1 {
		h := in.Entropy
		calm := LessOrEqual(h, BroadcastToShape(rowQuantileGraph(in.Mask, h, o.quantile), h.Shape()))
		low, high = Where(calm, low, bound(o.wide.low)), Where(calm, high, bound(o.wide.high))
	}
	return low, high
}

// Graph implements [Loss].
func (o *aspo) Graph(in Inputs) Output {
	adv, logRatio := in.Advantages, StopGradient(logRatioGraph(in))
	low, high := o.boundsGraph(in)
	rising, falling, r := above(adv, 0), below(adv, 0), Exp(logRatio)
	tooHigh, tooLow := LogicalAnd(rising, GreaterThan(r, high)), LogicalAnd(falling, LessThan(r, low))
	c := clipped{tooLow: tooLow, tooHigh: tooHigh, region: LogicalOr(tooHigh, tooLow)}

	weight := Exp(Where(rising, Neg(logRatio), logRatio))
	own := Exp(Sub(in.LogProbs, StopGradient(in.LogProbs))) // 1, with a gradient
	capped := above(weight, o.delta)
	objective := Mul(MinScalar(weight, o.delta), own)
	if o.official {
		objective = Where(capped, MulScalar(in.LogProbs, o.delta), objective)
	}
	objective = Where(tooHigh, Inverse(high), Where(tooLow, low, objective))
	dual := LogicalAnd(capped, LogicalNot(c.region))
	return policyOutput(in, Mul(objective, adv), logRatio).with(clipMetrics(in, c), ratioMetrics(in, r),
		[]Metric{tokenShare("clip_ratio/dual_mean", in, dual)})
}
