package model

import (
	"fmt"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/rlvr-go/rlvr/model/device"
)

// pathTolerance bounds the difference between the ways to compute the same logits
// (one pass, prefill and cached steps, packed rows) and transformers.
const pathTolerance = parityTolerance

// TestPrefillAndCachedDecode cuts sequence 2 into prompts of several lengths, left
// padded with nothing: each row is followed by tokens that must not matter, in a
// cache whose unwritten slots hold numbers that must not matter either. Then the
// rest of the sequence is fed token by token.
func TestPrefillAndCachedDecode(t *testing.T) {
	const promptWidth, width, junk = 24, 40, 7
	lengths := []int32{1, 5, 17, 24}
	onDevices(t, func(t *testing.T, dev *device.Device) {
		for _, name := range tinyModels {
			t.Run(name, func(t *testing.T) {
				m := loadTiny(t, name, "config.json")
				ids, want := m.ids(t, "input_ids_2"), m.floats(t, "logits_2")
				b, v := len(lengths), m.Arch.VocabSize
				prompts := make([]int32, b*promptWidth)
				for i := range prompts {
					prompts[i] = junk
				}
				for i, n := range lengths {
					copy(prompts[i*promptWidth:], ids[:n])
				}
				out, err := dev.NewExec("prefill", prefillGraph(m.Arch, width)).Call(device.Args(m.Weights,
					device.Array(prompts, b, promptWidth), device.Array([]int32{0, 1, 2, 3}, b))...)
				if err != nil {
					t.Fatal(err)
				}
				cache := out[1:]
				logits, _ := device.Values[float32](dev, out[0])
				for i, n := range lengths {
					near(t, fmt.Sprintf("prefill of %d", n), logits[i*promptWidth*v:][:int(n)*v], want[:int(n)*v], pathTolerance)
				}
				step := dev.NewExec("step", stepGraph(m.Arch, width))
				for s := 0; s < len(ids)-1; s++ {
					token, position := make([]int32, b), make([]int32, b)
					for i, n := range lengths {
						// Rows that reach the end first stay there.
						position[i] = min(n+int32(s), int32(len(ids)-1))
						token[i] = ids[position[i]]
					}
					out, err := step.Call(device.Args(m.Weights, device.Donate(cache), device.Array(token, b, 1), device.Array(position, b, 1))...)
					if err != nil {
						t.Fatal(err)
					}
					cache = out[1:]
					logits, _ := device.Values[float32](dev, out[0])
					for i, p := range position {
						near(t, fmt.Sprintf("prompt of %d, position %d", lengths[i], p), logits[i*v:][:v], want[int(p)*v:][:v], pathTolerance)
					}
				}
			})
		}
	})
}

// prefillGraph computes prompts [N, P] and admits rows source [B] to them into a
// cache that is full of ones: logits [N*P, V], then the cache.
func prefillGraph(a *Arch, width int) graphFn {
	return func(in []*node) []*node {
		nw := len(a.Weights())
		tokens, source := in[nw], in[nw+1]
		d, attention := a.BindGraph(in[:nw]), CausalGraph(tokens)
		hidden := d.HiddenGraph(tokens, a.RotaryGraph(PositionsGraph(tokens), tokens.Shape().Dim(1)), attention)
		out := []*node{d.LogitsGraph(graph.Reshape(hidden, -1, a.HiddenSize))}
		full := graph.BroadcastToDims(graph.Const(tokens.Graph(), float32(1)), a.CacheDims(source.Shape().Dim(0), width)...)
		for l := range attention.Keys {
			out = append(out, AdmitGraph(full, attention.Keys[l], source), AdmitGraph(full, attention.Values[l], source))
		}
		return out
	}
}

// stepGraph feeds tokens [B, 1] at positions [B, 1]: logits [B, V], then the cache.
func stepGraph(a *Arch, limit int) graphFn {
	return func(in []*node) []*node {
		nw, nc := len(a.Weights()), a.NumCaches()
		tokens, positions := in[nw+nc], in[nw+nc+1]
		attention := CachedGraph(append([]*node{}, in[nw:nw+nc]...), positions)
		d := a.BindGraph(in[:nw])
		hidden := d.HiddenGraph(tokens, a.RotaryGraph(positions, limit), attention)
		return append([]*node{d.LogitsGraph(graph.Reshape(hidden, -1, a.HiddenSize))}, attention.Cache...)
	}
}

// segment is a part of a packed row.
type segment struct {
	ids    []int32
	prefix int // index of the segment it continues, or its own
}

// pack lays segments out in a row of s tokens; positions go on from the prefix.
func pack(segments []segment, s int) (tokens, positions, of, prefixes []int32) {
	for i, seg := range segments {
		start := 0
		if seg.prefix != i {
			start = len(segments[seg.prefix].ids)
		}
		for j, id := range seg.ids {
			tokens, positions = append(tokens, id), append(positions, int32(start+j))
			of, prefixes = append(of, int32(i)), append(prefixes, int32(seg.prefix))
		}
	}
	for len(tokens) < s {
		tokens, positions, of, prefixes = append(tokens, 5), append(positions, 0), append(of, -1), append(prefixes, -1)
	}
	return tokens, positions, of, prefixes
}

// TestPackedRows packs prompts shared by several completions, whole sequences and
// padding; each token's logits must be those of its own sequence alone.
func TestPackedRows(t *testing.T) {
	const s = 96
	onDevices(t, func(t *testing.T, dev *device.Device) {
		for _, name := range tinyModels {
			t.Run(name, func(t *testing.T) {
				m := loadTiny(t, name, "config.json")
				one, two, v := m.ids(t, "input_ids_1"), m.ids(t, "input_ids_2"), m.Arch.VocabSize
				other := append(append([]int32{}, two[:17]...), 9, 8, 7, 6, 5, 9, 8, 7)
				rows := [][]segment{
					{{two[:17], 0}, {two[17:], 0}, {other[17:], 0}, {one, 3}, {two[17:20], 0}},
					{{one, 0}, {two, 1}, {one[:1], 2}, {two[:5], 3}, {two[5:], 3}},
				}
				logits := packedLogits(t, dev, m.Policy, rows, s)
				goldens := map[int][]float32{7: m.floats(t, "logits_1"), 33: m.floats(t, "logits_2")}
				oracle := newOracle(t, m.Policy)
				for r, row := range rows {
					at := r * s
					for i, seg := range row {
						whole, start := seg.ids, 0
						if seg.prefix != i {
							start = len(row[seg.prefix].ids)
							whole = append(append([]int32{}, row[seg.prefix].ids...), seg.ids...)
						}
						want, ok := goldens[len(whole)]
						if !ok {
							want = flat(oracle.logits(whole, upTo(len(whole)), earlier))
						}
						near(t, fmt.Sprintf("row %d segment %d", r, i), logits[at*v:][:len(seg.ids)*v], want[start*v:], pathTolerance)
						at += len(seg.ids)
					}
					for _, x := range logits[at*v : (r+1)*s*v] {
						if x-x != 0 {
							t.Fatalf("row %d: padding has logits %g", r, x)
						}
					}
				}
			})
		}
	})
}

func packedLogits(t testing.TB, dev *device.Device, p *Policy, rows [][]segment, s int) []float32 {
	t.Helper()
	return segmentLogits(t, dev, p, packedArrays(rows, s), len(rows), s)
}
