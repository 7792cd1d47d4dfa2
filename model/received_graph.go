package model

import (
	"github.com/gomlx/compute/shapes"

	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

// ReceivedGraph is the attention that each token of the rows received, in the layer
// that attended last, from the later tokens of its own segment: the mean over heads
// and over those tokens, 0 for the last token of a segment, [B, S] float32. segments
// are those that [SegmentsGraph] was given. It holds that layer's probabilities,
// [B, H, S, S], for as long as the mean over heads takes.
func (p *PackedAttention) ReceivedGraph(segments *Node) *Node {
	b, s := segments.Shape().Dim(0), segments.Shape().Dim(1)
	p.probs.AssertDims(b, -1, -1, s, s)
	paid := ReduceMean(p.probs, 1, 2) // [B, S, S]: query, key
	shape := shapes.Make(dtypeInt32, s, s)
	after := GreaterThan(Iota(segments.Graph(), shape, 0), Iota(segments.Graph(), shape, 1)) // [S, S]
	later := LogicalAnd(Equal(InsertAxes(segments, 2), InsertAxes(segments, 1)), InsertAxes(after, 0))
	total := ReduceSum(Where(later, paid, ZerosLike(paid)), 1) // [B, S]
	count := ReduceSum(ConvertDType(later, paid.DType()), 1)   // [B, S]
	return Div(total, Max(count, OnesLike(count)))
}
