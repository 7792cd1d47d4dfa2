package device

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

type build = func(g *graph.Graph, in []*node) []*node

// sameAsPlain runs a graph on the decorated backend and on the library's and
// compares the outputs, which are float32: to the bit where tolerance is 0, else
// relative to the largest element.
func sameAsPlain(t *testing.T, tolerance float64, fn build, inputs ...func() *Tensor) {
	t.Helper()
	made := func() (out []*Tensor) { // a tensor stays with the backend that used it
		for _, in := range inputs {
			out = append(out, in())
		}
		return out
	}
	want, err := try(plainGo(t, "ops_sequential,creation_order"), fn, made()...)
	if err != nil {
		t.Fatalf("plain: %v", err)
	}
	got, err := try(open(t, "go").Backend, fn, made()...)
	if err != nil {
		t.Fatalf("decorated: %v", err)
	}
	for i := range want {
		w, g := floats(t, want[i]), floats(t, got[i])
		if !got[i].Shape().Equal(want[i].Shape()) {
			t.Fatalf("output %d has shape %s, want %s", i, got[i].Shape(), want[i].Shape())
		}
		largest := 0.0
		for _, v := range w {
			largest = math.Max(largest, math.Abs(float64(v)))
		}
		for j := range w {
			if d := math.Abs(float64(g[j]) - float64(w[j])); !(d <= tolerance*largest) {
				t.Fatalf("output %d element %d: %g, want %g", i, j, g[j], w[j])
			}
		}
	}
}

// normal makes a tensor of random numbers, the same at each call.
func normal(dims ...int) func() *Tensor {
	return func() *Tensor {
		n := 1
		for _, d := range dims {
			n *= d
		}
		rng := rand.New(rand.NewPCG(uint64(n), 1))
		data := make([]float32, n)
		for i := range data {
			data[i] = float32(rng.NormFloat64())
		}
		return Array(data, dims...)
	}
}

// sumTolerance bounds the difference of two orders to sum up to a thousand products
// in float32, relative to the largest sum.
const sumTolerance = 1e-5

// TestDotGeneralLayouts has every order of batch, row and contracted axes on both
// sides, one and two of each.
func TestDotGeneralLayouts(t *testing.T) {
	for _, c := range []struct{ batch, contract, left, right []int }{
		{nil, []int{7}, []int{5}, []int{6}},
		{[]int{3}, []int{7}, []int{5}, []int{6}},
		{[]int{2, 3}, []int{4}, []int{5}, []int{6}},
		{[]int{3}, []int{2, 4}, []int{5}, nil},
		{[]int{3}, []int{17}, nil, []int{6}},
		{nil, []int{4}, []int{2, 3}, []int{5, 2}},
		{nil, []int{33}, nil, nil},
	} {
		lhs := slices.Concat(c.batch, c.contract, c.left)
		rhs := slices.Concat(c.batch, c.contract, c.right)
		for _, l := range permutations(len(lhs)) {
			for _, r := range permutations(len(rhs)) {
				if len(lhs) > 3 && r[0] > l[0] { // a share of the many
					continue
				}
				nb, nc := len(c.batch), len(c.contract)
				lb, lc, rb, rc := places(l, 0, nb), places(l, nb, nc), places(r, 0, nb), places(r, nb, nc)
				sameAsPlain(t, sumTolerance, func(_ *graph.Graph, in []*node) []*node {
					return []*node{graph.DotGeneral(in[0], lc, lb, in[1], rc, rb)}
				}, normal(permuted(lhs, l)...), normal(permuted(rhs, r)...))
			}
		}
	}
}

// TestDotGeneralOfBothSizes has products on both sides of the threshold.
func TestDotGeneralOfBothSizes(t *testing.T) {
	for _, m := range []int{1, 63, 128, 129} {
		sameAsPlain(t, sumTolerance, func(_ *graph.Graph, in []*node) []*node {
			return []*node{
				graph.DotGeneral(in[0], []int{1}, nil, in[1], []int{1}, nil),
				graph.DotGeneral(in[0], []int{1}, nil, in[2], []int{0}, nil),
			}
		}, normal(m, 256), normal(128, 256), normal(256, 128))
	}
}

