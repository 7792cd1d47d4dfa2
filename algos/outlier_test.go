package algos_test

import (
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
)

// TestOutlierToken: what one token, exp(3) times as likely as before, does to the gradient
// of a response whose other three tokens did not move, worked out by hand from the papers'
// formulas. GSPO silences all four (what SAPO, arXiv 2511.20347, sets out from), SAPO that
// token alone; in GMPO (arXiv 2507.20673) it scales the others by exp(0.4/4) at most where
// the advantage is positive, and by exp(3/4), unclipped, where it is negative.
func TestOutlierToken(t *testing.T) {
	outlier := func(b *algotest.Batch) {
		b.LogProbs = [][]float64{{-1, -1, -1, -1, 0}}
		b.Old = [][]float64{{-1, -1, -1, -4, 0}}
	}
	const (
		geometric = 2.117000 // exp(3/4)
		narrowed  = 1.105171 // exp(0.4/4)
		far       = 20.085537
	)
	for _, c := range []struct {
		name      string
		good, bad []float64
	}{
		{"grpo", []float64{1, 1, 1, 0}, []float64{-1, -1, -1, -far}},
		{"gspo", []float64{0, 0, 0, 0}, []float64{-geometric, -geometric, -geometric, -geometric}},
		{"sapo", []float64{1, 1, 1, 0}, []float64{-1, -1, -1, 0}},
		{"gmpo", []float64{narrowed, narrowed, narrowed, 0}, []float64{-geometric, -geometric, -geometric, -geometric}},
		{"cispo", []float64{1, 1, 1, 1.2}, []float64{-1, -1, -1, -1.2}},
		{"minpro", []float64{1, 1, 1, 1.2}, []float64{-1, -1, -1, -1.2}},
		{"dhpo", []float64{0.5, 0.5, 0.5, 0}, []float64{-(1 + geometric) / 2, -(1 + geometric) / 2, -(1 + geometric) / 2, -(far + geometric) / 2}},
		{"kpo", []float64{1, 1, 1, 1.000012}, []float64{-1, -1, -1, -1.000012}},
	} {
		byHand(t, c.name, algos.Options{Name: c.name}, 1, c.good, outlier)
		byHand(t, c.name, algos.Options{Name: c.name}, -1, c.bad, outlier)
	}
}
