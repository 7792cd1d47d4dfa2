package algos

import "github.com/rlvr-go/rlvr/data"

const gpgPaper = "arXiv 2504.02546"

// gpgEstimator is that of group policy gradient (GPG, arXiv 2504.02546, eqs. 7-9): with
// N rewards in the step, of which M are in groups whose rewards differ
//
//	A_i = N/M * (R_i - mean(R of the group))
//
// which undoes how groups without a gradient dilute the mean over the step.
//
// Deviations: with compat verl M counts the rewards that are not 0, as verl's code does,
// and a group of one keeps its reward; its f_norm is 1.
type gpgEstimator struct{ verl bool }

func init() {
	RegisterEstimator(Part{
		Name: "gpg", Paper: gpgPaper, Summary: "rewards less their group's mean, scaled up for groups without a gradient",
		Options: []Option{CompatOption("verl")},
	}, func(v Values) Estimator { return gpgEstimator{v.Text(compatName) == "verl"} })
	RegisterPreset(Preset{
		Name: "gpg", Paper: gpgPaper, Summary: "plain policy gradient over tokens, rewards against their group",
		Loss: "reinforce", Estimator: "gpg", Aggregation: "token-mean",
	})
}

// Needs implements [Estimator].
func (e gpgEstimator) Needs() Needs { return Needs{Groups: !e.verl} }

// Advantages implements [Estimator]. Rows without a reward (NaN) are masked and leave
// all counts and means.
func (e gpgEstimator) Advantages(s *data.Scored) error {
	scale := e.scale(s)
	var alone func(reward float64) float64
	if e.verl {
		alone = func(reward float64) float64 { return scale * reward }
	}
	return groupAdvantages(s, alone, func(reward float64, group rewardStats) float64 { return scale * (reward - group.mean) })
}

// scale is N/M.
func (e gpgEstimator) scale(s *data.Scored) float64 {
	all, useful := 0, 0
	s.GroupRows(func(_ int, rows []data.Row) {
		group := describeRewards(rows)
		all += group.n
		switch {
		case e.verl:
			for i := range rows {
				if scored(&rows[i]) && rows[i].Reward != 0 {
					useful++
				}
			}
		case !group.equal():
			useful += group.n
		}
	})
	return float64(all) / float64(max(1, useful))
}
