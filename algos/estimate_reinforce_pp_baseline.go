package algos

import "github.com/rlvr-go/rlvr/data"

// reinforcePPBaseline is REINFORCE++-baseline (arXiv 2501.03262, section 3.3): the
// reward less the mean of its group, normalised over all trained tokens of the step
//
//	B_i = R_i - mean(R of the group)    A_i = (B_i - mean(B)) / sqrt(var(B) + 1e-8)
//
// so that long responses count more in mean and variance.
//
// Deviations: var is that of a sample (ddof 1). A group of one has B = 0; with compat verl
// it keeps its reward. ms-swift divides by the deviation of B over responses instead.
type reinforcePPBaseline struct{ lonely bool }

func init() {
	RegisterEstimator(Part{
		Name: "reinforce_pp_baseline", Paper: reinforcePPPaper, Summary: "rewards less their group's mean, normalised over all tokens of the step",
		Options: []Option{CompatOption("verl")},
	}, func(v Values) Estimator { return reinforcePPBaseline{v.Text(compatName) == "verl"} })
	RegisterPreset(Preset{
		Name: "reinforce_pp_baseline", Paper: reinforcePPPaper, Summary: "clipped ratio, group means as baselines, normalised over the step",
		Loss: "grpo", Estimator: "reinforce_pp_baseline", Aggregation: "token-mean",
	})
}

// Needs implements [Estimator].
func (e reinforcePPBaseline) Needs() Needs { return Needs{Groups: !e.lonely} }

// Advantages implements [Estimator]. Rows without a reward (NaN) are masked and leave
// the statistics of their group.
func (e reinforcePPBaseline) Advantages(s *data.Scored) error {
	err := groupAdvantages(s, kept(e.lonely), func(reward float64, group rewardStats) float64 { return reward - group.mean })
	if err != nil {
		return err
	}
	whiten(s)
	return nil
}
