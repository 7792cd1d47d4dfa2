package model

import (
	"math"
	"os"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/rlvr-go/rlvr/model/device"
)

// halfMargin is how much larger the distance of bfloat16 logits from float32 ones may
// be than transformers' own, over one sequence of one model: both are sums of the same
// number of roundings, drawn differently.
const halfMargin = 1.25

// TestBFloat16IsAsNearAsTransformers compares the distances from float32.
func TestBFloat16IsAsNearAsTransformers(t *testing.T) {
	f := loadFamilies(t)
	onDevices(t, func(t *testing.T, dev *device.Device) {
		ours, theirs := 0.0, 0.0
		for i := range f.cases {
			c := &f.cases[i]
			if !f.golden.Has(c.Name+"/logits_bf16") || dev.Name != "go" && c.Name != "qwen3" && c.Name != "moe" {
				continue
			}
			p := c.policy(t)
			exact, half := f.floats(t, c, "logits_1"), f.floats(t, c, "logits_bf16")
			ids := familyIDs(1, p.Arch.VocabSize)
			got := run(t, dev, halfGraph(p.Arch), p.Weights, device.Array(ids, 1, len(ids)))[0]
			a, b := rms(got, exact), rms(half, exact)
			t.Logf("%s: rms %.4f, transformers %.4f; max %.3f, transformers %.3f", c.Name, a, b, maxDiff(t, got, exact), maxDiff(t, half, exact))
			if !(a <= halfMargin*b) {
				t.Errorf("%s: %g from float32, transformers %g", c.Name, a, b)
			}
			ours, theirs = ours+a, theirs+b
		}
		if !(ours <= theirs) || ours == 0 {
			t.Errorf("all together %g from float32, transformers %g", ours, theirs)
		}
	})
}

func rms(a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		sum += math.Pow(float64(a[i])-float64(b[i]), 2)
	}
	return math.Sqrt(sum / float64(len(a)))
}

// halfGraph is a causal pass in bfloat16: logits [S, V].
func halfGraph(a *Arch) graphFn {
	return func(in []*node) []*node {
		nw := len(in) - 1
		d := a.BindGraph(CastGraph(in[:nw], dtypes.BFloat16))
		hidden := d.HiddenGraph(in[nw], a.RotaryGraph(PositionsGraph(in[nw]), in[nw].Shape().Dim(1)), CausalGraph(in[nw]))
		if hidden.DType() != dtypes.BFloat16 {
			panic("the residual stream is " + hidden.DType().String())
		}
		return []*node{d.LogitsGraph(graph.Reshape(hidden, -1, a.HiddenSize))}
	}
}

// TestBFloat16Decode feeds a sequence token by token, with a cache in bfloat16: the
// logits are as near to one pass as two passes of other shapes are.
func TestBFloat16Decode(t *testing.T) {
	const width = 16
	onDevices(t, func(t *testing.T, dev *device.Device) {
		m := loadTiny(t, "qwen3_moe", "config.json")
		ids, a := m.ids(t, "input_ids_2")[:width], m.Arch
		whole := run(t, dev, halfGraph(a), m.Weights, device.Array(ids, 1, width))[0]
		exact := m.floats(t, "logits_2")[:len(whole)]
		empty := dev.NewExec("empty", func(in []*node) []*node {
			var out []*node
			for range a.NumCaches() {
				zeros := graph.BroadcastToDims(graph.ConvertDType(in[0], dtypes.BFloat16), a.CacheDims(1, width)...)
				out = append(out, graph.Add(zeros, graph.ScalarZero(in[0].Graph(), dtypes.BFloat16)))
			}
			return out
		})
		cache, err := empty.Call(float32(0))
		if err != nil {
			t.Fatal(err)
		}
		step := dev.NewExec("step", func(in []*node) []*node {
			nw, nc := len(m.Weights), a.NumCaches()
			attention := CachedGraph(append([]*node{}, in[nw:nw+nc]...), in[nw+nc+1])
			d := a.BindGraph(CastGraph(in[:nw], dtypes.BFloat16))
			hidden := d.HiddenGraph(in[nw+nc], a.RotaryGraph(in[nw+nc+1], width), attention)
			return append([]*node{d.LogitsGraph(graph.Reshape(hidden, -1, a.HiddenSize))}, attention.Cache...)
		})
		var got []float32
		for i, id := range ids {
			out, err := step.Call(device.Args(m.Weights, device.Donate(cache), device.Array([]int32{id}, 1, 1), device.Array([]int32{int32(i)}, 1, 1))...)
			if err != nil {
				t.Fatal(err)
			}
			if cache = out[1:]; cache[0].DType() != dtypes.BFloat16 {
				t.Fatalf("the cache is %s", cache[0].DType())
			}
			logits, err := device.Values[float32](dev, out[0])
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, logits...)
		}
		if d, limit := rms(got, whole), rms(whole, exact); !(d <= limit) {
			t.Errorf("decoded logits are %g from those of one pass, which are %g from float32", d, limit)
		}
	})
}

// TestBFloat16Gradient: gradients in bfloat16 arrive in the weights' float32 and point
// the same way.
func TestBFloat16Gradient(t *testing.T) {
	onDevices(t, func(t *testing.T, dev *device.Device) {
		if dev.Name != "go" && os.Getenv("RLVR_LONG") == "" {
			t.Skip("compiles for seconds: RLVR_LONG runs it")
		}
		m := loadTiny(t, "qwen3_moe", "config.json")
		ids, a := m.ids(t, "input_ids_1"), m.Arch
		gradients := func(dtype dtypes.DType) []float32s {
			return run(t, dev, func(in []*node) []*node {
				nw := len(in) - 2
				d := a.BindGraph(CastGraph(in[:nw], dtype))
				hidden := d.HiddenGraph(in[nw], a.RotaryGraph(PositionsGraph(in[nw]), len(ids)), CausalGraph(in[nw]))
				s := TokenStatsGraph(d.LogitsGraph(graph.Reshape(hidden, -1, a.HiddenSize)), in[nw+1], graph.Const(in[0].Graph(), float32(1)))
				return graph.Gradient(graph.ReduceAllSum(s.LogProbs), in[:nw]...)
			}, m.Weights, device.Array(ids, 1, len(ids)), device.Array(ids, len(ids)))
		}
		exact, half := gradients(dtypes.Float32), gradients(dtypes.BFloat16)
		for i := range exact {
			dot, a, b := 0.0, 0.0, 0.0
			for j := range exact[i] {
				x, y := float64(exact[i][j]), float64(half[i][j])
				dot, a, b = dot+x*y, a+x*x, b+y*y
			}
			// The cosine of the angle: 1 less half the square of the relative error,
			// a few per cent in bfloat16 where routes are the same.
			if cosine := dot / math.Sqrt(a*b); !(cosine > 0.99) {
				t.Errorf("%s: cosine %g", m.Specs[i].Name, cosine)
			}
		}
	})
}
