package algos

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

const dppoPaper = "arXiv 2602.04879"

// dppo keeps a token while the divergence of the two policies at it is small, in place of
// a bound on the ratio, which is harsh where probabilities are small (arXiv 2602.04879,
// binary forms): with r = exp(logp - old), p = exp(logp), q = exp(old)
//
//	J = sg(min(r, delta)) * A * logp   where the token is kept, else 0
//	dppo_tv  kept where A > 0 and p-q <= epsilon_high, or A <= 0 and p-q >= -epsilon
//	dppo_kl  kept where KL(q, p) of "this token or another" is at most epsilon_high
//	         (A > 0) or epsilon (A <= 0), or p is on the safe side of q
//
// Deviations: log-ratios of the weight are clamped to +-20. The KL adds 1e-8 to the
// probabilities of "another", as verl does; 1-p is computed as -expm1(logp). delta is 20,
// what verl's code means to have: its config's clip_ratio_c of 3 takes precedence there,
// and its example has 10,000.
type dppo struct {
	low, high, limit float64
	kl               bool
}

func init() {
	for _, form := range []struct {
		name, summary string
		kl            bool
		epsilon       float64
	}{
		{"dppo_tv", "weighted log-probability of tokens within a total variation", false, 0.15},
		{"dppo_kl", "weighted log-probability of tokens within a KL divergence", true, 0.05},
	} {
		RegisterLoss(Part{
			Name: form.name, Paper: dppoPaper, Summary: form.summary,
			Options: []Option{
				FloatOption("epsilon", form.epsilon, "0 or more", notNegative, "Greatest divergence at which tokens with negative advantage learn."),
				FloatOption("epsilon_high", 0, "0 (the same as epsilon) or more", notNegative, "The same where the advantage is positive; 0: epsilon."),
				FloatOption("delta", 20, "above 1", func(x float64) bool { return x > 1 }, "Greatest weight of a token."),
			},
		}, func(v Values) Loss {
			c := newClipRange(v)
			return dppo{1 - c.low, c.high - 1, v.Float("delta"), form.kl}
		})
		RegisterPreset(Preset{
			Name: form.name, Paper: dppoPaper, Summary: "group-normalised advantages, " + form.summary,
			Loss: form.name, Estimator: "grpo", Aggregation: "token-mean",
		})
	}
}

// Needs implements [Loss].
func (dppo) Needs() Needs { return Needs{Old: true, AdvantageScaled: true} }

// tooFarGraph is where a token is dropped: by too high a probability or by too low a one.
func (o dppo) tooFarGraph(in Inputs) (tooHigh, tooLow *Node) {
	logp := in.LogProbs
	p, q := Exp(logp), Exp(in.Old)
	rising := above(in.Advantages, 0)
	if !o.kl {
		move := Sub(p, q)
		return LogicalAnd(rising, above(move, o.high)), LogicalAnd(LogicalNot(rising), below(move, -o.low))
	}
	other := func(logp *Node) *Node { return AddScalar(MaxScalar(Neg(Expm1(logp)), 0), 1e-8) } // 1-p
	kl := Add(Mul(q, Sub(in.Old, logp)), Mul(Neg(Expm1(in.Old)), Log(Div(other(in.Old), other(logp)))))
	tooHigh = LogicalAnd(LogicalAnd(rising, GreaterThan(p, q)), above(kl, o.high))
	return tooHigh, LogicalAnd(LogicalAnd(LogicalNot(rising), LessThan(p, q)), above(kl, o.low))
}

// Graph implements [Loss].
func (o dppo) Graph(in Inputs) Output {
	logRatio := StopGradient(logRatioGraph(in))
	tooHigh, tooLow := o.tooFarGraph(in)
	c := clipped{tooLow: tooLow, tooHigh: tooHigh, region: LogicalOr(tooHigh, tooLow)}
	ratio := Exp(logRatio)
	objective := Mul(MinScalar(ratio, o.limit), Mul(in.Advantages, in.LogProbs))
	objective = Where(c.region, ZerosLike(objective), objective)
	return policyOutput(in, objective, logRatio).with(clipMetrics(in, c), ratioMetrics(in, ratio))
}
