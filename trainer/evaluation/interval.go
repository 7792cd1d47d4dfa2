package evaluation

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/rlvr-go/rlvr/trainer/runlog"
)

// Value is a mean over problems with its 95 % interval.
type Value struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

const (
	// resamples: the ends of an interval move by about a fortieth of its width from one
	// stream of random numbers to another.
	resamples = 4000
	// stream makes equal results have equal intervals.
	stream = 20
)

// bootstrap makes intervals of means over problems by drawing the problems again with
// replacement (Efron and Tibshirani, 1993, chapter 13, percentile intervals). All values of
// a number of problems share the draws.
type bootstrap struct {
	// drawn says how often each problem is in each resample, by the number of problems:
	// [resamples * problems].
	drawn map[int][]uint8
}

// draws are the resamples of n problems.
func (b *bootstrap) draws(n int) []uint8 {
	if d, ok := b.drawn[n]; ok {
		return d
	}
	random := rand.New(rand.NewPCG(stream, uint64(n)))
	d := make([]uint8, resamples*n)
	for r := range resamples {
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

// difference is the mean of values of any sign with its percentile interval. Values that
// are all equal have an interval without width.
func (b *bootstrap) difference(values []float64) Value {
	n := len(values)
	if n == 0 {
		return Value{}
	}
	means := make([]float64, resamples)
	drawn := b.draws(n)
	for r := range means {
		sum := 0.0
		for i, times := range drawn[r*n : (r+1)*n] {
			sum += float64(times) * values[i]
		}
		means[r] = sum / float64(n)
	}
	slices.Sort(means)
	const tail = 0.025
	low := int(tail * resamples)
	return Value{mean(values), means[low], means[resamples-1-low]}
}

// share is the mean of values between 0 and 1 with its interval: Wilson's where the values
// are right or wrong, or all equal, which a resample could not vary; else the
// bootstrap's.
func (b *bootstrap) share(values []float64) Value {
	binary, equal := true, true
	for _, v := range values {
		binary = binary && (v == 0 || v == 1)
		equal = equal && v == values[0]
	}
	if !binary && !equal {
		return b.difference(values)
	}
	m := mean(values)
	low, high := runlog.Wilson(m*float64(len(values)), len(values))
	return Value{m, low, high}
}

// mean is 0 of nothing.
func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(max(len(values), 1))
}

// mcnemar is the two-sided p-value of McNemar's exact test: of a and b problems that
// changed sides, how likely a split at least as uneven is if both sides are equally
// likely. 1 where nothing changed.
func mcnemar(a, b int) float64 {
	n := a + b
	p := 0.0
	for i := 0; i <= min(a, b); i++ {
		p += math.Exp(logChoose(n, i) - float64(n)*math.Ln2)
	}
	return min(1, 2*p)
}

func logChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}
