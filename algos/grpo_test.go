package algos_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
)

// clip are the options of the surrogate, written out.
type clip struct {
	low, high, delta, beta, entropy float64
	mode                            string
}

// surrogate is J of one token, by cases and not by min and clip: which side of a
// bound a token is on is decided at, its derivative taken in.
func (c clip) surrogate(in, at *algotest.Batch, i, t int) float64 {
	a := in.Advantages[i][t]
	switch r := ratio(at, i, t); {
	case a > 0 && r > 1+c.high:
		return (1 + c.high) * a
	case a < 0 && r < 1-c.low:
		return (1 - c.low) * a
	case a < 0 && c.delta > 0 && r > c.delta:
		return c.delta * a
	}
	return ratio(in, i, t) * a
}

func ratio(b *algotest.Batch, i, t int) float64 {
	return math.Exp(math.Max(-20, math.Min(20, b.LogProbs[i][t]-b.Old[i][t])))
}

func k3(b *algotest.Batch, i, t int) float64 {
	u := clamp(b.LogProbs[i][t]-b.Ref[i][t], -20, 20)
	return math.Exp(-u) + u - 1
}

func (c clip) oracle(in, at *algotest.Batch) float64 {
	return algotest.Aggregate(c.mode, in, func(i, t int) float64 {
		loss := -in.Weight(i, t) * c.surrogate(in, at, i, t)
		if c.beta > 0 {
			loss += c.beta * k3(in, i, t)
		}
		if c.entropy > 0 {
			loss -= c.entropy * in.Entropy[i][t]
		}
		return loss
	})
}

func (c clip) metrics(b *algotest.Batch) map[string]float64 {
	mean := func(x func(i, t int) float64) float64 { return algotest.Aggregate("token-mean", b, x) }
	share := func(cond func(a, r float64) bool) float64 {
		return mean(func(i, t int) float64 {
			if cond(b.Advantages[i][t], ratio(b, i, t)) {
				return 1
			}
			return 0
		})
	}
	low := func(a, r float64) bool { return a < 0 && r < 1-c.low }
	high := func(a, r float64) bool { return a > 0 && r > 1+c.high }
	m := map[string]float64{
		"policy_loss": algotest.Aggregate(c.mode, b, func(i, t int) float64 { return -b.Weight(i, t) * c.surrogate(b, b, i, t) }),
		"ppo_kl":      mean(func(i, t int) float64 { return clamp(b.Old[i][t]-b.LogProbs[i][t], -20, 20) }),

		"clip_ratio/low_mean":    share(low),
		"clip_ratio/high_mean":   share(high),
		"clip_ratio/region_mean": share(func(a, r float64) bool { return low(a, r) || high(a, r) }),

		"ratio/mean": mean(func(i, t int) float64 { return ratio(b, i, t) }),
		"ratio/max":  math.Inf(-1),
		"ratio/min":  math.Inf(1),
	}
	mean(func(i, t int) float64 {
		m["ratio/max"] = math.Max(m["ratio/max"], ratio(b, i, t))
		m["ratio/min"] = math.Min(m["ratio/min"], ratio(b, i, t))
		return 0
	})
	if c.beta > 0 {
		m["kl"] = mean(func(i, t int) float64 { return k3(b, i, t) })
	}
	return m
}

func (c clip) edges() []float64 {
	edges := []float64{math.Log1p(c.high)}
	if c.low < 1 {
		edges = append(edges, math.Log1p(-c.low))
	}
	if c.delta > 0 {
		edges = append(edges, math.Log(c.delta))
	}
	return edges
}

