package model

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

// LogitsGraph applies the output head to hidden [M, D]: [M, V] float32, whatever the
// dtype of computation.
func (d *Decoder) LogitsGraph(hidden *Node) *Node {
	if hidden.DType() == dtypes.Float32 {
		return linearGraph(hidden, d.head, nil)
	}
	return Dot(hidden, d.head).WithOutputDType(dtypes.Float32).General([]int{1}, nil, []int{1}, nil)
}

// TokenStats are what a distribution says of the token that was taken from it.
type TokenStats struct {
	// LogProbs of the targets, [M].
	LogProbs *Node
	// Entropy of the distribution in nats, [M].
	Entropy *Node
}

// TokenStatsGraph computes log-probabilities of targets [M] int32 and entropies of
// logits [M, V] divided by temperature (a scalar above 0), in float32.
func TokenStatsGraph(logits, targets, temperature *Node) TokenStats {
	logits = Div(logits, temperature)
	maxima := StopGradient(ReduceAndKeep(logits, ReduceMax, -1)) // [M, 1]
	shifted := Sub(logits, maxima)                               // [M, V]
	exps := Exp(shifted)
	total := ReduceAndKeep(exps, ReduceSum, -1) // [M, 1]
	logTotal := Log(total)
	chosen := Equal(Iota(logits.Graph(), shapeInt32(logits), 1), InsertAxes(targets, -1)) // [M, V]
	// A select and a sum, not a gather: cheap where the vocabulary is sharded.
	picked := ReduceSum(Where(chosen, shifted, ZerosLike(shifted)), -1) // [M]
	mean := Div(ReduceSum(Mul(exps, shifted), -1), Squeeze(total, -1))  // [M]
	return TokenStats{
		LogProbs: Sub(picked, Squeeze(logTotal, -1)),
		Entropy:  Sub(Squeeze(logTotal, -1), mean),
	}
}

// shapeInt32 is x's shape with int32 elements.
func shapeInt32(x *Node) shapes.Shape {
	return shapes.Make(dtypeInt32, x.Shape().Dimensions...)
}
