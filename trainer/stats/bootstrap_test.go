package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// plain is the bootstrap over seeds and problems with every draw written out and another
// stream.
func plain(a, b []Outcome, times int) Interval {
	random := rand.New(rand.NewPCG(99, 1))
	var means []float64
	for range times {
		seeds, problems := make([]int, len(a)), make([]int, len(a[0].Scores))
		for i := range seeds {
			seeds[i] = random.IntN(len(seeds))
		}
		for i := range problems {
			problems[i] = random.IntN(len(problems))
		}
		// How far drawing seeds alone, and problems alone, moves the mean.
		gain := func(seeds, problems []int) float64 {
			sum := 0.0
			for _, s := range seeds {
				for _, p := range problems {
					sum += a[s].Scores[p] - b[s].Scores[p]
				}
			}
			return sum / float64(len(seeds)*len(problems))
		}
		allSeeds, allProblems := upTo(len(seeds)), upTo(len(problems))
		mean := gain(allSeeds, allProblems)
		means = append(means, mean+(gain(seeds, allProblems)-mean)+(gain(allSeeds, problems)-mean))
	}
	slices.Sort(means)
	return Interval{means[int(0.025*float64(times))], means[int(0.975*float64(times))]}
}

func upTo(n int) []int {
	var out []int
	for i := range n {
		out = append(out, i)
	}
	return out
}

// world makes outcomes of two ways to train whose true difference is gap: problems differ
// in difficulty, and seeds in luck that both ways share in part.
func world(random *rand.Rand, seeds, problems int, gap float64) (a, b []Outcome) {
	hard := make([]float64, problems)
	for p := range hard {
		hard[p] = 0.2 + 0.5*random.Float64()
	}
	run := func(shift float64) Outcome {
		o := Outcome{Problems: problems, Scores: make([]float64, problems)}
		for p := range o.Scores {
			if random.Float64() < hard[p]+shift {
				o.Scores[p] = 1
			}
		}
		o.Mean = Mean(o.Scores)
		return o
	}
	for range seeds {
		luck := 0.03 * random.NormFloat64()
		b = append(b, run(luck+0.02*random.NormFloat64()))
		a = append(a, run(luck+gap+0.02*random.NormFloat64()))
	}
	return a, b
}

// withoutScores leaves means and counts.
func withoutScores(all []Outcome) []Outcome {
	out := slices.Clone(all)
	for i := range out {
		out[i].Scores = nil
	}
	return out
}

func TestAgainstPlain(t *testing.T) {
	// monteCarlo is what the ends of two intervals of 10,000 draws differ by: their
	// standard error is 0.027 of the standard deviation, here at most 0.03.
	const monteCarlo = 4 * 0.03 * 0.027 * math.Sqrt2
	for _, seeds := range []int{1, 4} {
		a, b := world(rand.New(rand.NewPCG(5, uint64(seeds))), seeds, 120, 0.1)
		got, err := DifferenceInterval(a, b)
		want := plain(a, b, resamples)
		if err != nil || math.Abs(got.Low-want.Low) > monteCarlo || math.Abs(got.High-want.High) > monteCarlo {
			t.Errorf("%d seeds: %v, plain %v, %v", seeds, got, want, err)
		}
		if again, _ := DifferenceInterval(a, b); again != got {
			t.Errorf("the same outcomes give %v and %v", got, again)
		}
	}
}

// TestSeedsOnly: without problems the bootstrap distribution of three differences has
// 27 equal outcomes, all of which can be listed.
func TestSeedsOnly(t *testing.T) {
	a := []Outcome{{Mean: 0.9}, {Mean: 0.8}, {Mean: 0.4}}
	b := []Outcome{{Mean: 0.8}, {Mean: 0.5}, {Mean: 0.5}} // differences .1 .3 -.1
	got, err := DifferenceInterval(a, b)
	if err != nil {
		t.Fatal(err)
	}
	// One of 27, 3.7 %, is the least and one the greatest: both ends lie there.
	if math.Abs(got.Low+0.1) > 1e-12 || math.Abs(got.High-0.3) > 1e-12 {
		t.Errorf("%v, want [-.1, .3]", got)
	}
}

