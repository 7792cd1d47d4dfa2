package algos

import "github.com/rlvr-go/rlvr/data"

const reinforcePPPaper = "arXiv 2501.03262"

// reinforcePP is REINFORCE++ (arXiv 2501.03262, section 3): the discounted return from
// each token on, normalised over all trained tokens of the step
//
//	G_t = r_t + gamma*G_{t+1}    A_t = (G_t - mean(G)) / sqrt(var(G) + 1e-8)
//
// r_t is the outcome reward at the last trained token less, with kl_reward_coef, that
// much of the KL divergence to the reference at each token.
//
// Deviations: masked tokens (tools, padding) are skipped, whose discount does not count,
// as in verl since 2026; var is that of a sample (ddof 1). A step whose returns are all
// equal has advantages of exactly 0.
type reinforcePP struct{ gamma float64 }

func init() {
	RegisterEstimator(Part{
		Name: "reinforce_pp", Paper: reinforcePPPaper, Summary: "returns normalised over all tokens of the step", TokenAdvantages: true,
		Options: []Option{gammaOption()},
	}, func(v Values) Estimator { return reinforcePP{v.Float("gamma")} })
	RegisterPreset(Preset{
		Name: "reinforce_pp", Paper: reinforcePPPaper, Summary: "clipped ratio, returns normalised over the step, no groups",
		Loss: "grpo", Estimator: "reinforce_pp", Aggregation: "token-mean",
	})
}

// gammaOption is the discount of later rewards.
func gammaOption() Option {
	return FloatOption("gamma", 1, "above 0, at most 1", func(x float64) bool { return x > 0 && x <= 1 }, "Discount of a reward for each trained token that it comes later.")
}

// Needs implements [Estimator].
func (reinforcePP) Needs() Needs { return Needs{} }

// Advantages implements [Estimator]. Rows without a reward (NaN) are masked.
func (e reinforcePP) Advantages(s *data.Scored) error {
	if err := checkRewards(s); err != nil {
		return err
	}
	for i := range s.Rows {
		r := &s.Rows[i]
		if !scored(r) {
			mask(r)
			continue
		}
		r.Advantages = make([]float64, len(r.Mask))
		paid, rest := payments(r), 0.0
		for t := len(paid) - 1; t >= 0; t-- {
			if r.Mask[t] {
				rest = paid[t] + e.gamma*rest
				r.Advantages[t] = rest
			}
		}
	}
	whiten(s)
	return nil
}
