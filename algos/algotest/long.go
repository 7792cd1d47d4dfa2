package algotest

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// longTokens is the length of rows at which float32 sums and scans are tried.
const longTokens = 4096

// longSamples is how many tokens a row has its gradient checked at.
const longSamples = 8

// checkLong compares loss and gradient on two rows of 4,096 tokens: one of ratios as
// elsewhere, one of ratios near 1, where sequence ratios are not clipped.
func checkLong(r *run) error {
	if r.NoLong != "" {
		return nil
	}
	b := r.longBatch()
	got, err := r.Eval(b)
	if err != nil {
		return err
	}
	sum := 1.0 // what the terms come to without their signs, in a mean or in a sum
	for i := range got.LogProbs {
		for _, g := range got.LogProbs[i] {
			sum += math.Abs(g)
		}
	}
	if err := differ("loss", got.Loss, r.Oracle(b, b), longTolerance*sum); err != nil {
		return err
	}
	moved := b.Clone()
	scale := float64(b.Tokens()) / sum // a token's gradient is about 1/scale
	for i := range b.Mask {
		for k := range longSamples {
			t := k * (longTokens - 1) / (longSamples - 1)
			if !b.Mask[i][t] {
				continue
			}
			want := r.difference(moved, b, &moved.LogProbs[i][t])
			if err := differ(fmt.Sprintf("tokens * d loss/d LogProbs [%d][%d]", i, t), scale*got.LogProbs[i][t], scale*want, longTolerance); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *run) longBatch() *Batch {
	rng := rand.New(rand.NewPCG(5, 0x6c6f6e67)) //nolint:gosec // reproducible test data
	c := r.Case
	prepare := c.Prepare
	c.Prepare = nil
	b := c.batch(r.needs, rng, []int{longTokens, longTokens}, longTokens)
	b.Advantages = fill(b, func(i, _ int) float64 { return float64(1 - 2*i) })
	for t := range b.LogProbs[1] {
		b.LogProbs[1][t] = float64(float32(b.Old[1][t] + (b.LogProbs[1][t]-b.Old[1][t])/64))
	}
	if prepare != nil {
		prepare(b, rng)
	}
	return b
}
