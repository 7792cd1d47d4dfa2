package algos

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

const cdpoPaper = "arXiv 2411.19943"

// contrastFeature is s_t of cdpo.
const contrastFeature = "contrast/cdpo"

// cdpo is dpo that spares the tokens of a wrong response that did no harm (arXiv
// 2411.19943, section 4). Two models, fine-tuned on the policy's own right ("pos") and wrong
// ("neg") completions, say which tokens are critical: with b = contrast_weight
//
//	s_t = softmax((1+b)*logits_pos - b*logits_neg)[y_t]
//
// is near 0 where the wrong model would say y_t and the right one would not. With
// d = logp - ref and the tokens of the rejected response weighted by 1-s_t
//
//	sequence  L = -log sigmoid(beta*(sum_t d_t^w - sum_t (1-s_t)*d_t^l))
//	position  L = mean over t of -log sigmoid(beta*(d_t^w - (1-s_t)*d_t^l))
//
// and the mean over pairs. Rewards in the metrics are those of dpo, without s_t. With
// s_t = 0 the sequence form is dpo.
//
// Deviations: sequence is the paper's form, position that of the authors' code. Ours takes
// the mean over the positions that both responses have. compat: official is theirs, in which
// prompt and padding are positions too, each worth log 2 up to the longest sequence of the
// step, and the last token of a rejected response has weight 1; what their code does
// besides for one tokenizer, moving the weights by a token that it adds, has no place here.
// Their option to weigh chosen responses, off in their runs, is left out.
type cdpo struct {
	beta, smoothing, contrast float64
	position, official        bool
}

func init() {
	RegisterLoss(Part{
		Name: "cdpo", Paper: cdpoPaper, Summary: "preference pairs, the critical tokens of rejected responses weigh most",
		Options: []Option{
			FloatOption("beta", 0.1, "above 0", positive, "How strongly the reference holds the policy: small lets it go far."),
			smoothingOption(),
			FloatOption("contrast_weight", 1, "0 or more", notNegative, "How much the wrong model's logits count against the right one's."),
			ChoiceOption("cdpo_form", "sequence", "Whether log sigmoid is taken of whole responses or position by position.", "sequence", "position"),
			CompatOption("official"),
		},
		Contradictions: func(v Values, l *fault.List) {
			if form := v.Text("cdpo_form"); v.Text(compatName) == "official" && form != "position" {
				l.Add("cdpo_form", form, "position while compat is official: the authors' code has no other form")
			}
		},
	}, func(v Values) Loss {
		return cdpo{v.Float("beta"), v.Float("label_smoothing"), v.Float("contrast_weight"), v.Text("cdpo_form") == "position", v.Text(compatName) == "official"}
	})
	RegisterPreset(Preset{
		Name: "cdpo", Paper: cdpoPaper, Summary: "preference pairs, weighted by a contrast of a right and a wrong model",
		Loss: "cdpo", Estimator: "constant", Offline: true,
	})
}

// Needs implements [Loss].
func (o cdpo) Needs() Needs {
	n := Needs{Ref: true, Pairs: true, Contrasts: []Contrast{{Feature: contrastFeature, Positive: "pos", Negative: "neg", Weight: o.contrast}}}
	if o.official {
		n.BatchStats = []Stat{{Name: "cdpo_width", Compute: longestSequence}}
	}
	return n
}

// longestSequence is the number of predicted tokens of the longest sequence of a step,
// prompt included: the width that the authors' code pads to.
func longestSequence(s *data.Scored) float64 {
	longest := 0
	for i := range s.Rows {
		r := &s.Rows[i]
		longest = max(longest, len(s.Groups[r.Group].Prompt)+len(r.Mask)-1)
	}
	return float64(max(longest, 1))
}

// Graph implements [Loss].
func (o cdpo) Graph(in Inputs) Output {
	p := pairsOf(in, o.beta)
	chosen, rejected := splitPairs(weighted(in, Sub(in.LogProbs, in.Ref))) // [P, T]
	_, s := splitPairs(in.Feature[contrastFeature])
	chosenMask, rejectedMask := splitPairs(in.Mask)
	if o.official {
		s = Where(lastTrained(rejectedMask), ZerosLike(s), s)
	}
	z := MulScalar(Sub(chosen, Mul(AddScalar(Neg(s), 1), rejected)), o.beta)
	if !o.position {
		return p.output(smoothed(ReduceSum(z, -1), o.smoothing))
	}
	each, zero := smoothed(z, o.smoothing), ZerosLike(z) // [P, T]
	if o.official {
		one := Max(chosenMask, rejectedMask)
		width := in.Stat["cdpo_width"]
		nothing := MulScalar(Sub(width, ReduceSum(one, -1)), math.Ln2) // [P]: what prompt and padding add
		return p.output(Div(Add(ReduceSum(Where(IsTrained(one), each, zero), -1), nothing), width))
	}
	both := Min(chosenMask, rejectedMask)
	return p.output(Div(ReduceSum(Where(IsTrained(both), each, zero), -1), atLeastOne(ReduceSum(both, -1))))
}

// lastTrained is true at the last trained token of each row of mask [P, T].
func lastTrained(mask *Node) *Node {
	place := Iota(mask.Graph(), mask.Shape(), 1)
	last := ReduceAndKeep(Where(IsTrained(mask), place, MulScalar(OnesLike(place), -1)), ReduceMax, -1)
	return Equal(place, last)
}
