package sampler

import (
	"slices"
	"testing"

	"github.com/rlvr-go/rlvr/model/device"
)

// TestDecodeStopsRows runs one chunk on rows that may go on for 0, 2 and 8 tokens and
// looks at the columns: real tokens up to a row's end or its end of sequence, -1 and 0
// after it. A row that ended goes on neither in the cache nor for the loop.
func TestDecodeStopsRows(t *testing.T) {
	const chunk, width = 8, 16
	left := []int32{0, 2, 8, 8, 8, 8, 8, 8}
	b := len(left)
	backends(t, func(t *testing.T, dev *device.Device) {
		p := testPolicy(t)
		decode := func(eos []int32) (tokens []int32, logProbs []float32, cache []float32) {
			s, err := New(dev, p.Arch, Options{NumGenerations: 1, Temperature: 1, TopP: 1, MaxCompletionLength: 9, ChunkTokens: chunk, MaxRows: b}, eos, nil)
			if err != nil {
				t.Fatal(err)
			}
			empty, err := s.emptyCache(shape{rows: b, width: width})
			if err != nil {
				t.Fatal(err)
			}
			keys := make([]uint32, 2*b)
			for i := range keys {
				keys[i] = uint32(i / 2) // rows 2 to 7 differ by their noise alone
			}
			out, err := s.programsOf(shape{chunk: chunk}).decode.Call(device.Args(p.Weights, device.Donate(empty),
				device.Stack([][]int32{slices.Repeat([]int32{4}, b), slices.Repeat([]int32{3}, b), left}, b), device.Array(keys, b, 2), float32(1))...)
			if err != nil {
				t.Fatal(err)
			}
			nc := p.Arch.NumCaches()
			return values[int32](t, dev, out[nc]), values[float32](t, dev, out[nc+1]), values[float32](t, dev, out[0])
		}
		free, _, _ := decode(nil)
		eos := free[2*chunk+3] // the fourth token of row 2 ends it
		tokens, logProbs, cache := decode([]int32{eos})
		for row := range left {
			end := int(left[row])
			if i := slices.Index(free[row*chunk:][:end], eos); i >= 0 {
				end = i + 1
			}
			for c := range chunk {
				i := row*chunk + c
				switch {
				case c < end && (tokens[i] != free[i] || logProbs[i] >= 0):
					t.Errorf("row %d column %d: token %d with log-prob %g, want token %d", row, c, tokens[i], logProbs[i], free[i])
				case c >= end && (tokens[i] != -1 || logProbs[i] != 0):
					t.Errorf("row %d column %d after the end: token %d with log-prob %g", row, c, tokens[i], logProbs[i])
				}
			}
			// Slots 3 to 3+end-1 hold the keys of the token given and of all but the last
			// sampled; an ended row writes its newest token's slot again and no other.
			perSlot := p.Arch.HeadDim
			for slot := range width {
				key := cache[row*p.Arch.NumKeyValueHeads*width*perSlot+slot*perSlot:][:perSlot]
				written := slices.ContainsFunc(key, func(x float32) bool { return x != 0 })
				if want := slot >= 3 && slot < 3+end; want && !written || written && (slot < 3 || slot > 3+end) {
					t.Errorf("row %d of %d tokens: slot %d written: %v", row, end, slot, written)
				}
			}
		}
	})
}
