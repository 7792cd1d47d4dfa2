package model

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/rlvr-go/rlvr/model/device"
)

// gradientTolerance bounds the error of a float32 gradient, relative to the largest
// element of its tensor: a few hundred roundings of 2^-24 each, which add up like a
// random walk. The central difference is of a float64 forward pass with step
// gradientStep, whose own error is its square, 1e-10.
const (
	gradientTolerance = 1e-5
	gradientStep      = 1e-5
)

// gradientCase is a loss over packed rows: for each token a weight of its
// log-probability and one of the entropy.
type gradientCase struct {
	rows        [][]segment
	s           int
	targets     []int32
	logP, ent   []float32
	temperature float64
}

func newGradientCase(vocab int) *gradientCase {
	rng := rand.New(rand.NewPCG(8, 9))
	ids := func(n int) []int32 {
		out := make([]int32, n)
		for i := range out {
			out[i] = int32(rng.IntN(vocab))
		}
		return out
	}
	c := &gradientCase{s: 10, temperature: 0.75}
	c.rows = [][]segment{{{ids(3), 0}, {ids(2), 0}, {ids(4), 0}}, {{ids(4), 0}, {ids(5), 1}}}
	c.targets = ids(2 * c.s)
	for i := range c.targets {
		logP, ent := float32(rng.NormFloat64()), float32(rng.NormFloat64())
		if i%c.s == c.s-1 { // padding
			logP, ent = 0, 0
		}
		c.logP, c.ent = append(c.logP, logP), append(c.ent, ent)
	}
	return c
}

// loss is the oracle's.
func (c *gradientCase) loss(o *oracle) float64 {
	sum := 0.0
	for r, row := range c.rows {
		tokens, positions, of, prefixes := pack(row, c.s)
		at := make([]int, c.s)
		for i, p := range positions {
			at[i] = int(p)
		}
		logits := o.logits(tokens, at, func(q, k int) bool { return k <= q && (of[k] == of[q] || of[k] == prefixes[q]) })
		for i := range tokens {
			logP, entropy := stats(logits[i], int(c.targets[r*c.s+i]), c.temperature)
			sum += float64(c.logP[r*c.s+i])*logP + float64(c.ent[r*c.s+i])*entropy
		}
	}
	return sum
}

// gradients are the graph's, by weight.
func (c *gradientCase) gradients(t testing.TB, dev *device.Device, p *Policy) [][]float32 {
	t.Helper()
	var arrays [4][]int32
	for _, row := range c.rows {
		tokens, positions, of, prefixes := pack(row, c.s)
		for i, x := range [][]int32{tokens, positions, of, prefixes} {
			arrays[i] = append(arrays[i], x...)
		}
	}
	var in []*device.Tensor
	for _, x := range arrays {
		in = append(in, device.Array(x, len(c.rows), c.s))
	}
	n := len(c.targets)
	return run(t, dev, func(in []*node) []*node {
		nw := len(p.Weights)
		d, rest := p.Arch.BindGraph(in[:nw]), in[nw+4:]
		hidden := d.HiddenGraph(in[nw], p.Arch.RotaryGraph(in[nw+1], c.s), SegmentsGraph(in[nw+2], in[nw+3]))
		s := TokenStatsGraph(d.LogitsGraph(graph.Reshape(hidden, n, -1)), rest[0], rest[3])
		loss := graph.ReduceAllSum(graph.Add(graph.Mul(s.LogProbs, rest[1]), graph.Mul(s.Entropy, rest[2])))
		return graph.Gradient(loss, in[:nw]...)
	}, p.Weights, in, device.Array(c.targets, n), device.Array(c.logP, n), device.Array(c.ent, n), float32(c.temperature))
}

// TestGradientOfTheDecoder compares elements of every weight's gradient with central
// differences. The two architectures have every part that there is.
func TestGradientOfTheDecoder(t *testing.T) {
	small := Arch{VocabSize: 11, HiddenSize: 8, IntermediateSize: 9, NumHiddenLayers: 2, NumAttentionHeads: 4,
		NumKeyValueHeads: 2, HeadDim: 6, MaxPositionEmbeddings: 32, InitializerRange: 0.4}
	qwen2, qwen3 := small, small
	qwen2.ModelType, qwen2.TieWordEmbeddings = "qwen2", true
	qwen3.ModelType, qwen3.AttentionBias = "qwen3", true
	for _, a := range []*Arch{&qwen2, &qwen3} {
		t.Run(a.ModelType, func(t *testing.T) {
			p := shaken(t, newPolicy(t, a, 11))
			c := newGradientCase(a.VocabSize)
			want := c.differences(newOracle(t, p), p.Specs)
			onDevices(t, func(t *testing.T, dev *device.Device) {
				p := shaken(t, newPolicy(t, a, 11)) // tensors stay on the device that used them
				for i, got := range c.gradients(t, dev, p) {
					checkGradient(t, p.Specs[i].Name, got, want[i])
				}
			})
		})
	}
}

// shaken moves norms and biases off their initial values, so that they matter.
func shaken(t testing.TB, p *Policy) *Policy {
	t.Helper()
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range p.Specs {
		if p.Specs[i].Init != InitNormal {
			data := values(t, p)[p.Specs[i].Name]
			for j := range data {
				data[j] += float32(0.3 * rng.NormFloat64())
			}
			p.Weights[i] = device.Array(data, p.Specs[i].Shape...)
		}
	}
	return p
}

// elements is how many elements of a tensor are compared, evenly spread.
const elements = 25

// differences are derivatives by element of each tensor.
func (c *gradientCase) differences(o *oracle, specs []Weight) []map[int]float64 {
	out := make([]map[int]float64, len(specs))
	for i := range specs {
		w := o.w[specs[i].Name]
		out[i] = map[int]float64{}
		for j := 0; j < len(w); j += (len(w) + elements - 1) / elements {
			v := w[j]
			w[j] = v + gradientStep
			up := c.loss(o)
			w[j] = v - gradientStep
			out[i][j] = (up - c.loss(o)) / (2 * gradientStep)
			w[j] = v
		}
	}
	return out
}

func checkGradient(t *testing.T, name string, got []float32, want map[int]float64) {
	t.Helper()
	largest := 0.0
	for _, d := range want {
		largest = math.Max(largest, math.Abs(d))
	}
	if largest < 1e-2 {
		t.Errorf("%s: largest derivative %g: the case does not test it", name, largest)
	}
	for j, d := range want {
		if e := math.Abs(float64(got[j]) - d); !(e <= gradientTolerance*largest) {
			t.Errorf("%s: derivative %d is %g, want %g (%.1e of the largest)", name, j, got[j], d, e/largest)
		}
	}
}
