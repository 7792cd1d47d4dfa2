package algos

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

const tlTrainingPaper = "arXiv 2412.15495"

// FeatureToolTokens is 1 at the tokens of a tool call that choose the tool, 2 at those that
// end an argument, 3 at those that do both, else 0.
const FeatureToolTokens = "tool_tokens"

// tlTraining is supervised fine-tuning of tool calls in which the tokens that choose a tool
// weigh more (TL-Training, arXiv 2412.15495, section 4.2). Of a turn with n_key such tokens
// and n_other that neither choose a tool nor end an argument
//
//	w = min(n_other/n_key, max_key_weight) if 0 < n_key < n_other, else 1
//	L = (w*CE_key + CE_other + CE_end) / (w*n_key + n_other + n_end)
//
// with sums CE of -logp, and the mean over turns. Key tokens are the first of a tool's name
// and those that tell it from other listed tools whose names begin alike. Each turn of the
// assistant is an example of its own, with what came before as its prompt; turns whose call
// failed are left out (see drop_error_turns). The reward of the paper's third part is the
// verifier tool_call, for any policy objective.
//
// Deviations: a token that is a key and ends an argument is a key. With compat: official it
// counts twice above and once below, as in the authors' code. What their code finds by the
// tokens of one model is found by characters.
type tlTraining struct {
	most     float64
	official bool
}

func init() {
	RegisterLoss(Part{
		Name: "tl_training", Paper: tlTrainingPaper, Summary: "negative log-likelihood, the tokens that choose a tool weigh most",
		Options: []Option{
			FloatOption("max_key_weight", 9, "1 (off) or more", func(x float64) bool { return x >= 1 }, "Greatest weight of a token that chooses a tool."),
			CompatOption("official"),
		},
	}, func(v Values) Loss { return tlTraining{v.Float("max_key_weight"), v.Text(compatName) == "official"} })
	RegisterPreset(Preset{
		Name: "tl_training", Paper: tlTrainingPaper, Summary: "fine-tuning of tool calls: failed turns left out, tokens that choose a tool weigh most",
		Loss: "tl_training", Estimator: "constant", Shapers: []string{"error_turns"}, Offline: true,
	})
}

// Needs implements [Loss].
func (tlTraining) Needs() Needs { return Needs{Features: []string{FeatureToolTokens}, Turns: true} }

// Graph implements [Loss].
func (o tlTraining) Graph(in Inputs) Output {
	class := in.Feature[FeatureToolTokens]
	trained := func(least, below float64) *Node { // 1 where the class is in [least, below), [N, T]
		is := LogicalAnd(GreaterOrEqual(class, Scalar(class.Graph(), class.DType(), least)), LessThan(class, Scalar(class.Graph(), class.DType(), below)))
		return Masked(in.Mask, ConvertDType(is, in.Mask.DType()))
	}
	other, both := trained(0, 1), trained(3, 4)
	key := Add(trained(1, 2), both)
	numKey, numOther := ReduceAndKeep(key, ReduceSum, -1), ReduceAndKeep(other, ReduceSum, -1) // [N, 1]
	ratio := MinScalar(Div(numOther, atLeastOne(numKey)), o.most)
	one := OnesLike(ratio)
	w := Where(LogicalAnd(above(numKey, 0), LessThan(numKey, numOther)), ratio, one)
	weight := Add(Sub(in.Mask, key), Mul(w, key)) // [N, T]
	below := atLeastOne(ReduceSum(weight, -1))    // [N]
	if o.official {
		weight = Add(weight, both)
	}
	rows := Div(ReduceSum(Mul(weight, Neg(weighted(in, in.LogProbs))), -1), below)
	term := Term{Name: "nll", Numerator: ReduceAllSum(rows), Denominator: atLeastOne(in.Denom.Sequences)}
	return Output{Terms: []Term{term}, Metrics: []Metric{tokenMean("key_tokens", in, key), tokenMean("key_weight", in, Mul(OnesLike(key), w))}}
}
