package model

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

// This file computes a mixture of experts with work for the chosen experts only. The
// M*k choices are laid out expert by expert in blocks of a fixed number of rows; a
// block has one expert, whose matrices it multiplies with. There are always as many
// blocks as the worst case needs, so shapes are static and no token is dropped: what
// the experts leave free in their last blocks is the price. Places are counted, not
// sorted: XLA has no sort inside loops.

// The cost of a block in rows: its rows, and what copying an expert's matrices to it
// costs beside multiplying a row with them.
const blockCost = 32

// numBlocks is the number of blocks that hold any choice of k of n experts by m
// tokens: full ones, and a last one of each expert that is not.
func numBlocks(m, n, k, block int) int {
	return (m*k + min(n, m*k)*(block-1)) / block
}

// blockSize is the number of rows of a block that makes the grouped computation
// cheapest, or 0 where computing every expert for every token is cheaper still.
func blockSize(m, n, k int) int {
	best, least := 0, m*n
	for block := 8; block <= 512; block *= 2 {
		if cost := numBlocks(m, n, k, block) * (block + blockCost); cost < least {
			best, least = block, cost
		}
	}
	return best
}

// groupedGraph computes the chosen experts of x [M, D] in blocks, L of them.
func groupedGraph(x *Node, r *routing, w map[part]*Node, block int) *Node {
	g := x.Graph()
	m, k, n := r.experts.Shape().Dim(0), r.experts.Shape().Dim(1), r.probs.Shape().Dim(1)
	blocks := numBlocks(m, n, k, block)
	place, expert := layOutGraph(Reshape(r.experts, m*k), n, block, blocks)                                                                // [M*k], [L]
	choice := Scatter(InsertAxes(place, -1), Iota(g, shapes.Make(dtypeInt32, m*k), 0), shapes.Make(dtypeInt32, blocks*block), false, true) // [L*block]
	token := Div(choice, ConstAs(choice, int32(k)))                                                                                        // 0 in a free place: nobody looks there
	rows := Reshape(Gather(x, InsertAxes(token, -1)), blocks, block, -1)                                                                   // [L, block, D]
	of := func(p part) *Node { return Gather(w[p], InsertAxes(expert, -1)) }                                                               // [L, out, in]
	gate := DotGeneral(rows, []int{2}, []int{0}, of(partExpertGate), []int{2}, []int{0})                                                   // [L, block, F]
	up := DotGeneral(rows, []int{2}, []int{0}, of(partExpertUp), []int{2}, []int{0})
	out := DotGeneral(gatedGraph(gate, up), []int{2}, []int{0}, of(partExpertDown), []int{2}, []int{0}) // [L, block, D]
	out = Gather(Reshape(out, blocks*block, -1), InsertAxes(place, -1))                                 // [M*k, D]
	out = Mul(ConvertDType(Reshape(out, m, k, -1), dtypes.Float32), Reshape(r.weights, m, k, 1))
	return ConvertDType(ReduceSum(out, 1), x.DType()) // [M, D]
}

// layOutGraph gives each choice of an expert, choices [C] int32 below n, its place
// [C] among the rows of the blocks, and each block its expert [blocks].
func layOutGraph(choices *Node, n, block, blocks int) (place, expert *Node) {
	g, c := choices.Graph(), choices.Shape().Dim(0)
	one, zero := Const(g, int32(1)), Const(g, int32(0))
	is := Equal(InsertAxes(choices, -1), Iota(g, shapes.Make(dtypeInt32, c, n), 1)) // [C, N]
	ones := BroadcastToDims(one, c, n)
	upTo := prefixSumGraph(Where(is, ones, BroadcastToDims(zero, c, n))) // [C, N]: choices of the expert so far, this one included
	count := Reshape(SliceAxis(upTo, 0, AxisElem(c-1)), n)               // [N]
	used := Div(Add(count, ConstAs(count, int32(block-1))), ConstAs(count, int32(block)))
	ends := prefixSumGraph(InsertAxes(used, -1)) // [N, 1]: blocks of experts up to this one
	starts := Reshape(Sub(ends, InsertAxes(used, -1)), 1, n)
	starts = Mul(starts, ConstAs(starts, int32(block))) // [1, N]: the row where an expert's blocks begin
	at := Sub(Add(upTo, BroadcastToDims(starts, c, n)), ones)
	place = ReduceSum(Where(is, at, BroadcastToDims(zero, c, n)), -1) // [C]
	number := Iota(g, shapes.Make(dtypeInt32, n, blocks), 1)
	past := GreaterOrEqual(number, BroadcastToDims(ends, n, blocks)) // [N, blocks]: the expert ends before the block
	expert = ReduceSum(Where(past, BroadcastToDims(one, n, blocks), BroadcastToDims(zero, n, blocks)), 0)
	return place, Min(expert, ConstAs(expert, int32(n-1))) // unused blocks have the last expert
}

// prefixSumGraph is the running sum of x [C, N] along axis 0, in log2 C steps:
// CumSum is quadratic on the pure-Go backend.
func prefixSumGraph(x *Node) *Node {
	c, n := x.Shape().Dim(0), x.Shape().Dim(1)
	for step := 1; step < c; step *= 2 {
		before := BroadcastToDims(ConstAs(x, int32(0)), step, n)
		x = Add(x, Concatenate([]*Node{before, SliceAxis(x, 0, AxisRange(0, c-step))}, 0))
	}
	return x
}