// TestCoverage: the interval holds the true difference about as often as it says. Three
// seeds are few for a bootstrap, so there it may miss more often, but not without scores,
// where it counts the noise of problems twice.
func TestCoverage(t *testing.T) {
	const worlds, draws, gap = 600, 500, 0.05
	for _, c := range []struct {
		name        string
		seeds       int
		scores      bool
		least, most float64
	}{
		{"one seed, scores, luck not in it", 1, true, 0.80, 0.97},
		{"three seeds, scores", 3, true, 0.93, 0.99},
		{"three seeds, counts", 3, false, 0.95, 1},
		{"ten seeds, scores", 10, true, 0.95, 0.995},
		{"ten seeds, counts", 10, false, 0.95, 1},
	} {
		random := rand.New(rand.NewPCG(1, uint64(c.seeds)))
		held, width := 0, 0.0
		for range worlds {
			a, b := world(random, c.seeds, 150, gap)
			if !c.scores {
				a, b = withoutScores(a), withoutScores(b)
			}
			i := bootstrap(a, b, draws, random)
			width += i.High - i.Low
			if i.Low <= gap && gap <= i.High {
				held++
			}
		}
		share := float64(held) / worlds
		t.Logf("%s: %.3f, mean width %.3f", c.name, share, width/worlds)
		if share < c.least || share > c.most {
			t.Errorf("%s: %.3f of the intervals hold the difference, want %.2f to %.2f", c.name, share, c.least, c.most)
		}
	}
}

// TestPairsAreWorth: the scores of the same problems make the interval narrower.
func TestPairsAreWorth(t *testing.T) {
	base := Outcome{Problems: 200, Scores: make([]float64, 200)}
	for p := range 100 {
		base.Scores[p] = 1
	}
	better := Outcome{Problems: 200, Scores: slices.Clone(base.Scores)}
	for p := 100; p < 110; p++ {
		better.Scores[p] = 1
	}
	base.Mean, better.Mean = Mean(base.Scores), Mean(better.Scores)
	a, b := []Outcome{better}, []Outcome{base}
	scored, _ := DifferenceInterval(a, b)
	counted, _ := DifferenceInterval(withoutScores(a), withoutScores(b))
	if !(scored.Low > 0.01 && scored.High < 0.1) || !(counted.Low < 0 && counted.High > 0.1) {
		t.Errorf("ten problems more of 200: %v by problem, %v by counts", scored, counted)
	}
}

func TestTooLittle(t *testing.T) {
	nan := func(i Interval) bool { return math.IsNaN(i.Low) && math.IsNaN(i.High) }
	if i := MeanInterval(nil); !nan(i) {
		t.Errorf("nothing: %v", i)
	}
	if i := MeanInterval([]Outcome{{Mean: 0.5}}); !nan(i) {
		t.Errorf("one run without a count: %v", i)
	}
	if _, err := DifferenceInterval([]Outcome{{}}, nil); err == nil {
		t.Error("one outcome and none are taken for pairs")
	}
	i := MeanInterval([]Outcome{{Mean: 1, Problems: 10}})
	if !(i.Low < 0.95 && i.High == 1) {
		t.Errorf("ten of ten: %v", i)
	}
}

func TestMedian(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		x    []float64
		want float64
	}{{[]float64{3, 1, 2}, 2}, {[]float64{4, 1, 2, 3}, 2.5}, {[]float64{1, inf, inf}, inf}, {[]float64{1, inf}, inf}, {[]float64{inf, inf}, inf}, {[]float64{7}, 7}} {
		if got := Median(c.x); got != c.want {
			t.Errorf("%v: %v, want %v", c.x, got, c.want)
		}
	}
	if !math.IsNaN(Median(nil)) || !math.IsNaN(Mean(nil)) {
		t.Error("nothing has a median or a mean")
	}
}
