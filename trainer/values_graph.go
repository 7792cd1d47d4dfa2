package trainer

import (
	"github.com/gomlx/compute/dtypes"

	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

// predictGraph are the values that the loss sees, with a gradient to the head and, unless
// the objective detaches them, to the policy.
func (o *objective) predictGraph(hidden *Node, head []*Node, mask *Node) *Node {
	if o.needs.ValuesDetached {
		hidden = StopGradient(hidden)
	}
	return valuesGraph(hidden, head, mask)
}

// valuesGraph applies a value head, weights [1, D] and [1], to the hidden states
// [N*T, D] that predict the tokens of responses: values [N, T] float32, 0 where mask
// [N, T] is. A token's value is thus that of what came before it, as in TRL and verl.
func valuesGraph(hidden *Node, head []*Node, mask *Node) *Node {
	x := ConvertDType(hidden, dtypes.Float32)
	x = Add(DotGeneral(x, []int{1}, nil, head[0], []int{1}, nil), InsertAxes(head[1], 0)) // [N*T, 1]
	return Where(GreaterThan(mask, ZerosLike(mask)), Reshape(x, mask.Shape().Dimensions...), ZerosLike(mask))
}
