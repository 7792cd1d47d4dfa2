package device

import (
	"log/slog"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
)

// BenchmarkInputs is what sending host arrays to an execution costs, as tensors and as
// inputs of one call.
func BenchmarkInputs(b *testing.B) {
	for _, backend := range []string{"go", "xla:cpu"} {
		dev, err := Open(backend, slog.New(slog.DiscardHandler))
		if err != nil {
			b.Skip(err)
		}
		e := dev.NewExec("sum", func(in []*graph.Node) []*graph.Node { return []*graph.Node{graph.ReduceAllSum(in[0])} })
		data := make([]int32, 2560)
		for name, of := range map[string]func() any{
			"tensor": func() any { return Array(data, 20, 128) },
			"input":  func() any { return Input(data, 20, 128) },
		} {
			b.Run(backend+"/"+name, func(b *testing.B) {
				for b.Loop() {
					if _, err := e.Call(of(), of(), of(), of(), of(), of(), of(), of(), of(), of()); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
