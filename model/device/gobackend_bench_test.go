package device

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

// plainAndDecorated benchmarks a graph on the library's backend and on ours.
func plainAndDecorated(b *testing.B, fn build, inputs ...func() *Tensor) {
	for name, open := range map[string]func(b *testing.B) compute.Backend{
		"plain":     func(b *testing.B) compute.Backend { return plainGo(b, "ops_sequential,creation_order") },
		"decorated": func(b *testing.B) compute.Backend { return open(b, "go").Backend },
	} {
		b.Run(name, func(b *testing.B) {
			backend := open(b)
			exec := (&Device{Backend: backend, log: quiet()}).NewExec("bench", func(in []*node) []*node { return fn(in[0].Graph(), in) })
			var in []any
			for _, x := range inputs {
				in = append(in, x())
			}
			for b.Loop() {
				out, err := exec.Call(in...)
				if err != nil {
					b.Fatal(err)
				}
				if err := Free(out); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSmallDot is a layer's product, with the weights [out, in] as files have
// them.
func BenchmarkSmallDot(b *testing.B) {
	plainAndDecorated(b, func(_ *graph.Graph, in []*node) []*node {
		return []*node{graph.DotGeneral(in[0], []int{1}, nil, in[1], []int{1}, nil)}
	}, normal(goRowTile, 64), normal(128, 64))
}

// BenchmarkExpAfterDot is an exponential behind a product: math.Exp is slow while
// the vector registers are in use.
func BenchmarkExpAfterDot(b *testing.B) {
	plainAndDecorated(b, func(_ *graph.Graph, in []*node) []*node {
		return []*node{graph.Exp(graph.DotGeneral(in[0], []int{1}, nil, in[1], []int{0}, nil))}
	}, normal(goRowTile, 64), normal(64, 128))
}
