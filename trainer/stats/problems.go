package stats

import (
	"math"
	"math/rand/v2"
	"slices"
)

// problemResamples: the ends of an interval move by about a fortieth of its width from one
// stream of random numbers to another.
const problemResamples = 4000

// Problems makes intervals of means over problems by drawing the problems again with
// replacement (Efron and Tibshirani, 1993, chapter 13, percentile intervals). All values of
// a number of problems share the draws, which equal results thus have in common. The zero
// value is ready.
type Problems struct {
	// drawn says how often each problem is in each resample, by the number of problems:
	// [resamples * problems].
	drawn map[int][]uint8
}

// draws are the resamples of n problems.
func (b *Problems) draws(n int) []uint8 {
	if d, ok := b.drawn[n]; ok {
		return d
	}
	const ofProblems = 20
	random := rand.New(rand.NewPCG(ofProblems, uint64(n)))
	d := make([]uint8, problemResamples*n)
	for r := range problemResamples {
		for range n {
			d[r*n+random.IntN(n)]++ // one problem 256 times: never
		}
	}
	if b.drawn == nil {
		b.drawn = map[int][]uint8{}
	}
	b.drawn[n] = d
	return d
}

// Interval bounds the mean of the values of problems, of any sign. Values that are all
// equal have an interval without width, none at all one of NaN.
func (b *Problems) Interval(values []float64) Interval {
	n := len(values)
	if n == 0 {
		return unknown
	}
	means := make([]float64, problemResamples)
	drawn := b.draws(n)
	for r := range means {
		sum := 0.0
		for i, times := range drawn[r*n : (r+1)*n] {
			sum += float64(times) * values[i]
		}
		means[r] = sum / float64(n)
	}
	return middle(means)
}

// middle is the range of 95 of 100 of x, which it sorts.
func middle(x []float64) Interval {
	slices.Sort(x)
	return Interval{quantile(x, 0.025), quantile(x, 0.975)}
}

// McNemar is the two-sided p-value of McNemar's exact test: of a and b problems that
// changed sides, how likely a split at least as uneven is if both sides are equally
// likely. 1 where nothing changed.
func McNemar(a, b int) float64 {
	n := a + b
	p := 0.0
	for i := 0; i <= min(a, b); i++ {
		p += math.Exp(LogChoose(n, i) - float64(n)*math.Ln2)
	}
	return min(1, 2*p)
}

// LogChoose is the logarithm of the number of ways to choose k of n.
func LogChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}
