package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// median is NaN of nothing.
func median(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(x))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// mean is NaN of nothing.
func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// spread is the least, the median and the greatest of x, or the one that there is.
func spread(x []float64) string {
	if len(x) == 1 {
		return number(x[0])
	}
	return fmt.Sprintf("%s **%s** %s", number(slices.Min(x)), number(median(x)), number(slices.Max(x)))
}

// number is v in three significant digits.
func number(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "-"
	}
	if a := math.Abs(v); a >= 100 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	s := strconv.FormatFloat(v, 'g', 3, 64)
	if strings.Contains(s, "e") {
		return strconv.FormatFloat(v, 'f', 4, 64)
	}
	return s
}

// table is a table in Markdown, columns aligned.
type table [][]string

func (t *table) row(cells ...string) { *t = append(*t, cells) }

func (t table) String() string {
	width := make([]int, len(t[0]))
	for _, row := range t {
		for i, cell := range row {
			width[i] = max(width[i], len(cell))
		}
	}
	var b strings.Builder
	line := func(row []string, fill string) {
		for i, cell := range row {
			b.WriteString("| " + cell + strings.Repeat(fill, width[i]-len(cell)) + " ")
		}
		b.WriteString("|\n")
	}
	line(t[0], " ")
	line(make([]string, len(t[0])), "-")
	for _, row := range t[1:] {
		line(row, " ")
	}
	return b.String()
}
