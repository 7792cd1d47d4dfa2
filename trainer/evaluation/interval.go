package evaluation

import (
	"github.com/rlvr-go/rlvr/trainer/runlog"
	"github.com/rlvr-go/rlvr/trainer/stats"
)

// Value is a mean over problems with its 95 % interval.
type Value struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// difference is the mean of values of any sign with its interval, 0 of nothing.
func difference(draws *stats.Problems, values []float64) Value {
	if len(values) == 0 {
		return Value{}
	}
	i := draws.Interval(values)
	return Value{mean(values), i.Low, i.High}
}

// share is the mean of values between 0 and 1 with its interval: Wilson's where the values
// are right or wrong, or all equal, which a resample could not vary; else the
// bootstrap's.
func share(draws *stats.Problems, values []float64) Value {
	binary, equal := true, true
	for _, v := range values {
		binary = binary && (v == 0 || v == 1)
		equal = equal && v == values[0]
	}
	if !binary && !equal {
		return difference(draws, values)
	}
	m := mean(values)
	low, high := runlog.Wilson(m*float64(len(values)), len(values))
	return Value{m, low, high}
}

// mean is 0 of nothing.
func mean(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	return stats.Mean(values)
}
