package algos_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
	"github.com/rlvr-go/rlvr/data"
)

// spread gives each token of a row the same advantage.
func spread(s *data.Scored, of func(i int) float64) [][]float64 {
	out := make([][]float64, len(s.Rows))
	for i := range out {
		out[i] = make([]float64, len(s.Rows[i].Mask))
		for t := range out[i] {
			out[i][t] = of(i)
		}
	}
	return out
}

func meanStd(x []float64) (mean, std float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		std += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(std / float64(len(x)-1))
}

// groupAdvantages is the oracle of the group-normalised estimator.
func groupAdvantages(scale string, eps float64) func(*data.Scored) [][]float64 {
	return func(s *data.Scored) [][]float64 {
		groups, all := make([][]float64, len(s.Groups)), []float64(nil)
		for _, r := range s.Rows {
			groups[r.Group] = append(groups[r.Group], r.Reward)
			all = append(all, r.Reward)
		}
		_, batchStd := meanStd(all)
		return spread(s, func(i int) float64 {
			group := groups[s.Rows[i].Group]
			if slices.Min(group) == slices.Max(group) {
				return 0
			}
			mean, std := meanStd(group)
			switch scale {
			case "none":
				return s.Rows[i].Reward - mean
			case "batch":
				std = batchStd
			}
			return (s.Rows[i].Reward - mean) / (std + eps)
		})
	}
}

// equalRewards are exactly 0, also where a rounded mean would not be: a mean of ten
// times 0.1 is not 0.1.
var equalRewards = algotest.EstimatorIdentity{
	Name: "equal rewards", Explanation: "a group whose rewards are all equal teaches nothing: its advantages are exactly 0",
	Check: func(e algos.Estimator) error {
		for _, x := range []float64{0, 1, 0.7, 9.7, 0.1, 1e15 + 0.3, -1e-300} {
			for n := 1; n <= 16; n++ {
				same := make([]float64, n)
				for i := range same {
					same[i] = x
				}
				got, err := algotest.Advantages(e, algotest.Rewards(same, same))
				if err != nil {
					return err
				}
				for i := range got {
					if got[i][0] != 0 {
						return fmt.Errorf("%d rewards of %v: advantage %v", n, x, got[i][0])
					}
				}
			}
		}
		return nil
	},
}

// moved claims that advantages do not depend on where rewards begin.
var moved = algotest.EstimatorIdentity{
	Name: "shift", Explanation: "a constant added to all rewards changes no advantage",
	Check: func(e algos.Estimator) error {
		want, err := algotest.Advantages(e, algotest.Rewards([]float64{0, 1, 1}, []float64{0.5, 0.25}))
		if err != nil {
			return err
		}
		got, err := algotest.Advantages(e, algotest.Rewards([]float64{8, 9, 9}, []float64{8.5, 8.25}))
		if err != nil {
			return err
		}
		for i := range want {
			if math.Abs(got[i][0]-want[i][0]) > 1e-12 { // rewards 8 times as long lose 3 bits
				return fmt.Errorf("row %d: %v, was %v", i, got[i][0], want[i][0])
			}
		}
		return nil
	},
}

func TestGroupEstimator(t *testing.T) {
	for _, c := range []struct {
		scale string
		eps   float64
	}{{"group", 1e-4}, {"batch", 1e-4}, {"none", 0}, {"group", 0}, {"group", 1e-6}} {
		options := map[string]any{"scale_rewards": c.scale}
		if c.scale != "none" {
			options["advantage_epsilon"] = c.eps
		}
		algotest.RunEstimator(t, algotest.EstimatorCase{
			Algorithm: algos.Options{Name: "grpo", Options: options}, Estimator: "grpo",
			Oracle: groupAdvantages(c.scale, c.eps), Golden: "testdata/estimator_grpo.json",
			Identities: []algotest.EstimatorIdentity{equalRewards, moved},
		})
	}
}

func TestReinforceEstimator(t *testing.T) {
	algotest.RunEstimator(t, algotest.EstimatorCase{
		Algorithm: algos.Options{Name: "reinforce"}, Estimator: "reinforce",
		Oracle: func(s *data.Scored) [][]float64 {
			return spread(s, func(i int) float64 { return s.Rows[i].Reward })
		},
	})
	algotest.RunEstimator(t, algotest.EstimatorCase{
		Algorithm: algos.Options{Name: "reinforce", Options: map[string]any{"baseline": "batch-mean"}}, Estimator: "reinforce",
		Oracle: func(s *data.Scored) [][]float64 {
			sum := 0.0
			for _, r := range s.Rows {
				sum += r.Reward
			}
			return spread(s, func(i int) float64 { return s.Rows[i].Reward - sum/float64(len(s.Rows)) })
		},
		Identities: []algotest.EstimatorIdentity{equalRewards, moved}, Golden: "testdata/estimator_reinforce.json",
	})
}

// The constant estimator belongs to given answers: rewards do not matter.
func TestConstantEstimator(t *testing.T) {
	algotest.RunEstimator(t, algotest.EstimatorCase{
		Algorithm: algos.Options{Name: "sft"}, Estimator: "constant",
		Oracle: func(s *data.Scored) [][]float64 { return spread(s, func(int) float64 { return 1 }) },
	})
}
