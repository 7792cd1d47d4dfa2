package runlog

import (
	"math"
	"testing"
)

// tolerance is that of bisection to float64 precision.
const tolerance = 1e-12

// scoreBound solves for the share p at which the observed share is z standard errors
// of p away: Wilson's interval by definition, without his closed form. It searches
// from inside (the observed share) to outside (0 or 1).
func scoreBound(observed float64, n int, outside float64) float64 {
	const z = 1.959963984540054
	inside := observed
	for range 200 {
		p := (inside + outside) / 2
		if math.Abs(observed-p) <= z*math.Sqrt(p*(1-p)/float64(n)) {
			inside = p
		} else {
			outside = p
		}
	}
	return (inside + outside) / 2
}

func TestWilson(t *testing.T) {
	for _, n := range []int{1, 2, 10, 200, 500, 100000} {
		for _, share := range []float64{0, 0.004, 0.1, 0.5, 0.61, 0.914, 1} {
			low, high := Wilson(share*float64(n), n)
			wantLow, wantHigh := scoreBound(share, n, 0), scoreBound(share, n, 1)
			if math.Abs(low-wantLow) > tolerance || math.Abs(high-wantHigh) > tolerance {
				t.Errorf("%v of %d: [%v, %v], want [%v, %v]", share, n, low, high, wantLow, wantHigh)
			}
		}
	}
	if low, high := Wilson(0, 0); low != 0 || high != 1 {
		t.Errorf("without trials: [%v, %v]", low, high)
	}
	// Newcombe, 1998, doi 10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E,
	// table I, method 3: 81 of 263 and 0 of 20.
	if low, high := Wilson(81, 263); math.Abs(low-0.2553) > 5e-5 || math.Abs(high-0.3662) > 5e-5 {
		t.Errorf("81 of 263: [%.4f, %.4f], want [.2553, .3662]", low, high)
	}
	if low, high := Wilson(0, 20); low != 0 || math.Abs(high-0.1611) > 5e-5 {
		t.Errorf("0 of 20: [%.4f, %.4f], want [0, .1611]", low, high)
	}
}

func TestEvaluations(t *testing.T) {
	r := Record{Values: map[string]float64{
		"reward": 1, "eval/test/avg@4": 0.6, "eval/test/pass@4": 0.8, "eval/test/maj@4": 0.7, "eval/test/num_problems": 500,
		"eval/test/mean_length": 3.94, "eval/test/clipped_ratio": 0.012, "eval/a/avg@1": 0.5, "eval/only length/mean_length": 4,
	}}
	want := []string{
		"a: avg@1 .500",
		"only length: len 4.0",
		"test: avg@4 .600 [.556, .642] maj@4 .700 pass@4 .800 len 3.9 (trunc 1.2%) of 500 problems",
	}
	got := evaluations(&r)
	if len(got) != len(want) {
		t.Fatalf("%d evaluations, want %d", len(got), len(want))
	}
	for i, e := range got {
		if s := e.set + ": " + e.String(); s != want[i] {
			t.Errorf("got %s, want %s", s, want[i])
		}
	}
}
