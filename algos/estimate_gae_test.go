package algos_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
	"github.com/rlvr-go/rlvr/data"
)

// predict gives rows values, rewards at tokens and ends.
func predict(s *data.Scored, rng *rand.Rand) {
	payTokens(s, rng)
	for i := range s.Rows {
		r := &s.Rows[i]
		r.Values = make([]float32, len(r.Mask))
		for t := range r.Values {
			r.Values[t] = float32(rng.Float64())
			if !r.Mask[t] {
				r.Values[t] = float32(math.Inf(1)) // must not matter
			}
		}
		r.Rollout.Finish = []data.FinishReason{data.FinishEOS, data.FinishLength}[rng.IntN(2)]
	}
}

// gaeSum is the estimator as a sum over n-step errors: A_t = sum over l of
// (gamma*lambda)^l * d_{t+l}, tokens of other authors taken out first.
func gaeSum(r *data.Row, gamma, lambda float64, bootstrap bool) (advantages, values []float64) {
	var at []int
	for t, trained := range r.Mask {
		if trained {
			at = append(at, t)
		}
	}
	advantages, values = make([]float64, len(r.Mask)), make([]float64, len(r.Mask))
	if len(at) == 0 {
		return advantages, values
	}
	rest := r.Reward
	for _, t := range at {
		rest -= float64(r.Features[tokenRewards][t])
	}
	delta := make([]float64, len(at))
	for k, t := range at {
		next := 0.0
		values[t] = float64(r.Values[t])
		if k+1 < len(at) {
			next = float64(r.Values[at[k+1]])
		} else if bootstrap && r.Rollout.Finish == data.FinishLength {
			next = values[t]
		}
		delta[k] = float64(r.Features[tokenRewards][t]) + gamma*next - values[t]
		if k+1 == len(at) {
			delta[k] += rest
		}
	}
	for k, t := range at {
		for l := range delta[k:] {
			advantages[t] += math.Pow(gamma*lambda, float64(l)) * delta[k+l]
		}
	}
	return advantages, values
}

func TestGAE(t *testing.T) {
	for _, c := range []struct {
		gamma, lambda float64
		whiten        bool
		bootstrap     string
	}{{1, 1, true, "none"}, {0.95, 0.9, true, "none"}, {0.99, 0.5, false, "truncated"}, {1, 0, false, "none"}} {
		options := map[string]any{"gamma": c.gamma, "gae_lambda": c.lambda, "whiten_advantages": c.whiten, "bootstrap": c.bootstrap}
		algotest.RunEstimator(t, algotest.EstimatorCase{
			Algorithm: algos.Options{Name: "ppo", Options: options}, Estimator: "gae", Prepare: predict,
			Oracle: func(s *data.Scored) [][]float64 {
				x := make([][]float64, len(s.Rows))
				for i := range x {
					x[i], _ = gaeSum(&s.Rows[i], c.gamma, c.lambda, c.bootstrap == "truncated")
				}
				if !c.whiten {
					return x
				}
				return whitened(s, x)
			},
			Identities: []algotest.EstimatorIdentity{{
				Name: "returns", Explanation: "returns are advantages before the normalisation plus values; with lambda 1 and no bootstrap they are what was paid from there on",
				Check: func(e algos.Estimator) error {
					s := algotest.Rewards([]float64{1, 0, 0.5}, []float64{-1})
					predict(s, rand.New(rand.NewPCG(1, 2))) //nolint:gosec // reproducible test data
					if err := e.Advantages(s); err != nil {
						return err
					}
					for i := range s.Rows {
						r := &s.Rows[i]
						want, values := gaeSum(r, c.gamma, c.lambda, c.bootstrap == "truncated")
						plain := returns(r, c.gamma)
						for u := range want {
							if math.Abs(float64(r.Returns[u])-want[u]-values[u]) > 1e-6 || c.lambda == 1 && math.Abs(float64(r.Returns[u])-plain[u]) > 1e-6 { // float32
								return fmt.Errorf("row %d token %d: %v", i, u, r.Returns[u])
							}
						}
					}
					return nil
				},
			}},
			NoGolden: peersFile,
		})
	}
	p := grpoPolicy(nil).withValue(0.1, 0.2, nil)
	p.name, p.mode, p.noGolden = "ppo", "token-mean", "that of grpo and of the value term"
	p.run(t)
}

// What the estimator cannot work with is said with its place.
func TestGAEOfBadValues(t *testing.T) {
	a, err := algos.Resolve(algos.Options{Name: "ppo"})
	if err != nil {
		t.Fatal(err)
	}
	for want, values := range map[string][]float32{
		"row 1 has 0 values for 2 tokens":   nil,
		"row 1 has 3 values for 2 tokens":   {1, 2, 3},
		"value of row 1 at token 1 is NaN":  {1, float32(math.NaN())},
		"value of row 1 at token 0 is +Inf": {float32(math.Inf(1)), 1},
		"value of row 1 at token 1 is -Inf": {1, float32(math.Inf(-1))},
	} {
		s := algotest.Rewards([]float64{1, 0})
		s.Rows[0].Values, s.Rows[1].Values = []float32{0, 0}, values
		if err := a.Estimator.Advantages(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if !a.Estimator.Needs().Values {
		t.Error("values are not asked for")
	}
	s := algotest.Rewards([]float64{math.NaN()})
	if err := a.Estimator.Advantages(s); err != nil || len(s.Rows[0].Returns) != 2 {
		t.Errorf("an unscored row needs no values: error %v, returns %v", err, s.Rows[0].Returns)
	}
}