// permutations of 0..n-1.
func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{{}}
	}
	var out [][]int
	for _, p := range permutations(n - 1) {
		for i := range n {
			out = append(out, slices.Insert(slices.Clone(p), i, n-1))
		}
	}
	return out
}

// permuted is dims in the order of p: axis i of the result is axis p[i] of dims.
func permuted(dims, p []int) []int {
	out := make([]int, len(p))
	for i, from := range p {
		out[i] = dims[from]
	}
	return out
}

// places are where n axes from lo on went in a permutation.
func places(p []int, lo, n int) []int {
	out := make([]int, 0, n)
	for a := lo; a < lo+n; a++ {
		out = append(out, slices.Index(p, a))
	}
	return out
}

// TestExponentialsAreTheSame has sizes that are copied in blocks and sizes that are
// not, behind a product that leaves the vector registers in use.
func TestExponentialsAreTheSame(t *testing.T) {
	for _, dims := range [][]int{{}, {1}, {64}, {65}, {67, 1009}, {4, 128}, {8, 8, 64}, {511}, {512}, {3, 0}, {2, 1021}} {
		t.Run(fmt.Sprint(dims), func(t *testing.T) {
			sameAsPlain(t, 0, func(_ *graph.Graph, in []*node) []*node {
				y := graph.Add(in[0], graph.ReduceAllSum(graph.DotGeneral(in[1], []int{1}, nil, in[2], []int{1}, nil)))
				wide := graph.ConvertDType(y, dtypes.Float64)
				return []*node{graph.Exp(y), graph.Sigmoid(y), graph.ConvertDType(graph.Exp(wide), dtypes.Float32)}
			}, normal(dims...), normal(4, 4), normal(4, 4))
		})
	}
}

func TestBlockOf(t *testing.T) {
	for _, size := range []int{2, 4, 8} {
		for n := range 3000 {
			k := blockOf(n, size)
			bytes := k * size
			if k != 0 && (n%k != 0 || bytes < minVectorCopy || bytes > maxVectorCopy) {
				t.Fatalf("%d elements of %d bytes: blocks of %d", n, size, k)
			}
			if k == 0 && n*size >= minVectorCopy && n*size <= maxVectorCopy {
				t.Fatalf("%d elements of %d bytes are one block, found none", n, size)
			}
		}
	}
	if got := blockOf(1021*4, 4); got != 4 && got != 0 {
		t.Errorf("4 times a prime: blocks of %d", got)
	}
}

// TestControlFlow has whatever takes functions.
func TestControlFlow(t *testing.T) {
	x, y := normal(3, 4), normal(1, 4)
	for name, fn := range map[string]build{
		"while": func(g *graph.Graph, in []*node) []*node {
			return countTo(g, 5, func(_ *graph.Graph, s []*node) []*node {
				return []*node{graph.Sigmoid(graph.Add(s[0], s[1])), graph.Exp(graph.Neg(s[1]))}
			}, in...)
		},
		"while that captures": func(g *graph.Graph, in []*node) []*node {
			return countTo(g, 5, func(_ *graph.Graph, s []*node) []*node { return []*node{graph.Mul(s[0], in[1])} }, in[0])
		},
		"product in while": func(g *graph.Graph, in []*node) []*node {
			return countTo(g, 2, func(_ *graph.Graph, s []*node) []*node {
				w := graph.DotGeneral(s[0], []int{0}, nil, s[0], []int{0}, nil) // [4, 4]
				return []*node{graph.DotGeneral(s[0], []int{1}, nil, w, []int{1}, nil)}
			}, in[0])
		},
		"if": func(g *graph.Graph, in []*node) []*node {
			yes := graph.NewClosure(g, func(*graph.Graph) []*node { return []*node{graph.Exp(in[0])} })
			no := graph.NewClosure(g, func(*graph.Graph) []*node { return []*node{graph.Neg(in[0])} })
			positive := graph.GreaterThan(graph.ReduceAllSum(in[1]), graph.Const(g, float32(0)))
			return append(graph.If(positive, yes, no), graph.If(graph.LogicalNot(positive), yes, no)...)
		},
		"sort": func(_ *graph.Graph, in []*node) []*node {
			return []*node{graph.Sort(in[0], 1, true), graph.Sort(in[0], 0, false)}
		},
		"sort by another": func(g *graph.Graph, in []*node) []*node {
			less := graph.NewClosure(g, func(g *graph.Graph) []*node {
				var p []*node
				for i := range 4 {
					p = append(p, graph.Parameter(g, fmt.Sprint("p", i), shapes.Make(dtypes.Float32)))
				}
				return []*node{graph.LessThan(p[0], p[2])} // lhs of the first, lhs of the second, rhs, rhs
			})
			return graph.SortFunc(less, 1, true, in[0], graph.Neg(in[0]))
		},
		"call": func(g *graph.Graph, in []*node) []*node {
			f := graph.NewFunction(g, "f", func(g *graph.Graph) []*node {
				return []*node{graph.Exp(graph.Parameter(g, "x", in[0].Shape()))}
			})
			return append(f.Call(in[0]), f.Call(graph.Neg(in[0]))...)
		},
	} {
		t.Run(name, func(t *testing.T) { sameAsPlain(t, sumTolerance, fn, x, y) })
	}
}

