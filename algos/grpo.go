package algos

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas

	"github.com/rlvr-go/rlvr/configs/fault"
)

// grpo is the clipped surrogate of PPO (arXiv 1707.06347, eq. 7) over tokens, as
// GRPO uses it (arXiv 2402.03300, eq. 3): with r = exp(logp - old)
//
//	J = min(r*A, clip(r, 1-epsilon, 1+epsilon_high)*A) - beta*k3 + entropy_coef*H
//	k3 = exp(ref-logp) - (ref-logp) - 1
//
// Deviations from the paper: epsilon_high may differ from epsilon (DAPO); delta
// bounds r*A from below where A < 0 (dual clip, arXiv 1912.09729); an entropy bonus H
// may be added, which is aggregated as the rest is (TRL takes its mean over tokens
// always); log-ratios are clamped to +-20; beta is 0 by default, the paper's is 0.04. A
// token whose ratio lies exactly on a bound is not clipped.
type grpo struct {
	clipRange
	delta             float64 // a further bound; 0: none
	beta, entropyCoef float64
}

func init() {
	RegisterLoss(Part{
		Name: "grpo", Paper: "arXiv 2402.03300", Summary: "clipped ratio surrogate, optional KL and entropy terms",
		Options: []Option{
			epsilonOption(0.2), epsilonHighOption(0),
			FloatOption("delta", 0, "0 (off) or above 1+epsilon_high", func(x float64) bool { return x == 0 || x > 1 },
				"Ratios above delta stop learning where the advantage is negative (dual clip); 0: off."),
			FloatOption("beta", 0, "0 (no reference) or more", notNegative,
				"Weight of the KL divergence to the reference policy (k3); 0 needs no reference."),
			FloatOption("entropy_coef", 0, "0 (off) or more", notNegative,
				"Weight of the entropy bonus; 0: off."),
		},
		Contradictions: func(v Values, l *fault.List) {
			loss, delta := newGRPO(v), v.Float("delta")
			l.Check(delta == 0 || delta > loss.high, "delta", delta, "0 (off) or above 1+epsilon_high (%g)", loss.high)
		},
	}, func(v Values) Loss { return newGRPO(v) })
	RegisterPreset(Preset{
		Name: "grpo", Paper: "arXiv 2402.03300", Summary: "group-normalised advantages, clipped ratio",
		Loss: "grpo", Estimator: "grpo", Aggregation: "seq-mean-token-mean", Shapers: []string{"mask_truncated"},
	})
}

func newGRPO(v Values) *grpo {
	return &grpo{clipRange: newClipRange(v), delta: v.Float("delta"), beta: v.Float("beta"), entropyCoef: v.Float("entropy_coef")}
}

// Needs implements [Loss].
func (o *grpo) Needs() Needs {
	plain := o.beta == 0 && o.entropyCoef == 0
	return Needs{Old: true, Ref: o.beta > 0, EntropyGrad: o.entropyCoef != 0, AdvantageScaled: plain}
}

// Graph implements [Loss].
func (o *grpo) Graph(in Inputs) Output {
	adv := in.Advantages
	logRatio := logRatioGraph(in)
	ratio := Exp(logRatio)
	c := o.surrogateGraph(ratio, adv)
	surrogate := c.objective
	if o.delta > 0 {
		surrogate = Where(LogicalAnd(c.falling, above(ratio, o.delta)), MulScalar(adv, o.delta), surrogate)
	}
	out := policyOutput(in, surrogate, logRatio).with(clipMetrics(in, c), ratioMetrics(in, ratio))
	if o.beta > 0 {
		k3 := k3Graph(in.LogProbs, in.Ref)
		out.Terms = append(out.Terms, o.term(in, "kl_loss", MulScalar(k3, o.beta)))
		out.Metrics = append(out.Metrics, tokenMean("kl", in, k3))
	}
	if o.entropyCoef != 0 {
		out.Terms = append(out.Terms, o.term(in, "entropy_loss", MulScalar(in.Entropy, -o.entropyCoef)))
	}
	return out
}

func (*grpo) term(in Inputs, name string, perToken *Node) Term {
	numerator, denominator := in.Aggregate(perToken)
	return Term{Name: name, Numerator: numerator, Denominator: denominator}
}

// k3Graph is Schulman's k3 estimator of KL(policy || ref) at each token, [N, T]: never
// negative, and of less variance than the plain log-ratio.
func k3Graph(logp, ref *Node) *Node {
	u := ClipScalar(Sub(ref, logp), -maxLogRatio, maxLogRatio)
	return AddScalar(Sub(Exp(u), u), -1)
}
