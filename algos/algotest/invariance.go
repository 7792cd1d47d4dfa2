package algotest

import (
	"fmt"
	"slices"
)

// This file holds the rules about what must not change a result.

// checkMicroBatches cuts a step into 1, 2 and 4 micro-batches and one a row (one a
// pair where rows are paired).
func checkMicroBatches(r *run) error {
	single := 1
	if r.needs.Pairs {
		single = 2
	}
	for seed := range uint64(numSeeds) {
		b := r.random(seed)
		want, err := r.Eval(b)
		if err != nil {
			return err
		}
		for _, size := range []int{b.N() / 2, b.N() / 4, single} {
			got, err := r.EvalParts(b, slices.Collect(slices.Chunk(iota(b.N()), size)))
			if err != nil {
				return fmt.Errorf("%d rows a micro-batch: %w", size, err)
			}
			if err := differResults(got, want, float32Tolerance); err != nil {
				return fmt.Errorf("%d rows a micro-batch: %w", size, err)
			}
		}
	}
	return nil
}

func checkPadding(r *run) error {
	const extra = 5
	b := r.random(1)
	want, err := r.Eval(b)
	if err != nil {
		return err
	}
	got, err := r.Eval(b.pad(extra).junk())
	if err != nil {
		return err
	}
	for _, g := range [][][]float64{want.LogProbs, want.Entropy, want.Values} {
		widen(g, make([]float64, extra))
	}
	return differResults(got, want, float32Tolerance)
}

// checkRowOrder turns the order of pairs around, for groups stay neighbours.
func checkRowOrder(r *run) error {
	b := r.random(2)
	want, err := r.Eval(b)
	if err != nil {
		return err
	}
	var order []int
	for i := b.N() - 2; i >= 0; i -= 2 {
		order = append(order, i, i+1)
	}
	got, err := r.Eval(b.rows(order))
	if err != nil {
		return err
	}
	for _, g := range []*[][]float64{&want.LogProbs, &want.Entropy, &want.Values} {
		*g = pick(*g, order)
	}
	return differResults(got, want, float32Tolerance)
}

func checkMaskedContent(r *run) error {
	for seed := range uint64(numSeeds) {
		b := r.random(seed)
		want, err := r.Eval(b)
		if err != nil {
			return err
		}
		got, err := r.Eval(b.junk())
		if err != nil {
			return err
		}
		if err := differResults(got, want, 0); err != nil {
			return err
		}
	}
	return nil
}
