package algotest

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// This file holds the rules about the ends of the range.

func checkEmptyRow(r *run) error {
	b := r.random(3)
	want, err := r.Eval(b)
	if err != nil {
		return err
	}
	// Two rows, so that pairs and groups stay whole.
	more := b.rows(append(iota(b.N()), b.N()-2, b.N()-1))
	for i := b.N(); i < more.N(); i++ {
		clear(more.Mask[i])
		more.Length[i] = 0
		more.Group[i] = b.Group[b.N()-1] + 1
	}
	for _, g := range []*[][]float64{&want.LogProbs, &want.Entropy, &want.Values} {
		if *g != nil {
			*g = append(*g, make([]float64, b.T()), make([]float64, b.T()))
		}
	}
	for _, size := range []int{more.N(), 2} { // the last micro-batch of 2 has nothing trained
		got, err := r.EvalParts(more.junk(), slices.Collect(slices.Chunk(iota(more.N()), size)))
		if err != nil {
			return err
		}
		if err := differResults(got, want, float32Tolerance); err != nil {
			return err
		}
	}
	return nil
}

func checkFullyMasked(r *run) error {
	b := r.random(1)
	for i := range b.Mask {
		clear(b.Mask[i])
	}
	got, err := r.Eval(b.junk())
	if err != nil {
		return err
	}
	zero := fill(b, func(int, int) float64 { return 0 })
	want := &Result{LogProbs: zero}
	if r.needs.EntropyGrad {
		want.Entropy = zero
	}
	if r.needs.Values {
		want.Values = zero
	}
	if got.Loss != 0 {
		return fmt.Errorf("loss is %v", got.Loss)
	}
	return differGradients(got, want, 0)
}

// checkOneToken has padding behind the tokens, and then none: nothing to scan over.
func checkOneToken(r *run) error {
	b := r.random(2)
	for i := range b.Mask {
		clear(b.Mask[i])
		b.Mask[i][0] = true
		b.Length[i] = 1
	}
	for _, b := range []*Batch{b, b.narrow(1)} {
		got, err := r.Eval(b)
		if err != nil {
			return err
		}
		if err := differ("loss", got.Loss, r.Oracle(b, b), float32Tolerance); err != nil {
			return err
		}
		if err := differGradients(got, r.differences(b), float32Tolerance); err != nil {
			return err
		}
	}
	return nil
}

// around is how many float32 numbers on each side of a bound are tried. Some of
// them round to a ratio that is the bound to the bit.
const around = 8

// checkEdges walks over each clip bound in the smallest steps that float32 has, one
// response of one token a step.
func checkEdges(r *run) error {
	for _, edge := range r.Edges {
		for _, advantage := range []float64{1, -1} {
			if err := r.checkEdge(edge, advantage); err != nil {
				return fmt.Errorf("log-ratio near %.6g, advantage %v: %w", edge, advantage, err)
			}
		}
	}
	return nil
}

func (r *run) checkEdge(edge, advantage float64) error {
	b := r.oneTokenRows(2*around, advantage)
	d := float32(edge)
	for range around {
		d = math.Nextafter32(d, float32(math.Inf(-1)))
	}
	for i := range b.LogProbs {
		b.LogProbs[i][0] = float64(d)
		d = math.Nextafter32(d, float32(math.Inf(1)))
	}
	got, err := r.Eval(b)
	if err != nil {
		return err
	}
	if err := differ("loss", got.Loss, r.Oracle(b, b), float32Tolerance); err != nil {
		return err
	}
	side := func(d float64) float64 {
		c := b.Clone()
		for i := range c.LogProbs {
			c.LogProbs[i][0] = d
		}
		return r.differences(c).LogProbs[0][0] * float64(b.N())
	}
	below, above := side(edge-edgeStep), side(edge+edgeStep)
	changes, last := 0, below
	for i := range got.LogProbs {
		g := got.LogProbs[i][0] * float64(b.N())
		atBelow, atAbove := differ("", g, below, edgeTolerance) == nil, differ("", g, above, edgeTolerance) == nil
		if !atBelow && !atAbove {
			return fmt.Errorf("gradient is %v, %v below the bound and %v above", g, below, above)
		}
		if differ("", g, last, 2*edgeTolerance) != nil {
			changes++
		}
		last = g
	}
	if changes > 1 {
		return fmt.Errorf("the gradient changes sides %d times", changes)
	}
	return nil
}

