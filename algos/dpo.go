package algos

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas

	"github.com/rlvr-go/rlvr/configs/fault"
)

const dpoPaper = "arXiv 2305.18290"

// dpo learns from pairs of a chosen response y_w and a rejected one y_l without a reward
// model (arXiv 2305.18290, eq. 7): with s(y) = sum over tokens of logp - ref and
// z = beta*(s(y_w) - s(y_l))
//
//	sigmoid  L = -(1-e)*log sigmoid(z) - e*log sigmoid(-z), e = label_smoothing
//	robust   L = (-(1-e)*log sigmoid(z) + e*log sigmoid(-z)) / (1-2e) (arXiv 2403.00409, eq. 4)
//	hinge    L = max(0, 1 - z) (arXiv 2305.10425)
//	ipo      L = (s(y_w)/|y_w| - s(y_l)/|y_l| - 1/(2*beta))^2 (arXiv 2310.12036, eq. 17)
//
// and the loss is the mean over pairs. The reference is the policy at the start of the
// stage. Metrics are TRL's: rewards are beta*s(y), accuracies the share of pairs with
// the chosen one ahead.
//
// Deviations: ipo's sums are means over tokens, as its authors told TRL; label_smoothing
// 0 is the paper's loss. Needs pairs: rows with chosen and rejected, or completions that
// an earlier stage collected.
type dpo struct {
	kind            string
	beta, smoothing float64
}

func init() {
	RegisterLoss(Part{
		Name: "dpo", Paper: dpoPaper, Summary: "preferred over rejected responses, by their ratios to a reference",
		Options: []Option{
			ChoiceOption("loss_type", "sigmoid", "What a pair costs.", "sigmoid", "robust", "hinge", "ipo"),
			FloatOption("beta", 0.1, "above 0", positive, "How strongly the reference holds the policy: small lets it go far."),
			smoothingOption(),
		},
		Contradictions: func(v Values, l *fault.List) {
			kind, e := v.Text("loss_type"), v.Float("label_smoothing")
			if e > 0 && kind != "sigmoid" && kind != "robust" {
				l.Add("label_smoothing", e, "0 while loss_type is %s: only sigmoid and robust read it", kind)
			}
			if e == 0 && kind == "robust" {
				l.Add("label_smoothing", e, "above 0 while loss_type is robust: without noise it is sigmoid")
			}
		},
	}, func(v Values) Loss { return dpo{v.Text("loss_type"), v.Float("beta"), v.Float("label_smoothing")} })
	RegisterPreset(Preset{
		Name: "dpo", Paper: dpoPaper, Summary: "preference pairs, the ratio of whole responses to a reference",
		Loss: "dpo", Estimator: "constant", Offline: true,
	})
}

func smoothingOption() Option {
	return FloatOption("label_smoothing", 0, "0 or more, below 0.5", func(x float64) bool { return x >= 0 && x < 0.5 },
		"Probability that the two responses of a pair are the wrong way round.")
}

// Needs implements [Loss].
func (dpo) Needs() Needs { return Needs{Ref: true, Pairs: true} }

// Graph implements [Loss].
func (o dpo) Graph(in Inputs) Output {
	p := pairsOf(in, o.beta)
	z := MulScalar(Sub(p.chosen, p.rejected), o.beta) // [P]
	switch o.kind {
	case "robust":
		flipped := MulScalar(logSigmoid(Neg(z)), o.smoothing)
		return p.output(MulScalar(Add(MulScalar(logSigmoid(z), o.smoothing-1), flipped), 1/(1-2*o.smoothing)))
	case "hinge":
		return p.output(MaxScalar(AddScalar(Neg(z), 1), 0))
	case "ipo":
		chosen, rejected := splitPairs(atLeastOne(ReduceSum(in.Mask, -1))) // [P] tokens
		gap := Sub(Div(p.chosen, chosen), Div(p.rejected, rejected))
		return p.output(Square(AddScalar(gap, -0.5/o.beta)))
	}
	return p.output(smoothed(z, o.smoothing))
}
