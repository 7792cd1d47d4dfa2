package algos_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
)

const contrast = "contrast/cdpo"

// spared is the weight of cdpo's tokens: 1-s_t in rejected responses, 1 in chosen ones.
func spared(b *algotest.Batch) perToken {
	return func(i, t int) float64 {
		if i%2 == 0 {
			return 1
		}
		return 1 - b.Feature[contrast][i][t]
	}
}

// positions are z_t of a pair, by position; a masked token adds nothing to it. sharp gives
// the last trained token of a rejected response the weight 1.
func positions(b *algotest.Batch, pair int, beta float64, sharp bool) []float64 {
	z := make([]float64, b.T())
	last := -1
	for t := range z {
		if b.Mask[2*pair+1][t] {
			last = t
		}
	}
	for t := range z {
		for side, sign := range []float64{1, -1} {
			i := 2*pair + side
			if !b.Mask[i][t] {
				continue
			}
			w := spared(b)(i, t)
			if sharp && side == 1 && t == last {
				w = 1
			}
			z[t] += sign * beta * w * b.Weight(i, t) * (b.LogProbs[i][t] - b.Ref[i][t])
		}
	}
	return z
}

func cdpoCase(options map[string]any, oracle func(b *algotest.Batch) float64) algotest.Case {
	return algotest.Case{
		Algorithm: algos.Options{Name: "cdpo", Options: options},
		Oracle:    func(in, _ *algotest.Batch) float64 { return oracle(in) },
		Metrics:   pairMetrics(0.1, nil),
		Prepare: func(b *algotest.Batch, rng *rand.Rand) {
			b.Prompt = 3
			partPair(b, rng)
			for _, row := range b.Feature[contrast] {
				for t := range row {
					row[t] = float64(float32(rng.Float64()))
				}
			}
		},
	}
}

func TestCDPO(t *testing.T) {
	sequence := cdpoCase(nil, func(b *algotest.Batch) float64 {
		chosen, rejected := pairScores(b, spared)
		return pairMean(b, func(p int) float64 { return -logSigmoidOf(0.1 * (chosen[p] - rejected[p])) })
	})
	sequence.NoGolden = "the authors' code has the position form only"
	sequence.Identities = []algotest.Identity{same("where nothing is spared every token of a rejected response counts", "dpo", nil, func(b *algotest.Batch) {
		for _, row := range b.Feature[contrast] {
			clear(row)
		}
	})}
	position := cdpoCase(map[string]any{"cdpo_form": "position"}, func(b *algotest.Batch) float64 {
		return pairMean(b, func(p int) float64 {
			sum, n := 0.0, 0.0
			for t, z := range positions(b, p, 0.1, false) {
				if b.Mask[2*p][t] && b.Mask[2*p+1][t] {
					sum -= logSigmoidOf(z)
					n++
				}
			}
			return sum / math.Max(n, 1)
		})
	})
	position.Identities = []algotest.Identity{same("of responses of one token both forms are one", "cdpo", nil, func(b *algotest.Batch) {
		for i := range b.Mask {
			clear(b.Mask[i])
			b.Mask[i][0], b.Length[i] = true, 1
		}
	})}
	official := cdpoCase(map[string]any{"cdpo_form": "position", "compat": "official", "label_smoothing": 0.1}, func(b *algotest.Batch) float64 {
		width := float64(b.Prompt - 1)
		longest := 0
		for _, n := range b.Length {
			longest = max(longest, n)
		}
		width += float64(longest)
		return pairMean(b, func(p int) float64 {
			sum, n := 0.0, 0.0
			for t, z := range positions(b, p, 0.1, true) {
				if b.Mask[2*p][t] || b.Mask[2*p+1][t] {
					sum -= 0.9*logSigmoidOf(z) + 0.1*logSigmoidOf(-z)
					n++
				}
			}
			return (sum + (width-n)*math.Ln2) / width
		})
	})
	official.Golden = "testdata/cdpo.json"
	for _, c := range []algotest.Case{sequence, position, official} {
		algotest.Run(t, c)
	}
}
