package algos

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas

	"github.com/rlvr-go/rlvr/configs/fault"
)

const vespoPaper = "arXiv 2602.10693"

// vespo weighs a response by a kernel of its full ratio, which damps small and large ones
// alike (arXiv 2602.10693): with W = exp(sum_t(logp - old))
//
//	J = sg(phi(W)) * A * logp,  phi(W) = W^k * exp(lambda*(1-W))
//
// k and lambda are k_pos and lambda_pos where A >= 0, else k_neg and lambda_neg; phi(1) is
// 1.
//
// Deviations: token log-ratios are clamped to +-20 and log W to [log 1e-8, 20], as in TRL.
// TRL folds the ratio to the sampler into W: old_log_probs rollout does that here, and
// weights for it beside W are refused.
type vespo struct{ kPos, lambdaPos, kNeg, lambdaNeg float64 }

func init() {
	option := func(name string, value float64, help string) Option {
		return FloatOption(name, value, "above 0", positive, help)
	}
	RegisterLoss(Part{
		Name: "vespo", Paper: vespoPaper, Summary: "log-probability weighted by a kernel of the response's full ratio",
		Options: []Option{
			option("k_pos", 2, "How small ratios are damped where the advantage is not negative."),
			option("lambda_pos", 3, "How large ratios are damped where the advantage is not negative."),
			option("k_neg", 3, "How small ratios are damped where the advantage is negative."),
			option("lambda_neg", 2, "How large ratios are damped where the advantage is negative."),
		},
		Contradictions: func(v Values, l *fault.List) {
			is := v.Text("rollout_is")
			l.Check(is == "none", "rollout_is", is, "none with loss vespo: set old_log_probs to rollout, and its ratio is that to the sampler")
		},
	}, func(v Values) Loss {
		return vespo{v.Float("k_pos"), v.Float("lambda_pos"), v.Float("k_neg"), v.Float("lambda_neg")}
	})
	RegisterPreset(Preset{
		Name: "vespo", Paper: vespoPaper, Summary: "group-normalised advantages, kernel of the full ratio",
		Loss: "vespo", Estimator: "grpo", Aggregation: "token-mean",
	})
}

// Needs implements [Loss].
func (vespo) Needs() Needs { return Needs{Old: true, AdvantageScaled: true} }

// Graph implements [Loss].
func (o vespo) Graph(in Inputs) Output {
	logRatio := StopGradient(logRatioGraph(in))
	sum := BroadcastToShape(ReduceAndKeep(logRatio, ReduceSum, -1), logRatio.Shape()) // [N, T]
	logW := ClipScalar(sum, math.Log(1e-8), maxLogRatio)
	falling := below(in.Advantages, 0)
	by := func(pos, neg float64) *Node {
		return Where(falling, MulScalar(OnesLike(logW), neg), MulScalar(OnesLike(logW), pos))
	}
	w := Exp(logW)
	phi := Exp(Add(Mul(by(o.kPos, o.kNeg), logW), Mul(by(o.lambdaPos, o.lambdaNeg), OneMinus(w))))
	objective := Mul(phi, Mul(in.Advantages, in.LogProbs))
	return policyOutput(in, objective, logRatio).with(ratioMetrics(in, w), []Metric{tokenMean("vespo/phi_mean", in, phi)})
}
