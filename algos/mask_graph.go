package algos

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

// IsTrained is true where mask [N, T] is 1.
func IsTrained(mask *Node) *Node { return GreaterThan(mask, ScalarZero(mask.Graph(), mask.DType())) }

// Masked is x where mask is 1 and 0 elsewhere, both [N, T]. It is the only right way
// to leave tokens out of a sum: NaN*0 is NaN.
func Masked(mask, x *Node) *Node {
	x.AssertDims(mask.Shape().Dimensions...)
	return Where(IsTrained(mask), x, ScalarZero(x.Graph(), x.DType()))
}

// weighted multiplies a per-token objective [N, T] by the weights that a shaper set.
func weighted(in Inputs, perToken *Node) *Node {
	if in.Weights == nil {
		return perToken
	}
	return Mul(in.Weights, perToken)
}

// tokenMean is a metric: the mean of x [N, T] over trained tokens.
func tokenMean(name string, in Inputs, x *Node) Metric {
	return Metric{Name: name, Join: JoinMean, Numerator: ReduceAllSum(Masked(in.Mask, x)), Denominator: ReduceAllSum(in.Mask)}
}

// tokenShare is a metric: the share of trained tokens for which cond [N, T] holds.
func tokenShare(name string, in Inputs, cond *Node) Metric {
	return tokenMean(name, in, ConvertDType(cond, in.Mask.DType()))
}

// lossMetric is a metric: the value of a term, whose denominator is global.
func lossMetric(t Term) Metric {
	return Metric{Name: t.Name, Join: JoinSum, Numerator: Div(t.Numerator, t.Denominator)}
}
