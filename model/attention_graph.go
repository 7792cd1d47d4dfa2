package model

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

// masked is the score of a key that a query must not see: its probability is
// exactly 0 in float32, and a row that sees nothing stays finite.
const masked = -1e30

// PackedAttention attends within rows of tokens: what training and prefill use.
type PackedAttention struct {
	mask *Node // [B, 1, 1, S, S] bool
	// windows are the masks by size of the window, made as layers ask for them.
	windows map[int]*Node
	// Keys and Values of each layer as they went in, [B, K, S, E]: prefill keeps them.
	Keys, Values []*Node
	// probs are those of the layer that attended last, [B, K, G, S, S] float32.
	probs *Node
}

// CausalGraph attends to all earlier tokens of a row and the token itself.
func CausalGraph(tokens *Node) *PackedAttention {
	s := tokens.Shape().Dim(1)
	return &PackedAttention{mask: InsertAxes(causalMaskGraph(tokens.Graph(), s), 0, 0, 0), windows: map[int]*Node{}}
}

// SegmentsGraph attends to earlier tokens of the same segment and of the segment
// that prefixes names: a prompt shared by several completions. Both are [B, S]
// int32; padding has segment -1 and sees padding alone.
func SegmentsGraph(segments, prefixes *Node) *PackedAttention {
	s := segments.Shape().Dim(1)
	key := InsertAxes(segments, 1) // [B, 1, S]
	own := Equal(InsertAxes(segments, 2), key)
	shared := Equal(InsertAxes(prefixes, 2), key)
	mask := LogicalAnd(LogicalOr(own, shared), InsertAxes(causalMaskGraph(segments.Graph(), s), 0)) // [B, S, S]
	return &PackedAttention{mask: InsertAxes(mask, 1, 1), windows: map[int]*Node{}}                 // [B, 1, 1, S, S]
}

// maskGraph is the mask of a layer. A window counts positions and not columns: a
// completion's columns follow those of its siblings, its positions the prompt's.
func (p *PackedAttention) maskGraph(layer Layer) *Node {
	if layer.Window == 0 {
		return p.mask
	}
	if m, ok := p.windows[layer.Window]; ok {
		return m
	}
	distance := Sub(InsertAxes(layer.Positions, 2), InsertAxes(layer.Positions, 1)) // [B, S, S]: query - key
	near := InsertAxes(LessThan(distance, ConstAs(distance, int32(layer.Window))), 1, 1)
	p.windows[layer.Window] = LogicalAnd(BroadcastToShape(p.mask, near.Shape()), near) // [B, 1, 1, S, S]
	return p.windows[layer.Window]
}

func causalMaskGraph(g *Graph, s int) *Node {
	shape := shapes.Make(dtypeInt32, s, s)
	return LessOrEqual(Iota(g, shape, 1), Iota(g, shape, 0)) // [S, S]: key <= query
}

// AttendGraph implements [Attention].
func (p *PackedAttention) AttendGraph(layer Layer, q, k, v *Node) *Node {
	b, s, h, e := q.Shape().Dim(0), q.Shape().Dim(1), q.Shape().Dim(2), q.Shape().Dim(3)
	kv := k.Shape().Dim(2)
	k, v = TransposeAllAxes(k, 0, 2, 1, 3), TransposeAllAxes(v, 0, 2, 1, 3) // [B, K, S, E]
	p.Keys, p.Values = append(p.Keys, k), append(p.Values, v)
	q = Reshape(TransposeAllAxes(q, 0, 2, 1, 3), b, kv, h/kv*s, e) // [B, K, G*S, E]
	scores := Reshape(scoresGraph(q, k), b, kv, h/kv, s, s)        // [B, K, G, S, S]
	p.probs = softmaxGraph(scores, p.maskGraph(layer))
	probs := ConvertDType(p.probs, v.DType())
	out := batchDotGraph(Reshape(probs, b, kv, h/kv*s, s), v, 2)  // [B, K, G*S, E]
	return TransposeAllAxes(Reshape(out, b, h, s, e), 0, 2, 1, 3) // [B, S, H, E]
}

