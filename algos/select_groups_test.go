package algos_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
)

func TestFilterGroups(t *testing.T) {
	nan := math.NaN()
	// Mixed, all right, all wrong, one of one, nothing scored, one scored, scores that
	// differ among wrong answers.
	s := algotest.Rewards([]float64{1, 0}, []float64{1, 1, 1}, []float64{0, 0}, []float64{1}, []float64{nan, nan}, []float64{nan, 1}, []float64{-1, -0.5})
	judge(s)
	s.Rows[3].Reward += 0.25 // shaping
	for _, c := range []struct {
		options map[string]any
		keep    []bool
		refill  int
	}{
		{nil, []bool{true, true, true, true, true, true, true}, 0},
		{map[string]any{"filter_groups": "accuracy"}, []bool{true, false, false, false, false, false, false}, 0},
		{map[string]any{"filter_groups": "accuracy", "dynamic_sampling": true}, []bool{true, false, false, false, false, false, false}, 6},
		{map[string]any{"filter_groups": "score", "dynamic_sampling": true}, []bool{true, false, false, false, false, false, true}, 5},
		{map[string]any{"filter_groups": "reward", "dynamic_sampling": true, "max_sampling_rounds": 0}, []bool{true, true, false, false, false, false, true}, 4},
		{map[string]any{"filter_groups": "accuracy", "dynamic_sampling": true, "compat": "verl"}, []bool{true, false, false, true, false, true, false}, 4},
	} {
		algotest.RunSelector(t, algotest.SelectorCase{
			Name: "filter_groups", Algorithm: algos.Options{Name: "test_filter_groups", Options: c.options}, Scored: s, Keep: c.keep, Refill: c.refill,
		})
		a, err := algos.Resolve(algos.Options{Name: "test_filter_groups", Options: c.options})
		if err != nil {
			t.Fatal(err)
		}
		rounds, ok := a.Selectors[0].(algos.Refiller).Rounds()
		if dynamic := c.options["dynamic_sampling"] == true; ok != dynamic || (rounds == 0) != (c.options["max_sampling_rounds"] != nil) {
			t.Errorf("%v: %d rounds, %v", c.options, rounds, ok)
		}
	}
	proveGRPO(t, "test_filter_groups", "token-mean")
	if got := fmt.Sprint(s.Rows[0].Mask); got != "[true true]" {
		t.Errorf("mask %s: the trainer masks what is not kept", got)
	}
}
