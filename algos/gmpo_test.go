package algos_test

import (
	"math"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
)

func gmpoPolicy(low, high float64, options map[string]any) policy {
	p := policy{name: "gmpo", options: options, mode: "seq-mean-token-mean", rowGradient: true, logRatio: logRatio}
	p.low, p.high = sides(logRatio, -low, high)
	geometric := func(in, at *algotest.Batch) perToken {
		tooLow, tooHigh := p.low(at), p.high(at)
		s := rowMeans(in, func(i, t int) float64 {
			switch {
			case tooLow(i, t):
				return -low
			case tooHigh(i, t):
				return high
			}
			return logRatio(in)(i, t)
		})
		return func(i, _ int) float64 { return math.Exp(math.Min(10, s[i])) }
	}
	p.ratio = func(b *algotest.Batch) perToken { return geometric(b, b) }
	p.objective = func(in, at *algotest.Batch) perToken {
		s := geometric(in, at)
		return func(i, t int) float64 { return s(i, t) * in.Advantages[i][t] }
	}
	return p
}

func TestGMPO(t *testing.T) {
	p := gmpoPolicy(0.4, 0.4, nil)
	p.golden = "testdata/gmpo.json"
	p.edges = []float64{-0.4, 0.4}
	p.run(t)
	p = gmpoPolicy(0.2, 0.3, map[string]any{"epsilon": 0.2, "epsilon_high": 0.3})
	p.edges = []float64{-0.2, 0.3}
	p.run(t)
	p = gmpoPolicy(100, 100, map[string]any{"epsilon": 100})
	p.identities = append(p.identities, same("without a clip it is GSPO without a clip", "gspo",
		map[string]any{"epsilon": 100, "epsilon_high": 0}, nil))
	p.run(t)
}

func TestGMPOByHand(t *testing.T) {
	o := algos.Options{Name: "gmpo"}
	byHand(t, "0.4", o, 1, []float64{1.051271, 1.051271, 0, 1.051271})
	byHand(t, "0.4", o, -1, []float64{-1.077884, -1.077884, -1.077884, -1.077884})
	o.Options = map[string]any{"epsilon": 0.2}
	byHand(t, "0.2", o, 1, []float64{1, 1, 0, 1})
	byHand(t, "0.2", o, -1, []float64{-1.105171, 0, -1.105171, -1.105171})
}
