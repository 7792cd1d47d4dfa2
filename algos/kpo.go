package algos

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

const kpoPaper = "arXiv 2602.10609"

// kpo smooths log-ratios along a response with a causal Kalman filter before they are
// clipped (arXiv 2602.10609): with z_t = sg(logp_t - old_t), a random walk of variance Q
// observed with variance R, x_0 = P_0 = 0,
//
//	K_t = (P_{t-1}+Q) / (P_{t-1}+Q+R),  x_t = x_{t-1} + K_t*(z_t - x_{t-1}),  P_t = R*K_t
//	r_t = sg(exp(x_t)) * exp(logp_t - sg(logp_t))
//	J   = min(r*A, clip(r, 1-epsilon, 1+epsilon_high)*A), or r*A without clip
//
// Gains do not depend on data: it is a moving average that starts slowly. With the
// paper's Q/R = 1e-6 the weight on all observations is 11 % at t = 500 and 35 % at 1,000:
// on short responses the ratio is 1 whatever the policy did.
//
// Deviations: tokens that are not trained (of a tool) do not move the filter; with compat
// official they pull it towards 0, and gains are at least 1e-6. Gains are float64 numbers
// rounded once; the official float32 ones are up to 2.4 % too large. Smoothed log-ratios
// above 10 have no gradient, as in the official code.
type kpo struct {
	clipRange
	clip, official bool
	noise          float64 // Q/R
}

func init() {
	RegisterLoss(Part{
		Name: "kpo", Paper: kpoPaper, Summary: "clipped ratio, smoothed along the response by a Kalman filter",
		Options: []Option{
			epsilonOption(3e-4), epsilonHighOption(4e-4),
			FloatOption("process_noise", 1e-6, "above 0", positive, "Variance Q of a token's step of the hidden log-ratio."),
			FloatOption("observation_noise", 1, "above 0", positive, "Variance R of what is seen of it; only Q/R matters."),
			BoolOption("clip", true, "Clip the smoothed ratio."),
			CompatOption("official"),
		},
		Warnings: func(v Values) []Warning {
			if e, q := v.Float("epsilon"), v.Float("process_noise")/v.Float("observation_noise"); e > usualSequenceEpsilon && q < 1e-3 {
				return []Warning{{"sequence-epsilon", fmt.Sprintf("epsilon %g never clips a ratio smoothed with process_noise/observation_noise %g; the paper has 3e-4 and 4e-4", e, q)}}
			}
			return nil
		},
	}, func(v Values) Loss {
		return &kpo{newClipRange(v), v.Bool("clip"), v.Text(compatName) == "official", v.Float("process_noise") / v.Float("observation_noise")}
	})
	RegisterPreset(Preset{
		Name: "kpo", Paper: kpoPaper, Summary: "group-normalised advantages, Kalman-filtered ratio",
		Loss: "kpo", Estimator: "grpo", Aggregation: "seq-mean-token-mean",
	})
}

// Needs implements [Loss].
func (*kpo) Needs() Needs { return Needs{Old: true, AdvantageScaled: true} }

// gains are K_t and log(1-K_t) by the number t of observations, 0 to n.
func (o *kpo) gains(n int) (gain, logKeep []float32) {
	gain, logKeep = make([]float32, n+1), make([]float32, n+1)
	before := 0.0
	for t := 1; t <= n; t++ {
		k, keep := (before+o.noise)/(before+o.noise+1), -math.Log1p(before+o.noise)
		before = k
		if o.official {
			k = math.Max(1e-6, math.Min(1-1e-6, k))
			keep = math.Log1p(-k)
		}
		gain[t], logKeep[t] = float32(k), float32(keep)
	}
	return gain, logKeep
}

// filterGraph is x_t, [N, T]. tokenFormGraph stops its gradient.
func (o *kpo) filterGraph(in Inputs) *Node {
	gains, keeps := o.gains(in.Mask.Shape().Dim(-1))
	seen := countGraph(in.Mask)
	if o.official {
		seen = countGraph(OnesLike(in.Mask))
	}
	gain, keep := lookupGraph(gains, seen), lookupGraph(keeps, seen)
	if !o.official {
		keep = Masked(in.Mask, keep)
	}
	return relaxGraph(gain, keep, Sub(in.LogProbs, in.Old))
}

// Graph implements [Loss].
func (o *kpo) Graph(in Inputs) Output {
	ratio := tokenFormGraph(in, o.filterGraph(in))
	logRatio := Sub(in.LogProbs, in.Old)
	if !o.clip {
		return policyOutput(in, Mul(ratio, in.Advantages), logRatio).with(ratioMetrics(in, ratio))
	}
	c := o.surrogateGraph(ratio, in.Advantages)
	return policyOutput(in, c.objective, logRatio).with(clipMetrics(in, c), ratioMetrics(in, ratio))
}
