package algos_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
)

// logSigmoidOf is log(1/(1+exp(-z))) for moderate z.
func logSigmoidOf(z float64) float64 { return math.Min(0, z) - math.Log1p(math.Exp(-math.Abs(z))) }

// weightOf gives the tokens of a batch a weight beside its own; nil: 1.
type weightOf func(b *algotest.Batch) perToken

// pairScores are the sums over each response of weight*(logp-ref), by pairs.
func pairScores(b *algotest.Batch, w weightOf) (chosen, rejected []float64) {
	sums := make([]float64, b.N())
	each(b, func(i, t int) {
		weight := b.Weight(i, t)
		if w != nil {
			weight *= w(b)(i, t)
		}
		sums[i] += weight * (b.LogProbs[i][t] - b.Ref[i][t])
	})
	for i := 0; i < len(sums); i += 2 {
		chosen, rejected = append(chosen, sums[i]), append(rejected, sums[i+1])
	}
	return chosen, rejected
}

// wholePairs are the pairs whose responses both have a trained token.
func wholePairs(b *algotest.Batch) []int {
	var out []int
	for p := range b.N() / 2 {
		if b.Trained(2*p) > 0 && b.Trained(2*p+1) > 0 {
			out = append(out, p)
		}
	}
	return out
}

// pairMean adds what whole pairs cost, over half the number of responses that have a
// trained token.
func pairMean(b *algotest.Batch, cost func(pair int) float64) float64 {
	sum := 0.0
	for _, p := range wholePairs(b) {
		sum += cost(p)
	}
	return sum / math.Max(1, float64(b.Sequences())/2)
}

// pairMetrics are those of every preference loss: means over whole pairs.
func pairMetrics(beta float64, w weightOf) func(b *algotest.Batch) map[string]float64 {
	return func(b *algotest.Batch) map[string]float64 {
		chosen, rejected := pairScores(b, w)
		whole := wholePairs(b)
		out := map[string]float64{
			"rewards/chosen": 0, "rewards/rejected": 0, "rewards/margins": 0, "rewards/accuracies": 0, "logps/chosen": 0, "logps/rejected": 0,
		}
		add := func(name string, x float64) { out[name] += x / float64(len(whole)) }
		for _, p := range whole {
			add("rewards/chosen", beta*chosen[p])
			add("rewards/rejected", beta*rejected[p])
			add("rewards/margins", beta*(chosen[p]-rejected[p]))
			if chosen[p] > rejected[p] {
				add("rewards/accuracies", 1)
			}
		}
		each(b, func(i, t int) {
			if b.Trained(i^1) > 0 { // the other of the pair
				add([]string{"logps/chosen", "logps/rejected"}[i%2], b.LogProbs[i][t])
			}
		})
		return out
	}
}

func dpoCase(options map[string]any, beta float64, cost func(b *algotest.Batch, pair int, z float64) float64) algotest.Case {
	return algotest.Case{
		Algorithm: algos.Options{Name: "dpo", Options: options},
		Oracle: func(in, _ *algotest.Batch) float64 {
			chosen, rejected := pairScores(in, nil)
			return pairMean(in, func(p int) float64 { return cost(in, p, beta*(chosen[p]-rejected[p])) })
		},
		Metrics: pairMetrics(beta, nil),
		Prepare: partPair,
	}
}

// partPair takes, in every other batch, the trained tokens of one response of a pair away,
// which is then no pair.
func partPair(b *algotest.Batch, rng *rand.Rand) {
	if b.N() > 3 && rng.IntN(2) == 0 {
		clear(b.Mask[3])
	}
}

// atReference makes policy and reference agree, and gives chosen and rejected responses
// the advantages a and -a, 0 where the other of the pair is missing.
func atReference(a float64) func(b *algotest.Batch) {
	return func(b *algotest.Batch) {
		b.Ref = b.Clone().LogProbs
		for i := range b.Advantages {
			for t := range b.Advantages[i] {
				b.Advantages[i][t] = a * float64(1-2*(i%2)) * float64(min(1, b.Trained(i^1)))
			}
		}
	}
}

var reinforceSums = algos.Options{Name: "reinforce", Options: map[string]any{"loss_agg_mode": "seq-mean-token-sum"}}

func TestDPO(t *testing.T) {
	sigmoid := dpoCase(nil, 0.1, func(_ *algotest.Batch, _ int, z float64) float64 { return -logSigmoidOf(z) })
	sigmoid.Golden = "testdata/dpo.json"
	sigmoid.Identities = []algotest.Identity{algotest.SameGradient("REINFORCE where policy and reference agree",
		"at z = 0 every pair pulls with beta/2: the chosen response up, the rejected one down", reinforceSums, atReference(0.1))}
	smooth := dpoCase(map[string]any{"label_smoothing": 0.2, "beta": 2}, 2, func(_ *algotest.Batch, _ int, z float64) float64 {
		return -0.8*logSigmoidOf(z) - 0.2*logSigmoidOf(-z)
	})
	smooth.Identities = []algotest.Identity{algotest.SameGradient("REINFORCE where policy and reference agree",
		"noise takes its share twice: what it gives the wrong side it takes from the right one", reinforceSums, atReference(2*0.6))}
	for _, c := range []algotest.Case{
		sigmoid, smooth,
		dpoCase(map[string]any{"loss_type": "robust", "label_smoothing": 0.2, "beta": 0.5}, 0.5, func(_ *algotest.Batch, _ int, z float64) float64 {
			return (-0.8*logSigmoidOf(z) + 0.2*logSigmoidOf(-z)) / 0.6
		}),
		dpoCase(map[string]any{"loss_type": "hinge", "beta": 0.3}, 0.3, func(_ *algotest.Batch, _ int, z float64) float64 { return math.Max(0, 1-z) }),
		dpoCase(map[string]any{"loss_type": "ipo", "beta": 0.4}, 0.4, func(b *algotest.Batch, p int, _ float64) float64 {
			chosen, rejected := pairScores(b, nil)
			gap := chosen[p]/float64(b.Trained(2*p)) - rejected[p]/float64(b.Trained(2*p+1)) - 1/(2*0.4)
			return gap * gap
		}),
	} {
		algotest.Run(t, c)
	}
}
