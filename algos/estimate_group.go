package algos

import (
	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

// groupEstimator compares the rewards of one prompt's completions (arXiv
// 2402.03300, section 4.1.2):
//
//	A_i = (R_i - mean(R)) / (std(R) + advantage_epsilon)
//
// with the sample standard deviation (ddof 1), as TRL and verl have it; the paper
// does not say which. scale_rewards takes it over the group, over the rewards of the
// whole batch (TRL's "batch"), or leaves the division out (Dr. GRPO). Groups whose
// rewards are all equal, so also groups of one, have advantages of exactly 0; with compat
// verl a group of one keeps its reward, as if mean and deviation were 0 and 1 (its
// advantage_epsilon is 1e-6).
type groupEstimator struct {
	scale   string
	epsilon float64
	lonely  bool
}

func init() {
	RegisterEstimator(Part{
		Name: "grpo", Paper: "arXiv 2402.03300", Summary: "rewards compared within the group of a prompt",
		Options: []Option{
			ChoiceOption("scale_rewards", "group", "Which rewards' standard deviation divides the advantages.", "group", "batch", "none"),
			FloatOption("advantage_epsilon", 1e-4, "0 or more", notNegative, "Added to the standard deviation."),
			CompatOption("verl"),
		},
		Contradictions: func(v Values, l *fault.List) {
			if v.Text("scale_rewards") == "none" && v.Changed("advantage_epsilon") {
				l.Add("advantage_epsilon", v.Float("advantage_epsilon"), "nothing while scale_rewards is none: there is no division")
			}
		},
	}, func(v Values) Estimator {
		return groupEstimator{scale: v.Text("scale_rewards"), epsilon: v.Float("advantage_epsilon"), lonely: v.Text(compatName) == "verl"}
	})
}

// Needs implements [Estimator].
func (e groupEstimator) Needs() Needs { return Needs{Groups: !e.lonely} }

// Advantages implements [Estimator]. Rows without a reward (NaN) are masked and
// leave the statistics of their group.
func (e groupEstimator) Advantages(s *data.Scored) error {
	batch := describeRewards(s.Rows)
	divisor := func(group rewardStats) float64 {
		switch e.scale {
		case "group":
			return group.std + e.epsilon
		case "batch":
			return batch.std + e.epsilon
		default:
			return 1
		}
	}
	var alone func(reward float64) float64
	if e.lonely {
		alone = func(reward float64) float64 { return reward / divisor(rewardStats{std: 1}) } // verl takes 1 for its deviation
	}
	return groupAdvantages(s, alone, func(reward float64, group rewardStats) float64 { return (reward - group.mean) / divisor(group) })
}
