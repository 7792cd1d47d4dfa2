package algos

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

// This file holds scans along the tokens of a response, in log2(T) steps of whole
// arrays [N, T]: what a token gathers from those before it. None has a gradient; losses
// stop it before.

// prefixGraph joins each token with all before it: out_t = join(x_0, ..., x_t) for an
// associative join with the neutral element neutral, [N, T].
func prefixGraph(x *Node, neutral float64, join func(earlier, later *Node) *Node) *Node {
	for step := 1; step < x.Shape().Dim(-1); step *= 2 {
		x = join(ShiftRight(x, step, neutral), x)
	}
	return x
}

// countGraph is the number of trained tokens up to and with each token, [N, T].
func countGraph(mask *Node) *Node { return prefixGraph(mask, 0, Add) }

// lookupGraph is table[index], for whole numbers index [N, T] held as floats.
func lookupGraph(table []float32, index *Node) *Node {
	i := InsertAxes(ConvertDType(index, dtypes.Int32), -1) // [N, T, 1]
	return Gather(Const(index.Graph(), table), i)          // [N, T]
}

// relaxGraph is the recursion x_t = (1-gain_t)*x_{t-1} + gain_t*z_t with x_{-1} = 0,
// [N, T]. logKeep is log(1-gain). Each step doubles the stretch that a token has
// gathered; what it keeps of earlier ones is the exponential of a sum that is never
// positive, so nothing can overflow, whatever T is.
func relaxGraph(gain, logKeep, z *Node) *Node {
	x := Mul(gain, z)
	for step := 1; step < x.Shape().Dim(-1); step *= 2 {
		x = Add(x, Mul(Exp(logKeep), ShiftRight(x, step, 0)))
		logKeep = Add(logKeep, ShiftRight(logKeep, step, 0))
	}
	return x
}

// runMeanGraph is the mean of x [N, T], zero where masked, over the trained tokens of
// each token's run: neighbours with the same id. ids may not fall along a row; those at
// masked positions do not matter. It is 0 for a run without a trained token.
func runMeanGraph(mask, ids, x *Node) (mean, count *Node) {
	ids = prefixGraph(Where(IsTrained(mask), ids, ZerosLike(ids)), 0, Max)
	total := func(x *Node) *Node { // over the run, [N, T]
		back, ahead := x, x
		width := x.Shape().Dim(-1)
		for step := 1; step < width; step *= 2 {
			same := Equal(ids, ShiftRight(ids, step, -1))
			back = Add(back, Where(same, ShiftRight(back, step, 0), ZerosLike(x)))
			same = Equal(ids, ShiftLeft(ids, step, -1))
			ahead = Add(ahead, Where(same, ShiftLeft(ahead, step, 0), ZerosLike(x)))
		}
		return Sub(Add(back, ahead), x)
	}
	count = atLeastOne(total(mask))
	return Div(total(x), count), count
}

// rowQuantileGraph is the q-quantile of x [N, T] over the trained tokens of each row, the
// lower of the two that it lies between, [N, 1].
func rowQuantileGraph(mask, x *Node, q float64) *Node {
	place := make([]float32, x.Shape().Dim(-1)+1) // by number of trained tokens
	for n := range place {
		place[n] = float32(math.Floor(q * float64(max(0, n-1))))
	}
	infinite := BroadcastToShape(Infinity(x.Graph(), x.DType(), 1), x.Shape())
	sorted := Sort(Where(IsTrained(mask), x, infinite), -1, true)                     // [N, T]
	wanted := lookupGraph(place, ReduceAndKeep(mask, ReduceSum, -1))                  // [N, 1]
	here := Equal(Iota(x.Graph(), x.Shape(), 1), BroadcastToShape(wanted, x.Shape())) // [N, T]
	return ReduceAndKeep(Where(here, sorted, ZerosLike(x)), ReduceSum, -1)            // [N, 1]
}
