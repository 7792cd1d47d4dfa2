package model

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

const dtypeInt32 = dtypes.Int32

// CacheDims are the dimensions of one layer's key or value cache for rows rows of
// width slots: [B, K, W, E].
func (a *Arch) CacheDims(rows, width int) []int {
	return []int{rows, a.NumKeyValueHeads, width, a.HeadDim}
}

// NumCaches is the number of cache tensors: keys and values of each layer.
func (a *Arch) NumCaches() int { return 2 * a.NumHiddenLayers }

// NewCacheGraph is a cache [B, K, W, E] whose row b begins with the P slots of row
// source[b] of fresh [N, K, P, E] (of row 0 where source is negative: a free row) and
// is 0 after them. source is [B] int32, W = width at least P.
func NewCacheGraph(fresh, source *Node, width int) *Node {
	rows := Gather(fresh, InsertAxes(Max(source, ConstAs(source, int32(0))), -1)) // [B, K, P, E]
	dims := rows.Shape().Dimensions
	if dims[2] == width {
		return rows
	}
	rest := Zeros(fresh.Graph(), shapes.Make(fresh.DType(), dims[0], dims[1], width-dims[2], dims[3]))
	return Concatenate([]*Node{rows, rest}, 2) // [B, K, W, E]
}

// AdmitGraph gives rows new prompts: cache [B, K, W, E] takes, where source is not
// negative, the first P slots of row source[b] of fresh [N, K, P, E]. source is [B]
// int32. So a prompt is computed once, however many rows continue it.
func AdmitGraph(cache, fresh, source *Node) *Node {
	b, w, p := cache.Shape().Dim(0), cache.Shape().Dim(2), fresh.Shape().Dim(2)
	zero := ConstAs(source, int32(0))
	rows := Gather(fresh, InsertAxes(Max(source, zero), -1)) // [B, K, P, E]
	if p < w {
		rest := SliceAxis(cache, 2, AxisRange(p, w))
		rows = Concatenate([]*Node{rows, rest}, 2) // [B, K, W, E]
	}
	admitted := Reshape(GreaterOrEqual(source, zero), b, 1, 1, 1)
	return Where(BroadcastToShape(admitted, cache.Shape()), rows, cache)
}
