package algos

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas

	"github.com/rlvr-go/rlvr/configs/fault"
)

// grpo is the clipped surrogate of PPO (arXiv 1707.06347, eq. 7) over tokens, as
// GRPO uses it (arXiv 2402.03300, eq. 3): with r = exp(logp - old)
//
//	J = min(r*A, clip(r, 1-epsilon, 1+epsilon_high)*A)
//
// KL and entropy are terms of their own, see kl.go and entropy.go.
//
// Deviations from the paper: epsilon_high may differ from epsilon (DAPO); delta
// bounds r*A from below where A < 0 (dual clip, arXiv 1912.09729; two-sided GRPO,
// arXiv 2505.07291); log-ratios are clamped to +-20. A token whose ratio lies exactly on
// a bound is not clipped.
type grpo struct {
	clipRange
	delta float64 // a further bound; 0: none
}

func init() {
	RegisterLoss(Part{
		Name: "grpo", Paper: "arXiv 2402.03300", Summary: "clipped ratio of each token",
		Options: []Option{
			epsilonOption(0.2), epsilonHighOption(0),
			FloatOption("delta", 0, "0 (off) or above 1+epsilon_high", func(x float64) bool { return x == 0 || x > 1 },
				"Ratios above delta stop learning where the advantage is negative (dual clip); 0: off."),
		},
		Contradictions: func(v Values, l *fault.List) {
			loss, delta := newGRPO(v), v.Float("delta")
			l.Check(delta == 0 || delta > loss.high, "delta", delta, "0 (off) or above 1+epsilon_high (%g)", loss.high)
		},
	}, func(v Values) Loss { return newGRPO(v) })
	RegisterPreset(Preset{
		Name: "grpo", Paper: "arXiv 2402.03300", Summary: "group-normalised advantages, clipped ratio",
		Loss: "grpo", Estimator: "grpo", Aggregation: "seq-mean-token-mean",
	})
}

func newGRPO(v Values) *grpo { return &grpo{newClipRange(v), v.Float("delta")} }

// Needs implements [Loss].
func (*grpo) Needs() Needs { return Needs{Old: true, AdvantageScaled: true} }

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
	return policyOutput(in, surrogate, logRatio).with(clipMetrics(in, c), ratioMetrics(in, ratio))
}
