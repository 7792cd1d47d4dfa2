package device

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
)

// This file decorates the pure-Go backend for three purposes.
//
// Speed of products: matrix products below the size at which it packs its operands take its
// fast kernel. That kernel wants the contracted axis last on the left and first on
// the right; with both last the backend runs one that computes an output element
// at a time, 12 to 20 times slower (BenchmarkSmallDot), and it picks that one for
// any other layout. So operands of small products are transposed first, which
// costs far less.
//
// Speed of exponentials: the vector kernels return with the upper halves of the
// vector registers in use, and math.Exp, which mixes old and new vector
// instructions, then takes 100 times as long (0.9 us instead of 6 ns on the
// processor measured; BenchmarkExpAfterDot). A copy of the operand first goes
// through the runtime's memmove, which clears them; operations run in the order
// in which they were made, so nothing comes in between.
//
// Correctness: closures and named functions are compiled when they return, and an
// optimisation that runs later folds broadcasts into the operations that use them,
// there too: the function then asks for values that it does not compute ("not
// computed yet"). A barrier after each broadcast outside the main function keeps
// that optimisation out.

// smallDot is the number of multiplications below which the backend does not pack
// (its noSIMDSmallMatMulSizeThreshold).
const smallDot = 4 * 1024 * 1024

// newGoBackend opens the decorated backend.
func newGoBackend() (compute.Backend, error) {
	// Operations in parallel deadlock the backend's worker pool on few cores, so
	// they run in sequence; executions run in parallel instead.
	b, err := gobackend.New("ops_sequential,creation_order")
	if err != nil {
		return nil, err
	}
	return &goBackend{b}, nil
}

type goBackend struct{ compute.Backend }

func (b *goBackend) Builder(name string) compute.Builder {
	return &goBuilder{Builder: b.Backend.Builder(name), backend: b}
}

func (b *goBackend) BufferFromFlatData(d compute.DeviceNum, flat any, s shapes.Shape) (compute.Buffer, error) {
	return b.wrap(b.Backend.BufferFromFlatData(d, flat, s))
}

func (b *goBackend) NewSharedBuffer(d compute.DeviceNum, s shapes.Shape) (compute.Buffer, any, error) {
	buf, flat, err := b.Backend.NewSharedBuffer(d, s)
	wrapped, err := b.wrap(buf, err)
	return wrapped, flat, err
}

func (b *goBackend) wrap(buf compute.Buffer, err error) (compute.Buffer, error) {
	if err != nil {
		return nil, err
	}
	return &goBuffer{Buffer: buf, backend: b}, nil
}

// goBuffer is ours because GoMLX compares a buffer's backend with the graph's.
type goBuffer struct {
	compute.Buffer
	backend *goBackend
}

func (b *goBuffer) Backend() compute.Backend { return b.backend }

func (b *goBuffer) CopyToDevice(d compute.DeviceNum) (compute.Buffer, error) {
	return b.backend.wrap(b.Buffer.CopyToDevice(d))
}

type goBuilder struct {
	compute.Builder
	backend *goBackend
	main    *goFunction
}

func (b *goBuilder) Main() compute.Function {
	if b.main == nil {
		b.main = &goFunction{Function: b.Builder.Main(), builder: b}
	}
	return b.main
}

func (b *goBuilder) NewFunction(name string) (compute.Function, error) {
	f, err := b.Builder.NewFunction(name)
	if err != nil {
		return nil, err
	}
	return &goFunction{Function: f, builder: b}, nil
}

func (b *goBuilder) Compile() (compute.Executable, error) {
	e, err := b.Builder.Compile()
	if err != nil {
		return nil, err
	}
	return &goExecutable{Executable: e, backend: b.backend}, nil
}

type goExecutable struct {
	compute.Executable
	backend *goBackend
}

func (e *goExecutable) Execute(in []compute.Buffer, donate []bool, d compute.DeviceNum) ([]compute.Buffer, error) {
	raw := make([]compute.Buffer, len(in))
	for i, b := range in {
		raw[i] = b
		if w, ok := b.(*goBuffer); ok {
			raw[i] = w.Buffer
		}
	}
	out, err := e.Executable.Execute(raw, donate, d)
	if err != nil {
		return nil, err
	}
	for i, b := range out {
		out[i] = &goBuffer{Buffer: b, backend: e.backend}
	}
	return out, nil
}

type goFunction struct {
	compute.Function
	builder *goBuilder
	parent  *goFunction
}

func (f *goFunction) Builder() compute.Builder { return f.builder }

func (f *goFunction) Parent() compute.Function {
	if f.parent == nil {
		return nil
	}
	return f.parent
}

func (f *goFunction) Closure() (compute.Function, error) {
	c, err := f.Function.Closure()
	if err != nil {
		return nil, err
	}
	return &goFunction{Function: c, builder: f.builder, parent: f}, nil
}

func unwrap(f compute.Function) compute.Function {
	if w, ok := f.(*goFunction); ok {
		return w.Function
	}
	return f
}

func (f *goFunction) Call(target compute.Function, in ...compute.Value) ([]compute.Value, error) {
	return f.Function.Call(unwrap(target), in...)
}

