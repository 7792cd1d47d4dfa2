package trainer

import (
	"math"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/model/device"
)

// TestReferenceFollows: every second step the reference becomes alpha times the policy and
// the rest of itself, and stays in between; a reference that copies the policy each step
// leaves no divergence at the start of the next.
func TestReferenceFollows(t *testing.T) {
	const alpha, tolerance = 0.25, 1e-6 // two products and a sum in float32
	dev := openDevice(t, "go")
	stage := kitStage("rl", "grpo", 6)
	stage.Algorithm = algos.Options{Name: "grpo", Options: map[string]any{"beta": 0.1}}
	stage.Update.RefModelSyncSteps, stage.Update.RefModelMixupAlpha = 2, alpha
	s, _ := kitSetup(t, dev, stage)
	verify(evenStart).judgeBy(&s)
	s.Checkpoint.SaveSteps, s.Eval.EvalOnStart = 0, false
	tr := newTrainer(t, s)
	st, err := tr.openStage()
	if err != nil {
		t.Fatal(err)
	}
	want := flat(t, dev, st.reference)
	for step := 1; step <= 4; step++ {
		if err := tr.step(t.Context(), st); err != nil {
			t.Fatal(err)
		}
		if step%2 == 0 {
			for i, w := range flat(t, dev, tr.policy.Weights) {
				want[i] = alpha*w + (1-alpha)*want[i]
			}
		}
		for i, got := range flat(t, dev, st.reference) {
			if math.Abs(got-want[i]) > tolerance {
				t.Fatalf("step %d: weight %d of the reference is %v, want %v", step, i, got, want[i])
			}
		}
	}
}

// flat is all weights, one after the other.
func flat(t *testing.T, dev *device.Device, weights []*device.Tensor) []float64 {
	t.Helper()
	var out []float64
	for _, w := range weights {
		x, err := device.Values[float32](dev, w)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range x {
			out = append(out, float64(v))
		}
	}
	return out
}

// TestReferenceSyncNeedsAReference: the key does nothing without one, and says so.
func TestReferenceSyncNeedsAReference(t *testing.T) {
	stage := kitStage("rl", "grpo", 2)
	stage.Update.RefModelSyncSteps = 3
	if err := stage.Validate(); err == nil {
		t.Error("accepted without a reference")
	}
	stage.Algorithm = algos.Options{Name: "grpo", Options: map[string]any{"beta": 0.1}}
	if err := stage.Validate(); err != nil {
		t.Error(err)
	}
}
