package algos_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
)

// A ratio that lies exactly on a bound is not clipped: with clip ranges of width 0 the
// policy at ratio 1 learns as if there were none, and nothing is said to be clipped.
func TestOnTheBound(t *testing.T) {
	widths := []string{"epsilon", "epsilon_high", "sequence_epsilon", "sequence_epsilon_high", "high_entropy_epsilon"}
	// As narrow as the option allows, and so wide that nothing is clipped.
	const narrow, wide = 1e-30, 1e6
	for _, name := range policyPresets() {
		a, err := algos.Resolve(algos.Options{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		at := func(width float64) *algotest.Result {
			o := map[string]any{"beta": 0.0}
			for _, s := range a.Describe() {
				switch {
				case s.Of == "loss "+lossOf(name) && slices.Contains(widths, s.Name):
					o[s.Name] = width
				case s.Of == "loss "+lossOf(name) && s.Name == "delta" && s.Value.(float64) > 0:
					o[s.Name] = 2 * wide
				}
			}
			r, err := algotest.NewRunner(algos.Options{Name: name, Options: o})
			if err != nil {
				t.Fatal(err)
			}
			b := composed()
			b.LogProbs = b.Old
			got, err := r.Eval(b)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		got, want := at(narrow), at(wide)
		for i := range want.LogProbs {
			for u, w := range want.LogProbs[i] {
				if g := got.LogProbs[i][u]; math.Abs(g-w) > 1e-6 { // float32, numbers below 1
					t.Errorf("%s: gradient [%d][%d] is %v, without a clip %v", name, i, u, g, w)
				}
			}
		}
		for metric, x := range got.Metrics {
			if strings.HasPrefix(metric, "clip_ratio/") && x != 0 {
				t.Errorf("%s: %s is %v", name, metric, x)
			}
		}
	}
}

// lossOf is the loss of a preset.
func lossOf(name string) string {
	for _, p := range algos.Presets() {
		if p.Name == name {
			return p.Loss
		}
	}
	return ""
}
