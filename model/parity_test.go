package model

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/rlvr-go/rlvr/model/device"
)

// parityTolerance bounds the difference to transformers in float32. Two builds of
// torch differ by 3e-6 on these models, and the smallest mistake known (a swapped
// norm, an epsilon, an angle) moves a logit by more than 1e-3.
const parityTolerance = 1e-4

// forwardGraph is one causal forward pass. Inputs: weights, tokens [B, S], targets
// [B*S], temperature. Outputs: hidden [B, S, D], logits [B*S, V] and log-probs
// [B*S].
func forwardGraph(a *Arch) graphFn {
	return func(in []*node) []*node {
		nw := len(a.Weights())
		tokens, targets, temperature := in[nw], in[nw+1], in[nw+2]
		d := a.BindGraph(in[:nw])
		rotary := a.RotaryGraph(PositionsGraph(tokens), tokens.Shape().Dim(1))
		hidden := d.HiddenGraph(tokens, rotary, CausalGraph(tokens))
		logits := d.LogitsGraph(graph.Reshape(hidden, -1, a.HiddenSize))
		return []*node{hidden, logits, TokenStatsGraph(logits, targets, temperature).LogProbs}
	}
}

// forward runs forwardGraph on rows of tokens, padded to the longest; log-probs are
// of the next token. The results of a row end where its tokens do.
func forward(t testing.TB, dev *device.Device, p *Policy, rows ...[]int32) []outputs {
	t.Helper()
	longest := 0
	for _, row := range rows {
		longest = max(longest, len(row))
	}
	tokens, targets := make([]int32, len(rows)*longest), make([]int32, len(rows)*longest)
	for i, row := range rows {
		copy(tokens[i*longest:], row)
		copy(targets[i*longest:], row[1:])
	}
	out := run(t, dev, forwardGraph(p.Arch), p.Weights, device.Array(tokens, len(rows), longest),
		device.Array(targets, len(targets)), float32(1))
	of := func(all []float32, width, row, n int) []float32 { return all[row*longest*width:][:n*width] }
	results := make([]outputs, len(rows))
	for i, row := range rows {
		results[i] = outputs{
			hidden:   of(out[0], p.Arch.HiddenSize, i, len(row)),
			logits:   of(out[1], p.Arch.VocabSize, i, len(row)),
			logProbs: of(out[2], 1, i, len(row)-1),
		}
	}
	return results
}

// outputs of a row: hidden [n, D], logits [n, V], log-probs [n-1].
type outputs struct{ hidden, logits, logProbs []float32 }

// sequences are the golden inputs.
func (m *tiny) sequences(t testing.TB) [][]int32 {
	t.Helper()
	rows := make([][]int32, 4)
	for i := range rows {
		rows[i] = m.ids(t, fmt.Sprintf("input_ids_%d", i))
	}
	return rows
}

// isGolden compares the outputs of sequence i.
func (m *tiny) isGolden(t *testing.T, i int, got outputs) {
	t.Helper()
	name := fmt.Sprintf("logits_%d", i)
	near(t, name, got.logits, m.floats(t, name), parityTolerance)
	if name = fmt.Sprintf("logprobs_%d", i); m.golden.Has(name) {
		near(t, name, got.logProbs, m.floats(t, name), parityTolerance)
	}
}

// TestParityWithTransformers runs the four sequences as one padded batch.
func TestParityWithTransformers(t *testing.T) {
	onDevices(t, func(t *testing.T, dev *device.Device) {
		for _, name := range tinyModels {
			t.Run(name, func(t *testing.T) {
				m := loadTiny(t, name, "config.json")
				for i, got := range forward(t, dev, m.Policy, m.sequences(t)...) {
					m.isGolden(t, i, got)
				}
			})
		}
	})
}

// TestParityAlone runs each sequence alone, with the config in both styles.
func TestParityAlone(t *testing.T) {
	dev := goDevice(t)
	for _, name := range tinyModels {
		for _, config := range []string{"config.json", "config.alt.json"} {
			t.Run(name+"/"+config, func(t *testing.T) {
				m := loadTiny(t, name, config)
				for i, ids := range m.sequences(t) {
					m.isGolden(t, i, forward(t, dev, m.Policy, ids)[0])
				}
			})
		}
	}
}

// TestParityOfEachLayer tells which layer is wrong when logits are: the first l
// layers with the final norm give the norm of what enters layer l.
func TestParityOfEachLayer(t *testing.T) {
	dev := goDevice(t)
	for _, name := range tinyModels {
		t.Run(name, func(t *testing.T) {
			m := loadTiny(t, name, "config.json")
			last, norm := m.Arch.NumHiddenLayers, newOracle(t, m.Policy)
			for l := range last + 1 {
				cut := firstLayers(t, m.Policy, l)
				hidden := forward(t, dev, cut, m.ids(t, "input_ids_1"))[0].hidden
				want := m.floats(t, fmt.Sprintf("hidden_1.%d", l))
				if l < last {
					want = flat(norm.norm(split(want, m.Arch.HiddenSize), "model.norm.weight"))
				}
				near(t, fmt.Sprintf("hidden_1.%d", l), hidden, want, parityTolerance)
			}
		})
	}
}

// firstLayers is a policy of p's first n layers.
func firstLayers(t testing.TB, p *Policy, n int) *Policy {
	t.Helper()
	a := *p.Arch
	a.NumHiddenLayers = n
	cut, err := PolicyFromTensors(&a, func(name string) ([]float32, []int, error) {
		return weight(t, p, name)
	})
	if err != nil {
		t.Fatal(err)
	}
	return cut
}

// weight is a policy's tensor by its name, or that of one of its parts.
func weight(t testing.TB, p *Policy, name string) (data []float32, shape []int, err error) {
	t.Helper()
	for i := range p.Specs {
		w := &p.Specs[i]
		e := slices.Index(w.Parts, name)
		if w.Name != name && e < 0 {
			continue
		}
		if data, err = tensors.CopyFlatData[float32](p.Weights[i]); e < 0 || err != nil {
			return data, w.Shape, err
		}
		n := len(data) / len(w.Parts)
		return data[e*n:][:n], w.Shape[1:], nil
	}
	return nil, nil, fmt.Errorf("no tensor %s", name)
}

// split cuts x into rows of n.
func split(x []float32, n int) [][]float64 {
	rows := make([][]float64, len(x)/n)
	for i := range rows {
		for _, v := range x[i*n:][:n] {
			rows[i] = append(rows[i], float64(v))
		}
	}
	return rows
}
