package device

import (
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

// everyBackend runs a test on the plain pure-Go backend and on XLA.
func everyBackend(t *testing.T, run func(t *testing.T, b compute.Backend)) {
	t.Run("go", func(t *testing.T) { run(t, plainGo(t, "ops_sequential,creation_order")) })
	t.Run("xla:cpu", func(t *testing.T) { run(t, open(t, "xla:cpu").Backend) })
}

func TestLimitNoGradientThroughWhile(t *testing.T) {
	everyBackend(t, func(t *testing.T, b compute.Backend) {
		_, err := try(b, func(g *graph.Graph, in []*node) []*node {
			out := countTo(g, 3, func(_ *graph.Graph, s []*node) []*node { return []*node{graph.Mul(s[0], s[0])} }, in[0])
			return graph.Gradient(graph.ReduceAllSum(out[0]), in[0])
		}, Array([]float32{1, 2}, 2))
		stillFails(t, err, "no gradient is defined yet", "the losses that are unrolled (trainer, algos)")
	})
}

// TestLimitClosuresDoNotNest: every closure is made in the main function, so a loop
// has no place in another loop's body.
func TestLimitClosuresDoNotNest(t *testing.T) {
	everyBackend(t, func(t *testing.T, b compute.Backend) {
		_, err := try(b, func(g *graph.Graph, in []*node) []*node {
			return countTo(g, 3, func(g *graph.Graph, s []*node) []*node {
				return countTo(g, 2, func(_ *graph.Graph, s []*node) []*node { return []*node{graph.Neg(s[0])} }, s[0])
			}, in[0])
		}, Array([]float32{1, 2}, 2))
		stillFails(t, err, "closure of the current function", "nothing, but a loop may hold another now")
	})
}

// TestLimitGradientThroughIfIsZero: worse than an error, so no loss may have an If.
func TestLimitGradientThroughIfIsZero(t *testing.T) {
	out, err := try(plainGo(t, "ops_sequential"), func(g *graph.Graph, in []*node) []*node {
		double := graph.NewClosure(g, func(*graph.Graph) []*node { return []*node{graph.Add(in[0], in[0])} })
		triple := graph.NewClosure(g, func(*graph.Graph) []*node { return []*node{graph.Add(in[0], graph.Add(in[0], in[0]))} })
		return graph.Gradient(graph.If(graph.Const(g, true), double, triple)[0], in[0])
	}, Array([]float32{5}))
	if err != nil {
		t.Fatalf("an error now, which is better: %v", err)
	}
	if got := floats(t, out[0])[0]; got != 0 {
		t.Errorf("d(2x)/dx through If is %g, no longer 0: losses may use If if that is right", got)
	}
}

func TestLimitRsqrtHasNoGradient(t *testing.T) {
	everyBackend(t, func(t *testing.T, b compute.Backend) {
		_, err := try(b, func(_ *graph.Graph, in []*node) []*node {
			return graph.Gradient(graph.ReduceAllSum(graph.Rsqrt(in[0])), in[0])
		}, Array([]float32{1, 2}, 2))
		stillFails(t, err, "no gradient is defined yet", "model/decoder_graph.go (normGraph)")
	})
}

// TestLimitScalarsAreKeptByGraph: AddScalar and its like keep the constant they made
// for the whole graph, even if that was in a closure.
func TestLimitScalarsAreKeptByGraph(t *testing.T) {
	// XLA's own limit on captured values comes after this one.
	b := plainGo(t, "ops_sequential")
	sum := func(plus func(x *node) *node) error {
		_, err := try(b, func(g *graph.Graph, in []*node) []*node {
			out := countTo(g, 3, func(_ *graph.Graph, s []*node) []*node { return []*node{plus(s[0])} }, in[0])
			return []*node{plus(out[0])}
		}, Array([]float32{1, 2}, 2))
		return err
	}
	stillFails(t, sum(func(x *node) *node { return graph.AddScalar(x, 7.5) }), "different function scope",
		"nothing, but scalars inside closures need no care any more")
	if err := sum(func(x *node) *node { return graph.Add(x, graph.Const(x.Graph(), float32(7.5))) }); err != nil {
		t.Errorf("Const inside a closure and outside: %v", err)
	}
}

// TestLimitCumSumIsQuadratic: every element is a reduction of a window as wide as
// the axis.
func TestLimitCumSumIsQuadratic(t *testing.T) {
	const width = 40
	var program string
	if _, err := try(plainGo(t, "ops_sequential"), func(g *graph.Graph, in []*node) []*node {
		out := graph.CumSum(in[0], -1)
		program = g.String()
		return []*node{out}
	}, Array(make([]float32, 2*width), 2, width)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(program, "ReduceWindow") {
		t.Errorf("CumSum is no window any more: scans of the host could go to the device\n%s", program)
	}
}

// TestLimitShapesOfTheLibrarysExec: it gives up at 32 shapes with advice for others;
// ours has its own limit and names the shapes.
func TestLimitShapesOfTheLibrarysExec(t *testing.T) {
	exec := graph.MustNewExec(plainGo(t, "ops_sequential"), func(x *node) *node { return graph.Neg(x) })
	var err error
	n := 0
	for ; n < 100 && err == nil; n++ {
		_, err = exec.Call(make([]float32, n+1))
	}
	stillFails(t, err, "maximum cache size", "model/device/exec.go (maxShapes)")
	if n-1 != maxShapes {
		t.Errorf("the library's limit is %d shapes, ours %d", n-1, maxShapes)
	}
}
