package algos

import (
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

// What is no row of pairs is told while the graph is built.
func TestNoPairs(t *testing.T) {
	for what, x := range map[string]any{"three rows": [][]float32{{1}, {2}, {3}}, "a number": float32(1)} {
		func() {
			defer func() {
				if err, _ := recover().(error); err == nil || !strings.Contains(err.Error(), "holds no pairs of rows") {
					t.Errorf("%s: panic with %v", what, err)
				}
			}()
			splitPairs(Const(NewGraph(backendOf(t), "pairs"), x))
		}()
	}
}

// A pair of which a response has no trained token is left out, and of two that are as
// likely none is ahead.
func TestPairsThatAreNotWhole(t *testing.T) {
	x := [][]float32{{-1}, {-2}, {-3}, {-4}, {-5}, {-6}}
	mask := [][]float32{{1}, {1}, {1}, {0}, {0}, {1}}
	got := graphs(t, func(in []*Node) []*Node {
		x, mask := in[0], in[1]
		out := pairsOf(Inputs{LogProbs: x, Ref: x, Mask: mask, Denom: Denominators{Sequences: ReduceAllSum(mask)}}, 1).output(Const(x.Graph(), []float32{7, 8, 9}))
		row := func(x *Node) *Node { return Reshape(x, 1, 1) }
		nodes := []*Node{row(out.Terms[0].Numerator), row(out.Terms[0].Denominator)}
		for _, m := range out.Metrics {
			if m.Name == "rewards/accuracies" {
				nodes = append(nodes, row(m.Numerator), row(m.Denominator))
			}
		}
		return nodes
	}, x, mask)
	for i, want := range []float32{7, 2, 0, 1} {
		if got[i][0][0] != want {
			t.Errorf("sum, half the responses, pairs ahead, whole pairs: %v; want 7 2 0 1", got)
			break
		}
	}
}
