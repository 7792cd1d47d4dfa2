package algos

import (
	. "github.com/gomlx/gomlx/core/graph"         //nolint:revive // graph code reads as formulas
	. "github.com/gomlx/gomlx/support/exceptions" //nolint:revive // as above
)

// This file holds what losses over pairs share. Rows 2i and 2i+1 of [N, T] are the
// chosen and the rejected response to one prompt; P = N/2 is the number of pairs.

// splitPairs is x [N, ...] as the chosen and the rejected rows, [P, ...] each.
func splitPairs(x *Node) (chosen, rejected *Node) {
	dims := x.Shape().Dimensions
	if len(dims) == 0 || dims[0]%2 != 0 {
		Panicf("algos: %s holds no pairs of rows", x.Shape())
	}
	paired := Reshape(x, append([]int{dims[0] / 2, 2}, dims[1:]...)...) // [P, 2, ...]
	side := func(i int) *Node { return Squeeze(SliceAxis(paired, 1, AxisElem(i)), 1) }
	return side(0), side(1)
}

// pairs are the responses of a batch, two and two.
type pairs struct {
	beta float64
	// chosen and rejected are sums over trained tokens of weight*(logp-ref), [P].
	chosen, rejected *Node
	// chosenLogp and rejectedLogp are sums of logp, [P].
	chosenLogp, rejectedLogp *Node
	// whole is true where both responses have a trained token, [P].
	whole *Node
	// count is that of the pairs of the optimizer step.
	count *Node
}

// pairsOf sums the log-ratios of a batch to the reference, weights included.
func pairsOf(in Inputs, beta float64) pairs {
	p := pairs{beta: beta, count: atLeastOne(MulScalar(in.Denom.Sequences, 0.5))}
	p.chosen, p.rejected = splitPairs(ReduceSum(weighted(in, Sub(in.LogProbs, in.Ref)), -1))
	p.chosenLogp, p.rejectedLogp = splitPairs(ReduceSum(in.LogProbs, -1))
	a, b := splitPairs(ReduceMax(in.Mask, -1))
	p.whole = above(Min(a, b), 0)
	return p
}

// output makes a loss of what each pair costs, [P]: the mean over the pairs of the
// step, with TRL's metrics. A pair of which a response has no trained token is left out.
func (p pairs) output(perPair *Node) Output {
	zero := ScalarZero(perPair.Graph(), perPair.DType())
	term := Term{Name: "preference_loss", Numerator: ReduceAllSum(Where(p.whole, perPair, zero)), Denominator: p.count}
	here := ReduceAllSum(ConvertDType(p.whole, perPair.DType()))
	mean := func(name string, x *Node) Metric {
		return Metric{Name: name, Numerator: ReduceAllSum(Where(p.whole, x, zero)), Denominator: here}
	}
	return Output{Terms: []Term{term}, Metrics: []Metric{
		mean("rewards/chosen", MulScalar(p.chosen, p.beta)),
		mean("rewards/rejected", MulScalar(p.rejected, p.beta)),
		mean("rewards/margins", MulScalar(Sub(p.chosen, p.rejected), p.beta)),
		mean("rewards/accuracies", ConvertDType(GreaterThan(p.chosen, p.rejected), perPair.DType())),
		mean("logps/chosen", p.chosenLogp),
		mean("logps/rejected", p.rejectedLogp),
	}}
}

// logSigmoid is log(1/(1+exp(-z))), exact at both ends. Its derivative at 0, where
// every first step of a preference loss is, is 1/2: min(z, 0) and |z| would leave that
// to the conventions of a library.
func logSigmoid(z *Node) *Node {
	negative := above(Neg(z), 0)
	tail := Log1P(Exp(Where(negative, z, Neg(z))))
	return Where(negative, Sub(z, tail), Neg(tail))
}

// smoothed is the loss of a pair whose label is wrong with probability smoothing, at
// the logit z of its being right.
func smoothed(z *Node, smoothing float64) *Node {
	return Sub(MulScalar(logSigmoid(z), smoothing-1), MulScalar(logSigmoid(Neg(z)), smoothing))
}
