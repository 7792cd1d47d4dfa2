package trainer

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas

	"github.com/rlvr-go/rlvr/algos"
)

// maxLogGap bounds log-ratios before they are exponentiated, as verl does.
const maxLogGap = 20

// gapGraph are the metrics of the gap between the sampler's log-probabilities and the
// trainer's at the start of the step, [N, T] each, by the names of TRL
// (sampling/...), verl (rollout_corr/..., its rollout_corr_helper.py) and NeMo RL
// (token_mult_prob_error). With k = start - rollout, over trained tokens: kl is the mean of
// -k, k3_kl of exp(k)-k-1 (prime-rl's mismatch_kl, NeMo's gen_kl_error), chi2_token of
// exp(2k)-1; over responses: chi2_seq is the mean of exp(2 sum k)-1, a perplexity that of
// exp(-mean log-probability). A token that the sampler gave no log-probability counts as
// k = 0.
func gapGraph(start, rollout, mask *Node) []algos.Metric {
	zero := ZerosLike(mask)
	trained := GreaterThan(mask, zero)
	known := LogicalAnd(trained, IsFinite(rollout))
	start = Where(trained, start, zero)
	rollout = Where(known, rollout, start)
	gap := Sub(start, rollout) // k
	far := Abs(gap)
	ratio := Exp(ClipScalar(gap, -maxLogGap, maxLogGap))
	tokens := ReduceAllSum(mask)
	length := ReduceSum(mask, -1)                                                // [N]
	used := ConvertDType(GreaterThan(length, ZerosLike(length)), length.DType()) // [N]
	responses := ReduceAllSum(used)
	overTokens := func(name string, x *Node) algos.Metric {
		return algos.Metric{Name: name, Numerator: ReduceAllSum(Mul(x, mask)), Denominator: tokens}
	}
	overResponses := func(name string, x *Node) algos.Metric {
		return algos.Metric{Name: name, Numerator: ReduceAllSum(Mul(x, used)), Denominator: responses}
	}
	perplexity := func(logProbs *Node) *Node {
		mean := Div(ReduceSum(logProbs, -1), MaxScalar(length, 1))
		return Exp(ClipScalar(Neg(mean), -maxLogGap, maxLogGap))
	}
	return []algos.Metric{
		overTokens("sampling/sampling_logp_difference/mean", far),
		{Name: "sampling/sampling_logp_difference/max", Join: algos.JoinMax, Numerator: ReduceAllMax(far)},
		overTokens("sampling/importance_sampling_ratio/mean", ratio),
		{Name: "sampling/importance_sampling_ratio/min", Join: algos.JoinMin, Numerator: MaskedReduceAllMin(ratio, trained)},
		{Name: "sampling/importance_sampling_ratio/max", Join: algos.JoinMax, Numerator: MaskedReduceAllMax(ratio, trained)},
		overTokens("rollout_corr/kl", Neg(gap)),
		overTokens("rollout_corr/k3_kl", AddScalar(Sub(ratio, gap), -1)),
		overTokens("rollout_corr/chi2_token", AddScalar(Square(ratio), -1)),
		overResponses("rollout_corr/chi2_seq", AddScalar(Exp(ClipScalar(MulScalar(ReduceSum(gap, -1), 2), -2*maxLogGap, 2*maxLogGap)), -1)),
		overResponses("rollout_corr/training_ppl", perplexity(start)),
		overResponses("rollout_corr/rollout_ppl", perplexity(rollout)),
		overTokens("token_mult_prob_error", Exp(MinScalar(far, maxLogGap))),
	}
}
