package device

import (
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Tensor is a value on a device or on the host.
type Tensor = tensors.Tensor

// Exec is a graph function, compiled once for each set of input shapes that it
// meets. It is safe for concurrent use.
type Exec struct {
	name string
	dev  *Device
	fn   func(inputs []*graph.Node) []*graph.Node

	mu     sync.Mutex
	graphs map[string]*graph.Graph
}

// maxShapes bounds the executables of one Exec: shapes come from buckets, so more
// than this is a mistake that would otherwise only be slow.
const maxShapes = 32

// NewExec names a graph function. name is for logs and errors.
func (d *Device) NewExec(name string, fn func(inputs []*graph.Node) []*graph.Node) *Exec {
	return &Exec{name: name, dev: d, fn: fn, graphs: map[string]*graph.Graph{}}
}

// SharedExec is the Exec of a key: made the first time, the same one after. The key
// must say all that the graph depends on beside the shapes of its inputs, so that
// stages and evaluations with equal settings compile once.
func (d *Device) SharedExec(name string, key any, fn func(inputs []*graph.Node) []*graph.Node) *Exec {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shared == nil {
		d.shared = map[string]*Exec{}
	}
	id := fmt.Sprintf("%s %+v", name, key)
	e, ok := d.shared[id]
	if !ok {
		e = d.NewExec(name, fn)
		d.shared[id] = e
	}
	return e
}

// Donated marks an input whose memory on the device the call may reuse: an output of
// another call is invalid after it, an [Array] keeps its copy on the host.
type Donated struct{ *Tensor }

// Donate marks all of ts.
func Donate(ts []*Tensor) []any {
	out := make([]any, len(ts))
	for i, t := range ts {
		out[i] = Donated{t}
	}
	return out
}

// Free gives the memory of tensors back at once: the garbage collector does not see
// what they hold on the device. A tensor that was donated is passed over.
func Free(ts []*Tensor) error {
	for _, t := range ts {
		if t.Ok() {
			if err := t.FinalizeAll(); err != nil {
				return fmt.Errorf("device: free: %w", err)
			}
		}
	}
	return nil
}

// Args joins inputs of a call: *Tensor and []*Tensor, [Donated], []any of these,
// Go scalars, and [Array] values.
func Args(parts ...any) []any {
	var out []any
	for _, p := range parts {
		switch x := p.(type) {
		case []*Tensor:
			for _, t := range x {
				out = append(out, t)
			}
		case []any:
			out = append(out, x...)
		default:
			out = append(out, x)
		}
	}
	return out
}

// Array is a host array with its dimensions, row-major.
func Array[T int32 | uint32 | float32](data []T, dims ...int) *Tensor {
	return tensors.FromFlatDataAndDimensions(data, dims...)
}

// Stack is host arrays of the same dimensions as one, [len(parts), dims...]: a transfer
// to the device costs more than the bytes of a small array.
func Stack[T int32 | uint32 | float32](parts [][]T, dims ...int) *Tensor {
	t := tensors.FromShape(shapes.Make(dtypes.FromGenericsType[T](), append([]int{len(parts)}, dims...)...))
	tensors.MustMutableFlatData(t, func(flat []T) {
		for _, part := range parts {
			flat = flat[copy(flat, part):]
		}
	})
	return t
}

// Keep moves a tensor to the device and gives its memory on the host back, where
// they are not the same.
func (d *Device) Keep(t *Tensor) error {
	if err := t.MaterializeOnDevice(d.Backend, true, 0); err != nil {
		return fmt.Errorf("device: %w", err)
	}
	t.FinalizeLocal()
	return nil
}

// Call runs the function on inputs made by [Args]. A panic of graph building
// comes back as an error.
func (e *Exec) Call(inputs ...any) (out []*Tensor, err error) {
	p := exceptions.TryCatch[error](func() {
		buffers := make([]compute.Buffer, len(inputs))
		in := make([]shapes.Shape, len(inputs))
		donate := make([]bool, len(inputs))
		for i, x := range inputs {
			buffers[i], in[i], donate[i] = e.buffer(x)
		}
		g := e.graph(in)
		defer e.dev.busy(time.Now())
		out = g.RunWithBuffers(buffers, donate, 0)
	})
	if p != nil {
		return nil, fmt.Errorf("device: %s: %w", e.name, p)
	}
	return out, nil
}

// buffer is an input on the device, its shape, and whether it is given away.
func (e *Exec) buffer(x any) (compute.Buffer, shapes.Shape, bool) {
	var t *Tensor
	donate := false
	switch v := x.(type) {
	case Donated:
		t, donate = v.Tensor, true
	case *Tensor:
		t = v
	default:
		// A Go value is made for this call only.
		t, donate = tensors.MustFromAnyValue(x), true
	}
	shape := t.Shape()
	get := t.Buffer
	if donate {
		get = t.DonateBuffer
	}
	b, err := get(e.dev.Backend, 0)
	if err != nil {
		panic(err)
	}
	return b, shape, donate
}

// graph returns the executable for input shapes, compiling it the first time.
func (e *Exec) graph(in []shapes.Shape) *graph.Graph {
	key := shapeKey(in)
	e.mu.Lock()
	defer e.mu.Unlock()
	if g, ok := e.graphs[key]; ok {
		return g
	}
	if len(e.graphs) == maxShapes {
		exceptions.Panicf("more than %d input shapes (the newest: %s): shapes must come from buckets", maxShapes, describe(in))
	}
	start := time.Now()
	g := graph.NewGraph(e.dev.Backend, e.name)
	params := make([]*graph.Node, len(in))
	for i, s := range in {
		params[i] = graph.Parameter(g, fmt.Sprintf("p%d", i), s)
	}
	if err := g.Compile(e.fn(params)...); err != nil {
		panic(err)
	}
	e.graphs[key] = g
	e.dev.compiled(Compile{Exec: e.name, Seconds: time.Since(start).Seconds(), Shapes: describe(in)})
	return g
}

// shapeKey is a compact map key of shapes.
func shapeKey(in []shapes.Shape) string {
	b := make([]byte, 0, 16*len(in))
	for _, s := range in {
		b = append(b, byte(s.DType), byte(len(s.Dimensions)))
		for _, d := range s.Dimensions {
			b = binary.AppendUvarint(b, uint64(d))
		}
	}
	return string(b)
}

// describe lists shapes for people, most weights left out.
func describe(in []shapes.Shape) string {
	const most = 6
	parts := make([]string, 0, most+1)
	for i, s := range in {
		if i >= most/2 && i < len(in)-most/2 {
			if i == most/2 {
				parts = append(parts, "...")
			}
			continue
		}
		parts = append(parts, s.String())
	}
	return strings.Join(parts, " ")
}

// Values copies a tensor to the host, waiting for it if need be.
func Values[T int32 | uint32 | float32](d *Device, t *Tensor) ([]T, error) {
	defer d.busy(time.Now())
	return tensors.CopyFlatData[T](t)
}
