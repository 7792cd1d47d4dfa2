package main

import (
	"fmt"
	"slices"

	"github.com/rlvr-go/rlvr/trainer/compare"
	"github.com/rlvr-go/rlvr/trainer/stats"
)

// spread is the least, the median and the greatest of x, or the one that there is.
func spread(x []float64) string {
	if len(x) == 1 {
		return number(x[0])
	}
	return fmt.Sprintf("%s **%s** %s", number(slices.Min(x)), number(stats.Median(x)), number(slices.Max(x)))
}

// number is v in three significant digits, a dash where it is not finite.
func number(v float64) string { return compare.Number(v).String() }
