package trainer

import (
	"math"
	"testing"
)

// TestRate is a table of learning rates of a stage of 10 steps at rate 2.
func TestRate(t *testing.T) {
	half := func(x float64) float64 { return (1 + math.Cos(math.Pi*x)) / 2 }
	for _, tt := range []struct {
		schedule string
		warmup   int
		ratio    float64
		step     int
		want     float64
	}{
		{"constant", 0, 0, 0, 2}, {"constant", 0, 0, 9, 2}, {"constant", 0, 0.5, 9, 2},
		{"constant", 4, 0, 0, 0.5}, {"constant", 4, 0, 1, 1}, {"constant", 4, 0, 3, 2}, {"constant", 4, 0, 4, 2}, {"constant", 4, 0, 9, 2},
		{"linear", 0, 0, 0, 2}, {"linear", 0, 0, 5, 1}, {"linear", 0, 0, 9, 0.2},
		{"linear", 0, 0.5, 5, 1.5}, {"linear", 0, 0.5, 9, 1.1}, {"linear", 0, 1, 9, 2},
		{"linear", 2, 0, 0, 1}, {"linear", 2, 0, 1, 2}, {"linear", 2, 0, 2, 2}, {"linear", 2, 0, 6, 1}, {"linear", 2, 0, 9, 0.25},
		{"cosine", 0, 0, 0, 2}, {"cosine", 0, 0, 5, 1}, {"cosine", 0, 0, 9, 2 * half(0.9)},
		{"cosine", 0, 0.1, 5, 1.1}, {"cosine", 0, 0.1, 9, 0.2 + 1.8*half(0.9)},
		{"cosine", 2, 0, 2, 2}, {"cosine", 2, 0, 4, 2 * half(0.25)}, {"cosine", 2, 0, 9, 2 * half(0.875)},
		// A warm-up longer than the stage, or as long.
		{"linear", 20, 0, 9, 1}, {"cosine", 10, 0, 9, 2},
	} {
		o := OptimOptions{LearningRate: 2, LRSchedulerType: tt.schedule, WarmupSteps: tt.warmup, MinLRRatio: tt.ratio}
		const rounding = 1e-12
		if got := o.rate(tt.step, 10); math.Abs(got-tt.want) > rounding {
			t.Errorf("%s, warm-up %d, least %v, step %d: rate %v, want %v", tt.schedule, tt.warmup, tt.ratio, tt.step, got, tt.want)
		}
	}
}

// TestRateFalls: after the warm-up no rate is above the one before, all are above
// the least, and a further step would have the least.
func TestRateFalls(t *testing.T) {
	for _, schedule := range []string{"linear", "cosine"} {
		o := OptimOptions{LearningRate: 3, LRSchedulerType: schedule, WarmupSteps: 7, MinLRRatio: 0.2}
		before := o.rate(6, 50)
		for k := 7; k < 50; k++ {
			r := o.rate(k, 50)
			if r > before || r <= 0.6 {
				t.Errorf("%s: step %d: rate %v after %v", schedule, k, r, before)
			}
			before = r
		}
		if r := o.rate(50, 50); math.Abs(r-0.6) > 1e-12 {
			t.Errorf("%s: the rate after the last step is %v, want the least, 0.6", schedule, r)
		}
	}
}
