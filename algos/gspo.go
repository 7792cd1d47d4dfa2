package algos

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

const gspoPaper = "arXiv 2507.18071"

// gspo clips the ratio of a whole response, its length taken out (arXiv 2507.18071,
// eqs. 5 and 7):
//
//	s_i = exp(mean_t(logp - old))
//	J_i = min(s_i*A_i, clip(s_i, 1-epsilon, 1+epsilon_high)*A_i)
//
// The gradient goes through s_i to every trained token of the response. A clipped
// response is lost as a whole. gspo_token (eqs. 13 and 14) has the same value and, with
// one advantage a response, the same gradient, but each token keeps its own advantage:
//
//	s_it = sg(s_i) * exp(logp - sg(logp))
//
// Deviations from the paper: mean log-ratios above 10 have no gradient (as in verl; TRL
// has no such bound). Deviations from TRL: rows without a trained token leave the mean
// over rows. verl has the token form only, and adds 1e-8 to each row's length.
type gspo struct {
	clipRange
	perToken bool
}

// usualSequenceEpsilon is the widest clip of a length-normalised ratio that makes
// sense: such ratios lie within some 1e-3 of 1.
const usualSequenceEpsilon = 0.05

func init() {
	for _, form := range []struct {
		name, summary string
		perToken      bool
	}{
		{"gspo", "clipped ratio of the whole response", false},
		{"gspo_token", "clipped ratio of the whole response, an advantage for each token", true},
	} {
		RegisterLoss(Part{
			Name: form.name, Paper: gspoPaper, Summary: form.summary, OneAdvantage: !form.perToken,
			Options: []Option{epsilonOption(3e-4), epsilonHighOption(4e-4)}, Warnings: sequenceEpsilonWarning,
		}, func(v Values) Loss { return &gspo{newClipRange(v), form.perToken} })
		RegisterPreset(Preset{
			Name: form.name, Paper: gspoPaper, Summary: form.summary,
			Loss: form.name, Estimator: "grpo", Aggregation: "seq-mean-token-mean",
		})
	}
}

func sequenceEpsilonWarning(v Values) []Warning {
	if e := v.Float("epsilon"); e > usualSequenceEpsilon {
		return []Warning{{"sequence-epsilon", fmt.Sprintf("epsilon %g never clips a length-normalised ratio, which stays within some 1e-3 of 1; the paper has 3e-4 and 4e-4", e)}}
	}
	return nil
}

// Needs implements [Loss].
func (*gspo) Needs() Needs { return Needs{Old: true, AdvantageScaled: true} }

// Graph implements [Loss].
func (o *gspo) Graph(in Inputs) Output {
	logRatio := Sub(in.LogProbs, in.Old)
	sequence := rowMeanGraph(in, logRatio) // [N, T]
	var ratio *Node
	if o.perToken {
		ratio = tokenFormGraph(in, sequence)
	} else {
		ratio = Exp(MinScalar(sequence, maxLogSequenceRatio))
	}
	c := o.surrogateGraph(ratio, in.Advantages)
	return policyOutput(in, c.objective, logRatio).with(clipMetrics(in, c), ratioMetrics(in, ratio))
}
