package algos_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
	"github.com/rlvr-go/rlvr/data"
)

const sentences = "spans/sentence"

// spanMeans are the means of x over the trained tokens of each token's span.
func spanMeans(b *algotest.Batch, feature string, x perToken) perToken {
	sum, count := map[[2]int]float64{}, map[[2]int]float64{}
	key := func(i, t int) [2]int { return [2]int{i, int(b.Feature[feature][i][t])} }
	each(b, func(i, t int) { sum[key(i, t)] += x(i, t); count[key(i, t)]++ })
	return func(i, t int) float64 { return sum[key(i, t)] / count[key(i, t)] }
}

// randomSpans cuts rows into spans of 1 to longest tokens; holes of the mask lie within
// them as they do in a tool's output.
func randomSpans(feature string, longest int) func(b *algotest.Batch, rng *rand.Rand) {
	return func(b *algotest.Batch, rng *rand.Rand) {
		for i := range b.Mask {
			id, left := 0, 1+rng.IntN(longest)
			for t := range b.Mask[i] {
				if left == 0 {
					id, left = id+1, 1+rng.IntN(longest)
				}
				b.Feature[feature][i][t] = float64(id)
				left--
			}
		}
	}
}

func sspoPolicy(low, high float64, adaptive bool, longest int, options map[string]any) policy {
	p := policy{name: "sspo", options: options, mode: "seq-mean-token-mean", perTokenAdvantages: true, logRatio: logRatio, noGolden: "there is no other implementation"}
	p.ratio = func(b *algotest.Batch) perToken {
		s := spanMeans(b, sentences, logRatio(b))
		return func(i, t int) float64 { return math.Exp(math.Min(10, s(i, t))) }
	}
	width := func(b *algotest.Batch) perToken {
		if !adaptive {
			return func(int, int) float64 { return 1 }
		}
		h := spanMeans(b, sentences, func(i, t int) float64 { return b.Entropy[i][t] })
		sum, spans, seen := 0.0, 0.0, map[[2]int]bool{}
		each(b, func(i, t int) {
			if span := [2]int{i, int(b.Feature[sentences][i][t])}; !seen[span] {
				sum, spans, seen[span] = sum+h(i, t), spans+1, true
			}
		})
		return func(i, t int) float64 { return clamp(h(i, t)/(sum/spans), 0.5, 2) }
	}
	p.objective = func(in, at *algotest.Batch) perToken {
		s, e := p.ratio(at), width(at)
		return func(i, t int) float64 {
			return clipOf(in.Advantages[i][t], tokenForm(in, at, s)(i, t), s(i, t), 1-low*e(i, t), 1+high*e(i, t))
		}
	}
	p.low = func(b *algotest.Batch) where {
		s, e := p.ratio(b), width(b)
		return func(i, t int) bool { return b.Advantages[i][t] < 0 && s(i, t) < 1-low*e(i, t) }
	}
	p.high = func(b *algotest.Batch) where {
		s, e := p.ratio(b), width(b)
		return func(i, t int) bool { return b.Advantages[i][t] > 0 && s(i, t) > 1+high*e(i, t) }
	}
	p.change = func(c *algotest.Case) { c.Prepare = randomSpans(sentences, longest) }
	return p
}

func TestSSPO(t *testing.T) {
	sspoPolicy(0.03, 0.03, true, 4, nil).run(t)
	// Sentences of entropies far below 1 and far apart.
	uneven := sspoPolicy(0.03, 0.03, true, 4, nil)
	uneven.change = func(c *algotest.Case) {
		c.Prepare = func(b *algotest.Batch, rng *rand.Rand) {
			randomSpans(sentences, 4)(b, rng)
			for i := range b.Entropy {
				for t := range b.Entropy[i] {
					b.Entropy[i][t] = float64(float32(0.01 * math.Exp(2*rng.NormFloat64())))
				}
			}
		}
	}
	uneven.run(t)
	fixed := map[string]any{"epsilon": 0.2, "epsilon_high": 0.28, "entropy_clip": false}
	p := sspoPolicy(0.2, 0.28, false, 3, fixed)
	p.edges = []float64{math.Log(0.8), math.Log(1.28)}
	p.run(t)
	p = sspoPolicy(0.2, 0.28, false, 1, fixed)
	p.identities = append(p.identities, same("with one token a span it is GRPO", "grpo", map[string]any{"epsilon_high": 0.28}, nil))
	p.run(t)
	p = sspoPolicy(0.2, 0.28, false, 1<<20, fixed)
	p.identities = append(p.identities, same("with one span a response it is GSPO", "gspo_token", map[string]any{"epsilon": 0.2, "epsilon_high": 0.28}, nil))
	p.run(t)
}

func TestSSPOByHand(t *testing.T) {
	pairs := func(b *algotest.Batch) { b.Feature[sentences] = [][]float64{{0, 0, 1, 1, 0}} }
	o := algos.Options{Name: "sspo", Options: map[string]any{"epsilon": 0.2, "epsilon_high": 0.28, "entropy_clip": false}}
	byHand(t, "sspo", o, 1, []float64{0.904837, 0.904837, 0, 0}, pairs)
	byHand(t, "sspo", o, -1, []float64{-0.904837, -0.904837, -1.284025, -1.284025}, pairs)
}

// Without any entropy widths are the given ones.
func TestSSPONoEntropy(t *testing.T) {
	o := algos.Options{Name: "sspo", Options: map[string]any{"epsilon": 0.2, "epsilon_high": 0.28}}
	byHand(t, "sspo", o, 1, []float64{0.904837, 0.904837, 0, 0}, func(b *algotest.Batch) {
		b.Feature[sentences] = [][]float64{{0, 0, 1, 1, 0}}
		b.Entropy = [][]float64{{0, 0, 0, 0, 0}}
	})
}

// The statistic takes the mean of spans, not of tokens, and steps over masked tokens.
func TestSpanEntropy(t *testing.T) {
	a, err := algos.Resolve(algos.Options{Name: "sspo"})
	if err != nil {
		t.Fatal(err)
	}
	stat := a.Needs().BatchStats[0].Compute
	s := &data.Scored{Rows: []data.Row{
		{Mask: []bool{true, true, false, true, true}, Entropy: []float32{1, 2, 99, 3, 8},
			Features: map[string][]float32{sentences: {0, 0, 0, 0, 1}}},
		{Mask: []bool{false, false}, Entropy: []float32{5, 5}, Features: map[string][]float32{sentences: {0, 1}}},
	}}
	if got := stat(s); got != 5 { // (1+2+3)/3 and 8
		t.Errorf("mean span entropy %v, want 5", got)
	}
	if got := stat(&data.Scored{}); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
}
