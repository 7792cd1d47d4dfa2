package model

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

// Rotary holds the rotary angles of the tokens of one graph (Su et al., arXiv
// 2104.09864), in HF's convention: the first half of a head rotates with the second.
type Rotary struct {
	cos, sin *Node // [B, S, 1, E/2] float32
	// positions are the tokens' [B, S] int32, each below limit.
	positions *Node
	limit     int
}

// rotaryBlock splits a position p into blocks and rest: cos and sin of the sum come
// from two small tables made in float64, so that angles stay exact at any position.
const rotaryBlock = 512

// RotaryGraph looks up the angles of positions [B, S] int32, each below limit.
func (a *Arch) RotaryGraph(positions *Node, limit int) *Rotary {
	b, s := positions.Shape().Dim(0), positions.Shape().Dim(1)
	shape := []int{b, s, 1, a.HeadDim / 2}
	inverse, attention := a.rotaryFrequencies()
	r := &Rotary{positions: positions, limit: limit}
	if limit <= rotaryBlock {
		cos, sin := rotaryTable(inverse, limit, 1, attention)
		r.cos, r.sin = lookUpGraph(cos, positions, shape), lookUpGraph(sin, positions, shape)
		return r
	}
	block := ConstAs(positions, int32(rotaryBlock))
	high, low := Div(positions, block), Rem(positions, block)
	cosLow, sinLow := rotaryTable(inverse, rotaryBlock, 1, attention)
	cosHigh, sinHigh := rotaryTable(inverse, (limit+rotaryBlock-1)/rotaryBlock, rotaryBlock, 1)
	cl, sl := lookUpGraph(cosLow, low, shape), lookUpGraph(sinLow, low, shape)
	ch, sh := lookUpGraph(cosHigh, high, shape), lookUpGraph(sinHigh, high, shape)
	r.cos, r.sin = Sub(Mul(ch, cl), Mul(sh, sl)), Add(Mul(sh, cl), Mul(ch, sl))
	return r
}

// rotaryTable is cos and sin of i * stride * inverse[j], times scale, each [n, E/2].
func rotaryTable(inverse []float64, n, stride int, scale float64) (cos, sin *tensors.Tensor) {
	half := len(inverse)
	c, s := make([]float32, n*half), make([]float32, n*half)
	for i := range n {
		for j, f := range inverse {
			angle := float64(i*stride) * f
			c[i*half+j], s[i*half+j] = float32(scale*math.Cos(angle)), float32(scale*math.Sin(angle))
		}
	}
	return tensors.FromFlatDataAndDimensions(c, n, half), tensors.FromFlatDataAndDimensions(s, n, half)
}

// lookUpGraph gathers rows of a table by index [B, S] and shapes them.
func lookUpGraph(table *tensors.Tensor, index *Node, shape []int) *Node {
	g := index.Graph()
	rows := Gather(ConstTensor(g, table), Reshape(index, index.Shape().Size(), 1)) // [B*S, E/2]
	return Reshape(rows, shape...)
}

// RotateGraph rotates x [B, S, heads, E], in float32 whatever its dtype.
func (r *Rotary) RotateGraph(x *Node) *Node {
	dtype := x.DType()
	x = ConvertDType(x, dtypes.Float32)
	half := x.Shape().Dim(-1) / 2
	first := SliceAxis(x, -1, AxisRange(0, half))       // [B, S, heads, E/2]
	second := SliceAxis(x, -1, AxisRange(half, 2*half)) // [B, S, heads, E/2]
	return ConvertDType(Concatenate([]*Node{
		Sub(Mul(first, r.cos), Mul(second, r.sin)),
		Add(Mul(second, r.cos), Mul(first, r.sin)),
	}, -1), dtype)
}

// PositionsGraph is 0..S-1 in each of B rows, int32 [B, S].
func PositionsGraph(tokens *Node) *Node {
	return Iota(tokens.Graph(), shapes.Make(tokens.DType(), tokens.Shape().Dimensions...), 1)
}
