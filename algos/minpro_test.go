package algos_test

import (
	"math"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
)

// prefixMin is the least log-ratio before each token, 0 if there is none.
func prefixMin(b *algotest.Batch, capAtOne bool) perToken {
	out := make([][]float64, b.N())
	for i := range out {
		out[i] = make([]float64, b.T())
		least := math.Inf(1)
		for t, trained := range b.Mask[i] {
			if !math.IsInf(least, 1) {
				out[i][t] = least
			}
			if capAtOne {
				out[i][t] = math.Min(0, out[i][t])
			}
			if trained {
				least = math.Min(least, logRatio(b)(i, t))
			}
		}
	}
	return func(i, t int) float64 { return out[i][t] }
}

func minproPolicy(low, high float64, capAtOne bool, options map[string]any) policy {
	p := policy{name: "minpro", options: options, mode: "token-mean", perTokenAdvantages: true, logRatio: logRatio, noGolden: "there is no other implementation"}
	p.ratio = func(b *algotest.Batch) perToken {
		least := prefixMin(b, capAtOne)
		return func(i, t int) float64 { return math.Exp(clamp(least(i, t)+logRatio(b)(i, t), -20, 20)) }
	}
	p.objective = func(in, at *algotest.Batch) perToken {
		w := p.ratio(at)
		return func(i, t int) float64 {
			return clamp(w(i, t), low, high) * in.Advantages[i][t] * in.LogProbs[i][t]
		}
	}
	p.low, p.high = outside(p.ratio, low, high)
	p.metrics = func(b *algotest.Batch) map[string]float64 {
		least := prefixMin(b, capAtOne)
		lowest := math.Inf(1)
		each(b, func(i, t int) { lowest = math.Min(lowest, math.Exp(clamp(least(i, t), -20, 20))) })
		return map[string]float64{
			"prefix_min/min":  lowest,
			"prefix_min/mean": mean(b, func(i, t int) float64 { return math.Exp(clamp(least(i, t), -20, 20)) }),
		}
	}
	return p
}

func TestMinPRO(t *testing.T) {
	minproPolicy(-9, 1.2, false, nil).run(t)
	p := minproPolicy(0.8, 1.28, false, map[string]any{"epsilon": 0.2, "epsilon_high": 0.28})
	p.edges = []float64{math.Log(0.8), math.Log(1.28)}
	p.run(t)
	p = minproPolicy(0.8, 1.28, true, map[string]any{"epsilon": 0.2, "epsilon_high": 0.28, "cap_at_one": true})
	p.identities = append(p.identities, same("where no ratio is below 1 nothing is damped", "cispo",
		map[string]any{"epsilon": 0.2, "epsilon_high": 0.28}, func(b *algotest.Batch) {
			for i := range b.LogProbs {
				for t := range b.LogProbs[i] {
					b.LogProbs[i][t] = b.Old[i][t] + math.Abs(logRatio(b)(i, t))
				}
			}
		}))
	p.run(t)
}

func TestMinPROByHand(t *testing.T) {
	for _, c := range []struct {
		options map[string]any
		want    []float64
	}{
		{map[string]any{"epsilon_high": 100}, []float64{1.105171, 0.818731, 1.221403, 0.740818}},
		{map[string]any{"epsilon_high": 100, "cap_at_one": true}, []float64{1.105171, 0.740818, 1.221403, 0.740818}},
		{map[string]any{"epsilon": 0.2, "epsilon_high": 0.28}, []float64{1.105171, 0.818731, 1.221403, 0.8}},
	} {
		o := algos.Options{Name: "minpro", Options: c.options}
		byHand(t, "minpro", o, 1, c.want)
		byHand(t, "minpro", o, -1, negated(c.want))
	}
}

func negated(x []float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = -x[i]
	}
	return out
}
