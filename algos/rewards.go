package algos

import (
	"fmt"
	"math"

	"github.com/rlvr-go/rlvr/data"
)

// This file holds what estimators share: statistics over the rewards that are not
// NaN, and ways to write a row's advantages.

// rewardStats describe the rewards of some rows, NaN ones left out.
type rewardStats struct {
	n         int
	mean      float64
	std       float64 // of a sample (ddof 1); 0 for less than two rewards
	low, high float64
}

// equal reports that no reward differs from another. It is asked of the rewards
// and not of std, because a mean of equal numbers may be off by an ulp, which a
// division by a tiny std blows up.
func (d rewardStats) equal() bool { return d.n == 0 || d.low == d.high }

func describeRewards(rows []data.Row) rewardStats {
	d := rewardStats{low: math.Inf(1), high: math.Inf(-1)}
	sum := 0.0
	for i := range rows {
		if scored(&rows[i]) {
			d.n++
			sum += rows[i].Reward
			d.low, d.high = min(d.low, rows[i].Reward), max(d.high, rows[i].Reward)
		}
	}
	if d.n == 0 {
		return d
	}
	d.mean = sum / float64(d.n)
	if d.n == 1 {
		return d
	}
	squares := 0.0
	for i := range rows {
		if scored(&rows[i]) {
			squares += (rows[i].Reward - d.mean) * (rows[i].Reward - d.mean)
		}
	}
	d.std = math.Sqrt(squares / float64(d.n-1))
	return d
}

// checkRewards refuses infinite rewards: a mean over them says nothing.
func checkRewards(s *data.Scored) error {
	for i := range s.Rows {
		if math.IsInf(s.Rows[i].Reward, 0) {
			return fmt.Errorf("algos: reward of row %d (group %d) is %v", i, s.Rows[i].Group, s.Rows[i].Reward)
		}
	}
	return nil
}

// groupAdvantages gives each row what of makes of its reward and its group's: rows
// without a reward (NaN) are masked and leave the statistics, groups whose rewards are all
// equal have exactly 0, and so have groups of one unless alone says what they have.
func groupAdvantages(s *data.Scored, alone func(reward float64) float64, of func(reward float64, group rewardStats) float64) error {
	if err := checkRewards(s); err != nil {
		return err
	}
	s.GroupRows(func(_ int, rows []data.Row) {
		group := describeRewards(rows)
		for i := range rows {
			switch r := &rows[i]; {
			case !scored(r):
				mask(r)
			case alone != nil && group.n == 1:
				broadcast(r, alone(r.Reward))
			case group.equal():
				broadcast(r, 0)
			default:
				broadcast(r, of(r.Reward, group))
			}
		}
	})
	return nil
}

// kept is what a group of one has under compat verl where others have 0.
func kept(lonely bool) func(reward float64) float64 {
	if !lonely {
		return nil
	}
	return func(reward float64) float64 { return reward }
}

// scored reports that a row has a reward.
func scored(r *data.Row) bool { return !math.IsNaN(r.Reward) }

// broadcast gives every token of a row the same advantage.
func broadcast(r *data.Row, advantage float64) {
	r.Advantages = make([]float64, len(r.Mask))
	for t := range r.Advantages {
		r.Advantages[t] = advantage
	}
}

// mask takes a row out of training: no token trained, advantages 0.
func mask(r *data.Row) {
	r.Mask = make([]bool, len(r.Mask))
	broadcast(r, 0)
}
