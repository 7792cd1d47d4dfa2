package model

import (
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"sort"
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
	// balance multiplies the load-balancing loss.
	balance float64
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
	var balance balanceOracle
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
		balance.add(o, func(i int) bool { return of[i] >= 0 }, c.s)
	}
	return sum + c.balance*balance.loss(o)
}

// balanceOracle adds up what the load-balancing loss is made of.
type balanceOracle struct{ chosen, probable, tokens []float64 }

// add takes the routes that o has seen in a row of s tokens.
func (b *balanceOracle) add(o *oracle, valid func(i int) bool, s int) {
	if b.chosen == nil {
		b.chosen, b.probable, b.tokens = make([]float64, o.NumExperts), make([]float64, o.NumExperts), []float64{0}
	}
	for at, r := range o.seen {
		if !valid(at % s) {
			continue
		}
		b.tokens[0]++
		ids := upTo(o.NumExperts)
		sort.SliceStable(ids, func(i, j int) bool { return r.probs[ids[i]] > r.probs[ids[j]] })
		for _, e := range ids[:o.NumExpertsPerTok] {
			b.chosen[e]++
		}
		for e, p := range r.probs {
			b.probable[e] += p
		}
	}
	o.seen = nil
}

// loss is N times the sum over experts of the share of choices times the mean
// probability, over tokens and layers.
func (b *balanceOracle) loss(o *oracle) float64 {
	sum := 0.0
	for e := range b.chosen {
		sum += b.chosen[e] / b.tokens[0] * b.probable[e] / b.tokens[0]
	}
	return float64(o.NumExperts) * sum
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
		if c.balance != 0 {
			valid := graph.GreaterOrEqual(in[nw+2], graph.ZerosLike(in[nw+2]))
			loss = graph.Add(loss, graph.MulScalar(d.BalanceLossGraph(valid), c.balance))
		}
		return graph.Gradient(loss, in[:nw]...)
	}, p.Weights, in, device.Array(c.targets, n), device.Array(c.logP, n), device.Array(c.ent, n), float32(c.temperature))
}

// gradientArchs have every part that there is.
func gradientArchs() map[string]*Arch {
	small := Arch{VocabSize: 11, HiddenSize: 8, IntermediateSize: 9, NumHiddenLayers: 2, NumAttentionHeads: 4,
		NumKeyValueHeads: 2, HeadDim: 6, MaxPositionEmbeddings: 32, InitializerRange: 0.4}
	qwen2, qwen3, llama, mistral, moe := small, small, small, small, small
	qwen2.ModelType, qwen2.TieWordEmbeddings = "qwen2", true
	qwen3.ModelType, qwen3.AttentionBias = "qwen3", true
	llama.ModelType, llama.AttentionBias, llama.MLPBias = "llama", true, true
	llama.RopeScaling = RopeScaling{RopeType: "yarn", Factor: 4, OriginalMaxPositionEmbeddings: 8}
	mistral.ModelType, mistral.SlidingWindow = "mistral", 3
	moe.ModelType, moe.NumExperts, moe.NumExpertsPerTok, moe.MoeIntermediateSize, moe.NormTopKProb = "qwen3_moe", 5, 2, 7, true
	plain := moe
	plain.NormTopKProb, plain.MLPOnlyLayers = false, []int{1}
	grouped := moe
	grouped.NumExperts = 96
	return map[string]*Arch{"qwen2": &qwen2, "qwen3": &qwen3, "llama": &llama, "mistral": &mistral,
		"moe": &moe, "moe not normalised": &plain, "moe grouped": &grouped}
}

// TestGradientOfTheDecoder compares elements of every weight's gradient with central
// differences.
func TestGradientOfTheDecoder(t *testing.T) {
	archs := gradientArchs()
	if blockSize(20, 96, 2) == 0 || blockSize(20, 5, 2) != 0 {
		t.Error("the cases do not have both ways to compute experts")
	}
	for _, name := range slices.Sorted(maps.Keys(archs)) {
		t.Run(name, func(t *testing.T) {
			a := archs[name]
			p := shaken(t, newPolicy(t, a, 11))
			c := newGradientCase(a.VocabSize)
			if a.NumExperts > 0 {
				c.balance = 3
			}
			want := c.differences(newOracle(t, p), p.Specs)
			onDevices(t, func(t *testing.T, dev *device.Device) {
				if dev.Name != "go" && !slices.Contains([]string{"qwen2", "mistral", "moe grouped"}, name) && os.Getenv("RLVR_LONG") == "" {
					t.Skip("compiles for seconds: RLVR_LONG runs it")
				}
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
