package stats

import (
	"math"
	"slices"
)

// Median is the middle of x, the mean of the two middle ones where their number is
// even, NaN of nothing. An infinite element counts as greater or less than all others.
func Median(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(x))
	low, high := s[(len(s)-1)/2], s[len(s)/2]
	if low == high {
		return low // infinities too
	}
	return (low + high) / 2
}

// Mean is the mean of x, NaN of nothing.
func Mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// quantile is the value below which a share q of the sorted x lies, interpolated
// between neighbours.
func quantile(x []float64, q float64) float64 {
	at := q * float64(len(x)-1)
	i := int(at)
	if i+1 >= len(x) {
		return x[len(x)-1]
	}
	return x[i] + (at-float64(i))*(x[i+1]-x[i])
}
