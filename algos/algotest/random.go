package algotest

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/rlvr-go/rlvr/algos"
)

// fromEdge keeps random log-ratios this far from where a derivative jumps, so that
// central differences see one side.
const fromEdge = 2e-3

// The shape of random batches: enough rows for four micro-batches of whole pairs.
const (
	randomRows   = 8
	randomTokens = 7
	maxLength    = 16
)

// randomBatch makes a batch with everything that needs asks for: rows of all
// lengths, tokens masked within a row, a row with advantage 0, and, in every other
// seed, weights.
func (c *Case) randomBatch(needs algos.Needs, seed uint64) *Batch {
	rng := rand.New(rand.NewPCG(seed, 0x616c676f)) //nolint:gosec // reproducible test data
	lengths := make([]int, randomRows)
	for i := range lengths {
		lengths[i] = 1 + rng.IntN(randomTokens)
	}
	lengths[0], lengths[1] = randomTokens, 1
	b := c.batch(needs, rng, lengths, randomTokens)
	if seed%2 == 1 {
		b.Weights = fill(b, func(int, int) float64 { return 0.5 + rng.Float64() })
	}
	if c.Prepare != nil {
		c.Prepare(b, rng)
	}
	return b
}

// batch makes rows of the given lengths, padded to width tokens.
func (c *Case) batch(needs algos.Needs, rng *rand.Rand, lengths []int, width int) *Batch {
	b := &Batch{MaxLength: max(maxLength, width), Mask: make([][]bool, len(lengths))}
	for i, length := range lengths {
		b.Group, b.Length = append(b.Group, i/2), append(b.Length, length)
		b.Reward = append(b.Reward, float64(rng.IntN(3)))
		b.Mask[i] = make([]bool, width)
		for t := range length {
			b.Mask[i][t] = length < 3 || rng.IntN(6) > 0
		}
	}
	b.Old = fill(b, func(int, int) float64 { return -0.1 - 3*rng.Float64() })
	b.LogProbs = fill(b, func(i, t int) float64 { return b.Old[i][t] + c.randomLogRatio(rng) })
	b.Ref = fill(b, func(i, t int) float64 { return b.LogProbs[i][t] + 2*rng.Float64() - 1 })
	b.Rollout = fill(b, func(i, t int) float64 { return b.Old[i][t] + 0.2*rng.Float64() - 0.1 })
	b.Values = fill(b, func(int, int) float64 { return rng.NormFloat64() })
	b.OldValues = fill(b, func(i, t int) float64 { return b.Values[i][t] + 0.3*rng.NormFloat64() })
	b.Returns = fill(b, func(int, int) float64 { return rng.NormFloat64() })
	b.Entropy = fill(b, func(int, int) float64 { return 0.1 + 2*rng.Float64() })
	perRow := fill(b, func(i, _ int) float64 { return rng.NormFloat64() * float64(min(i%5, 1)) })
	b.Advantages = fill(b, func(i, t int) float64 {
		if c.PerTokenAdvantages {
			return perRow[i][t]
		}
		return perRow[i][0]
	})
	b.TokenIDs = make([][]int32, b.N())
	for i := range b.TokenIDs {
		b.TokenIDs[i] = make([]int32, b.T())
		for t := range b.TokenIDs[i] {
			b.TokenIDs[i][t] = rng.Int32N(32)
		}
	}
	b.Feature = map[string][][]float64{}
	for _, name := range needs.FeatureNames() {
		b.Feature[name] = fill(b, func(int, int) float64 { return -3 * rng.Float64() })
	}
	return b
}

func (c *Case) randomLogRatio(rng *rand.Rand) float64 {
	for {
		d := 1.2*rng.Float64() - 0.6
		near := func(edge float64) bool { return math.Abs(d-edge) < fromEdge }
		if !slices.ContainsFunc(c.Edges, near) {
			return d
		}
	}
}

// fill makes an array of float32 values.
func fill(b *Batch, value func(i, t int) float64) [][]float64 {
	out := make([][]float64, b.N())
	for i := range out {
		out[i] = make([]float64, b.T())
		for t := range out[i] {
			out[i][t] = float64(float32(value(i, t)))
		}
	}
	return out
}
