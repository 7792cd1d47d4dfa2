package model

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/rlvr-go/rlvr/model/device"
)

// TestFamilyPathsAgree computes the sequences of each case in every other way: padded
// on either side, packed behind a shared prompt, and token by token after prefill.
// rope_type dynamic beyond its length is left out, as no two of them could agree.
func TestFamilyPathsAgree(t *testing.T) {
	f := loadFamilies(t)
	onDevices(t, func(t *testing.T, dev *device.Device) {
		f.each(t, dev, []string{"mistral window"}, func(t *testing.T, c *familyCase) {
			p := c.policy(t)
			if p.Arch.AtLength(familyLengths[1]) != p.Arch {
				t.Skip("dynamic beyond its length")
			}
			want := [2][]float32{f.floats(t, c, "logits_0"), f.floats(t, c, "logits_1")}
			ids := [2][]int32{familyIDs(0, p.Arch.VocabSize), familyIDs(1, p.Arch.VocabSize)}
			for i, got := range forward(t, dev, p, ids[:]...) {
				near(t, fmt.Sprintf("padded on the right, sequence %d", i), got.logits, want[i], pathTolerance)
			}
			checkLeftPadded(t, dev, p, ids, want)
			checkPacked(t, dev, p, ids, want)
			checkDecode(t, dev, p, ids[1], want[1])
		})
	})
}

// checkLeftPadded runs both sequences in rows of 40, at the end of them.
func checkLeftPadded(t *testing.T, dev *device.Device, p *Policy, ids [2][]int32, want [2][]float32) {
	t.Helper()
	const s = 40
	v := p.Arch.VocabSize
	arrays := packedArrays(nil, 0)
	for _, seq := range ids {
		for i := range s {
			j := i - (s - len(seq))
			token, position, segment := int32(3), int32(0), int32(-1)
			if j >= 0 {
				token, position, segment = seq[j], int32(j), 0
			}
			for k, x := range []int32{token, position, segment, segment} {
				arrays[k] = append(arrays[k], x)
			}
		}
	}
	logits := segmentLogits(t, dev, p, arrays, len(ids), s)
	for r, seq := range ids {
		near(t, fmt.Sprintf("padded on the left, sequence %d", r), logits[((r+1)*s-len(seq))*v:][:len(seq)*v], want[r], pathTolerance)
	}
}

// checkPacked lays the long sequence's beginning, the short sequence, and two
// continuations of the beginning in one row: a window is by positions, not by columns.
func checkPacked(t *testing.T, dev *device.Device, p *Policy, ids [2][]int32, want [2][]float32) {
	t.Helper()
	const s, cut, some = 64, 20, 11
	v := p.Arch.VocabSize
	row := []segment{{ids[1][:cut], 0}, {ids[0], 1}, {ids[1][cut : cut+some], 0}, {ids[1][cut:], 0}}
	logits := segmentLogits(t, dev, p, packedArrays([][]segment{row}, s), 1, s)
	for _, part := range []struct {
		name   string
		at     int
		golden []float32
	}{
		{"prompt", 0, want[1][:cut*v]}, {"neighbour", cut, want[0]},
		{"part of the rest", cut + len(ids[0]), want[1][cut*v:][:some*v]}, {"rest", cut + len(ids[0]) + some, want[1][cut*v:]},
	} {
		near(t, "packed, "+part.name, logits[part.at*v:][:len(part.golden)], part.golden, pathTolerance)
	}
}

// packedArrays are tokens, positions, segments and prefixes of rows of s.
func packedArrays(rows [][]segment, s int) [4][]int32 {
	var arrays [4][]int32
	for _, row := range rows {
		tokens, positions, of, prefixes := pack(row, s)
		for i, x := range [][]int32{tokens, positions, of, prefixes} {
			arrays[i] = append(arrays[i], x...)
		}
	}
	return arrays
}

// segmentLogits runs rows of s tokens of which arrays holds tokens, positions,
// segments and prefixes: logits [rows * s, V].
func segmentLogits(t testing.TB, dev *device.Device, p *Policy, arrays [4][]int32, rows, s int) []float32 {
	t.Helper()
	var in []*device.Tensor
	for _, x := range arrays {
		in = append(in, device.Array(x, rows, s))
	}
	return run(t, dev, func(in []*node) []*node {
		nw := len(p.Weights)
		d := p.Arch.BindGraph(in[:nw])
		hidden := d.HiddenGraph(in[nw], p.Arch.RotaryGraph(in[nw+1], s), SegmentsGraph(in[nw+2], in[nw+3]))
		return []*node{d.LogitsGraph(graph.Reshape(hidden, -1, p.Arch.HiddenSize))}
	}, p.Weights, in)[0]
}

// checkDecode prefills prompts of several lengths and feeds the rest token by token.
func checkDecode(t *testing.T, dev *device.Device, p *Policy, ids []int32, want []float32) {
	t.Helper()
	const promptWidth, width, junk = 24, 40, 7
	lengths := []int{1, 3, 6, 24}
	b, v := len(lengths), p.Arch.VocabSize
	prompts := slices.Repeat([]int32{junk}, b*promptWidth)
	for i, n := range lengths {
		copy(prompts[i*promptWidth:], ids[:n])
	}
	out, err := dev.NewExec("prefill", prefillGraph(p.Arch, width)).Call(device.Args(p.Weights,
		device.Array(prompts, b, promptWidth), device.Array([]int32{0, 1, 2, 3}, b))...)
	if err != nil {
		t.Fatal(err)
	}
	step := dev.NewExec("step", stepGraph(p.Arch, width))
	for s := range len(ids) - 1 {
		token, position := make([]int32, b), make([]int32, b)
		for i, n := range lengths { // rows that reach the end first stay there
			position[i] = int32(min(n+s, len(ids)-1))
			token[i] = ids[position[i]]
		}
		if out, err = step.Call(device.Args(p.Weights, device.Donate(out[1:]), device.Array(token, b, 1), device.Array(position, b, 1))...); err != nil {
			t.Fatal(err)
		}
		logits, err := device.Values[float32](dev, out[0])
		if err != nil {
			t.Fatal(err)
		}
		for i, at := range position {
			near(t, fmt.Sprintf("decoded, prompt of %d, position %d", lengths[i], at), logits[i*v:][:v], want[int(at)*v:][:v], pathTolerance)
		}
	}
}
