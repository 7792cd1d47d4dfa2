package algos_test

import (
	"math"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
)

func dppoPolicy(name string, low, high, limit float64, options map[string]any) policy {
	p := policy{name: name, options: options, mode: "token-mean", ratio: clampedRatio, perTokenAdvantages: true}
	divergence := func(b *algotest.Batch, i, t int) (d, move float64) {
		pr, q := math.Exp(b.LogProbs[i][t]), math.Exp(b.Old[i][t])
		if name == "dppo_tv" {
			return math.Abs(pr - q), pr - q
		}
		return q*math.Log(q/pr) + (1-q)*math.Log((math.Max(0, 1-q)+1e-8)/(math.Max(0, 1-pr)+1e-8)), pr - q
	}
	p.low = func(b *algotest.Batch) where {
		return func(i, t int) bool {
			d, move := divergence(b, i, t)
			return b.Advantages[i][t] <= 0 && move < 0 && d > low
		}
	}
	p.high = func(b *algotest.Batch) where {
		return func(i, t int) bool {
			d, move := divergence(b, i, t)
			return b.Advantages[i][t] > 0 && move > 0 && d > high
		}
	}
	p.objective = func(in, at *algotest.Batch) perToken {
		tooLow, tooHigh := p.low(at), p.high(at)
		return func(i, t int) float64 {
			if tooLow(i, t) || tooHigh(i, t) {
				return 0
			}
			return math.Min(limit, ratio(at, i, t)) * in.Advantages[i][t] * in.LogProbs[i][t]
		}
	}
	return p
}

func TestDPPO(t *testing.T) {
	for name, epsilon := range map[string]float64{"dppo_tv": 0.15, "dppo_kl": 0.05} {
		p := dppoPolicy(name, epsilon, epsilon, 20, nil)
		p.golden = "testdata/" + name + ".json"
		p.run(t)
		p = dppoPolicy(name, 0.02, 0.01, 1.3, map[string]any{"epsilon": 0.02, "epsilon_high": 0.01, "delta": 1.3})
		p.golden = "testdata/" + name + ".json"
		p.run(t)
		p = dppoPolicy(name, 100, 100, 20, map[string]any{"epsilon": 100})
		p.noGolden = "that of the others"
		p.identities = append(p.identities, same("while no token is too far it is CISPO with a wide bound", "cispo",
			map[string]any{"compat": "trl", "epsilon_high": 20}, nil))
		p.run(t)
	}
}

// A token that was all but certain and is so still: 1-p is 1e-7 and not 0.
func TestDPPOCertainToken(t *testing.T) {
	r, err := algotest.NewRunner(algos.Options{Name: "dppo_kl"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Eval(&algotest.Batch{
		LogProbs: [][]float64{{-1e-7, 0}}, Old: [][]float64{{-2e-7, 0}}, Advantages: [][]float64{{1, 1}}, Mask: [][]bool{{true, true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range got.LogProbs[0] {
		if math.Abs(g+0.5) > 1e-6 {
			t.Errorf("token %d: gradient %v, want -0.5", i, g)
		}
	}
}

// The divergence of a token that became certain is that of 1e-8 for 1-p: from 0.9 it is
// 1.517.
func TestDPPOTokenThatBecameCertain(t *testing.T) {
	old := math.Log(0.9)
	for epsilon, want := range map[float64]float64{1.5: 0, 1.53: -1 / 0.9} {
		r, err := algotest.NewRunner(algos.Options{Name: "dppo_kl", Options: map[string]any{"epsilon_high": epsilon}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Eval(&algotest.Batch{
			LogProbs: [][]float64{{0}}, Old: [][]float64{{old}}, Advantages: [][]float64{{1}}, Mask: [][]bool{{true}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if g := got.LogProbs[0][0]; math.Abs(g-want) > 1e-6 { // float32
			t.Errorf("epsilon %g: gradient %v, want %v", epsilon, g, want)
		}
	}
}