// oneTokenRows are responses of one token with old log-probability 0.
func (r *run) oneTokenRows(n int, advantage float64) *Batch {
	b := r.random(0).rows(slices.Repeat([]int{0}, n))
	for i := range b.Mask {
		clear(b.Mask[i])
		b.Mask[i][0] = true
		b.Group[i], b.Length[i] = i/2, 1
		b.Advantages[i][0] = advantage
		b.Old[i][0], b.LogProbs[i][0], b.Ref[i][0] = 0, 0, -0.5
	}
	return b
}

// extremeLogRatios are far beyond what float32 can exponentiate, on either side, and
// between the bounds of ratios of responses (e^10) and of tokens (e^20).
var extremeLogRatios = []float64{-100, -50, -30, -12, 12, 30, 50, 100}

func checkExtreme(r *run) error {
	for _, advantage := range []float64{1, -1} {
		b := r.oneTokenRows(len(extremeLogRatios), advantage)
		for i, d := range extremeLogRatios {
			b.LogProbs[i][0] = d
			b.Ref[i][0] = -d
		}
		if err := r.checkFinite(b); err != nil {
			return fmt.Errorf("advantage %v: %w", advantage, err)
		}
	}
	// Rows of such tokens, alike and mixed.
	b := r.random(1)
	for i := range b.LogProbs {
		for t := range b.LogProbs[i] {
			d := extremeLogRatios[i%len(extremeLogRatios)]
			if i%2 == 1 {
				d = extremeLogRatios[(i+t)%len(extremeLogRatios)]
			}
			b.LogProbs[i][t] = float64(float32(b.Old[i][t] + d))
		}
	}
	if err := r.checkFinite(b); err != nil {
		return fmt.Errorf("rows of several tokens: %w", err)
	}
	return nil
}

func checkRollout(r *run) error {
	for _, x := range []float64{math.NaN(), math.Inf(-1), math.Inf(1)} {
		b := r.random(2)
		for i := range b.Rollout {
			b.Rollout[i][0] = x
		}
		if err := r.checkFinite(b); err != nil {
			return fmt.Errorf("log-probability %v: %w", x, err)
		}
	}
	b := r.random(2)
	for i := range b.Rollout {
		d := extremeLogRatios[i%len(extremeLogRatios)]
		b.Rollout[i][0] = float64(float32(b.Old[i][0] + d))
	}
	if err := r.checkFinite(b); err != nil {
		return fmt.Errorf("extreme ratios to the sampler: %w", err)
	}
	return nil
}

// extremeRounding is what central differences in float64 lose beside a loss of e^20,
// by that loss: 1e-16 divided by their step, and some.
const extremeRounding = 1e-10

// checkFinite demands that loss and gradient of b are finite, and with the metrics the
// oracle's.
func (r *run) checkFinite(b *Batch) error {
	got, err := r.Eval(b)
	if err != nil {
		return err
	}
	if err := finite(got); err != nil {
		return err
	}
	loss := r.Oracle(b, b)
	if err := differ("loss", got.Loss, loss, float32Tolerance); err != nil {
		return err
	}
	if r.Metrics != nil {
		want := r.Metrics(b)
		for _, name := range slices.Sorted(maps.Keys(want)) {
			x, reported := got.Metrics[name] // which are is another rule
			if !reported {
				continue
			}
			if err := differ("metric "+name, x, want[name], float32Tolerance); err != nil {
				return err
			}
		}
	}
	return differGradients(got, r.differences(b), float32Tolerance+extremeRounding*math.Abs(loss))
}

func finite(r *Result) error {
	bad := func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }
	if bad(r.Loss) {
		return fmt.Errorf("loss is %v", r.Loss)
	}
	for _, g := range [][][]float64{r.LogProbs, r.Entropy, r.Values} {
		for i := range g {
			if t := slices.IndexFunc(g[i], bad); t >= 0 {
				return fmt.Errorf("gradient [%d][%d] is %v", i, t, g[i][t])
			}
		}
	}
	return nil
}

func checkAdvantageScaled(r *run) error {
	if !r.needs.AdvantageScaled {
		return nil
	}
	b := r.random(1)
	for i := 0; i < b.N(); i += 2 {
		clear(b.Advantages[i])
	}
	got, err := r.Eval(b)
	if err != nil {
		return err
	}
	for i := 0; i < b.N(); i += 2 {
		for t, g := range got.LogProbs[i] {
			if g != 0 {
				return fmt.Errorf("gradient [%d][%d] is %v", i, t, g)
			}
		}
	}
	return nil
}
