package algos

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

// clipCov takes the gradient from a few of the tokens that drive entropy down
// (arXiv 2505.22617, eqs. 11 and 12): of those with clip_cov_low < cov < clip_cov_high, see
// covariance.go, a random share clip_cov_ratio of all trained tokens, at least one, has no
// part in the clipped surrogate.
//
// Deviations: the dice are the last bits of the token's old log-probability, so that a run
// can be repeated and micro-batches agree. Log-ratios are clamped to +-20.
type clipCov struct {
	clipRange
	ratio, above, below float64
}

const clipCovDice = "clip_cov/dice"

func init() {
	RegisterLoss(Part{
		Name: "clip_cov", Paper: covPaper, Summary: "clipped ratio, without a few tokens of high covariance",
		Options: []Option{
			epsilonOption(0.2), epsilonHighOption(0),
			FloatOption("clip_cov_ratio", 2e-4, "above 0, at most 1", func(x float64) bool { return x > 0 && x <= 1 }, "Share of the step's tokens that are taken out."),
			FloatOption("clip_cov_low", 1, "any", func(float64) bool { return true }, "Least covariance of a token that may be taken out."),
			FloatOption("clip_cov_high", 5, "any", func(float64) bool { return true }, "Greatest covariance of a token that may be taken out."),
		},
		Contradictions: func(v Values, l *fault.List) {
			low, high := v.Float("clip_cov_low"), v.Float("clip_cov_high")
			l.Check(low < high, "clip_cov_low", low, "below clip_cov_high (%g)", high)
		},
	}, func(v Values) Loss {
		return clipCov{newClipRange(v), v.Float("clip_cov_ratio"), v.Float("clip_cov_low"), v.Float("clip_cov_high")}
	})
	RegisterPreset(Preset{
		Name: "clip_cov", Paper: covPaper, Summary: "group-normalised advantages, Clip-Cov",
		Loss: "clip_cov", Estimator: "grpo", Aggregation: "token-mean",
	})
}

// Needs implements [Loss].
func (o clipCov) Needs() Needs {
	return Needs{Old: true, Score: true, AdvantageScaled: true, BatchStats: []Stat{meanAdvantage, meanOldLogProb, {clipCovDice, o.dice}}}
}

// diceScale leaves the last 14 bits and more of a float32 log-probability above -4
// behind the point: the throw. Equal throws are taken or left together.
const diceScale = 256

// dice is the throw above which tokens in the band are taken out.
func (o clipCov) dice(s *data.Scored) float64 {
	var throws []float64
	all := covariances(s)
	for _, x := range all {
		if x.cov > o.above && x.cov < o.below {
			old := x.old * diceScale // exact: a power of two
			throws = append(throws, float64(old)-math.Floor(float64(old)))
		}
	}
	return between(throws, max(1, int(o.ratio*float64(len(all)))))
}

// Graph implements [Loss].
func (o clipCov) Graph(in Inputs) Output {
	logRatio := logRatioGraph(in)
	ratio, cov := Exp(logRatio), covarianceGraph(in)
	c := o.surrogateGraph(ratio, in.Advantages)
	old := MulScalar(in.Old, diceScale)
	throw := Sub(old, Floor(old))
	taken := LogicalAnd(LogicalAnd(above(cov, o.above), below(cov, o.below)), GreaterThan(throw, in.Stat[clipCovDice]))
	taken = LogicalAnd(taken, LogicalNot(c.region))
	objective := Where(taken, ZerosLike(ratio), c.objective)
	return policyOutput(in, objective, logRatio).with(clipMetrics(in, c), ratioMetrics(in, ratio), []Metric{tokenShare("clip_ratio/cov_mean", in, taken)})
}
