package algos

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

// valueTerm trains the value head that an estimator such as gae reads (arXiv 1707.06347,
// eq. 9, clipped as in the authors' code): with V_old the head's value at the start of the
// step
//
//	L = value_coef * 1/2 * max((V-R)^2, (clip(V, V_old-value_clip, V_old+value_clip)-R)^2)
//
// It is a mean over the tokens of the step, as in TRL and verl, whatever the
// aggregation. Where both squares are equal the gradient is that of V.
type valueTerm struct {
	coef, clip float64
	detach     bool
}

func init() {
	RegisterTerm(Part{
		Name: "value", Paper: "arXiv 1707.06347", Summary: "clipped squared error of the value head",
		Options: []Option{
			FloatOption("value_coef", 0.1, "above 0", positive, "Weight of the value loss beside the policy's."),
			FloatOption("value_clip", 0.2, "0 (off) or more", notNegative,
				"How far a value may go from the one at the start of the step before it stops learning; 0: off."),
			BoolOption("value_detach", false, "The value loss trains the head alone, and not the policy's layers below it."),
		},
	}, func(v Values) Loss {
		return valueTerm{v.Float("value_coef"), v.Float("value_clip"), v.Bool("value_detach")}
	})
}

// Needs implements [Loss].
func (o valueTerm) Needs() Needs { return Needs{Values: true, ValuesDetached: o.detach} }

// Graph implements [Loss].
func (o valueTerm) Graph(in Inputs) Output {
	square := Square(Sub(in.Values, in.Returns))
	cut := ZerosLike(square)
	if o.clip > 0 {
		move := Sub(in.Values, in.OldValues)
		moved := Square(Sub(Add(in.OldValues, ClipScalar(move, -o.clip, o.clip)), in.Returns))
		beyond := LogicalAnd(above(Abs(move), o.clip), GreaterThan(moved, square))
		square = Where(beyond, moved, square) // beyond the clip moved has no gradient
		cut = ConvertDType(beyond, cut.DType())
	}
	numerator, denominator := tokenMeanGraph(MulScalar(square, o.coef/2), in.Mask, in.Denom)
	term := Term{Name: "value_loss", Numerator: numerator, Denominator: denominator}
	return Output{Terms: []Term{term}, Metrics: []Metric{
		tokenMean("vf_loss", in, MulScalar(square, 0.5)),
		tokenMean("vf_clipfrac", in, cut),
	}}
}
