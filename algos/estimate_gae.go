package algos

import (
	"fmt"
	"math"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

const gaePaper = "arXiv 1506.02438"

// gae is generalised advantage estimation from a value head (arXiv 1506.02438, eq. 16),
// over the trained tokens of a response: with V_t the value before token t is chosen and
// r_t the reward paid at it
//
//	d_t = r_t + gamma*V_{t+1} - V_t    A_t = d_t + gamma*gae_lambda*A_{t+1}    Returns_t = A_t + V_t
//
// The outcome reward is paid at the last trained token, a KL penalty (kl_reward_coef) at
// each. Masked tokens are skipped: V_{t+1} is the value at the next trained one.
// Advantages are then normalised over all trained tokens of the step (whiten_advantages),
// returns are not.
//
// The value after the last token is 0, as in TRL and verl, also for a response that the
// length limit cut off. bootstrap truncated takes the value at its last token for it: the
// text would have gone on.
//
// Deviations: the normalisation, which TRL and verl have; verl leaves numbers at masked
// tokens, here they are 0.
type gae struct {
	gamma, lambda     float64
	whiten, bootstrap bool
}

func init() {
	RegisterEstimator(Part{
		Name: "gae", Paper: gaePaper, Summary: "generalised advantages over a value head", TokenAdvantages: true,
		Options: []Option{
			gammaOption(),
			FloatOption("gae_lambda", 1, "0 to 1", func(x float64) bool { return x >= 0 && x <= 1 },
				"Weight of what comes later against the value's prediction of it: 0 is one step ahead, 1 the whole return."),
			BoolOption("whiten_advantages", true, "Give the advantages of a step's tokens mean 0 and variance 1."),
			ChoiceOption("bootstrap", "none", "Which responses are taken to be worth, after their end, what they were worth at their last token.", "none", "truncated"),
		},
		Contradictions: func(v Values, l *fault.List) {
			l.Check(v.Has("value_coef"), estimatorOption, "gae", "one without values: this algorithm trains no value head; ppo does")
		},
	}, func(v Values) Estimator {
		return gae{v.Float("gamma"), v.Float("gae_lambda"), v.Bool("whiten_advantages"), v.Text("bootstrap") == "truncated"}
	})
}

// Needs implements [Estimator].
func (gae) Needs() Needs { return Needs{Values: true} }

// Advantages implements [Estimator]. It also fills Row.Returns. Rows without a reward
// (NaN) are masked, their returns are 0.
func (e gae) Advantages(s *data.Scored) error {
	if err := checkRewards(s); err != nil {
		return err
	}
	for i := range s.Rows {
		r := &s.Rows[i]
		r.Returns = make([]float32, len(r.Mask))
		if !scored(r) {
			mask(r)
			continue
		}
		if err := checkValues(s, i); err != nil {
			return err
		}
		broadcast(r, 0)
		e.estimate(r)
	}
	if e.whiten {
		whiten(s)
	}
	return nil
}

// estimate fills advantages and returns of a row, from its end on.
func (e gae) estimate(r *data.Row) {
	paid := payments(r)
	next, advantage, ended := 0.0, 0.0, false
	for t := len(paid) - 1; t >= 0; t-- {
		if !r.Mask[t] {
			continue
		}
		value := float64(r.Values[t])
		if !ended && e.bootstrap && r.Rollout.Finish == data.FinishLength {
			next = value
		}
		ended = true
		advantage = paid[t] + e.gamma*next - value + e.gamma*e.lambda*advantage
		r.Advantages[t], r.Returns[t] = advantage, float32(advantage+value)
		next = value
	}
}

func checkValues(s *data.Scored, row int) error {
	r := &s.Rows[row]
	if err := checkLength(s, row, "values", len(r.Values)); err != nil {
		return err
	}
	for t, v := range r.Values {
		if x := float64(v); r.Mask[t] && (math.IsNaN(x) || math.IsInf(x, 0)) {
			return fmt.Errorf("algos: value of row %d at token %d is %v", row, t, v)
		}
	}
	return nil
}
