package algos

import (
	"math"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

const passKPaper = "arXiv 2508.10751"

// passK rewards a group for having one right answer among k, not for the share of right
// ones. Form analytic (Pass@k training, arXiv 2508.10751, eqs. 12-15) is the mean over all
// subsets of k of a group of n, of which m are wrong:
//
//	P = 1 - C(m,k)/C(n,k)    A_right = (1-P)/sqrt(P(1-P))    A_wrong = (1-P - C(m-1,k-1)/C(n-1,k-1))/sqrt(P(1-P))
//
// so that k = 1 is GRPO with the population's deviation, and a group with fewer than k
// wrong answers has learned its lesson: 0. Form best (arXiv 2503.19595; verl's grpo_passk)
// gives the best of the group, by reward, what it is ahead of the second, divided by the
// group's standard deviation + 1e-6, and the others 0.
//
// Deviations: groups of fewer than k are compared at their size; verl refuses groups of
// one, here they have 0. A tie for the best gives 0.
type passK struct {
	best bool
	k    int
}

const passKEpsilon = 1e-6

func init() {
	RegisterEstimator(Part{
		Name: "pass_k", Paper: passKPaper, Summary: "one right answer among k is what counts",
		Options: []Option{
			ChoiceOption("pass_k_form", "analytic", "analytic: the mean over all subsets of k, by verdicts; best: only the best reward of a group learns.", "analytic", "best"),
			IntOption("pass_k", 4, "1 or more", func(x int) bool { return x >= 1 }, "k: how many answers there are to one problem."),
		},
		Contradictions: func(v Values, l *fault.List) {
			l.Check(v.Text("pass_k_form") == "analytic" || !v.Changed("pass_k"), "pass_k", v.Int("pass_k"), "nothing while pass_k_form is best, which is about the whole group")
		},
	}, func(v Values) Estimator { return passK{v.Text("pass_k_form") == "best", v.Int("pass_k")} })
	RegisterPreset(Preset{
		Name: "pass_k", Paper: passKPaper, Summary: "clipped ratio, advantages for one right answer among k",
		Loss: "grpo", Estimator: "pass_k", Aggregation: "seq-mean-token-mean",
	})
}

// Needs implements [Estimator].
func (passK) Needs() Needs { return Needs{Groups: true} }

// Advantages implements [Estimator]. Rows without a reward (NaN) are masked and leave
// their group.
func (e passK) Advantages(s *data.Scored) error {
	if err := checkRewards(s); err != nil {
		return err
	}
	s.GroupRows(func(_ int, rows []data.Row) {
		for i := range rows {
			if scored(&rows[i]) {
				broadcast(&rows[i], 0)
			} else {
				mask(&rows[i])
			}
		}
		if e.best {
			rewardBest(rows)
		} else {
			e.analytic(rows)
		}
	})
	return nil
}

func (e passK) analytic(rows []data.Row) {
	n, wrong := 0, 0
	for i := range rows {
		if scored(&rows[i]) {
			n++
			if !right(&rows[i]) {
				wrong++
			}
		}
	}
	k := min(e.k, n)
	none, given := 1.0, 1.0 // that all of k are wrong; the same, given that one of them is
	for j := range k {
		f := float64(max(0, wrong-j)) / float64(n-j)
		none *= f
		if j > 0 {
			given *= f
		}
	}
	deviation := math.Sqrt(none * (1 - none))
	if deviation == 0 {
		return
	}
	for i := range rows {
		switch r := &rows[i]; {
		case !scored(r):
		case right(r):
			broadcast(r, none/deviation)
		default:
			broadcast(r, (none-given)/deviation)
		}
	}
}

// right reports a verdict of correct. Unlike the reward, it is not changed by shaping.
func right(r *data.Row) bool { return r.Verdict.Kind == data.Correct }

// rewardBest gives the best row of a group its lead.
func rewardBest(rows []data.Row) {
	first, second := -1, math.Inf(-1)
	for i := range rows {
		if !scored(&rows[i]) {
			continue
		}
		if first < 0 || rows[i].Reward > rows[first].Reward {
			if first >= 0 {
				second = rows[first].Reward
			}
			first = i
			continue
		}
		second = max(second, rows[i].Reward)
	}
	if group := describeRewards(rows); group.n > 1 {
		broadcast(&rows[first], (rows[first].Reward-second)/(group.std+passKEpsilon))
	}
}
