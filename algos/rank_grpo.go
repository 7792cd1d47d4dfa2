package algos

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

const (
	rankGRPOPaper = "Rank-GRPO, ICLR 2026"
	listItems     = "spans/item"
)

// rankGRPO clips the ratio of each item of a list (Rank-GRPO, ICLR 2026): with k the item
// of token t, n_k its tokens and N = num_items
//
//	w_k = exp(mean over k of logp - old)
//	J_i = 1/N * sum_k min(w_k*A_k, clip(w_k, 1-epsilon, 1+epsilon_high)*A_k)
//
// at each token as J_k/(n_k*N), whose sum over the response that is. The gradient goes
// through w_k to all tokens of its item. Items are the feature spans/item: ids from 0,
// never falling along a response; those from N on are one item.
//
// Deviations: with compat official each token counts alike, without 1/(n_k*N), as in the
// official code, which takes the mean over tokens: set loss_agg_mode token-mean. Where
// advantages differ within an item (that of an end-of-sequence token, there), the item's
// tokens share the mean of those that are not clipped, as they do there. Mean log-ratios
// above 10 have no gradient.
type rankGRPO struct {
	clipRange
	items    int
	official bool
}

func init() {
	RegisterLoss(Part{
		Name: "rank_grpo", Paper: rankGRPOPaper, Summary: "clipped ratio of each item of a list",
		Options: []Option{
			epsilonOption(0.06), epsilonHighOption(0.08),
			IntOption("num_items", 20, "1 or more", func(x int) bool { return x >= 1 }, "Items that are asked for."),
			CompatOption("official"),
		},
	}, func(v Values) Loss {
		return &rankGRPO{newClipRange(v), v.Int("num_items"), v.Text(compatName) == "official"}
	})
}

// Needs implements [Loss].
func (*rankGRPO) Needs() Needs {
	return Needs{Old: true, Features: []string{listItems}, AdvantageScaled: true}
}

// Graph implements [Loss].
func (o *rankGRPO) Graph(in Inputs) Output {
	items := MinScalar(in.Feature[listItems], float64(o.items))
	logRatio := Sub(in.LogProbs, in.Old)
	mean, count := runMeanGraph(in.Mask, items, StopGradient(logRatio))
	ratio := Exp(MinScalar(mean, maxLogSequenceRatio)) // w_k, [N, T]
	c := o.surrogateGraph(ratio, in.Advantages)
	free := LogicalNot(LogicalOr(c.region, above(mean, maxLogSequenceRatio)))
	// A weight acts on the item's gradient as a whole, as on its value.
	gain := Where(free, Mul(ratio, in.Advantages), ZerosLike(ratio))
	pull, _ := runMeanGraph(in.Mask, items, weighted(in, gain))
	own := Sub(in.LogProbs, StopGradient(in.LogProbs)) // 0, with a gradient
	objective := Add(weighted(in, c.objective), Mul(pull, own))
	in.Weights = nil
	if !o.official {
		objective = Div(objective, MulScalar(count, float64(o.items)))
	}
	return policyOutput(in, objective, logRatio).with(clipMetrics(in, c), ratioMetrics(in, ratio))
}
