package evaluation

import (
	"math"
	"slices"
	"testing"

	"github.com/rlvr-go/rlvr/trainer/runlog"
	"github.com/rlvr-go/rlvr/trainer/stats"
)

func TestSummary(t *testing.T) {
	cut := answered("d", "", "x", "x", "+a")
	cut.Completions[1].Finish = "length"
	problems := []*Problem{
		answered("a", "+a", "+a", "x", "y"), // two of four; the majority is right
		answered("b", "x", "x", "+a", ""),   // one of four; the majority is wrong
		answered("c", "!", "!", "!", "!"),   // left out
		cut,
		answered("e", "+a", "!", "x", "!"), // two judged
	}
	s := Summarize("test", 4, problems)
	if s.Problems != 4 || s.MaskedProblems != 1 || s.MaskedCompletions != 6 || s.K != 4 {
		t.Errorf("counts %+v", s)
	}
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > rounding {
			t.Errorf("%s = %v, want %v", what, got, want)
		}
	}
	near("avg", s.Avg, (0.5+0.25+0.25+0.5)/4)
	near("pass@1", s.At[0].Pass.Value, s.Avg)
	near("maj@1", s.At[0].Maj.Value, s.Avg)
	// pass@2: 1 - 1/6, 1 - 3/6, 1 - 3/6, 1.
	near("pass@2", s.At[1].Pass.Value, (5.0/6+0.5+0.5+1)/4)
	if s.At[1].Problems != 4 || s.At[3].Problems != 3 {
		t.Errorf("pass@2 of %d problems and pass@4 of %d, want 4 and 3: one has two judged completions", s.At[1].Problems, s.At[3].Problems)
	}
	near("pass@4", s.At[3].Pass.Value, 1)
	near("pass", s.Pass, 1)
	near("maj@4", s.At[3].Maj.Value, 1.0/3) // a right; b and d wrong, 2 votes against 1
	near("reward", s.MeanReward, 5.0/14)
	near("no answer", s.NoAnswer, 2.0/14)
	near("clipped", s.Clipped, 1.0/14)
	// Lengths are 10 + sample.
	near("length of right", *s.MeanLengthRight, (10+11+12+13+10)/5.0)
	near("length of wrong", *s.MeanLengthWrong, (12+13+10+11+13+10+11+12+12)/9.0)
}

// TestOneCompletionHasWilsonsInterval: with one completion a problem is right or wrong.
func TestOneCompletionHasWilsonsInterval(t *testing.T) {
	s := Summarize("test", 1, sided("1101000000"))
	low, high := runlog.Wilson(3, 10)
	if s.Low != low || s.High != high || s.At[0].Pass != s.Mean() || *s.At[0].Maj != s.Mean() {
		t.Errorf("interval %v to %v, want %v to %v", s.Low, s.High, low, high)
	}
}

func TestNothingIsAllPossible(t *testing.T) {
	s := Summarize("test", 2, nil)
	if s.Avg != 0 || s.Low != 0 || s.High != 1 || s.MeanLengthRight != nil || s.At[1].Problems != 0 {
		t.Errorf("of no problems: %+v", s)
	}
}

// TestBootstrapIsThatOfDrawnProblems compares with the interval in its plain form, from
// other random numbers.
func TestBootstrapIsThatOfDrawnProblems(t *testing.T) {
	values := make([]float64, 60)
	random := newStream(1)
	for i := range values {
		values[i] = float64(random.IntN(5)) / 4
	}
	got := share(&stats.Problems{}, values)
	const draws = 100_000
	means := make([]float64, draws)
	for r := range means {
		for range values {
			means[r] += values[random.IntN(len(values))] / float64(len(values))
		}
	}
	slices.Sort(means)
	low, high := means[draws/40], means[draws-1-draws/40]
	// 4000 draws place an end to about a fortieth of the width; three times that.
	allowed := 3 * (high - low) / 40
	if math.Abs(got.Low-low) > allowed || math.Abs(got.High-high) > allowed {
		t.Errorf("interval %v to %v, want about %v to %v", got.Low, got.High, low, high)
	}
	if again := share(&stats.Problems{}, values); again != got {
		t.Errorf("the same values have %v and %v", got, again)
	}
}

// TestIntervalsHoldTheTruth draws problems and completions of a known mean: about 95 % of
// the intervals must hold it, and completions of one problem must not count as problems.
func TestIntervalsHoldTheTruth(t *testing.T) {
	const runs, problems, k = 200, 40, 4
	held := 0
	random := newStream(3)
	for range runs {
		values := make([]float64, problems)
		for i := range values {
			p := random.Float64() // the problem's own share: uniform, mean 1/2
			for range k {
				if random.Float64() < p {
					values[i] += 1.0 / k
				}
			}
		}
		if v := share(&stats.Problems{}, values); v.Low <= 0.5 && 0.5 <= v.High {
			held++
		}
	}
	// 190 expected, standard deviation 3.1; percentile intervals of 40 are a little narrow.
	if held < 178 || held == runs {
		t.Errorf("%d of %d intervals hold the truth", held, runs)
	}
}

func TestEqualValuesHaveWilsonsInterval(t *testing.T) {
	v := share(&stats.Problems{}, []float64{0.5, 0.5, 0.5, 0.5})
	if low, high := runlog.Wilson(2, 4); v != (Value{0.5, low, high}) {
		t.Errorf("share of equal values %v, want [%v, %v]", v, low, high)
	}
}

func TestShownK(t *testing.T) {
	for most, want := range map[int][]int{1: {1}, 2: {1, 2}, 6: {1, 2, 4, 6}, 8: {1, 2, 4, 8}} {
		if got := ShownK(most); !slices.Equal(got, want) {
			t.Errorf("ShownK(%d) = %v, want %v", most, got, want)
		}
	}
}
