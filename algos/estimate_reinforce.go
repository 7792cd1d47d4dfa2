package algos

import "github.com/rlvr-go/rlvr/data"

// reinforceEstimator is the reward itself (Williams 1992), or the reward less the
// mean reward of the batch. That mean includes the row's own reward, which shortens
// the expected gradient by 1/n but does not turn it.
type reinforceEstimator struct{ batchMean bool }

func init() {
	RegisterEstimator(Part{
		Name: "reinforce", Paper: williams, Summary: "the reward, less a baseline",
		Options: []Option{
			ChoiceOption("baseline", "none", "What is subtracted from each reward.", "none", "batch-mean"),
		},
	}, func(v Values) Estimator { return reinforceEstimator{v.Text("baseline") == "batch-mean"} })
}

// Needs implements [Estimator].
func (reinforceEstimator) Needs() Needs { return Needs{} }

// Advantages implements [Estimator]. Rows without a reward (NaN) are masked.
func (e reinforceEstimator) Advantages(s *data.Scored) error {
	if err := checkRewards(s); err != nil {
		return err
	}
	batch := describeRewards(s.Rows)
	for i := range s.Rows {
		r := &s.Rows[i]
		switch {
		case !scored(r):
			mask(r)
		case !e.batchMean:
			broadcast(r, r.Reward)
		case batch.equal():
			broadcast(r, 0)
		default:
			broadcast(r, r.Reward-batch.mean)
		}
	}
	return nil
}
