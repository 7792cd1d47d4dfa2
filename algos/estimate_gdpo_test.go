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
		for _, values := range named {
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
						sum[i] += values[i] / (1 + eps)
					case slices.Min(x) != slices.Max(x):
						sum[i], differ[i] = sum[i]+(values[i]-m)/(std+eps), true
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
					}
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
					if got[0][0] < 0.1 {
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
