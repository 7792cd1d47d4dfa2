package algos_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
	"github.com/rlvr-go/rlvr/data"
)

func judged(s *data.Scored, _ *rand.Rand) { judge(s) }

// bySubsets is the advantage as defined: the mean reward (1 if any is right) of the
// subsets of k that a row is in, less the mean over all subsets, over the deviation.
func bySubsets(right []bool, k int) []float64 {
	n := len(right)
	k = min(k, n)
	sum, count := make([]float64, n), make([]float64, n)
	all, subsets := 0.0, 0.0
	for set := range 1 << n {
		var members []int
		reward := 0.0
		for i := range n {
			if set>>i&1 == 1 {
				members = append(members, i)
				if right[i] {
					reward = 1
				}
			}
		}
		if len(members) != k {
			continue
		}
		all += reward
		subsets++
		for _, i := range members {
			sum[i] += reward
			count[i]++
		}
	}
	mean := all / subsets
	out := make([]float64, n)
	for i := range out {
		if mean > 0 && mean < 1 {
			out[i] = (sum[i]/count[i] - mean) / math.Sqrt(mean*(1-mean))
		}
	}
	return out
}

func TestPassK(t *testing.T) {
	for _, k := range []int{1, 2, 4, 9} {
		algotest.RunEstimator(t, algotest.EstimatorCase{
			Algorithm: algos.Options{Name: "pass_k", Options: map[string]any{"pass_k": k}}, Estimator: "pass_k", Prepare: judged,
			Oracle: func(s *data.Scored) [][]float64 {
				out := make([]float64, len(s.Rows))
				for _, rows := range groupsOf(s) {
					var right []bool
					for _, i := range rows {
						right = append(right, s.Rows[i].Verdict.Kind == data.Correct)
					}
					for j, a := range bySubsets(right, k) {
						out[rows[j]] = a
					}
				}
				return spread(s, func(i int) float64 { return out[i] })
			},
			Identities: []algotest.EstimatorIdentity{equalRewards, sums, {
				Name: "k = 1", Explanation: "with k = 1 it is GRPO's with the deviation of a population",
				Check: func(e algos.Estimator) error {
					s := algotest.Rewards([]float64{1, 0, 0, 0})
					judge(s)
					got, err := algotest.Advantages(e, s)
					if want := 0.75 / math.Sqrt(0.25*0.75); err == nil && k == 1 && math.Abs(got[0][0]-want) > 1e-12 {
						err = fmt.Errorf("%v, want %v", got[0][0], want)
					}
					return err
				},
			}},
			NoGolden: "enumeration of subsets is the definition",
		})
	}
	algotest.RunEstimator(t, algotest.EstimatorCase{
		Algorithm: algos.Options{Name: "pass_k", Options: map[string]any{"pass_k_form": "best"}}, Estimator: "pass_k",
		Oracle: func(s *data.Scored) [][]float64 {
			out := make([]float64, len(s.Rows))
			for _, rows := range groupsOf(s) {
				x := rewardsOf(s, rows)
				sorted := slices.Sorted(slices.Values(x))
				for j, i := range rows {
					if n := len(x); n > 1 && x[j] == sorted[n-1] && x[j] > sorted[n-2] {
						_, std := meanStd(x)
						out[i] = (x[j] - sorted[n-2]) / (std + 1e-6)
					}
				}
			}
			return spread(s, func(i int) float64 { return out[i] })
		},
		Identities: []algotest.EstimatorIdentity{equalRewards, moved}, NoGolden: peersFile,
	})
	proveGRPO(t, "pass_k", "seq-mean-token-mean")
}
