package algos

import (
	"math"
	"testing"

	"github.com/rlvr-go/rlvr/data"
)

// Log-ratios that are no numbers count as none, others up to 20.
func TestRejectionStatistic(t *testing.T) {
	inf := math.Inf(1)
	for _, of := range []string{"k1", "k2", "k3"} {
		for _, k := range []float64{math.NaN(), inf, -inf} {
			if got := (rejection{of: of}).statistic(k); got != 0 {
				t.Errorf("%s of %v is %v", of, k, got)
			}
		}
	}
	for k, want := range map[float64]float64{25: -20, -25: 20, 3: -3} {
		if got := (rejection{of: "k1"}).statistic(k); got != want {
			t.Errorf("k1 of %v is %v, want %v", k, got, want)
		}
	}
	row := &data.Row{Mask: []bool{true, true, true}, OldLogProbs: []float32{1, -1, 1.5}, RolloutLogProbs: make([]float32, 3)}
	if kept := (rejection{over: "token", of: "k1", low: -1, high: 1}).keep(row, &tally{}); !kept[0] || !kept[1] || kept[2] {
		t.Errorf("on both bounds and beyond one: kept %v", kept)
	}
}

func TestRejectionTally(t *testing.T) {
	s := &data.Scored{}
	c := &tally{}
	if c.report(s); s.Metrics != nil {
		t.Errorf("of no token: %v", s.Metrics)
	}
	c.add(3)
	c.rows(0)
	if c.report(s); s.Metrics["rollout_corr/rollout_rs_min"] != 3 || s.Metrics["rollout_corr/rollout_rs_mean"] != 3 {
		t.Errorf("of one token: %v", s.Metrics)
	}
	c.add(5)
	if c.least != 3 || c.most != 5 {
		t.Errorf("of 3 and 5: %v to %v", c.least, c.most)
	}
}
