package evaluation

import (
	"math"
	"testing"
)

func TestComparison(t *testing.T) {
	here, there := sided("1110010"), sided("1000100")
	here = append(here, answered("only here", "x"))
	there = append(there, answered("only there", "x"), answered("no", "x"))
	other := answered("other", "x")
	other.Answers = []string{"b"}
	here, there = append(here, answered("other", "x"), answered("masked", "!")), append(there, other, answered("masked", "x"))
	c := Compare("test", here, there)
	if c.Problems != 7 || c.OnlyHere != 1 || c.OnlyThere != 2 || c.Unlike != 2 {
		t.Errorf("problems %+v", c)
	}
	if c.BothRight != 1 || c.HereRight != 3 || c.ThereRight != 1 || c.NeitherRight != 2 {
		t.Errorf("counts %+v", c)
	}
	// 3 and 1 of 4: 2*(1 + 4)/16.
	if want := 10.0 / 16; math.Abs(c.P-want) > rounding {
		t.Errorf("p = %v, want %v", c.P, want)
	}
	if len(c.Flips) != 4 || c.Flips[0] != (Flip{"p1", 1, 1, 0, 1}) || c.Flips[2].ID != "p4" {
		t.Errorf("flips %+v", c.Flips)
	}
	d := c.Differences[0]
	if d.Measure != "avg" || math.Abs(d.Value.Value-2.0/7) > rounding || math.Abs(d.Here-4.0/7) > rounding || math.Abs(d.There-2.0/7) > rounding {
		t.Errorf("difference %+v", d)
	}
	if d.Low > d.Value.Value || d.High < d.Value.Value || d.Low >= d.High {
		t.Errorf("interval %+v", d)
	}
}

// TestPairsNarrowTheInterval: where both sides agree on most problems, the paired interval
// must be far narrower than that of two independent sets.
func TestPairsNarrowTheInterval(t *testing.T) {
	random := newStream(5)
	base := make([]byte, 400)
	for i := range base {
		base[i] = '0' + byte(random.IntN(2))
	}
	better := append([]byte{}, base...)
	gained := 0
	for i := range better {
		if better[i] == '0' && gained < 12 {
			better[i] = '1'
			gained++
		}
	}
	d := Compare("test", sided(string(better)), sided(string(base))).Differences[0]
	if want := 12.0 / 400; math.Abs(d.Value.Value-want) > rounding || d.Low <= 0 || d.High-d.Low > 0.04 {
		t.Errorf("difference %+v, want %v in an interval above 0 no wider than 0.04 (unpaired: 0.14)", d, want)
	}
}

// TestComparisonOfSeveralCompletions: the k that both sides have, and sides that are right
// with more than half of their completions.
func TestComparisonOfSeveralCompletions(t *testing.T) {
	here := []*Problem{answered("a", "+a", "+a", "x", "y"), answered("b", "+a", "+a", "+a", "x")}
	there := []*Problem{answered("a", "+a", "x"), answered("b", "x", "y")}
	c := Compare("test", here, there)
	got := map[string]Difference{}
	for _, d := range c.Differences {
		got[d.Measure+string(rune('0'+d.K))] = d
	}
	if len(got) != 3 || c.HereK != 4 || c.ThereK != 2 {
		t.Fatalf("differences %+v", c.Differences)
	}
	for name, want := range map[string][2]float64{
		"avg4":  {0.625, 0.25},
		"pass2": {(5.0/6 + 1) / 2, 0.5},
		"maj2":  {(1.0/6+4.0/6*0.5)/2 + (0.5+0.5*0.5)/2, 0.25},
	} {
		if d := got[name]; math.Abs(d.Here-want[0]) > rounding || math.Abs(d.There-want[1]) > rounding {
			t.Errorf("%s: %+v, want %v", name, d, want)
		}
	}
	if c.HereRight != 1 || c.NeitherRight != 1 || c.Flips[0].ID != "b" {
		t.Errorf("right here %d, neither %d: half is not more than half", c.HereRight, c.NeitherRight)
	}
}