func (f *goFunction) Sort(less compute.Function, axis int, stable bool, in ...compute.Value) ([]compute.Value, error) {
	return f.Function.Sort(unwrap(less), axis, stable, in...)
}

func (f *goFunction) While(cond, body compute.Function, state ...compute.Value) ([]compute.Value, error) {
	return f.Function.While(unwrap(cond), unwrap(body), state...)
}

func (f *goFunction) If(pred compute.Value, yes, no compute.Function) ([]compute.Value, error) {
	return f.Function.If(pred, unwrap(yes), unwrap(no))
}

// Exp clears the vector registers first.
func (f *goFunction) Exp(x compute.Value) (compute.Value, error) {
	x, err := f.copied(x)
	if err != nil {
		return nil, err
	}
	return f.Function.Exp(x)
}

// Logistic clears the vector registers first.
func (f *goFunction) Logistic(x compute.Value) (compute.Value, error) {
	x, err := f.copied(x)
	if err != nil {
		return nil, err
	}
	return f.Function.Logistic(x)
}

// The runtime's memmove uses vector registers, and clears them after, for sizes
// between these bytes; beyond, it may use a string instruction.
const (
	minVectorCopy = 257
	maxVectorCopy = 2047
)

// copied is a copy of x made by memmoves of such sizes; x itself where its elements
// do not fall into equal blocks of them.
func (f *goFunction) copied(x compute.Value) (compute.Value, error) {
	s, err := f.Shape(x)
	if err != nil {
		return nil, err
	}
	block := blockOf(s.Size(), s.DType.Size())
	if block == 0 {
		return x, nil
	}
	if x, err = f.Reshape(x, s.Size()/block, block); err != nil {
		return nil, err
	}
	if x, err = f.Concatenate(1, x); err != nil {
		return nil, err
	}
	return f.Reshape(x, s.Dimensions...)
}

// blockOf is the largest divisor of n elements of a size that memmove copies with
// vector registers, or 0.
func blockOf(n, elementSize int) int {
	for k := min(n, maxVectorCopy/elementSize); k*elementSize >= minVectorCopy; k-- {
		if n%k == 0 {
			return k
		}
	}
	return 0
}

// BroadcastInDim keeps broadcasts outside main out of reach of later optimisation.
func (f *goFunction) BroadcastInDim(x compute.Value, s shapes.Shape, axes []int) (compute.Value, error) {
	y, err := f.Function.BroadcastInDim(x, s, axes)
	if err != nil || f == f.builder.main {
		return y, err
	}
	out, err := f.OptimizationBarrier(y)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// DotGeneral lays small products out for the fast kernel.
func (f *goFunction) DotGeneral(lhs compute.Value, lhsContract, lhsBatch []int, rhs compute.Value, rhsContract, rhsBatch []int,
	config compute.DotGeneralConfig) (compute.Value, error) {
	ls, err := f.Shape(lhs)
	if err != nil {
		return nil, err
	}
	rs, err := f.Shape(rhs)
	if err != nil {
		return nil, err
	}
	l, r := axesOf(ls, lhsContract, lhsBatch), axesOf(rs, rhsContract, rhsBatch)
	if l.size(l.batch)*l.size(l.cross)*r.size(r.cross)*l.size(l.contract) >= smallDot {
		return f.Function.DotGeneral(lhs, lhsContract, lhsBatch, rhs, rhsContract, rhsBatch, config)
	}
	if lhs, err = f.permute(lhs, l.batch, l.cross, l.contract); err != nil {
		return nil, err
	}
	if rhs, err = f.permute(rhs, r.batch, r.contract, r.cross); err != nil {
		return nil, err
	}
	nb, nc := len(l.batch), len(l.contract)
	return f.Function.DotGeneral(lhs, span(nb+len(l.cross), nc), span(0, nb), rhs, span(nb, nc), span(0, nb), config)
}

// permute transposes x to the concatenation of the axes given, unless it is there.
func (f *goFunction) permute(x compute.Value, groups ...[]int) (compute.Value, error) {
	var axes []int
	for _, g := range groups {
		axes = append(axes, g...)
	}
	for i, a := range axes {
		if a != i {
			return f.Transpose(x, axes...)
		}
	}
	return x, nil
}

// dotAxes are the axes of one operand of a DotGeneral by role.
type dotAxes struct {
	shape                  shapes.Shape
	batch, contract, cross []int
}

func axesOf(s shapes.Shape, contract, batch []int) dotAxes {
	taken := make([]bool, s.Rank())
	for _, a := range append(append([]int{}, contract...), batch...) {
		taken[a] = true
	}
	d := dotAxes{shape: s, batch: batch, contract: contract}
	for a, t := range taken {
		if !t {
			d.cross = append(d.cross, a)
		}
	}
	return d
}

func (d *dotAxes) size(axes []int) int {
	n := 1
	for _, a := range axes {
		n *= d.shape.Dimensions[a]
	}
	return n
}

// span is n integers from lo.
func span(lo, n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = lo + i
	}
	return out
}
