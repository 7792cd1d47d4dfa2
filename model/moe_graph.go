package model

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	. "github.com/gomlx/gomlx/core/graph"         //nolint:revive // graph code reads as formulas
	. "github.com/gomlx/gomlx/support/exceptions" //nolint:revive // as above
)

// Letters of this file and of dispatch_graph.go: M tokens, D hidden size, N experts,
// k experts of a token, F an expert's width.

// routing is what a sparse layer's router chose.
type routing struct {
	probs   *Node // [M, N] float32, of all experts
	experts *Node // [M, k] int32, the likeliest first
	weights *Node // [M, k] float32
}

// expertsGraph is a mixture of experts over x [M, D] (Qwen3MoeSparseMoeBlock): each
// token goes to all of its experts, however many others do. Which of two ways to
// compute it depends on the shape: see [blockSize].
func (d *Decoder) expertsGraph(x *Node, w map[part]*Node) *Node {
	r := d.routeGraph(x, w[partRouter])
	d.routings = append(d.routings, r)
	if block := blockSize(x.Shape().Dim(0), d.Arch.NumExperts, d.Arch.NumExpertsPerTok); block > 0 {
		return groupedGraph(x, r, w, block)
	}
	return denseGraph(x, r, w)
}

// routeGraph chooses the experts of tokens x [M, D]: a softmax over all of them in
// float32, of which the k largest count, divided by their sum where the architecture
// says so. Of equals the first is taken. Sorting is not to be had inside XLA's loops;
// k maxima are.
func (d *Decoder) routeGraph(x, router *Node) *routing {
	x, router = ConvertDType(x, dtypes.Float32), ConvertDType(router, dtypes.Float32)
	n := router.Shape().Dim(0)
	if n < wideRouter {
		none := BroadcastToDims(Const(router.Graph(), float32(0)), wideRouter-n, router.Shape().Dim(1))
		router = Concatenate([]*Node{router, none}, 0)
	}
	logits := linearGraph(x, router, nil) // [M, N], or wider
	return d.chooseGraph(SliceAxis(logits, 1, AxisRange(0, n)))
}

// wideRouter is the number of columns from which on the pure-Go backend sums up the
// rows of a product alike, wherever they lie: up to 16 it does not, and a token's
// weights would depend on its neighbours.
const wideRouter = 32

// chooseGraph makes the choice from the router's logits [M, N].
func (d *Decoder) chooseGraph(logits *Node) *routing {
	e := Exp(Sub(logits, StopGradient(ReduceAndKeep(logits, ReduceMax, -1))))
	probs := Div(e, ReduceAndKeep(e, ReduceSum, -1))
	m, n := probs.Shape().Dim(0), probs.Shape().Dim(1)
	ids := Iota(logits.Graph(), shapes.Make(dtypeInt32, m, n), 1)
	left := StopGradient(probs)
	var experts, weights []*Node
	for range d.Arch.NumExpertsPerTok {
		first := Where(Equal(left, ReduceAndKeep(left, ReduceMax, -1)), ids, ConstAs(ids, int32(n)))
		expert := ReduceAndKeep(first, ReduceMin, -1) // [M, 1]
		chosen := Equal(ids, expert)                  // [M, N]
		experts = append(experts, expert)
		weights = append(weights, ReduceAndKeep(Where(chosen, probs, ZerosLike(probs)), ReduceSum, -1))
		left = Where(chosen, ConstAs(left, float32(-1)), left)
	}
	r := &routing{probs: probs, experts: Concatenate(experts, -1), weights: Concatenate(weights, -1)} // [M, k]
	if d.Arch.NormTopKProb {
		r.weights = Div(r.weights, ReduceAndKeep(r.weights, ReduceSum, -1))
	}
	return r
}

