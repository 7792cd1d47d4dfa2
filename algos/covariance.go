package algos

import (
	"cmp"
	"slices"

	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas

	"github.com/rlvr-go/rlvr/data"
)

const covPaper = "arXiv 2505.22617"

// This file holds what clip_cov and kl_cov share: the tokens that drive entropy down,
// those whose advantage and log-probability lie far on the same side of their means
// (arXiv 2505.22617, eq. 10):
//
//	cov = (A - mean A) * (old - mean old)
//
// The means and whatever else selects tokens are over the trained tokens of the step,
// with log-probabilities of the policy at its start, so that micro-batches cannot change
// the selection. The authors' code takes the current ones, of a micro-batch.

// The means.
var (
	meanAdvantage = Stat{"cov/mean_advantage", func(s *data.Scored) float64 {
		return tokenAverage(s, func(r *data.Row, t int) float64 { return r.Advantages[t] })
	}}
	meanOldLogProb = Stat{"cov/mean_old", func(s *data.Scored) float64 {
		return tokenAverage(s, func(r *data.Row, t int) float64 { return float64(r.OldLogProbs[t]) })
	}}
)

// eachTrained calls f for the trained tokens of the step.
func eachTrained(s *data.Scored, f func(r *data.Row, t int)) {
	for i := range s.Rows {
		for t, trained := range s.Rows[i].Mask {
			if trained {
				f(&s.Rows[i], t)
			}
		}
	}
}

func tokenAverage(s *data.Scored, x func(r *data.Row, t int) float64) float64 {
	sum, n := 0.0, 0.0
	eachTrained(s, func(r *data.Row, t int) { sum, n = sum+x(r, t), n+1 })
	return sum / max(1, n)
}

// covariances are those of the step's trained tokens, each with the token's old
// log-probability.
func covariances(s *data.Scored) []tokenCov {
	a, l := meanAdvantage.Compute(s), meanOldLogProb.Compute(s)
	var out []tokenCov
	eachTrained(s, func(r *data.Row, t int) {
		out = append(out, tokenCov{(r.Advantages[t] - a) * (float64(r.OldLogProbs[t]) - l), r.OldLogProbs[t]})
	})
	return out
}

// tokenCov is a token's covariance and old log-probability.
type tokenCov struct {
	cov float64
	old float32
}

// between is a number that n of x, 1 or more, are above, midway to the next, so that float32
// arithmetic on the device finds the same n; below all if n is that many. x is sorted.
func between(x []float64, n int) float64 {
	slices.SortFunc(x, func(a, b float64) int { return cmp.Compare(b, a) })
	if n >= len(x) {
		return -noToken
	}
	return (x[n-1] + x[n]) / 2
}

// covarianceGraph is cov, [N, T].
func covarianceGraph(in Inputs) *Node {
	return Mul(Sub(in.Advantages, in.Stat[meanAdvantage.Name]), Sub(in.Old, in.Stat[meanOldLogProb.Name]))
}
