package runlog

import (
	"math"
	"strings"
	"testing"
)

func TestChart(t *testing.T) {
	rising := series{label: "reward", mark: '*'}
	for x := range 200 {
		rising.x = append(rising.x, float64(x+61))
		rising.y = append(rising.y, float64(x)/199)
	}
	evals := series{label: "test avg@1", mark: '#', x: []float64{0, 60, 260}, y: []float64{0, 0.5, 1}}
	golden(t, "chart.txt", append(chart([]series{rising, evals}, 60), legend([]series{rising, evals, {label: "none"}})))
}

// TestChartPlaces: corners of the grid, and a column's mean.
func TestChartPlaces(t *testing.T) {
	got := chart([]series{{mark: '*', x: []float64{0, 9}, y: []float64{0, 1}}}, 10)
	if got[0] != "  1.00 |         *" || got[chartRows-1] != "   .00 |*" {
		t.Errorf("corners:\n%s", strings.Join(got, "\n"))
	}
	got = chart([]series{{mark: '*', x: []float64{0, 0, 9}, y: []float64{0, 1, 1}}}, 10)
	if !strings.HasPrefix(got[4], "       |*") && !strings.HasPrefix(got[5], "       |*") {
		t.Errorf("the mean of 0 and 1 is not in the middle:\n%s", strings.Join(got, "\n"))
	}
}

func TestChartRanges(t *testing.T) {
	for _, tt := range []struct {
		name string
		y    []float64
		top  string
	}{
		{"below zero and above one", []float64{-1, 3}, "  3.00 |"},
		{"one point", []float64{0.5}, "  1.00 |"},
		{"a gap", []float64{0.5, math.NaN(), math.Inf(1), 0.7}, "  1.00 |"},
	} {
		s := series{mark: '*'}
		for i, y := range tt.y {
			s.x, s.y = append(s.x, float64(i)), append(s.y, y)
		}
		got := chart([]series{s}, 20)
		if len(got) != chartRows+2 || !strings.HasPrefix(got[0], tt.top) || !strings.Contains(strings.Join(got[:chartRows], ""), "*") {
			t.Errorf("%s:\n%s", tt.name, strings.Join(got, "\n"))
		}
	}
	for _, s := range []series{{}, {x: []float64{1}, y: []float64{math.NaN()}}} {
		if got := chart([]series{s}, 20); got != nil {
			t.Errorf("nothing to draw gives:\n%s", strings.Join(got, "\n"))
		}
	}
}
