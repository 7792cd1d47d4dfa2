package algos

import (
	"fmt"
	"math"

	"github.com/rlvr-go/rlvr/data"
)

// This file holds what estimators of token advantages share: where in a row its reward
// is paid, and the normalisation over all tokens of a step.

// tokenRewards names the feature that says which part of Row.Reward is paid at which
// token, [T]; what it leaves is paid at the last trained token. A row without it has an
// outcome reward only.
const tokenRewards = "rewards/token"

// whitenEpsilon is added to the variance, as in verl and OpenRLHF.
const whitenEpsilon = 1e-8

// payments are the rewards paid at each token, [T], whose sum is the row's reward. They
// are nil for a row without a trained token.
func payments(r *data.Row) []float64 {
	last := -1
	for t, trained := range r.Mask {
		if trained {
			last = t
		}
	}
	if last < 0 {
		return nil
	}
	out := make([]float64, len(r.Mask))
	rest := r.Reward
	for t, x := range r.Features[tokenRewards] {
		if r.Mask[t] {
			out[t] = float64(x)
			rest -= out[t]
		}
	}
	out[last] += rest
	return out
}

// whiten gives the advantages of the step's trained tokens mean 0 and variance 1 (of a
// sample, ddof 1, plus 1e-8); others get 0, and so do all where no two differ.
func whiten(s *data.Scored) {
	n, sum, low, high := 0, 0.0, math.Inf(1), math.Inf(-1)
	eachTrained(s, func(r *data.Row, t int) {
		n++
		sum += r.Advantages[t]
		low, high = min(low, r.Advantages[t]), max(high, r.Advantages[t])
	})
	mean, squares := sum/float64(n), 0.0
	eachTrained(s, func(r *data.Row, t int) {
		d := r.Advantages[t] - mean
		squares += d * d
	})
	scale := 1 / math.Sqrt(squares/float64(n-1)+whitenEpsilon)
	if low == high {
		scale = 0
	}
	for i := range s.Rows {
		r := &s.Rows[i]
		for t := range r.Advantages {
			if !r.Mask[t] {
				r.Advantages[t] = 0
			} else {
				r.Advantages[t] = (r.Advantages[t] - mean) * scale
			}
		}
	}
}

// checkLength demands an array of the row's length.
func checkLength(s *data.Scored, row int, what string, length int) error {
	if want := len(s.Rows[row].Mask); length != want {
		return fmt.Errorf("algos: row %d has %d %s for %d tokens", row, length, what, want)
	}
	return nil
}
