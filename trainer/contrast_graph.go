package trainer

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas

	"github.com/rlvr-go/rlvr/model"
)

// contrastGraph is the forward pass of two models: the probability of each response
// token under softmax((1+weight)*logits of the first - weight*logits of the second), [N, T],
// zero where masked. Inputs: the weights of the first, of the second, then microInputs. No more
// than the two arrays of logits, [N*T, V] each, and their combination are there at a time.
func contrastGraph(arch *model.Arch, weight float64) func(in []*Node) []*Node {
	return func(in []*Node) []*Node {
		nw := len(arch.Weights())
		m := microInputsOf(in[2*nw:])
		logits := func(weights []*Node) *Node {
			r := responseGraph(arch, weights, m)
			return r.decoder.LogitsGraph(r.hidden) // [N*T, V]
		}
		combined := Sub(MulScalar(logits(in[:nw]), 1+weight), MulScalar(logits(in[nw:2*nw]), weight))
		n, t := m.mask.Shape().Dim(0), m.mask.Shape().Dim(1)
		stats := model.TokenStatsGraph(combined, Reshape(m.targets, n*t), numberGraph(m.numbers, numberTemperature))
		p := Reshape(Exp(stats.LogProbs), n, t)
		return []*Node{Where(GreaterThan(m.mask, ZerosLike(m.mask)), p, ZerosLike(p))}
	}
}
