package sampler

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

// Letters: B rows, V vocabulary.

// GumbelGraph draws standard Gumbel noise [B, V] float32, a function of a row's key
// [B, 2] uint32, its position [B] int32 and the vocabulary index alone: a hash, not
// a stream, so that nothing depends on the row or the batch, and sharded devices
// compute their own part.
func GumbelGraph(keys, positions *Node, vocab int) *Node {
	return noiseGraph(bitsGraph(keys, positions, vocab))
}

// bitsGraph is the hash, [B, V] uint32: the same on every device.
func bitsGraph(keys, positions *Node, vocab int) *Node {
	b := keys.Shape().Dim(0)
	first := SliceAxis(keys, 1, AxisElem(0))                                            // [B, 1]
	second := SliceAxis(keys, 1, AxisElem(1))                                           // [B, 1]
	position := InsertAxes(ConvertDType(positions, dtypes.Uint32), -1)                  // [B, 1]
	row := mixGraph(BitwiseXor(mixGraph(Add(position, first)), second))                 // [B, 1]
	index := Iota(keys.Graph(), shapes.Make(dtypes.Uint32, b, vocab), 1)                // [B, V]
	bits := mixGraph(Add(Mul(index, ConstAs(index, uint32(0x9E3779B9))), row))          // [B, V]
	return mixGraph(Add(bits, BitwiseXor(second, ConstAs(second, uint32(0x85EBCA6B))))) // [B, V]
}

// noiseGraph turns 32 uniform bits into Gumbel noise.
func noiseGraph(bits *Node) *Node {
	g := bits.Graph()
	// u in (0, 1), spaced finely near 0, where -log(1-u) decides who wins.
	u := Mul(AddScalar(ConvertDType(bits, dtypes.Float32), 0.5), Const(g, float32(1.0/(1<<32))))
	u = Min(u, Const(g, float32(1-1.0/(1<<24))))
	return Neg(Log(Neg(Log1P(Neg(u)))))
}

// mixGraph is the 32-bit finaliser of Hash Function Prospector's "lowbias32"
// (https://github.com/skeeto/hash-prospector): every input bit moves every output
// bit with probability close to 1/2.
func mixGraph(x *Node) *Node {
	shift := func(x *Node, n uint32) *Node {
		return BitwiseXor(x, BitwiseShiftRightLogical(x, BroadcastToShape(ConstAs(x, n), x.Shape())))
	}
	x = Mul(shift(x, 16), ConstAs(x, uint32(0x7FEB352D)))
	x = Mul(shift(x, 15), ConstAs(x, uint32(0x846CA68B)))
	return shift(x, 16)
}