// gatesGraph spreads the weights over all experts, [M, N]: 0 where not chosen.
func (r *routing) gatesGraph() *Node {
	ids := Iota(r.probs.Graph(), shapeInt32(r.probs), 1)
	gates := ZerosLike(r.probs)
	for j := range r.experts.Shape().Dim(1) {
		expert, weight := SliceAxis(r.experts, 1, AxisElem(j)), SliceAxis(r.weights, 1, AxisElem(j)) // [M, 1]
		gates = Add(gates, Where(Equal(ids, expert), BroadcastToShape(weight, gates.Shape()), ZerosLike(gates)))
	}
	return gates
}

// denseGraph computes every expert for every token and adds them with their gates:
// the least work where experts are few.
func denseGraph(x *Node, r *routing, w map[part]*Node) *Node {
	m, n := r.probs.Shape().Dim(0), r.probs.Shape().Dim(1)
	f, d := w[partExpertGate].Shape().Dim(1), x.Shape().Dim(1)
	all := func(p part) *Node { return linearGraph(x, Reshape(w[p], n*f, d), nil) } // [M, N*F]
	h := ConvertDType(gatedGraph(all(partExpertGate), all(partExpertUp)), dtypes.Float32)
	h = Mul(Reshape(h, m, n, f), InsertAxes(r.gatesGraph(), -1)) // [M, N, F]
	h = ConvertDType(Reshape(h, m, n*f), x.DType())
	down := Reshape(TransposeAllAxes(w[partExpertDown], 0, 2, 1), n*f, d)
	return DotGeneral(h, []int{1}, nil, down, []int{0}, nil) // [M, D]
}

// RoutesGraph are the experts chosen in HiddenGraph, [layers, M, k] int32: sparse
// layers in order, tokens as they lie in its rows.
func (d *Decoder) RoutesGraph() *Node {
	return d.stackGraph(func(r *routing) *Node { return r.experts })
}

// RouteWeightsGraph are the weights of RoutesGraph's experts, [layers, M, k] float32.
func (d *Decoder) RouteWeightsGraph() *Node {
	return d.stackGraph(func(r *routing) *Node { return r.weights })
}

func (d *Decoder) stackGraph(of func(r *routing) *Node) *Node {
	if len(d.routings) == 0 {
		Panicf("model: no routes: no sparse layer, or HiddenGraph has not been called")
	}
	parts := make([]*Node, len(d.routings))
	for i, r := range d.routings {
		parts[i] = InsertAxes(of(r), 0)
	}
	return Concatenate(parts, 0)
}

// BalanceLossGraph is the load-balancing loss of what HiddenGraph routed (Fedus et
// al., arXiv 2101.03961, equations 4 to 6; load_balancing_loss_func of transformers):
// N times the sum over experts of the share of choices that fell on it times its mean
// probability, over all sparse layers and the tokens that mask [B, S] lets through.
// A scalar in float32; 0 where no layer is sparse.
func (d *Decoder) BalanceLossGraph(mask *Node) *Node {
	if len(d.routings) == 0 {
		return ScalarZero(mask.Graph(), dtypes.Float32)
	}
	valid := Reshape(ConvertDType(mask, dtypes.Float32), -1, 1) // [M, 1]
	var chosen, probable *Node                                  // [N], summed over layers
	for _, r := range d.routings {
		ids := Iota(mask.Graph(), shapeInt32(r.probs), 1)
		counts := ZerosLike(r.probs)
		for j := range r.experts.Shape().Dim(1) {
			counts = Add(counts, ConvertDType(Equal(ids, SliceAxis(r.experts, 1, AxisElem(j))), dtypes.Float32))
		}
		c, p := ReduceSum(Mul(counts, valid), 0), ReduceSum(Mul(r.probs, valid), 0)
		if chosen == nil {
			chosen, probable = c, p
			continue
		}
		chosen, probable = Add(chosen, c), Add(probable, p)
	}
	total := MulScalar(Max(ReduceAllSum(valid), Const(mask.Graph(), float32(1))), float64(len(d.routings)))
	shares := Mul(Div(StopGradient(chosen), total), Div(probable, total))
	return MulScalar(ReduceAllSum(shares), float64(d.Arch.NumExperts))
}
