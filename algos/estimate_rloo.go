package algos

import "github.com/rlvr-go/rlvr/data"

const rlooPaper = "arXiv 2402.14740"

// leaveOneOut compares a reward with the mean of the others in its group (REINFORCE
// leave-one-out, arXiv 2402.14740, section 3.2), for a group of G
//
//	A_i = R_i - 1/(G-1) * sum over j != i of R_j = G/(G-1) * (R_i - mean(R))
//
// The paper takes the KL divergence to the reference off the rewards: kl_reward_coef.
//
// Deviations: groups whose rewards are all equal, and groups of one, have exactly 0; with
// compat verl a group of one keeps its reward, as in verl's loop (its vectorised form
// gives 0, as TRL does).
type leaveOneOut struct{ lonely bool }

func init() {
	RegisterEstimator(Part{
		Name: "rloo", Paper: rlooPaper, Summary: "the reward less the mean of the others in the group",
		Options: []Option{CompatOption("verl")},
	}, func(v Values) Estimator { return leaveOneOut{v.Text(compatName) == "verl"} })
	RegisterPreset(Preset{
		Name: "rloo", Paper: rlooPaper, Summary: "plain policy gradient, each reward against the others of its group",
		Loss: "reinforce", Estimator: "rloo", Aggregation: "seq-mean-token-sum",
	})
}

// Needs implements [Estimator].
func (e leaveOneOut) Needs() Needs { return Needs{Groups: !e.lonely} }

// Advantages implements [Estimator]. Rows without a reward (NaN) are masked and leave
// the others' means.
func (e leaveOneOut) Advantages(s *data.Scored) error {
	return groupAdvantages(s, kept(e.lonely), func(reward float64, group rewardStats) float64 {
		n := float64(group.n)
		return n / (n - 1) * (reward - group.mean)
	})
}
