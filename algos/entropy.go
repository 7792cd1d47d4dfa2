package algos

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

// entropyTerm adds entropy_coef times the policy's entropy to the objective of any policy
// loss (arXiv 1707.06347, eq. 9), aggregated as the loss is.
//
// Deviations: compat trl takes the mean over the tokens of the step whatever the
// aggregation, as TRL does.
type entropyTerm struct {
	coef      float64
	tokenMean bool
}

func init() {
	RegisterTerm(Part{
		Name: "entropy", Paper: "arXiv 1707.06347", Summary: "entropy bonus",
		Options: []Option{
			FloatOption("entropy_coef", 0, "0 (off) or more", notNegative, "Weight of the entropy bonus; 0: off."),
			CompatOption("trl"),
		},
	}, func(v Values) Loss { return entropyTerm{v.Float("entropy_coef"), v.Text(compatName) == "trl"} })
}

// Needs implements [Loss].
func (e entropyTerm) Needs() Needs {
	return Needs{EntropyGrad: e.coef != 0, AdvantageScaled: e.coef == 0}
}

// Graph implements [Loss].
func (e entropyTerm) Graph(in Inputs) Output {
	if e.coef == 0 {
		return Output{}
	}
	bonus := MulScalar(in.Entropy, -e.coef)
	numerator, denominator := in.Aggregate(bonus)
	if e.tokenMean {
		numerator, denominator = tokenMeanGraph(bonus, in.Mask, in.Denom)
	}
	return Output{Terms: []Term{{Name: "entropy_loss", Numerator: numerator, Denominator: denominator}}}
}
