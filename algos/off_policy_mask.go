package algos

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

// offPolicyMask takes the tokens with negative advantage of responses that the policy has
// turned away from out of any policy loss (DeepSeek-V3.2, arXiv 2512.02556, section 3.1):
// with the sampler's log-probabilities
//
//	no weight where A < 0 and mean_t(rollout - logp) > off_policy_mask_threshold
//
// Denominators stay as they are, as in TRL. A token whose log-probability the sampler did
// not give counts as 0 in the mean.
type offPolicyMask struct{ threshold float64 }

func init() {
	RegisterWeight(Part{
		Name: "off_policy_mask", Paper: "arXiv 2512.02556", Summary: "no loss on bad responses that the policy has left",
		Options: []Option{
			FloatOption("off_policy_mask_threshold", 0, "0 (off) or more", notNegative,
				"Greatest mean log-ratio of the sampler's policy to the current one at which a response with negative advantage is trained on; TRL suggests 0.5."),
		},
	}, func(v Values) Weigher { return offPolicyMask{v.Float("off_policy_mask_threshold")} })
}

// Needs implements [Weigher].
func (o offPolicyMask) Needs() Needs { return Needs{Rollout: o.threshold > 0} }

// Graph implements [Weigher].
func (o offPolicyMask) Graph(in Inputs) (*Node, []Metric) {
	if o.threshold == 0 {
		return nil, nil
	}
	gap := rowMeanGraph(in, Where(IsFinite(in.Rollout), Sub(in.Rollout, in.LogProbs), ZerosLike(in.LogProbs)))
	dropped := LogicalAnd(below(in.Advantages, 0), above(gap, o.threshold))
	return ConvertDType(LogicalNot(dropped), gap.DType()), []Metric{tokenShare("off_policy_mask_ratio", in, dropped)}
}
