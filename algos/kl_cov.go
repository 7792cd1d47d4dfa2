package algos

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas

	"github.com/rlvr-go/rlvr/data"
)

// klCov holds back the tokens that drive entropy down most (arXiv 2505.22617, eqs. 13 and
// 14): the share kl_cov_ratio of the trained tokens with the greatest covariance, see
// covariance.go, at least one, has
//
//	J = r*A - kl_cov_coef*|logp - old|,  all others  J = r*A,  r = exp(logp - old)
//
// Deviations: there is no clip, as in the authors' code and verl. Log-ratios of r are
// clamped to +-20. A log-ratio of 0 is not pulled.
type klCov struct{ ratio, coef float64 }

const klCovThreshold = "kl_cov/threshold"

func init() {
	RegisterLoss(Part{
		Name: "kl_cov", Paper: covPaper, Summary: "ratio, with a hold on the tokens of highest covariance",
		Options: []Option{
			FloatOption("kl_cov_ratio", 2e-4, "above 0, at most 1", func(x float64) bool { return x > 0 && x <= 1 }, "Share of the step's tokens that are held."),
			FloatOption("kl_cov_coef", 1, "above 0", positive, "Weight of the absolute log-ratio of held tokens."),
		},
	}, func(v Values) Loss { return klCov{v.Float("kl_cov_ratio"), v.Float("kl_cov_coef")} })
	RegisterPreset(Preset{
		Name: "kl_cov", Paper: covPaper, Summary: "group-normalised advantages, KL-Cov",
		Loss: "kl_cov", Estimator: "grpo", Aggregation: "token-mean",
	})
}

// Needs implements [Loss].
func (o klCov) Needs() Needs {
	return Needs{Old: true, Score: true, BatchStats: []Stat{meanAdvantage, meanOldLogProb, {klCovThreshold, o.threshold}}}
}

// threshold is what the covariances of held tokens are above.
func (o klCov) threshold(s *data.Scored) float64 {
	all := covariances(s)
	covs := make([]float64, len(all))
	for i := range all {
		covs[i] = all[i].cov
	}
	return between(covs, max(1, int(o.ratio*float64(len(all)))))
}

// Graph implements [Loss].
func (o klCov) Graph(in Inputs) Output {
	logRatio := logRatioGraph(in)
	ratio, move := Exp(logRatio), Sub(in.LogProbs, in.Old)
	held := GreaterThan(covarianceGraph(in), in.Stat[klCovThreshold])
	size := Mul(move, Sign(move)) // no gradient at 0
	objective := Mul(ratio, in.Advantages)
	objective = Where(held, Sub(objective, MulScalar(size, o.coef)), objective)
	return policyOutput(in, objective, logRatio).with(ratioMetrics(in, ratio), []Metric{tokenShare("kl_cov_ratio", in, held)})
}
