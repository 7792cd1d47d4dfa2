package model

import (
	"github.com/gomlx/compute/dtypes"

	. "github.com/gomlx/gomlx/core/graph"         //nolint:revive // graph code reads as formulas
	. "github.com/gomlx/gomlx/support/exceptions" //nolint:revive // as above
)

// Decoder is an architecture whose weights are nodes of one graph. It computes in
// their dtype: see [CastGraph].
type Decoder struct {
	Arch      *Arch
	embed     *Node // [V, D]
	finalNorm *Node // [D]
	head      *Node // [V, D]
	layers    []map[part]*Node
	// routings are what the routers of the sparse layers chose in HiddenGraph.
	routings []*routing
}

// CastGraph is weights in the dtype of computation, float32 or bfloat16; those that
// have it already stay as they are. In bfloat16 products and the residual stream have
// that dtype, as in transformers; what happens to single elements (norms, rotary
// angles, softmax, gates), the router and the logits are float32. Gradients flow to the weights in their own dtype.
func CastGraph(weights []*Node, dtype dtypes.DType) []*Node {
	out := make([]*Node, len(weights))
	for i, w := range weights {
		out[i] = ConvertDType(w, dtype)
	}
	return out
}

// BindGraph makes a Decoder of weights in the order of [Arch.Weights], which are cast
// to the dtype of computation.
func (a *Arch) BindGraph(weights []*Node) *Decoder {
	specs := a.Weights()
	if len(weights) != len(specs) {
		Panicf("model: %d weights bound, the architecture has %d", len(weights), len(specs))
	}
	if a.DType != "" {
		weights = CastGraph(weights, a.ComputeDType())
	}
	d := &Decoder{Arch: a, layers: make([]map[part]*Node, a.NumHiddenLayers)}
	for l := range d.layers {
		d.layers[l] = map[part]*Node{}
	}
	for i, w := range specs {
		weights[i].AssertDims(w.Shape...)
		switch w.part {
		case partEmbed:
			d.embed = weights[i]
		case partFinalNorm:
			d.finalNorm = weights[i]
		case partHead:
			d.head = weights[i]
		default:
			d.layers[w.layer][w.part] = weights[i]
		}
	}
	if a.TieWordEmbeddings {
		d.head = d.embed
	}
	return d
}

// Layer is what attention may depend on beside queries, keys and values.
type Layer struct {
	// Index counts layers from 0.
	Index int
	// Window is the number of latest positions that a token attends to, itself
	// included; 0: all.
	Window int
	// Positions of the tokens, [B, S] int32.
	Positions *Node
}

// Attention is one layer's attention over whatever keys and values it holds.
type Attention interface {
	// AttendGraph takes rotated queries [B, S, H, E] and keys and rotated keys and
	// values [B, S, K, E] of a layer and returns [B, S, H, E].
	AttendGraph(layer Layer, q, k, v *Node) *Node
}

// HiddenGraph runs the layers and the final norm over tokens [B, S] int32 with
// rotary angles from rot and returns [B, S, D].
func (d *Decoder) HiddenGraph(tokens *Node, rot *Rotary, attn Attention) *Node {
	tokens.AssertRank(2)
	b, s := tokens.Shape().Dim(0), tokens.Shape().Dim(1)
	x := Gather(d.embed, InsertAxes(Reshape(tokens, b*s), -1)) // [B*S, D]
	for l, w := range d.layers {
		y := d.normGraph(x, w[partInputNorm])
		q := d.projectGraph(y, w, partQ, partQBias, partQNorm, b, s) // [B, S, H, E]
		k := d.projectGraph(y, w, partK, partKBias, partKNorm, b, s) // [B, S, K, E]
		v := d.projectGraph(y, w, partV, partVBias, 0, b, s)         // [B, S, K, E]
		a := attn.AttendGraph(d.layer(l, rot), rot.RotateGraph(q), rot.RotateGraph(k), v)
		a = Reshape(a, b*s, d.Arch.NumAttentionHeads*d.Arch.HeadDim) // [B*S, H*E]
		x = Add(x, linearGraph(a, w[partO], w[partOBias]))
		y = d.normGraph(x, w[partPostNorm])
		if d.Arch.Sparse(l) {
			x = Add(x, d.expertsGraph(y, w))
		} else {
			x = Add(x, mlpGraph(y, w))
		}
	}
	return Reshape(d.normGraph(x, d.finalNorm), b, s, d.Arch.HiddenSize) // [B, S, D]
}

// layer describes layer l to its attention. A window that reaches further back than
// any position is none.
func (d *Decoder) layer(l int, rot *Rotary) Layer {
	window := d.Arch.Window(l)
	if window >= rot.limit {
		window = 0
	}
	return Layer{Index: l, Window: window, Positions: rot.positions}
}

// projectGraph is one of q, k, v: x [B*S, D] to [B, S, heads, E], normalised per
// head where the family has it.
func (d *Decoder) projectGraph(x *Node, w map[part]*Node, weight, bias, norm part, b, s int) *Node {
	y := linearGraph(x, w[weight], w[bias])
	y = Reshape(y, b, s, -1, d.Arch.HeadDim) // [B, S, heads, E]
	if n := w[norm]; norm != 0 && n != nil {
		y = d.normGraph(y, n)
	}
	return y
}

// mlpGraph is the gated MLP of a dense layer over x [M, D].
func mlpGraph(x *Node, w map[part]*Node) *Node {
	gate := linearGraph(x, w[partGate], w[partGateBias]) // [M, F]
	up := linearGraph(x, w[partUp], w[partUpBias])       // [M, F]
	return linearGraph(gatedGraph(gate, up), w[partDown], w[partDownBias])
}

// gatedGraph is silu(gate) * up, rounded once to their dtype.
func gatedGraph(gate, up *Node) *Node {
	dtype := gate.DType()
	gate, up = ConvertDType(gate, dtypes.Float32), ConvertDType(up, dtypes.Float32)
	return ConvertDType(Mul(Mul(gate, Sigmoid(gate)), up), dtype)
}

// linearGraph is x [M, in] times w [out, in] transposed, plus bias [out] if any.
func linearGraph(x, w, bias *Node) *Node {
	y := DotGeneral(x, []int{1}, nil, w, []int{1}, nil) // [M, out]
	if bias != nil {
		y = Add(y, InsertAxes(bias, 0))
	}
	return y
}

// normGraph is RMSNorm over the last axis (Zhang and Sennrich, arXiv 1910.07467),
// in float32, rounded once to x's dtype.
func (d *Decoder) normGraph(x, weight *Node) *Node {
	wide := ConvertDType(x, dtypes.Float32)
	ms := ReduceAndKeep(Square(wide), ReduceMean, -1)
	scale := Reciprocal(Sqrt(AddScalar(ms, d.Arch.RMSNormEps))) // Rsqrt has no gradient
	weight = ConvertDType(weight, dtypes.Float32)
	return ConvertDType(Mul(Mul(wide, scale), ExpandLeftToRank(weight, x.Rank())), x.DType())
}