// subtractMean is x minus its mean over the first axis: a broadcast of the same rank,
// which the library folds into the subtraction.
func subtractMean(x *node) *node {
	return graph.Sub(x, graph.BroadcastToShape(graph.ReduceAndKeep(x, graph.ReduceMean, 0), x.Shape()))
}

// TestLimitGoBroadcastsInFunctions: the library forgets broadcasts in closures and
// named functions; the decorated backend does not, and computes the right numbers.
func TestLimitGoBroadcastsInFunctions(t *testing.T) {
	for name, fn := range map[string]build{
		"while": func(g *graph.Graph, in []*node) []*node {
			return countTo(g, 2, func(_ *graph.Graph, s []*node) []*node { return []*node{subtractMean(s[0])} }, in[0])
		},
		"if": func(g *graph.Graph, in []*node) []*node {
			yes := graph.NewClosure(g, func(*graph.Graph) []*node { return []*node{subtractMean(graph.Neg(graph.Neg(in[0])))} })
			no := graph.NewClosure(g, func(*graph.Graph) []*node { return []*node{in[0]} })
			return graph.If(graph.Const(g, true), yes, no)
		},
		"call": func(g *graph.Graph, in []*node) []*node {
			f := graph.NewFunction(g, "f", func(g *graph.Graph) []*node {
				return []*node{subtractMean(graph.Parameter(g, "x", in[0].Shape()))}
			})
			return f.Call(in[0])
		},
	} {
		t.Run(name, func(t *testing.T) {
			x := func() *Tensor { return Array([]float32{1, 2, 3, 5, 7, 9}, 2, 3) }
			_, err := try(plainGo(t, "ops_sequential,creation_order"), fn, x())
			stillFails(t, err, "not computed yet", "model/device/gobackend.go (BroadcastInDim)")
			out, err := try(open(t, "go").Backend, fn, x())
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(floats(t, out[0])); got != "[-2 -2.5 -3 2 2.5 3]" {
				t.Errorf("decorated: %s", got)
			}
		})
	}
}

// TestRowsOfATileAreTheSameInEveryPlace puts one row into each place of a tile, below
// the size at which kernels change and above: what RowTile promises.
func TestRowsOfATileAreTheSameInEveryPlace(t *testing.T) {
	d := open(t, "go")
	for _, k := range []int{40, 1000} {
		const n = 200
		row := floats(t, normal(k)())
		var tile []float32
		for range d.RowTile {
			tile = append(tile, row...)
		}
		for name, dims := range map[string][]int{"[out, in]": {n, k}, "[in, out]": {k, n}} {
			axis := slices.Index(dims, k)
			out, err := try(d.Backend, func(_ *graph.Graph, in []*node) []*node {
				return []*node{graph.DotGeneral(in[0], []int{1}, nil, in[1], []int{axis}, nil)}
			}, Array(tile, d.RowTile, k), normal(dims...)())
			if err != nil {
				t.Fatal(err)
			}
			got := floats(t, out[0])
			for i := range d.RowTile {
				if !slices.Equal(got[i*n:][:n], got[:n]) {
					t.Errorf("%d summands, weights %s: row %d has other bits than row 0", k, name, i)
				}
			}
		}
	}
}
