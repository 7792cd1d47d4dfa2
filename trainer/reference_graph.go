package trainer

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

// mixGraph is alpha*x + (1-alpha)*y of two lists of weights, given one after the other.
func mixGraph(alpha float64) func(in []*Node) []*Node {
	return func(in []*Node) []*Node {
		half := len(in) / 2
		out := make([]*Node, half)
		for i := range out {
			out[i] = Add(MulScalar(in[i], alpha), MulScalar(in[half+i], 1-alpha))
		}
		return out
	}
}
