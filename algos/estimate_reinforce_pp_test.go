package algos_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
	"github.com/rlvr-go/rlvr/data"
)

// payTokens makes parts of rewards paid at tokens.
func payTokens(s *data.Scored, rng *rand.Rand) {
	for i := range s.Rows {
		paid := make([]float32, len(s.Rows[i].Mask))
		for t := range paid {
			paid[t] = float32(rng.Float64() - 0.5)
		}
		s.Rows[i].Features = map[string][]float32{tokenRewards: paid}
	}
}

// returns are the discounted sums of what is paid at a row's trained tokens from each
// on.
func returns(r *data.Row, gamma float64) []float64 {
	var at []int
	for t, trained := range r.Mask {
		if trained {
			at = append(at, t)
		}
	}
	paid := make([]float64, len(at))
	rest := r.Reward
	for k, t := range at {
		if f := r.Features[tokenRewards]; f != nil {
			paid[k] = float64(f[t])
			rest -= paid[k]
		}
	}
	out := make([]float64, len(r.Mask))
	if len(at) == 0 {
		return out
	}
	paid[len(at)-1] += rest
	for k, t := range at {
		discount := 1.0
		for _, x := range paid[k:] {
			out[t] += discount * x
			discount *= gamma
		}
	}
	return out
}

// normal claims mean 0 and variance 1 over tokens.
var normal = algotest.EstimatorIdentity{
	Name: "normal", Explanation: "advantages of all tokens have mean 0 and variance 1",
	Check: func(e algos.Estimator) error {
		s := algotest.Rewards([]float64{1, 0, 3}, []float64{0.5, -1})
		s.Rows[2].Mask = []bool{true, true, true, true, true}
		got, err := algotest.Advantages(e, s)
		if err != nil {
			return err
		}
		var all []float64
		for i := range got {
			all = append(all, got[i]...)
		}
		if m, std := meanStd(all); m > 1e-12 || m < -1e-12 || std < 1-1e-7 || std > 1 { // 1e-8 beside a variance near 1
			return fmt.Errorf("mean %v, deviation %v", m, std)
		}
		return nil
	},
}

func TestReinforcePP(t *testing.T) {
	for _, gamma := range []float64{1, 0.9} {
		for _, prepare := range []func(*data.Scored, *rand.Rand){nil, payTokens} {
			c := algotest.EstimatorCase{
				Algorithm: algos.Options{Name: "reinforce_pp", Options: map[string]any{"gamma": gamma}}, Estimator: "reinforce_pp", Prepare: prepare,
				Oracle: func(s *data.Scored) [][]float64 {
					x := make([][]float64, len(s.Rows))
					for i := range x {
						x[i] = returns(&s.Rows[i], gamma)
					}
					return whitened(s, x)
				},
				Identities: []algotest.EstimatorIdentity{normal}, NoGolden: peersFile,
			}
			if gamma == 1 {
				c.Identities = append(c.Identities, equalRewards, moved)
			}
			algotest.RunEstimator(t, c)
		}
	}
	proveGRPO(t, "reinforce_pp", "token-mean")
}

func TestReinforcePPBaseline(t *testing.T) {
	for _, compat := range []string{"none", "verl"} {
		c := algotest.EstimatorCase{
			Algorithm: algos.Options{Name: "reinforce_pp_baseline", Options: map[string]any{"compat": compat}}, Estimator: "reinforce_pp_baseline",
			Oracle: func(s *data.Scored) [][]float64 {
				b := lessGroupMean(s, compat == "verl")
				return whitened(s, spread(s, func(i int) float64 { return b[i] }))
			},
			Identities: []algotest.EstimatorIdentity{equalRewards, normal, moved}, NoGolden: peersFile,
		}
		if compat == "verl" {
			c.Identities = []algotest.EstimatorIdentity{normal}
		}
		algotest.RunEstimator(t, c)
	}
	proveGRPO(t, "reinforce_pp_baseline", "token-mean")
}