// CachedAttention attends from one new token a row to the cache: what decoding
// uses. It writes the token's key and value first.
type CachedAttention struct {
	// Cache holds keys and values of each layer, k0, v0, k1, v1, ..., [B, K, W, E];
	// AttendGraph replaces them by the updated ones.
	Cache []*Node
	write *Node // [B, 1, W, 1] bool: the slot of the new token
	mask  *Node // [B, 1, 1, W] bool: the slots it sees
	slots *Node // [B, W] int32: the position that a slot holds
	// windows are the masks by size of the window, made as layers ask for them.
	windows map[int]*Node
}

// CachedGraph makes the attention of tokens at positions [B, 1] int32 over cache.
func CachedGraph(cache []*Node, positions *Node) *CachedAttention {
	b, w := cache[0].Shape().Dim(0), cache[0].Shape().Dim(2)
	slots := Iota(positions.Graph(), shapes.Make(dtypeInt32, b, w), 1)
	return &CachedAttention{
		Cache: cache,
		write: InsertAxes(Equal(slots, positions), 1, -1),      // [B, 1, W, 1]
		mask:  InsertAxes(LessOrEqual(slots, positions), 1, 1), // [B, 1, 1, W]
		slots: slots, windows: map[int]*Node{},
	}
}

// maskGraph is the mask of a layer.
func (c *CachedAttention) maskGraph(layer Layer) *Node {
	if layer.Window == 0 {
		return c.mask
	}
	if m, ok := c.windows[layer.Window]; ok {
		return m
	}
	oldest := Sub(layer.Positions, ConstAs(layer.Positions, int32(layer.Window-1))) // [B, 1]
	c.windows[layer.Window] = LogicalAnd(c.mask, InsertAxes(GreaterOrEqual(c.slots, oldest), 1, 1))
	return c.windows[layer.Window]
}

// AttendGraph implements [Attention] for S = 1.
func (c *CachedAttention) AttendGraph(layer Layer, q, k, v *Node) *Node {
	b, h, e := q.Shape().Dim(0), q.Shape().Dim(2), q.Shape().Dim(3)
	kv := k.Shape().Dim(2)
	key := c.storeGraph(2*layer.Index, k)                  // [B, K, W, E]
	value := c.storeGraph(2*layer.Index+1, v)              // [B, K, W, E]
	scores := scoresGraph(Reshape(q, b, kv, h/kv, e), key) // [B, K, G, W]
	probs := ConvertDType(softmaxGraph(scores, c.maskGraph(layer)), value.DType())
	return Reshape(batchDotGraph(probs, value, 2), b, 1, h, e) // [B, 1, H, E]
}

// storeGraph writes x [B, 1, K, E] into cache i at the new token's slot.
func (c *CachedAttention) storeGraph(i int, x *Node) *Node {
	cache := c.Cache[i]
	shape := cache.Shape()
	x = Reshape(x, shape.Dim(0), shape.Dim(1), 1, shape.Dim(3)) // [B, K, 1, E]
	c.Cache[i] = Where(BroadcastToShape(c.write, shape), BroadcastToShape(x, shape), cache)
	return c.Cache[i]
}

// scoresGraph are the scaled products of queries [B, K, M, E] and keys [B, K, W, E],
// [B, K, M, W] float32.
func scoresGraph(q, k *Node) *Node {
	scale := 1 / math.Sqrt(float64(q.Shape().Dim(3)))
	if q.DType() == dtypes.Float32 {
		return batchDotGraph(MulScalar(q, scale), k, 3)
	}
	// Scaled queries would be rounded once more.
	return MulScalar(Dot(q, k).WithOutputDType(dtypes.Float32).General([]int{3}, []int{0, 1}, []int{3}, []int{0, 1}), scale)
}

// batchDotGraph contracts the last axis of x [B, K, M, C] with axis of y [B, K, ., .].
func batchDotGraph(x, y *Node, axis int) *Node {
	return DotGeneral(x, []int{3}, []int{0, 1}, y, []int{axis}, []int{0, 1})
}

// softmaxGraph is the softmax over the last axis of the scores that mask lets
// through. Masked scores become exact zeros.
func softmaxGraph(scores, mask *Node) *Node {
	x := Where(BroadcastToShape(mask, scores.Shape()), scores, ConstAs(scores, masked))
	e := Exp(Sub(x, StopGradient(ReduceAndKeep(x, ReduceMax, -1))))
	return Div(e, ReduceAndKeep(e, ReduceSum, -1))
}
