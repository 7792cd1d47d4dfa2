package algos

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas

	"github.com/rlvr-go/rlvr/data"
)

// This file holds tests of what several objectives share, at the ends of its range.

// backendOf is the pure-Go backend.
func backendOf(t *testing.T) compute.Backend {
	t.Helper()
	backend, err := compute.NewWithConfig("go:ops_sequential")
	if err != nil {
		t.Fatal(err)
	}
	return backend
}

// graphs runs a graph function of arrays [N, T] on the pure-Go backend.
func graphs(t *testing.T, f func(x []*Node) []*Node, arrays ...any) [][][]float32 {
	t.Helper()
	results, err := CallOnceN(backendOf(t), f, arrays...)
	if err != nil {
		t.Fatal(err)
	}
	var out [][][]float32
	for _, r := range results {
		out = append(out, r.Value().([][]float32))
	}
	return out
}

func sameArray(t *testing.T, what string, got, want [][]float32) {
	t.Helper()
	for i := range want {
		for u := range want[i] {
			if got[i][u] != want[i][u] {
				t.Errorf("%s is %v, want %v", what, got, want)
				return
			}
		}
	}
}

// Means over nothing are 0, and quantiles are taken of negative numbers too.
func TestMeansOfNothing(t *testing.T) {
	x := [][]float32{{1, -2, 6, 0}, {0, 0, 0, 0}}
	mask := [][]float32{{1, 1, 1, 0}, {0, 0, 0, 0}}
	ids := [][]float32{{0, 0, 1, 2}, {0, 0, 0, 1}}
	got := graphs(t, func(in []*Node) []*Node {
		x, mask, ids := in[0], in[1], in[2]
		run, count := runMeanGraph(mask, ids, x)
		quantile := rowQuantileGraph(mask, Neg(x), 0.9)
		return []*Node{rowMeanGraph(Inputs{Mask: mask}, x), run, count, BroadcastToShape(quantile, x.Shape())}
	}, x, mask, ids)
	const mean = float32(5) / 3
	sameArray(t, "mean of a row", got[0], [][]float32{{mean, mean, mean, mean}, {0, 0, 0, 0}})
	// A masked token belongs to the run of the trained one before it.
	sameArray(t, "mean of a run", got[1], [][]float32{{-0.5, -0.5, 6, 6}, {0, 0, 0, 0}})
	sameArray(t, "trained tokens of a run", got[2], [][]float32{{2, 2, 1, 1}, {1, 1, 1, 1}})
	sameArray(t, "quantile", got[3], [][]float32{{-1, -1, -1, -1}})
}

// A join that keeps the later of two leaves all as it is.
func TestPrefixJoinsInOrder(t *testing.T) {
	x := [][]float32{{3, 1, 4, 1, 5}}
	got := graphs(t, func(in []*Node) []*Node {
		return []*Node{prefixGraph(in[0], 0, func(_, later *Node) *Node { return later })}
	}, x)
	sameArray(t, "prefix", got[0], x)
}

// fakeWeight weighs tokens by their probability.
type fakeWeight struct{}

func (fakeWeight) Needs() Needs { return Needs{} }

func (fakeWeight) Graph(in Inputs) (*Node, []Metric) { return Exp(in.LogProbs), nil }

// The gradient is that of the loss with weights for constants, whatever they were
// computed from.
func TestWeightsAreConstants(t *testing.T) {
	x := [][]float32{{-1, -2}}
	got := graphs(t, func(in []*Node) []*Node {
		a := &Algorithm{Loss: reinforce{}, Weights: []Weigher{fakeWeight{}}, Aggregation: aggregationFunc(seqMeanTokenSumGraph)}
		ones := OnesLike(in[0])
		out := a.Graph(Inputs{LogProbs: in[0], Mask: ones, Advantages: ones, Denom: Denominators{Sequences: ReduceAllSum(ones)}})
		return []*Node{Gradient(out.Terms[0].Numerator, in[0])[0], Neg(Exp(in[0]))}
	}, x)
	sameArray(t, "gradient", got[0], got[1])
}

func TestDescribeRewards(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		rewards []float64
		want    rewardStats
	}{
		{nil, rewardStats{low: inf, high: -inf}},
		{[]float64{math.NaN()}, rewardStats{low: inf, high: -inf}},
		{[]float64{3}, rewardStats{n: 1, mean: 3, low: 3, high: 3}},
		{[]float64{1, math.NaN(), 3}, rewardStats{n: 2, mean: 2, std: math.Sqrt2, low: 1, high: 3}},
	} {
		var rows []data.Row
		for _, x := range c.rewards {
			rows = append(rows, data.Row{Reward: x})
		}
		if got := describeRewards(rows); got != c.want {
			t.Errorf("%v: %+v, want %+v", c.rewards, got, c.want)
		}
	}
}

// step is one response with the given advantages, old log-probabilities and entropies.
func step(advantages []float64, old, entropy []float32) *data.Scored {
	mask := make([]bool, len(advantages))
	for i := range mask {
		mask[i] = true
	}
	return &data.Scored{Rows: []data.Row{{Mask: mask, Advantages: advantages, OldLogProbs: old, Entropy: entropy}}}
}

// Statistics of one token, of two, and of tokens exactly on a bound.
func TestStatistics(t *testing.T) {
	one := step([]float64{3}, []float32{-2}, []float32{0.5})
	if a, l := meanAdvantage.Compute(one), meanOldLogProb.Compute(one); a != 3 || l != -2 {
		t.Errorf("means of one token: %v and %v", a, l)
	}
	if h := (topEntropy{0.2}).threshold(one); h != 0.5 {
		t.Errorf("quantile of one entropy: %v", h)
	}
	if h := (topEntropy{0.25}).threshold(step(make([]float64, 2), nil, []float32{3, 1})); h != 2.5 {
		t.Errorf("upper quarter of 1 and 3: %v, want 2.5", h)
	}
	one.Rows[0].Features = map[string][]float32{sentenceSpans: {7}}
	if h := spanEntropy(one); h != 0.5 {
		t.Errorf("entropy of one span: %v", h)
	}
	// Whatever a step holds is a token wide.
	if w := longestSequence(&data.Scored{}); w != 1 {
		t.Errorf("width of nothing: %v", w)
	}
	// Covariances of 1 and 1: the band is open at both ends.
	two := step([]float64{1, -1}, []float32{1, -1}, nil)
	for _, band := range []clipCov{{ratio: 0.5, above: 1, below: 2}, {ratio: 0.5, above: 0, below: 1}} {
		if got, want := band.dice(two), between(nil, 1); got != want {
			t.Errorf("band %v to %v: %v, want %v of no token", band.above, band.below, got, want)
		}
	}
}

// The official gains stay off 0 and 1.
func TestOfficialGains(t *testing.T) {
	for noise, want := range map[float64]float64{1e12: 1 - 1e-6, 1e-12: 1e-6} {
		gain, keep := (&kpo{official: true, noise: noise}).gains(1)
		if gain[1] != float32(want) || keep[1] != float32(math.Log1p(-want)) {
			t.Errorf("noise %g: gain %v, log of the rest %v; want %v", noise, gain[1], keep[1], want)
		}
	}
}
