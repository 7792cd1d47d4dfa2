package trainer

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas

	"github.com/rlvr-go/rlvr/model"
)

// scorePass says what a forward pass gives beside log-probabilities and entropies.
type scorePass struct {
	// values asks for those of a value head, received for the attention that each token
	// receives from later ones.
	values, received bool
}

// scoreGraph is the forward pass alone. Inputs: weights, those of the value head where
// values are asked for, then microInputs. Outputs, [N, T] each: log-probabilities,
// entropies, and what the pass gives beside them.
func scoreGraph(arch *model.Arch, pass scorePass) func(in []*Node) []*Node {
	return func(in []*Node) []*Node {
		nw := len(arch.Weights())
		first := nw
		if pass.values {
			first += len(headSpecs(arch))
		}
		m := microInputsOf(in[first:])
		r := responseGraph(arch, in[:nw], m)
		out := []*Node{r.logProbs, r.entropy}
		if pass.values {
			out = append(out, valuesGraph(r.hidden, in[nw:first], m.mask))
		}
		if pass.received {
			out = append(out, receivedGraph(r.attention, m))
		}
		return out
	}
}

// receivedGraph is the attention that each token of the responses receives, [N, T], in
// rows that hold the responses' last tokens too.
func receivedGraph(attention *model.PackedAttention, m microInputs) *Node {
	n, t := m.gather.Shape().Dim(0), m.gather.Shape().Dim(1)
	received := Reshape(attention.ReceivedGraph(m.segments), -1, 1) // [R*S, 1]
	if t == 1 {
		return ZerosLike(m.mask)
	}
	// A token is where the next one is predicted; 0 predicts no token but a first one.
	at := SliceAxis(m.gather, 1, AxisRange(1))                      // [N, T-1]
	x := Reshape(Gather(received, Reshape(at, n*(t-1), 1)), n, t-1) // [N, T-1]
	x = Where(GreaterThan(at, ZerosLike(at)), x, ZerosLike(x))
	return Pad(x, ScalarZero(x.Graph(), x.DType()), PadAxis{}, PadAxis{End: 1}) // [N, T]
}
