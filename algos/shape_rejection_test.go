package algos_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
	"github.com/rlvr-go/rlvr/data"
)

// rejectionGolden is what verl's own function makes of random log-probabilities.
type rejectionGolden struct {
	Mask         [][]bool
	Old, Rollout [][]float32
	Cases        []struct {
		RolloutRS string `json:"rollout_rs"`
		Threshold float64
		Low       float64
		Mask      [][]bool
		Metrics   map[string]float64
	}
}

// rejectionTolerance is relative: verl divides by a count plus 1e-8, at least 1.
const rejectionTolerance = 1.1e-8

// reject applies the shapers of grpo with options; all but rejection are off.
func reject(t *testing.T, o algos.Options, s *data.Scored) error {
	t.Helper()
	a, err := algos.Resolve(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, shaper := range a.Shapers {
		if err := shaper.Shape(s); err != nil {
			return err
		}
	}
	return nil
}

func TestRejection(t *testing.T) {
	var g rejectionGolden
	readGolden(t, "testdata/rejection.json", &g)
	scored := func() *data.Scored {
		s := algotest.Rewards([]float64{1, 0, 1, 0}, []float64{1, 0, 1, 0.5})
		for i := range s.Rows {
			s.Rows[i].Mask, s.Rows[i].OldLogProbs, s.Rows[i].RolloutLogProbs = g.Mask[i], g.Old[i], g.Rollout[i]
		}
		return s
	}
	for _, c := range g.Cases {
		t.Run(fmt.Sprint(c.RolloutRS, " ", c.Low, " ", c.Threshold), func(t *testing.T) {
			o := algos.Options{Name: "grpo", Options: map[string]any{"rollout_rs": c.RolloutRS, "rollout_rs_threshold": c.Threshold, "rollout_rs_threshold_low": c.Low}}
			algotest.RunShaper(t, algotest.ShaperCase{Name: "rejection", Algorithm: o, Scored: scored, Want: func(s *data.Scored) {
				for i := range s.Rows {
					s.Rows[i].Mask = c.Mask[i]
				}
			}})
			s := scored()
			if err := reject(t, o, s); err != nil {
				t.Fatal(err)
			}
			for name, want := range c.Metrics {
				if got, ok := s.Metrics["rollout_corr/"+name]; !ok || math.Abs(got-want) > rejectionTolerance*max(1, math.Abs(want)) {
					t.Errorf("%s is %v, verl's %v", name, got, want)
				}
			}
		})
	}
}

// TestRejectionEdges: rows without trained tokens stay, a log-probability that the sampler
// did not give agrees, bounds belong to what stays, and arrays must be there.
func TestRejectionEdges(t *testing.T) {
	o := algos.Options{Name: "grpo", Options: map[string]any{"rollout_rs": "token_k2", "rollout_rs_threshold": 0.5}}
	s := algotest.Rewards([]float64{1, 0, 1, 0})
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	for i, rollout := range [][]float32{{nan, inf}, {1, -1}, {1.01, -1.01}, {9, 9}} {
		s.Rows[i].Mask, s.Rows[i].OldLogProbs, s.Rows[i].RolloutLogProbs = []bool{i < 3, i < 3}, []float32{0, 0}, rollout
	}
	before := s.Rows[0].Mask
	if err := reject(t, o, s); err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]bool{{true, true}, {true, true}, {false, false}, {false, false}} {
		if got := s.Rows[i].Mask; got[0] != want[0] || got[1] != want[1] {
			t.Errorf("row %d: mask %v, want %v", i, got, want)
		}
	}
	if &before[0] == &s.Rows[0].Mask[0] {
		t.Error("the mask was changed in place")
	}
	if got := s.Metrics["rollout_corr/rollout_rs_masked_fraction"]; got != 2.0/6 {
		t.Errorf("masked fraction %v, want 1/3: rows without trained tokens do not count", got)
	}
	s.Rows[0].OldLogProbs = nil
	if err := reject(t, o, s); err == nil {
		t.Error("missing old log-probabilities are accepted")
	}
	for _, wrong := range []map[string]any{
		{"rollout_rs_threshold": 3.0}, {"rollout_rs_threshold_low": 0.5},
		{"rollout_rs": "token_k2", "rollout_rs_threshold_low": 0.5},
		{"rollout_rs": "seq_sum_k1", "rollout_rs_threshold_low": 2.5},
		{"rollout_rs": "seq_sum_k1", "rollout_rs_threshold": 0.5},
	} {
		if _, err := algos.Resolve(algos.Options{Name: "grpo", Options: wrong}); err == nil {
			t.Errorf("%v is accepted", wrong)
		}
	}
	for _, right := range []map[string]any{
		{"rollout_rs": "seq_sum_k1", "rollout_rs_threshold": 1},
		{"rollout_rs": "seq_sum_k1", "rollout_rs_threshold": 2, "rollout_rs_threshold_low": 2},
		{"rollout_rs": "seq_sum_k1", "rollout_rs_threshold": 0.9, "rollout_rs_threshold_low": 0.5},
	} {
		if _, err := algos.Resolve(algos.Options{Name: "grpo", Options: right}); err != nil {
			t.Errorf("%v: %v", right, err)
		}
	}
}
