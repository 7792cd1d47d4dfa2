package device

import (
	"testing"

	"github.com/gomlx/gomlx/core/graph"
)

// decodeLoop is what the limits of XLA's closures shape.
const decodeLoop = "sampler/decode_graph.go (everything is loop state; prefill and decode are two executables)"

func TestLimitXLACapturedValues(t *testing.T) {
	x, y := Array([]float32{1, 2}, 2), Array([]float32{10, 20}, 2)
	_, err := try(open(t, "xla:cpu").Backend, func(g *graph.Graph, in []*node) []*node {
		return countTo(g, 3, func(_ *graph.Graph, s []*node) []*node { return []*node{graph.Add(s[0], in[1])} }, in[0])
	}, x, y)
	stillFails(t, err, "operands are not part of the function", decodeLoop)
}

// sumLoop adds the sum of a value to it, three times.
func sumLoop(g *graph.Graph, x *node) *node {
	return countTo(g, 3, func(_ *graph.Graph, s []*node) []*node {
		return []*node{graph.Add(s[0], graph.ReduceAllSum(s[0]))}
	}, x)[0]
}

func TestLimitXLAReductionsOfTwoFunctions(t *testing.T) {
	b := open(t, "xla:cpu").Backend
	out, err := try(b, func(g *graph.Graph, in []*node) []*node { return []*node{sumLoop(g, in[0])} }, Array([]float32{1, 2}, 2))
	if err != nil {
		t.Fatalf("a loop whose body alone reduces: %v", err)
	}
	if got := floats(t, out[0]); got[0] != 40 || got[1] != 41 {
		t.Errorf("the loop gives %v, want [40 41]", got)
	}
	_, err = try(b, func(g *graph.Graph, in []*node) []*node {
		return []*node{graph.ReduceAllSum(in[0]), sumLoop(g, in[0])}
	}, Array([]float32{1, 2}, 2))
	stillFails(t, err, "reductionFn is not a StableHLO closure of", decodeLoop)
	_, err = try(b, func(g *graph.Graph, in []*node) []*node {
		return []*node{sumLoop(g, sumLoop(g, in[0]))}
	}, Array([]float32{1, 2}, 2))
	stillFails(t, err, "reductionFn is not a StableHLO closure of", decodeLoop)
}
