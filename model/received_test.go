package model

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/rlvr-go/rlvr/model/device"
)

// receivedTolerance bounds the difference of attention received, at most 1, to
// transformers' probabilities: float32 roundings of scores of size 10 on both sides. A
// token too much or too few in the mean moves it by more than 1e-3.
const receivedTolerance = 1e-5

// receivedOf is the mean of what later tokens pay to each token from start on, of the
// probabilities [n, n] from queries to keys.
func receivedOf(paid []float32, n, start int) []float32 {
	out := make([]float32, n-start)
	for k := start; k < n; k++ {
		sum := 0.0
		for q := k + 1; q < n; q++ {
			sum += float64(paid[q*n+k])
		}
		if later := n - 1 - k; later > 0 {
			out[k-start] = float32(sum / float64(later))
		}
	}
	return out
}

// TestReceivedAttention compares the attention received in packed rows, with prompts
// that several completions share, with the means of transformers' probabilities.
func TestReceivedAttention(t *testing.T) {
	const s = 96
	golden := openTensors(t, filepath.Join("testdata", "attention.safetensors"))
	onDevices(t, func(t *testing.T, dev *device.Device) {
		for _, name := range tinyModels {
			m := loadTiny(t, name, "config.json")
			one, two := m.ids(t, "input_ids_1"), m.ids(t, "input_ids_2")
			rows := [][]segment{
				{{two[:17], 0}, {two[19:], 0}, {two[17:], 0}, {one, 3}, {two[17:20], 0}},
				{{one, 0}, {two, 1}, {one[:1], 2}, {one[:5], 3}, {one[5:], 3}},
			}
			received := packedReceived(t, dev, m.Policy, packedArrays(rows, s), len(rows), s)
			for _, c := range []struct{ row, segment, sequence, start int }{
				{0, 2, 2, 17}, {0, 3, 1, 0}, {1, 0, 1, 0}, {1, 1, 2, 0}, {1, 4, 1, 5},
			} {
				at := c.row * s
				for _, before := range rows[c.row][:c.segment] {
					at += len(before.ids)
				}
				n := len(rows[c.row][c.segment].ids)
				paid, info, err := golden.Float32(fmt.Sprintf("%s.%d", name, c.sequence))
				if err != nil {
					t.Fatal(err)
				}
				near(t, fmt.Sprintf("%s: row %d segment %d", name, c.row, c.segment), received[at:][:n],
					receivedOf(paid, info.Shape[0], c.start), receivedTolerance)
			}
			for i, x := range received {
				if x-x != 0 {
					t.Fatalf("%s: column %d receives %g", name, i, x)
				}
			}
		}
	})
}

// packedReceived is the attention received in rows of s tokens, [rows * s].
func packedReceived(t testing.TB, dev *device.Device, p *Policy, arrays [4][]int32, rows, s int) []float32 {
	t.Helper()
	var in []*device.Tensor
	for _, x := range arrays {
		in = append(in, device.Array(x, rows, s))
	}
	return run(t, dev, func(in []*node) []*node {
		nw := len(p.Weights)
		attention := SegmentsGraph(in[nw+2], in[nw+3])
		p.Arch.BindGraph(in[:nw]).HiddenGraph(in[nw], p.Arch.RotaryGraph(in[nw+1], s), attention)
		return []*node{attention.ReceivedGraph(in[nw+2])}
	}, p.Weights, in)[0]
}
