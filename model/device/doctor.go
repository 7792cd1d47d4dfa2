package device

import (
	"fmt"
	"log/slog"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// Concrete are the backends that [Open] can be asked for: all of [Names] but "auto".
var Concrete = slices.DeleteFunc(slices.Clone(Names), func(n string) bool { return n == "auto" })

// Build says which kernels and backends this program was built with.
type Build struct {
	// SIMD: the pure-Go backend has vector kernels.
	SIMD bool `json:"simd"`
	// XLA: the backend that needs cgo is in.
	XLA bool `json:"xla"`
}

// ThisBuild is that of the running program.
func ThisBuild() Build { return Build{SIMD: simdBuilt, XLA: xlaBuilt} }

// Try opens the backend called name, as [Open] does, and has it compute something
// whose answer is known.
func Try(name string, log *slog.Logger) (*Device, error) {
	d, err := Open(name, log)
	if err != nil {
		return nil, err
	}
	return d, d.try()
}

// try sums the entries of a matrix product. Its integers are exact in every
// floating-point format that a backend may multiply in.
func (d *Device) try() error {
	product := d.NewExec("try", func(in []*graph.Node) []*graph.Node {
		return []*graph.Node{graph.ReduceAllSum(graph.Dot(in[0], in[1]).Product())}
	})
	x, y := Array([]float32{1, 2, 3, 4, 5, 6}, 2, 3), Array([]float32{1, 0, 0, 1, 1, 1}, 3, 2)
	out, err := product.Call(x, y)
	if err != nil {
		return err
	}
	got, err := Values[float32](d, out[0])
	if err != nil {
		return fmt.Errorf("device: backend %s: %w", d.Name, err)
	}
	const want = 30
	if got[0] != want {
		return fmt.Errorf("device: backend %s: a product whose entries sum to %d gave %g", d.Name, want, got[0])
	}
	return nil
}
