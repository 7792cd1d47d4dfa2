package algos

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas

	"github.com/rlvr-go/rlvr/configs/fault"
)

// rolloutCorrection weighs the tokens of any policy loss by the ratio of the trainer's
// policy at the start of the step to the sampler's, which differ in precision and kernels
// (Yao et al. 2025, "Your efficient RL framework secretly brings you off-policy RL
// training"; verl's rollout_corr_helper, TRL): with k = old - rollout
//
//	token      w = exp(k)
//	sequence   w = exp(sum of k over the response)
//	geometric  w = exp(mean of k over the response)
//	truncate   min(w, threshold)                              TIS
//	mask       w where threshold_low <= w <= threshold, else 0   MIS, IcePop
//
// In bypass mode the sampler's log-probabilities are the old ones: no pass computes
// others. A loss with a ratio corrects itself then, and weights on top of it would count
// twice; for one without, w is that of the current policy.
//
// Weights are constants, multiply the policy's objective and not KL or entropy (as in
// TRL; ms-swift weighs the KL too), and leave denominators alone: a masked token still
// counts. Log-ratios are at most 20. A token whose log-probability the sampler
// did not give (NaN or infinite) counts as 0 in k. In losses whose tokens share one
// gradient (gspo, gmpo) weights act by their mean; verl takes their geometric mean in gmpo.
type rolloutCorrection struct {
	level          string
	masks, bypass  bool
	atLeast, limit float64
}

func init() {
	RegisterWeight(Part{
		Name: "rollout_correction", Paper: "Yao et al. 2025, fengyao.notion.site/off-policy-rl", Summary: "weights for the gap between trainer and sampler",
		Options: []Option{
			ChoiceOption("rollout_is", "none", "Over what the ratio to the sampler's policy is taken.", "none", "token", "sequence", "geometric"),
			ChoiceOption("rollout_is_mode", "truncate", "What happens to ratios beyond the thresholds: cut to it, or no weight.", "truncate", "mask"),
			FloatOption("rollout_is_threshold", 2, "above 0", positive, "Greatest ratio."),
			FloatOption("rollout_is_threshold_low", 0, "0 (none) or more, at most rollout_is_threshold", notNegative, "Least ratio of mode mask."),
			ChoiceOption("old_log_probs", "recompute", "Where old log-probabilities come from: a pass of the trainer, or the sampler (bypass mode).", "recompute", "rollout"),
		},
		Contradictions: func(v Values, l *fault.List) {
			low, high := v.Float("rollout_is_threshold_low"), v.Float("rollout_is_threshold")
			if v.Text("rollout_is") == "none" {
				for _, name := range []string{"rollout_is_threshold", "rollout_is_threshold_low"} {
					l.Check(!v.Changed(name), name, v.Float(name), "nothing while rollout_is is none")
				}
				l.Check(!v.Changed("rollout_is_mode"), "rollout_is_mode", v.Text("rollout_is_mode"), "nothing while rollout_is is none")
				return
			}
			l.Check(low <= high, "rollout_is_threshold_low", low, "at most rollout_is_threshold (%g)", high)
			l.Check(low == 0 || v.Text("rollout_is_mode") == "mask", "rollout_is_threshold_low", low, "0 while rollout_is_mode is truncate: only mask has a lower threshold")
		},
	}, func(v Values) Weigher {
		return rolloutCorrection{
			level: v.Text("rollout_is"), masks: v.Text("rollout_is_mode") == "mask", bypass: v.Text("old_log_probs") == "rollout",
			atLeast: v.Float("rollout_is_threshold_low"), limit: v.Float("rollout_is_threshold"),
		}
	})
}

// Needs implements [Weigher].
func (o rolloutCorrection) Needs() Needs {
	return Needs{Rollout: o.bypass || o.level != "none", Old: o.level != "none" && !o.bypass}
}

// Graph implements [Weigher].
func (o rolloutCorrection) Graph(in Inputs) (*Node, []Metric) {
	if o.level == "none" {
		return nil, nil
	}
	start := in.Old
	if o.bypass {
		start = in.LogProbs
	}
	known := IsFinite(in.Rollout)
	gap := Where(known, Sub(start, in.Rollout), ZerosLike(start)) // k, [N, T]
	ratio := Exp(MinScalar(o.overGraph(in, gap), maxLogRatio))
	beyond := LogicalOr(above(ratio, o.limit), below(ratio, o.atLeast))
	weight := MinScalar(ratio, o.limit)
	if o.masks {
		weight = Where(beyond, ZerosLike(ratio), ratio)
	}
	trained := IsTrained(in.Mask)
	return weight, []Metric{
		{Name: "rollout_corr/rollout_is_max", Join: JoinMax, Numerator: MaskedReduceAllMax(ratio, trained)},
		{Name: "rollout_corr/rollout_is_min", Join: JoinMin, Numerator: MaskedReduceAllMin(ratio, trained)},
		tokenShare("rollout_corr/rollout_is_oob_ratio", in, beyond),
		tokenShare("rollout_corr/missing_ratio", in, LogicalNot(known)),
		tokenMean("rollout_corr/rollout_is_mean", in, weight),
		tokenMean("rollout_corr/rollout_is_sq_mean", in, Square(weight)),
	}
}

// overGraph is the log-ratio over what the level says, [N, T].
func (o rolloutCorrection) overGraph(in Inputs, gap *Node) *Node {
	switch o.level {
	case "sequence":
		return BroadcastToShape(ReduceAndKeep(gap, ReduceSum, -1), gap.Shape())
	case "geometric":
		return rowMeanGraph(in, gap)
	}
	return gap
}
