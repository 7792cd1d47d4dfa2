package algos_test

import (
	"math"
	"slices"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
)

// aspoPolicy has widths for tokens of low entropy and one for those above the quantile.
func aspoPolicy(low, high, wide, quantile, delta float64, options map[string]any) policy {
	official := options["compat"] == "official"
	p := policy{name: "aspo", options: options, mode: "token-mean", perTokenAdvantages: true, ratio: clampedRatio, noGolden: "its official code is no package; checked by hand"}
	bounds := func(b *algotest.Batch) func(i, t int) (float64, float64) {
		entropies := make([][]float64, b.N())
		if quantile < 1 {
			each(b, func(i, t int) { entropies[i] = append(entropies[i], b.Entropy[i][t]) })
		}
		for i := range entropies {
			slices.Sort(entropies[i])
		}
		return func(i, t int) (float64, float64) {
			if h := entropies[i]; quantile == 1 || b.Entropy[i][t] <= h[int(quantile*float64(len(h)-1))] {
				return 1 - low, 1 + high
			}
			return 1 - wide, 1 + wide
		}
	}
	p.low = func(b *algotest.Batch) where {
		bound := bounds(b)
		return func(i, t int) bool {
			l, _ := bound(i, t)
			return b.Advantages[i][t] < 0 && ratio(b, i, t) < l
		}
	}
	p.high = func(b *algotest.Batch) where {
		bound := bounds(b)
		return func(i, t int) bool {
			_, h := bound(i, t)
			return b.Advantages[i][t] > 0 && ratio(b, i, t) > h
		}
	}
	weight := func(b *algotest.Batch, i, t int) float64 {
		if b.Advantages[i][t] > 0 {
			return 1 / ratio(b, i, t)
		}
		return ratio(b, i, t)
	}
	p.objective = func(in, at *algotest.Batch) perToken {
		tooLow, tooHigh, bound := p.low(at), p.high(at), bounds(at)
		return func(i, t int) float64 {
			a := in.Advantages[i][t]
			low, high := bound(i, t)
			switch {
			case tooLow(i, t):
				return a * low
			case tooHigh(i, t):
				return a / high
			case official && weight(at, i, t) > delta:
				return a * delta * in.LogProbs[i][t]
			}
			return a * math.Min(weight(at, i, t), delta) * own(in, at)(i, t)
		}
	}
	p.metrics = func(b *algotest.Batch) map[string]float64 {
		tooLow, tooHigh := p.low(b), p.high(b)
		return map[string]float64{"clip_ratio/dual_mean": share(b, func(i, t int) bool {
			return weight(b, i, t) > delta && !tooLow(i, t) && !tooHigh(i, t)
		})}
	}
	return p
}

func TestASPO(t *testing.T) {
	p := aspoPolicy(0.2, 0.2, 0.4, 0.8, 3, nil)
	p.run(t)
	p = aspoPolicy(0.1, 0.15, 0.3, 0.5, 1.3, map[string]any{"epsilon": 0.1, "epsilon_high": 0.15, "high_entropy_epsilon": 0.3, "entropy_quantile": 0.5, "delta": 1.3})
	p.run(t)
	aspoPolicy(0.2, 0.28, 0, 1, 1.3, map[string]any{"epsilon_high": 0.28, "entropy_quantile": 1, "delta": 1.3, "compat": "official"}).run(t)
	p = aspoPolicy(0.2, 0.28, 0, 1, 1.5, map[string]any{"epsilon_high": 0.28, "entropy_quantile": 1, "delta": 1.5})
	p.edges = []float64{math.Log(0.8), math.Log(1.28), math.Log(1.5), -math.Log(1.5)}
	p.run(t)
	p = aspoPolicy(100, 100, 0, 1, 1e9, map[string]any{"epsilon": 100, "epsilon_high": 100, "entropy_quantile": 1, "delta": 1e9})
	p.identities = append(p.identities, same("where A < 0 and nothing is clipped it is PPO", "grpo", map[string]any{"epsilon": 100, "loss_agg_mode": "token-mean"},
		func(b *algotest.Batch) {
			for i := range b.Advantages {
				for t := range b.Advantages[i] {
					b.Advantages[i][t] = -math.Abs(b.Advantages[i][t])
				}
			}
		}))
	p.run(t)
}

func TestASPOByHand(t *testing.T) {
	o := algos.Options{Name: "aspo", Options: map[string]any{"entropy_quantile": 1}}
	byHand(t, "aspo", o, 1, []float64{0.904837, 1.349859, 0, 1})
	byHand(t, "aspo", o, -1, []float64{-1.105171, 0, -1.648721, -1})
	// The 0.8-quantile of four entropies lies between the third and the fourth: one token
	// has the wide range, in which a ratio of e^-0.3 is kept.
	uncertain := func(at int) func(b *algotest.Batch) {
		return func(b *algotest.Batch) {
			b.Entropy = [][]float64{{0.1, 0.1, 0.1, 0.1, 9}}
			b.Entropy[0][at] = 1
		}
	}
	byHand(t, "uncertain token 1", algos.Options{Name: "aspo"}, -1, []float64{-1.105171, -0.740818, -1.648721, -1}, uncertain(1))
	byHand(t, "uncertain token 2", algos.Options{Name: "aspo"}, 1, []float64{0.904837, 1.349859, 0, 1}, uncertain(2))
}
