package algos_test

import (
	"math"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
)

func init() {
	algos.RegisterPreset(algos.Preset{
		Name: "test_value", Paper: testOnly, Loss: "grpo", Terms: []string{"value"}, Estimator: "grpo", Aggregation: "token-mean",
	})
}

// withValue adds the value loss to a policy loss.
func (p policy) withValue(coef, clip float64, options map[string]any) policy {
	p.options = with(p.options, options)
	square := func(in, at *algotest.Batch, i, t int) (s float64, cut bool) {
		old, r := at.OldValues[i][t], at.Returns[i][t]
		s = (in.Values[i][t] - r) * (in.Values[i][t] - r)
		if clip == 0 {
			return s, false
		}
		moved := clamp(at.Values[i][t], old-clip, old+clip) - r
		if here := at.Values[i][t] - r; moved*moved > here*here {
			return moved * moved, true
		}
		return s, false
	}
	p.extra = func(in, at *algotest.Batch) float64 {
		return coef / 2 * mean(in, func(i, t int) float64 { s, _ := square(in, at, i, t); return s })
	}
	p.metrics = func(b *algotest.Batch) map[string]float64 {
		return map[string]float64{
			"vf_loss":     mean(b, func(i, t int) float64 { s, _ := square(b, b, i, t); return s / 2 }),
			"vf_clipfrac": share(b, func(i, t int) bool { _, cut := square(b, b, i, t); return cut }),
		}
	}
	return p
}

func TestValueTerm(t *testing.T) {
	for _, c := range []struct {
		coef, clip float64
		options    map[string]any
	}{
		{0.1, 0.2, nil},
		{0.5, 0.1, map[string]any{"value_coef": 0.5, "value_clip": 0.1}},
		{1, 0, map[string]any{"value_coef": 1, "value_clip": 0}},
	} {
		p := grpoPolicy(nil).withValue(c.coef, c.clip, c.options)
		p.name, p.mode = "test_value", "token-mean"
		p.golden = "testdata/value.json"
		p.identities = append(p.identities, same("the policy's gradient is as without a value head", "grpo", map[string]any{"loss_agg_mode": "token-mean"}, nil))
		p.run(t)
	}
}

// A value that moved beyond the clip towards its return learns on; one that moved past
// it away from the return does too; one that is already better than where it was clipped
// does not.
func TestValueClipByHand(t *testing.T) {
	r, err := algotest.NewRunner(algos.Options{Name: "test_value", Options: map[string]any{"value_coef": 1}})
	if err != nil {
		t.Fatal(err)
	}
	row := func(x ...float64) [][]float64 { return [][]float64{x} }
	got, err := r.Eval(&algotest.Batch{
		LogProbs: row(-1, -1, -1, -1), Old: row(-1, -1, -1, -1), Advantages: row(0, 0, 0, 0),
		OldValues: row(0, 0, 0, 0), Values: row(0.5, 0.5, 0.2, -0.5), Returns: row(1, -1, 1, 1),
		Mask: [][]bool{{true, true, true, true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	even, err := algotest.NewRunner(algos.Options{Name: "test_value", Options: map[string]any{"value_coef": 1, "value_clip": 0.25}})
	if err != nil {
		t.Fatal(err)
	}
	// 0.75, clipped to 0.25, is as far from 0.5 as before: it learns.
	tie, err := even.Eval(&algotest.Batch{
		LogProbs: row(-1), Old: row(-1), Advantages: row(0), OldValues: row(0), Values: row(0.75), Returns: row(0.5), Mask: [][]bool{{true}},
	})
	if err != nil || tie.Values[0][0] != 0.25 {
		t.Errorf("gradient %v of equal squares, want 0.25; error %v", tie.Values, err)
	}
	// Clipped to 0.2 and -0.2: (0.5-1)^2 < (0.2-1)^2 is clipped, the others are not.
	for i, want := range []float64{0, 1.5, -0.8, -1.5} {
		if g := 4 * got.Values[0][i]; math.Abs(g-want) > 1e-6 {
			t.Errorf("token %d: gradient %v, want %v", i, g, want)
		}
	}
}
