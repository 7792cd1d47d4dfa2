package algos

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/rlvr-go/rlvr/data"
)

const gdpoPaper = "arXiv 2601.05242"

// gdpo compares each of several rewards within its group by itself before it adds them
// (GDPO, arXiv 2601.05242, eqs. 4-6), so that a reward of great variance does not drown
// the others: over the rewards by name k with weights w (Scored.Rewards, RewardWeights;
// without any, the row's reward)
//
//	a_i = sum over k of w_k (R_ik - mean(R_k of the group))/(std + advantage_epsilon)
//	A_i = (a_i - mean(a))/(std(a) + advantage_epsilon) over the responses of the step
//
// as TRL does (normalize_then_sum); what shapers add to the reward are further rewards.
// A reward that is NaN counts 0 and leaves its statistics.
//
// Deviations: a response none of whose rewards differs from others of its group has
// exactly 0, where peers have -mean(a)/std(a). With compat verl the last line normalises
// over tokens, (a - mean)/sqrt(var + 1e-8), and a group of one keeps its rewards;
// advantage_epsilon is 1e-6 there.
type gdpo struct {
	epsilon float64
	verl    bool
}

func init() {
	RegisterEstimator(Part{
		Name: "gdpo", Paper: gdpoPaper, Summary: "several rewards, each compared within the group by itself",
		Options: []Option{
			FloatOption("advantage_epsilon", 1e-4, "0 or more", notNegative, "Added to the standard deviations."),
			CompatOption("verl"),
		},
	}, func(v Values) Estimator { return gdpo{v.Float("advantage_epsilon"), v.Text(compatName) == "verl"} })
	RegisterPreset(Preset{
		Name: "gdpo", Paper: gdpoPaper, Summary: "clipped ratio, several rewards normalised one by one",
		Loss: "grpo", Estimator: "gdpo", Aggregation: "seq-mean-token-mean",
	})
}

// Needs implements [Estimator].
func (e gdpo) Needs() Needs { return Needs{Groups: !e.verl} }

// Advantages implements [Estimator]. Rows without a reward (NaN) are masked and leave
// all statistics.
func (e gdpo) Advantages(s *data.Scored) error {
	if err := checkRewards(s); err != nil {
		return err
	}
	sums := make([]data.Row, len(s.Rows)) // a for the reward of a row
	differ := make([]bool, len(s.Rows))
	for i := range sums {
		sums[i] = data.Row{Group: s.Rows[i].Group}
		if !scored(&s.Rows[i]) {
			sums[i].Reward = math.NaN()
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Rewards)) {
		values := s.Rewards[name]
		if len(values) != len(s.Rows) {
			return fmt.Errorf("algos: %d rewards %s for %d rows", len(values), name, len(s.Rows))
		}
		weight, ok := s.RewardWeights[name]
		if !ok {
			weight = 1
		}
		if err := e.add(sums, differ, name, weight, func(i int) float64 { return values[i] }); err != nil {
			return err
		}
	}
	if len(s.Rewards) == 0 {
		if err := e.add(sums, differ, "", 1, func(i int) float64 { return s.Rows[i].Reward }); err != nil {
			return err
		}
	}
	e.normalise(s, sums, differ)
	return nil
}

// add adds a reward, compared within its groups, times its weight to the sums, and notes
// which rows it tells from others.
func (e gdpo) add(sums []data.Row, differ []bool, name string, weight float64, value func(i int) float64) error {
	rows := make([]data.Row, len(sums))
	for i := range rows {
		rows[i] = data.Row{Group: sums[i].Group, Reward: value(i)}
		if !scored(&sums[i]) {
			rows[i].Reward = math.NaN()
		}
		if math.IsInf(rows[i].Reward, 0) {
			return fmt.Errorf("algos: reward %s of row %d is %v", name, i, rows[i].Reward)
		}
	}
	i := 0
	(&data.Scored{Rows: rows}).GroupRows(func(_ int, group []data.Row) {
		d := describeRewards(group)
		for j := range group {
			x := group[j].Reward
			switch {
			case math.IsNaN(x):
			case e.verl && d.n == 1:
				sums[i].Reward += weight * x / (1 + e.epsilon)
			case !d.equal() && weight != 0:
				sums[i].Reward, differ[i] = sums[i].Reward+weight*(x-d.mean)/(d.std+e.epsilon), true
			}
			i++
		}
	})
	return nil
}

// normalise turns the sums into advantages.
func (e gdpo) normalise(s *data.Scored, sums []data.Row, differ []bool) {
	all := describeRewards(sums)
	for i := range s.Rows {
		r := &s.Rows[i]
		switch {
		case !scored(r):
			mask(r)
		case e.verl:
			broadcast(r, sums[i].Reward)
		case !differ[i] || all.equal():
			broadcast(r, 0)
		default:
			broadcast(r, (sums[i].Reward-all.mean)/(all.std+e.epsilon))
		}
	}
	if e.verl {
		whiten(s)
	}
}
