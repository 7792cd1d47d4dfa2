package algos

import (
	"math"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

// klReward takes an estimate of KL(policy || reference) off the reward at each trained
// token (arXiv 2009.01325, section 3.4; REINFORCE++, RLOO and PPO have it there): with
// u = old - ref, the policy at the start of the step,
//
//	r_t -= kl_reward_coef*kl_t    k1 = u    k2 = u^2/2    k3 = exp(-u) + u - 1    abs = |u|
//
// Estimators of whole responses see the sum over the response, those of tokens (gae,
// reinforce_pp) each where it was paid. There is no gradient through it; beta is the
// divergence in the loss.
//
// Deviations: u of k3 is clamped to +-20; with compat verl k3 is cut at 10.
type klReward struct {
	coef      float64
	estimator string
	atMost    float64
}

func init() {
	RegisterShaper(Part{
		Name: "kl_reward", Paper: "arXiv 2009.01325", Summary: "KL divergence to the reference policy, in the reward",
		Options: []Option{
			FloatOption(klInReward, 0, "0 (no reference) or more", notNegative, "Weight of the KL divergence to the reference policy that is taken off the reward; 0 needs no reference."),
			ChoiceOption("kl_reward_estimator", "k1", "How the divergence in the reward is estimated at a token.", "k1", "k2", "k3", "abs"),
			CompatOption("verl"),
		},
		Contradictions: func(v Values, l *fault.List) {
			coef := v.Float(klInReward)
			l.Check(coef > 0 || !v.Changed("kl_reward_estimator"), "kl_reward_estimator", v.Text("kl_reward_estimator"), "nothing while kl_reward_coef is 0")
			l.Check(coef == 0 || v.Text(estimatorOption) != "gdpo", klInReward, coef, "0 with advantage_estimator gdpo, which compares each reward by itself and would blow the divergence up to the size of the others; use beta")
		},
	}, func(v Values) Shaper {
		k := klReward{v.Float(klInReward), v.Text("kl_reward_estimator"), math.Inf(1)}
		if v.Text(compatName) == "verl" {
			k.atMost = 10
		}
		return k
	})
}

// Needs implements [Shaper].
func (k klReward) Needs() Needs { return Needs{Ref: k.coef > 0, Score: k.coef > 0} }

// Shape implements [Shaper].
func (k klReward) Shape(s *data.Scored) error {
	if k.coef == 0 {
		return nil
	}
	for i := range s.Rows {
		r := &s.Rows[i]
		if r.NumTrained() == 0 { // such rows are not scored by the policy
			continue
		}
		if err := checkLength(s, i, "old log-probabilities", len(r.OldLogProbs)); err != nil {
			return err
		}
		if err := checkLength(s, i, "reference log-probabilities", len(r.RefLogProbs)); err != nil {
			return err
		}
		paid := make([]float32, len(r.Mask))
		for t, trained := range r.Mask {
			if trained {
				paid[t] = float32(-k.coef * k.estimate(float64(r.OldLogProbs[t])-float64(r.RefLogProbs[t])))
				r.Reward += float64(paid[t])
			}
		}
		if r.Features == nil {
			r.Features = map[string][]float32{}
		}
		r.Features[tokenRewards] = paid
	}
	return nil
}

// estimate is the divergence at a token with log-ratio u.
func (k klReward) estimate(u float64) float64 {
	switch k.estimator {
	case "k1":
		return u
	case "k2":
		return u * u / 2
	case "abs":
		return math.Abs(u)
	}
	u = max(-maxLogRatio, min(maxLogRatio, u))
	return min(k.atMost, math.Exp(-u)+u-1)
}
