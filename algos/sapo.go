package algos

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

const sapoPaper = "arXiv 2511.20347"

// sapo replaces the clip by a soft gate (arXiv 2511.20347, eqs. 5 and 6): with
// r = exp(logp - old)
//
//	J = sigmoid(tau*(r-1)) * 4/tau * A,  tau = tau_pos where A > 0, else tau_neg
//
// Its gradient is r*sech^2(tau*(r-1)/2)*A: A at r = 1, most at r = 2, and fading beyond.
// The value of the loss compares to no other's: its offset is 2/tau.
//
// Deviations: log-ratios are clamped to +-20, as in verl (TRL clamps nothing).
type sapo struct{ tauPos, tauNeg float64 }

func init() {
	RegisterLoss(Part{
		Name: "sapo", Paper: sapoPaper, Summary: "ratio through a soft gate in place of a clip",
		Options: []Option{
			FloatOption("tau_pos", 1, "above 0", positive, "Steepness of the gate where the advantage is positive."),
			FloatOption("tau_neg", 1.05, "above 0", positive, "Steepness of the gate where the advantage is negative."),
		},
	}, func(v Values) Loss { return sapo{v.Float("tau_pos"), v.Float("tau_neg")} })
	RegisterPreset(Preset{
		Name: "sapo", Paper: sapoPaper, Summary: "group-normalised advantages, softly gated ratio",
		Loss: "sapo", Estimator: "grpo", Aggregation: "seq-mean-token-mean",
	})
}

// Needs implements [Loss].
func (sapo) Needs() Needs { return Needs{Old: true, AdvantageScaled: true} }

// Graph implements [Loss].
func (o sapo) Graph(in Inputs) Output {
	adv := in.Advantages
	logRatio := logRatioGraph(in)
	ratio := Exp(logRatio)
	rising := above(adv, 0)
	constant := func(x float64) *Node { return Scalar(adv.Graph(), adv.DType(), x) }
	tau := Where(rising, constant(o.tauPos), constant(o.tauNeg))       // [N, T]
	scale := Where(rising, constant(4/o.tauPos), constant(4/o.tauNeg)) // [N, T]
	gate := Mul(Sigmoid(Mul(tau, AddScalar(ratio, -1))), scale)        // [N, T]
	return policyOutput(in, Mul(gate, adv), logRatio).with(ratioMetrics(in, ratio))
}
