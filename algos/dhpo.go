package algos

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas

	"github.com/rlvr-go/rlvr/configs/fault"
)

const dhpoPaper = "arXiv 2601.05607"

// dhpo mixes the ratio of a token and that of its response (arXiv 2601.05607, eqs. 8 to
// 11), each clipped in its own range first: with r = exp(logp - old), the response's ratio
// in token form s = sg(exp(mean(logp-old))) * exp(logp - sg(logp)) and a weight w
//
//	mix  = w*r + (1-w)*s,  cmix = w*clip(r) + (1-w)*clip(s)
//	J    = min(mix*A, cmix*A)                       form min-of-mixes
//	J    = w*min(r*A, clip(r)*A) + (1-w)*min(s*A, clip(s)*A)    mix-of-mins
//	J    = cmix*A                                   clipped-only
//
// w is mix_weight (averaged mixing), or the token's entropy between the least and the
// greatest of its response (entropy-guided; 0.5 where those are equal), without gradient.
//
// Deviations: there is no official code; the order (clip, then mix) and the weights are
// from notes on the paper, the outer min, the token form of s, the scope of the entropy
// range and which branch high entropy favours are our reading, so each can be chosen. In
// min-of-mixes a clipped response can silence a token whose own ratio is in range; in
// mix-of-mins it cannot.
type dhpo struct {
	token, sequence clipRange
	form            string
	entropyGuided   bool
	highToSequence  bool
	weight          float64
}

func init() {
	RegisterLoss(Part{
		Name: "dhpo", Paper: dhpoPaper, Summary: "token and sequence ratios, clipped apart and mixed",
		Options: []Option{
			epsilonOption(0.2), epsilonHighOption(0.28),
			FloatOption("sequence_epsilon", 3e-4, "0 or more", notNegative, "epsilon of the response's ratio."),
			FloatOption("sequence_epsilon_high", 4e-4, "0 or more", notNegative, "epsilon_high of the response's ratio."),
			ChoiceOption("mixing", "averaged", "Where a token's weight comes from: the same for all, or its entropy.", "averaged", "entropy"),
			FloatOption("mix_weight", 0.5, "0 (response) to 1 (token)", func(x float64) bool { return x >= 0 && x <= 1 }, "Weight of the token's ratio in averaged mixing."),
			ChoiceOption("high_entropy", "token", "Which ratio tokens of high entropy lean to.", "token", "sequence"),
			ChoiceOption("mix_form", "min-of-mixes", "How clipping and mixing are combined.", "min-of-mixes", "mix-of-mins", "clipped-only"),
		},
		Contradictions: func(v Values, l *fault.List) {
			if entropy := v.Text("mixing") == "entropy"; entropy {
				l.Check(!v.Changed("mix_weight"), "mix_weight", v.Float("mix_weight"), "nothing while mixing is entropy")
			} else {
				l.Check(!v.Changed("high_entropy"), "high_entropy", v.Text("high_entropy"), "nothing while mixing is averaged")
			}
		},
	}, func(v Values) Loss {
		return &dhpo{
			token: newClipRange(v), sequence: clipRange{1 - v.Float("sequence_epsilon"), 1 + v.Float("sequence_epsilon_high")},
			form: v.Text("mix_form"), entropyGuided: v.Text("mixing") == "entropy",
			highToSequence: v.Text("high_entropy") == "sequence", weight: v.Float("mix_weight"),
		}
	})
	RegisterPreset(Preset{
		Name: "dhpo", Paper: dhpoPaper, Summary: "group-normalised advantages, mixed token and sequence ratios",
		Loss: "dhpo", Estimator: "grpo", Aggregation: "seq-mean-token-mean",
	})
}

// Needs implements [Loss].
func (o *dhpo) Needs() Needs {
	return Needs{Old: true, Entropy: o.entropyGuided, AdvantageScaled: true}
}

// weightGraph is the weight of the token's ratio, [N, T].
func (o *dhpo) weightGraph(in Inputs) *Node {
	if !o.entropyGuided {
		return MulScalar(OnesLike(in.Mask), o.weight)
	}
	h, trained := StopGradient(in.Entropy), IsTrained(in.Mask)
	extreme := func(reduce func(x *Node, axes ...int) *Node, neutral float64) *Node { // [N, 1]
		return ReduceAndKeep(Where(trained, h, MulScalar(OnesLike(h), neutral)), reduce, -1)
	}
	least, greatest := extreme(ReduceMin, noToken), extreme(ReduceMax, -noToken)
	width := Sub(greatest, least)
	flat := LogicalNot(above(width, 0)) // also of a row without trained tokens
	w := Div(Sub(h, least), width)
	if o.highToSequence {
		w = OneMinus(w)
	}
	return Where(BroadcastToShape(flat, h.Shape()), MulScalar(OnesLike(h), 0.5), w)
}

// Graph implements [Loss].
func (o *dhpo) Graph(in Inputs) Output {
	adv, w := in.Advantages, o.weightGraph(in)
	mix := func(token, sequence *Node) *Node { return Add(Mul(w, token), Mul(OneMinus(w), sequence)) }
	logRatio := logRatioGraph(in)
	r, s := Exp(logRatio), tokenFormGraph(in, rowMeanGraph(in, Sub(in.LogProbs, in.Old)))
	token, sequence := o.token.surrogateGraph(r, adv), o.sequence.surrogateGraph(s, adv)

	objective := mix(token.objective, sequence.objective)
	if o.form != "mix-of-mins" {
		objective = Mul(mix(o.token.clipGraph(r), o.sequence.clipGraph(s)), adv)
	}
	if o.form == "min-of-mixes" {
		free := Mul(mix(r, s), adv)
		objective = Where(GreaterThan(free, objective), objective, free)
	}
	return policyOutput(in, objective, logRatio).with(clipMetrics(in, token), ratioMetrics(in, r), []Metric{
		tokenShare("clip_ratio/sequence_mean", in, sequence.region),
		tokenMean("mix_weight/mean", in, w),
	})
}
