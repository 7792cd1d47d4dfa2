package algos

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas

	"github.com/rlvr-go/rlvr/configs/fault"
)

// klTerm adds beta times an estimate of KL(policy || reference) to any policy loss, per
// token and aggregated as the loss is (arXiv 2402.03300, eq. 4; Schulman 2020,
// joschu.net/blog/kl-approx.html): with u = logp - ref
//
//	k1 = u    k2 = u^2/2    abs = |u|    k3 = exp(-u) + u - 1    k3+ = value of k3, gradient of k2
//
// Only k2, and so k3+, has the gradient of the divergence in expectation; that of k1 is 0.
// kl_bias_correction multiplies the estimate by exp(logp - old), with its gradient
// (DeepSeek-V3.2, arXiv 2512.02556, section 3.1).
//
// Deviations: u of k3 and the correction's log-ratio are clamped to +-20. compat verl also
// cuts k3 at 10; TRL clamps nothing. GRPO's paper has beta 0.04, here 0 is the default: no
// reference is kept.
type klTerm struct {
	beta      float64
	estimator string
	corrected bool
	verl      bool // k3 is at most verlMostK3
}

// verlMostK3 is where verl cuts k3.
const verlMostK3 = 10

func init() {
	RegisterTerm(Part{
		Name: "kl", Paper: "arXiv 2402.03300", Summary: "KL divergence to the reference policy, in the loss",
		Options: []Option{
			FloatOption("beta", 0, "0 (no reference) or more", notNegative,
				"Weight of the KL divergence to the reference policy; 0 needs no reference."),
			ChoiceOption("kl_estimator", "k3", "How the divergence is estimated at a token.", "k1", "k2", "k3", "k3+", "abs"),
			BoolOption("kl_bias_correction", false, "Multiply the estimate by the ratio to the old policy (DeepSeek-V3.2)."),
			CompatOption("verl"),
		},
		Contradictions: func(v Values, l *fault.List) {
			if v.Float("beta") == 0 {
				l.Check(!v.Changed("kl_estimator"), "kl_estimator", v.Text("kl_estimator"), "nothing while beta is 0")
				l.Check(!v.Changed("kl_bias_correction"), "kl_bias_correction", v.Bool("kl_bias_correction"), "nothing while beta is 0")
			}
		},
		Warnings: func(v Values) []Warning {
			if v.Float("beta") > 0 && v.Text("kl_estimator") == "k1" {
				return []Warning{{"kl-k1-in-loss", "the gradient of k1 in the loss is 0 in expectation: it adds noise and holds nothing back; k2 and k3+ have the gradient of the divergence"}}
			}
			return nil
		},
	}, func(v Values) Loss {
		return klTerm{v.Float("beta"), v.Text("kl_estimator"), v.Bool("kl_bias_correction"), v.Text(compatName) == "verl"}
	})
}

// Needs implements [Loss].
func (k klTerm) Needs() Needs {
	on := k.beta > 0
	return Needs{Ref: on, Old: on && k.corrected, AdvantageScaled: !on}
}

// Graph implements [Loss].
func (k klTerm) Graph(in Inputs) Output {
	if k.beta == 0 {
		return Output{}
	}
	kl := k.estimateGraph(in.LogProbs, in.Ref)
	if k.corrected {
		kl = Mul(kl, Exp(logRatioGraph(in)))
	}
	numerator, denominator := in.Aggregate(MulScalar(kl, k.beta))
	return Output{
		Terms:   []Term{{Name: "kl_loss", Numerator: numerator, Denominator: denominator}},
		Metrics: []Metric{tokenMean("kl", in, kl)},
	}
}

func (k klTerm) estimateGraph(logp, ref *Node) *Node {
	half := func(u *Node) *Node { return MulScalar(Square(u), 0.5) }
	switch k.estimator {
	case "k1":
		return Sub(logp, ref)
	case "k2":
		return half(Sub(logp, ref))
	case "abs":
		u := Sub(logp, ref)
		return Mul(u, Sign(u)) // no gradient at 0
	}
	k3 := k3Graph(logp, ref)
	if k.verl {
		k3 = Where(above(k3, verlMostK3), MulScalar(OnesLike(k3), verlMostK3), k3)
	}
	if k.estimator == "k3+" {
		k2 := half(Sub(logp, ref))
		return Add(StopGradient(k3), Sub(k2, StopGradient(k2)))
	}
	return k3
}

// k3Graph is Schulman's k3 estimator of KL(policy || ref) at each token, [N, T]: never
// negative, and of less variance than the plain log-ratio.
func k3Graph(logp, ref *Node) *Node {
	u := ClipScalar(Sub(ref, logp), -maxLogRatio, maxLogRatio)
	return AddScalar(Sub(Exp(u), u), -1)
}
