package trainer

import (
	"github.com/gomlx/compute/dtypes"

	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

// addGraph adds the outputs of two gradient passes elementwise. Inputs: both lists,
// one after the other.
func addGraph(in []*Node) []*Node {
	half := len(in) / 2
	out := make([]*Node, half)
	for i := range out {
		out[i] = Add(in[i], in[half+i])
	}
	return out
}

// adamW are the constants of the optimizer's graph.
type adamW struct {
	beta1, beta2, epsilon, weightDecay, maxNorm float64
	// decay says which weights decay: matrices, not norms and biases, as in HF's
	// Trainer.
	decay []bool
	// policy is the number of weights that are the policy's; those after it are a value
	// head's, which has a learning rate of its own.
	policy int
}

// updateGraph is one AdamW step with decoupled weight decay (Loshchilov and Hutter,
// arXiv 1711.05101, algorithm 2) after clipping the global gradient norm. Inputs:
// weights, first moments, second moments, gradients, then a vector of loss,
// learning rate, 1 - beta1^t, 1 - beta2^t, and, where there is a value head, its
// learning rate. Outputs: new weights and moments, then a
// vector of the gradient norm before clipping and 1 if loss and norm are finite,
// else 0: then the state comes back unchanged.
func (a *adamW) updateGraph(in []*Node) []*Node {
	n := len(a.decay)
	weights, first, second, grads := in[:n], in[n:2*n], in[2*n:3*n], in[3*n:4*n]
	loss, rate := numberGraph(in[4*n], 0), numberGraph(in[4*n], 1)
	correct1, correct2 := numberGraph(in[4*n], 2), numberGraph(in[4*n], 3)
	g := loss.Graph()
	sum := Const(g, float32(0))
	for _, x := range grads {
		sum = Add(sum, ReduceAllSum(Square(x)))
	}
	norm := Sqrt(sum)
	finite := LogicalAnd(IsFinite(norm), IsFinite(loss))
	scale := Const(g, float32(1))
	if a.maxNorm > 0 {
		const eps = 1e-6 // torch.nn.utils.clip_grad_norm_
		scale = Min(scale, Div(Const(g, float32(a.maxNorm)), AddScalar(norm, eps)))
	}
	out := make([]*Node, 3*n, 3*n+1)
	for i, w := range weights {
		x := Mul(grads[i], scale)
		m := Add(MulScalar(first[i], a.beta1), MulScalar(x, 1-a.beta1))
		v := Add(MulScalar(second[i], a.beta2), MulScalar(Square(x), 1-a.beta2))
		step := Div(Div(m, correct1), AddScalar(Sqrt(Div(v, correct2)), a.epsilon))
		if a.decay[i] && a.weightDecay > 0 {
			step = Add(step, MulScalar(w, a.weightDecay))
		}
		if i == a.policy {
			rate = numberGraph(in[4*n], 4)
		}
		keep := BroadcastToShape(finite, w.Shape())
		out[i] = Where(keep, Sub(w, Mul(step, rate)), w)
		out[n+i] = Where(keep, m, first[i])
		out[2*n+i] = Where(keep, v, second[i])
	}
	return append(out, Concatenate([]*Node{Reshape(norm, 1), Reshape(ConvertDType(finite, dtypes.Float32), 1)}, 0))
}