func TestGRPO(t *testing.T) {
	for _, c := range []struct {
		options map[string]any
		is      clip
	}{
		{nil, clip{low: 0.2, high: 0.2, mode: "seq-mean-token-mean"}},
		{map[string]any{"epsilon_high": 0.28, "loss_agg_mode": "token-mean"}, clip{low: 0.2, high: 0.28, mode: "token-mean"}},
		{map[string]any{"epsilon": 0.1, "delta": 1.4, "loss_agg_mode": "seq-mean-token-sum-norm"}, clip{low: 0.1, high: 0.1, delta: 1.4, mode: "seq-mean-token-sum-norm"}},
		{map[string]any{"beta": 0.04}, clip{low: 0.2, high: 0.2, beta: 0.04, mode: "seq-mean-token-mean"}},
		{map[string]any{"entropy_coef": 0.01}, clip{low: 0.2, high: 0.2, entropy: 0.01, mode: "seq-mean-token-mean"}},
		{map[string]any{"beta": 0.1, "entropy_coef": 0.02, "delta": 3, "loss_agg_mode": "seq-mean-token-sum"}, clip{low: 0.2, high: 0.2, delta: 3, beta: 0.1, entropy: 0.02, mode: "seq-mean-token-sum"}},
		{map[string]any{"epsilon": 10}, clip{low: 10, high: 10, mode: "seq-mean-token-mean"}},
	} {
		t.Run(fmt.Sprint(c.options), func(t *testing.T) {
			test := algotest.Case{
				Algorithm: algos.Options{Name: "grpo", Options: c.options},
				Oracle:    c.is.oracle, Metrics: c.is.metrics, Edges: c.is.edges(),
			}
			if c.options == nil || c.is.entropy > 0 {
				test.Golden = "testdata/grpo.json" // has cases with options of its own
			}
			if c.is.beta == 0 && c.is.entropy == 0 {
				test.Identities = []algotest.Identity{algotest.SameGradient("REINFORCE at ratio 1",
					"where old and current policy agree no token is clipped, and the gradient is A times that of the log-probability",
					algos.Options{Name: "reinforce", Options: map[string]any{"loss_agg_mode": c.is.mode}},
					func(b *algotest.Batch) { b.Old = b.LogProbs })}
			}
			if c.is.entropy > 0 {
				test.Identities = append(test.Identities, same("the bonus has a gradient of its own, that of log-probabilities is as without it", "grpo",
					with(c.options, map[string]any{"entropy_coef": 0}), nil))
			}
			algotest.Run(t, test)
		})
	}
}

// A second way to the same numbers: gradients of one response worked out by hand from
// the published formulas (log-ratios 0.1, -0.3, 0.5 and 0).
func TestGRPOGradientByHand(t *testing.T) {
	for _, c := range []struct {
		name      string
		options   map[string]any
		advantage float64
		want      []float64 // d J/d logp, times the number of tokens
	}{
		{"clip-higher, A>0", map[string]any{"epsilon_high": 0.28}, 1, []float64{1.105171, 0.740818, 0, 1}},
		{"clip-higher, A<0", map[string]any{"epsilon_high": 0.28}, -1, []float64{-1.105171, 0, -1.648721, -1}},
		{"dual clip, A<0", map[string]any{"epsilon_high": 0.28, "delta": 1.5}, -1, []float64{-1.105171, 0, 0, -1}},
		{"dual clip, A>0", map[string]any{"epsilon_high": 0.28, "delta": 1.5}, 1, []float64{1.105171, 0.740818, 0, 1}},
		{"no clip", map[string]any{"epsilon": 10}, 1, []float64{1.105171, 0.740818, 1.648721, 1}},
		{"on the bound", map[string]any{"epsilon": 0}, 1, []float64{0, 0.740818, 0, 1}},
		{"on the bound, A<0", map[string]any{"epsilon": 0}, -1, []float64{-1.105171, 0, -1.648721, -1}},
		{"A=0", nil, 0, []float64{0, 0, 0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := algotest.NewRunner(algos.Options{Name: "grpo", Options: c.options})
			if err != nil {
				t.Fatal(err)
			}
			a := c.advantage
			got, err := r.Eval(&algotest.Batch{
				LogProbs:   [][]float64{{-0.9, -1.3, -0.5, -1, 0}},
				Old:        [][]float64{{-1, -1, -1, -1, 0}},
				Advantages: [][]float64{{a, a, a, a, a}},
				Mask:       [][]bool{{true, true, true, true, false}},
			})
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range append(c.want, 0) {
				if g := -4 * got.LogProbs[0][i]; math.Abs(g-want) > 1e-6 { // the table has six digits
					t.Errorf("token %d: gradient %v, want %v", i, g, want)
				}
			}
		})
	}
}

// The reference is asked for only where beta uses it, and entropy where its
// coefficient does.
func TestGRPONeeds(t *testing.T) {
	for _, c := range []struct {
		options                  map[string]any
		ref, entropyGrad, scaled bool
	}{
		{nil, false, false, true},
		{map[string]any{"beta": 0.01}, true, false, false},
		{map[string]any{"entropy_coef": 0.01}, false, true, false},
	} {
		a, err := algos.Resolve(algos.Options{Name: "grpo", Options: c.options})
		if err != nil {
			t.Fatal(err)
		}
		n := a.Needs()
		if !n.Old || n.Ref != c.ref || n.EntropyGrad != c.entropyGrad || n.AdvantageScaled != c.scaled {
			t.Errorf("%v: needs %+v", c.options, n)
		}
	}
}
