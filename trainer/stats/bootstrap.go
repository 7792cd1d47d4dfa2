package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Outcome is what a run says of a set of problems.
type Outcome struct {
	// Mean is the mean score, from 0 to 1.
	Mean float64
	// Problems is the size of the set; 0 where it is not known.
	Problems int
	// Scores are those of each problem, in an order that all outcomes share; nil where
	// they were not kept.
	Scores []float64
}

// Interval is a range that holds the true value in 95 of 100 cases. Both ends are NaN
// where nothing can be said.
type Interval struct{ Low, High float64 }

const (
	// resamples: the ends of an interval move by less than a fiftieth of its width
	// from one stream of random numbers to another.
	resamples = 10000
	// stream makes two calls with the same outcomes give the same interval.
	stream = 8
)

// unknown is the interval of too little.
var unknown = Interval{math.NaN(), math.NaN()}

// MeanInterval bounds the mean score over seeds of a way to train of which outcomes
// are the runs.
func MeanInterval(outcomes []Outcome) Interval {
	return bootstrap(outcomes, nil, resamples, rand.New(rand.NewPCG(stream, 0)))
}

// DifferenceInterval bounds the difference a less b of the mean scores of two ways to
// train; a[i] and b[i] are a pair.
//
// Seeds are drawn with replacement, as pairs. Where every outcome has the same number
// of scores, problems are drawn too, the same ones for all outcomes, and the shifts that
// the two draws make are added: the pigeonhole bootstrap (Owen, 2007, doi
// 10.1214/07-AOAS122) without its draw of interactions, which it would count three times.
// They still count twice, so the interval is rather too wide than too narrow; with a single
// pair it is the usual paired bootstrap over problems. Elsewhere each run's score is drawn
// again as a binomial share of its problems, which knows nothing of pairs of problems.
// Pairs whose problems are not even counted are only drawn; a single such pair has no
// interval.
func DifferenceInterval(a, b []Outcome) (Interval, error) {
	if len(a) != len(b) {
		return unknown, fmt.Errorf("stats: %d outcomes and %d are not pairs", len(a), len(b))
	}
	return bootstrap(a, b, resamples, rand.New(rand.NewPCG(stream, 0))), nil
}

// bootstrap is the interval of the mean of a, less that of b unless b is nil.
func bootstrap(a, b []Outcome, times int, random *rand.Rand) Interval {
	if len(a) == 0 {
		return unknown
	}
	draw := redrawn(a, b)
	if Scored(a, b) {
		draw = crossed(a, b)
	}
	if draw == nil {
		return unknown
	}
	means := make([]float64, times)
	for i := range means {
		means[i] = draw(random)
	}
	return middle(means)
}

// Scored reports whether all outcomes of a and b have scores of the same problems.
func Scored(a, b []Outcome) bool {
	n := 0
	for i, o := range slices.Concat(a, b) {
		if i == 0 {
			n = len(o.Scores)
		}
		if len(o.Scores) == 0 || len(o.Scores) != n {
			return false
		}
	}
	return n > 0
}

// crossed draws seeds and, apart from them, problems.
func crossed(a, b []Outcome) func(*rand.Rand) float64 {
	ofSeed, ofProblem := make([]float64, len(a)), make([]float64, len(a[0].Scores))
	for s := range a {
		for p, gain := range a[s].Scores {
			if b != nil {
				gain -= b[s].Scores[p]
			}
			ofSeed[s] += gain / float64(len(ofProblem))
			ofProblem[p] += gain / float64(len(ofSeed))
		}
	}
	center := Mean(ofSeed)
	return func(random *rand.Rand) float64 {
		return drawnMean(ofSeed, random) + drawnMean(ofProblem, random) - center
	}
}

// drawnMean is the mean of as many elements of x, drawn with replacement.
func drawnMean(x []float64, random *rand.Rand) float64 {
	sum := 0.0
	for range x {
		sum += x[random.IntN(len(x))]
	}
	return sum / float64(len(x))
}

// redrawn draws seeds, and each of their scores as a share of problems. It is nil where
// nothing would vary.
func redrawn(a, b []Outcome) func(*rand.Rand) float64 {
	noise := make([][2]*shares, len(a))
	counted := false
	for i := range a {
		noise[i][0] = sharesOf(&a[i])
		if b != nil {
			noise[i][1] = sharesOf(&b[i])
		}
		counted = counted || noise[i][0] != nil || noise[i][1] != nil
	}
	if len(a) == 1 && !counted {
		return nil
	}
	return func(random *rand.Rand) float64 {
		total := 0.0
		for range a {
			i := random.IntN(len(a))
			total += noise[i][0].around(a[i].Mean, random)
			if b != nil {
				total -= noise[i][1].around(b[i].Mean, random)
			}
		}
		return total / float64(len(a))
	}
}

// shares is the distribution of the share of n problems that are solved when each is
// with the same probability.
type shares struct {
	probability float64
	// below[k] is the probability of at most k.
	below []float64
}

// mostProblems bounds the memory for a distribution: a count that is more comes from a
// damaged file, and the problems of so large a set make no noise.
const mostProblems = 1 << 20

// sharesOf is that of an outcome, nil where its problems are not counted. Half a
// problem more is solved and half a one more is not, so that a run that solves all or
// none is not sure of itself.
func sharesOf(o *Outcome) *shares {
	if o.Problems <= 0 || o.Problems > mostProblems || !(o.Mean >= 0 && o.Mean <= 1) {
		return nil
	}
	n := float64(o.Problems)
	p := (o.Mean*n + 0.5) / (n + 1)
	d := &shares{probability: p, below: make([]float64, o.Problems+1)}
	sum := 0.0
	for k := range d.below {
		sum += math.Exp(LogChoose(o.Problems, k) + float64(k)*math.Log(p) + (n-float64(k))*math.Log1p(-p))
		d.below[k] = sum
	}
	return d
}

// around is a share drawn about the mean that was seen; of nil, that mean.
func (d *shares) around(mean float64, random *rand.Rand) float64 {
	if d == nil {
		return mean
	}
	n := len(d.below) - 1
	k, _ := slices.BinarySearch(d.below, random.Float64())
	return min(1, max(0, mean+float64(min(k, n))/float64(n)-d.probability))
}
