package algos_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
	"github.com/rlvr-go/rlvr/data"
)

// gdpoOracle is the definition, over the rewards by name or the row's reward.
func gdpoOracle(eps float64, verl bool) func(s *data.Scored) [][]float64 {
	return func(s *data.Scored) [][]float64 {
		named := s.Rewards
		if len(named) == 0 {
			all := make([]int, len(s.Rows))
			for i := range all {
				all[i] = i
			}
			named = map[string][]float64{"reward": rewardsOf(s, all)}
		}
		sum, differ := make([]float64, len(s.Rows)), make([]bool, len(s.Rows))
		for name, values := range named {
			weight, ok := s.RewardWeights[name]
			if !ok {
				weight = 1
			}
			for _, rows := range groupsOf(s) {
				var x []float64
				for _, i := range rows {
					if !math.IsNaN(values[i]) {
						x = append(x, values[i])
					}
				}
				m, std := meanStd(x)
				for _, i := range rows {
					switch {
					case math.IsNaN(values[i]):
					case verl && len(x) == 1:
						sum[i] += weight * values[i] / (1 + eps)
					case slices.Min(x) != slices.Max(x) && weight != 0:
						sum[i], differ[i] = sum[i]+weight*(values[i]-m)/(std+eps), true
					}
				}
			}
		}
		if verl {
			return whitened(s, spread(s, func(i int) float64 { return sum[i] }))
		}
		m, std := meanStd(sum)
		return spread(s, func(i int) float64 {
			if !differ[i] {
				return 0
			}
			return (sum[i] - m) / (std + eps)
		})
	}
}

func TestGDPO(t *testing.T) {
	for _, compat := range []string{"none", "verl"} {
		c := algotest.EstimatorCase{
			Algorithm: algos.Options{Name: "gdpo", Options: map[string]any{"compat": compat, "advantage_epsilon": 1e-4}}, Estimator: "gdpo",
			Oracle: gdpoOracle(1e-4, compat == "verl"), NoGolden: peersFile,
			Identities: []algotest.EstimatorIdentity{equalRewards, {
				Name: "several rewards", Explanation: "each reward counts by its deviation, whatever its scale, and one that is missing counts nothing",
				Check: func(e algos.Estimator) error {
					s := algotest.Rewards([]float64{0, 1, 2, 3}, []float64{0, 0, 1}, []float64{1, 1})
					s.Rewards = map[string][]float64{
						"small": {0, 1, 0, 0, 0.5, 0, 0, 1, 1},
						"great": {1e6, 0, 0, 1e6, 5e5, math.NaN(), 2e6, 7, 7},
						"third": {1, 2, 3, 4, 3, 2, 1, 0, 1},
						"seen":  {9, 8, 7, 6, 5, 4, 3, 2, 1},
					}
					s.RewardWeights = map[string]float64{"small": 2, "great": 0.5, "seen": 0}
					got, err := algotest.Advantages(e, s)
					if err != nil {
						return err
					}
					for i, want := range gdpoOracle(1e-4, compat == "verl")(s) {
						for u := range want {
							if math.Abs(got[i][u]-want[u]) > 1e-12 {
								return fmt.Errorf("row %d: %v, want %v", i, got[i], want)
							}
						}
					}
					if got[1][0]-got[0][0] < 1 {
						return fmt.Errorf("the small reward is not felt: %v", got)
					}
					return nil
				},
			}},
		}
		if compat == "verl" {
			c.Identities = c.Identities[1:]
		}
		algotest.RunEstimator(t, c)
	}
	proveGRPO(t, "gdpo", "seq-mean-token-mean")
}

// Two rewards that cancel each other leave nothing to learn, not 0/0; and a group that no
// reward tells apart has exactly 0 beside others whose sums are not.
func TestGDPOThatCancels(t *testing.T) {
	a, err := algos.Resolve(algos.Options{Name: "gdpo", Options: map[string]any{"advantage_epsilon": 0}})
	if err != nil {
		t.Fatal(err)
	}
	s := algotest.Rewards([]float64{1, 1})
	s.Rewards = map[string][]float64{"a": {0, 1}, "b": {1, 0}}
	got, err := algotest.Advantages(a.Estimator, s)
	if err != nil || got[0][0] != 0 || got[1][0] != 0 {
		t.Errorf("advantages %v, error %v", got, err)
	}
	s = algotest.Rewards([]float64{0.1, 0.7, 0.3}, []float64{0.7, 0.7})
	got, err = algotest.Advantages(a.Estimator, s)
	if err != nil || got[0][0] == 0 || got[3][0] != 0 || got[4][0] != 0 {
		t.Errorf("advantages %v, error %v", got, err)
	}
}

func TestGDPOOfBadRewards(t *testing.T) {
	a, err := algos.Resolve(algos.Options{Name: "gdpo"})
	if err != nil {
		t.Fatal(err)
	}
	for want, values := range map[string][]float64{
		"3 rewards x for 2 rows": {1, 2, 3},
		"reward x of row 1 is -": {1, math.Inf(-1)},
	} {
		s := algotest.Rewards([]float64{1, 0})
		s.Rewards = map[string][]float64{"x": values}
		if err := a.Estimator.Advantages(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// TestGDPOWeightsAsTRL: TRL 1.16's normalize_then_sum with reward_weights [2, 0.5] on two
// groups of three, computed with torch 2.15 in float64 as grpo_trainer.py does.
func TestGDPOWeightsAsTRL(t *testing.T) {
	a, err := algos.Resolve(algos.Options{Name: "gdpo", Options: map[string]any{"advantage_epsilon": 1e-4}})
	if err != nil {
		t.Fatal(err)
	}
	s := algotest.Rewards([]float64{0, 1, 0}, []float64{1, 1, 0})
	s.Rewards = map[string][]float64{"a": {0, 1, 0, 1, 1, 0}, "b": {0.1, 0.7, math.NaN(), 0.2, 0.9, 0.4}}
	s.RewardWeights = map[string]float64{"a": 2, "b": 0.5}
	got, err := algotest.Advantages(a.Estimator, s)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{-0.751082425438229, 1.32611025545621, -0.575027830017984, 0.367873574548939, 0.85123350397671, -1.21910707852565} {
		const correction = 1e-7 // TRL's n/(n-1) is a float32
		if math.Abs(got[i][0]-want) > correction {
			t.Errorf("row %d: %v, want %v", i, got[i][0], want)
		}
	}
}
