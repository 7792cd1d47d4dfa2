package algos_test

import (
	"math"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
)

// filtered is the Kalman filter's state at each token, by the sequential recursion.
func filtered(b *algotest.Batch, q, r float64, official bool) perToken {
	out := make([][]float64, b.N())
	for i := range out {
		out[i] = make([]float64, b.T())
		x, p := 0.0, 0.0
		for t, trained := range b.Mask[i] {
			z := 0.0
			if trained {
				z = logRatio(b)(i, t)
			}
			if trained || official {
				before := p + q
				k := before / (before + r)
				p = (1 - k) * before
				if official {
					k = clamp(k, 1e-6, 1-1e-6)
				}
				x += k * (z - x)
			}
			out[i][t] = x
		}
	}
	return func(i, t int) float64 { return out[i][t] }
}

func kpoPolicy(low, high, q, r float64, clip, official bool, options map[string]any) policy {
	p := policy{name: "kpo", options: options, mode: "seq-mean-token-mean", perTokenAdvantages: true, logRatio: logRatio, noGolden: "its official code is no package; checked by hand and against the recursion"}
	p.ratio = func(b *algotest.Batch) perToken {
		x := filtered(b, q, r, official)
		return func(i, t int) float64 { return math.Exp(math.Min(10, x(i, t))) }
	}
	p.objective = func(in, at *algotest.Batch) perToken {
		s := p.ratio(at)
		return func(i, t int) float64 {
			r := tokenForm(in, at, s)(i, t)
			if !clip {
				return r * in.Advantages[i][t]
			}
			return clipOf(in.Advantages[i][t], r, s(i, t), 1-low, 1+high)
		}
	}
	if clip {
		p.low, p.high = sides(p.ratio, 1-low, 1+high)
	}
	return p
}

func TestKPO(t *testing.T) {
	kpoPolicy(3e-4, 4e-4, 1e-6, 1, true, false, nil).run(t)
	kpoPolicy(3e-4, 4e-4, 1e-6, 1, true, true, map[string]any{"compat": "official"}).run(t)
	kpoPolicy(3e-4, 4e-4, 0.5, 2, true, true, map[string]any{"compat": "official", "process_noise": 0.5, "observation_noise": 2}).run(t)
	kpoPolicy(0, 0, 1, 1, false, false, map[string]any{"process_noise": 1, "clip": false}).run(t)
	kpoPolicy(0.1, 0.15, 0.3, 2, true, false, map[string]any{"process_noise": 0.3, "observation_noise": 2, "epsilon": 0.1, "epsilon_high": 0.15}).run(t)
	// Without observation noise the filter follows the log-ratio.
	p := kpoPolicy(0.2, 0.28, 1e12, 1, true, false, map[string]any{"process_noise": 1e12, "epsilon": 0.2, "epsilon_high": 0.28})
	p.edges = []float64{math.Log(0.8), math.Log(1.28)}
	p.identities = append(p.identities, same("the ratio is the token's own", "grpo", map[string]any{"epsilon": 0.2, "epsilon_high": 0.28}, nil))
	p.run(t)
	// Without a random walk it stays at 0.
	p = kpoPolicy(3e-4, 4e-4, 1e-30, 1, true, false, map[string]any{"process_noise": 1e-30})
	p.identities = append(p.identities, same("the ratio is 1", "reinforce", map[string]any{"loss_agg_mode": "seq-mean-token-mean"}, nil))
	p.run(t)
}

func TestKPOByHand(t *testing.T) {
	o := algos.Options{Name: "kpo", Options: map[string]any{"process_noise": 1, "clip": false}}
	want := []float64{1.051271, 0.852144, 1.279096, 1.098689}
	byHand(t, "kpo", o, 1, want)
	byHand(t, "kpo", o, -1, negated(want))
}

// The filter of 32,768 tokens: nothing overflows and float32 scans in log-steps follow
// the float64 recursion, for gains from hardly any to all.
func TestKPOLongest(t *testing.T) {
	const tokens, tolerance = 32768, 2e-5 // the ratio is near 1; gains are rounded to float32
	for _, q := range []float64{1e-6, 1e-2, 1, 1e6} {
		r, err := algotest.NewRunner(algos.Options{Name: "kpo", Options: map[string]any{"process_noise": q, "clip": false}})
		if err != nil {
			t.Fatal(err)
		}
		b := longRow(tokens)
		got, err := r.Eval(b)
		if err != nil {
			t.Fatal(err)
		}
		x := filtered(b, q, 1, false)
		n := float64(b.Trained(0))
		for u := 0; u < tokens; u += 97 {
			if !b.Mask[0][u] {
				continue
			}
			if g, want := -n*got.LogProbs[0][u], math.Exp(x(0, u)); math.Abs(g-want) > tolerance*want {
				t.Fatalf("Q=%g: token %d: gradient %v, want %v", q, u, g, want)
			}
		}
	}
}

// longRow is one response with advantage 1, log-ratios between -0.6 and 0.6 and every
// seventh token masked.
func longRow(tokens int) *algotest.Batch {
	b := &algotest.Batch{LogProbs: [][]float64{nil}, Old: [][]float64{nil}, Advantages: [][]float64{nil}, Mask: [][]bool{nil}}
	for u := range tokens {
		b.Old[0] = append(b.Old[0], -1)
		b.LogProbs[0] = append(b.LogProbs[0], float64(float32(-1+0.6*math.Sin(float64(u*u)))))
		b.Advantages[0] = append(b.Advantages[0], 1)
		b.Mask[0] = append(b.Mask[0], u%7 != 3)
	}
	return b
}

func TestMinPROLongest(t *testing.T) {
	const tokens, tolerance = 32768, 1e-5 // one exp in float32
	r, err := algotest.NewRunner(algos.Options{Name: "minpro", Options: map[string]any{"loss_agg_mode": "seq-mean-token-mean"}})
	if err != nil {
		t.Fatal(err)
	}
	b := longRow(tokens)
	b.LogProbs[0][20000] = -60
	got, err := r.Eval(b)
	if err != nil {
		t.Fatal(err)
	}
	least := prefixMin(b, false)
	for u := 0; u < tokens; u += 97 {
		if !b.Mask[0][u] {
			continue
		}
		want := math.Min(1.2, math.Exp(clamp(least(0, u)+logRatio(b)(0, u), -20, 20)))
		if g := -float64(b.Trained(0)) * got.LogProbs[0][u]; math.Abs(g-want) > tolerance {
			t.Fatalf("token %d: gradient %v, want %v", u, g, want)
		}
	}
}
