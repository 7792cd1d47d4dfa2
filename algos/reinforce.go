package algos

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

const williams = "Williams 1992, doi 10.1007/BF00992696"

// reinforce is the likelihood-ratio policy gradient (Williams 1992, section 4):
//
//	J = A*logp
//
// There is no ratio: after the first optimizer step on the same rollouts the
// gradient is that of another policy's samples.
type reinforce struct{}

func init() {
	RegisterLoss(Part{Name: "reinforce", Paper: williams, Summary: "advantage times log-probability"},
		func(Values) Loss { return reinforce{} })
	RegisterPreset(Preset{
		Name: "reinforce", Paper: williams, Summary: "plain policy gradient over whole completions",
		Loss: "reinforce", Estimator: "reinforce", Aggregation: "seq-mean-token-sum",
	})
}

// Needs implements [Loss].
func (reinforce) Needs() Needs { return Needs{AdvantageScaled: true} }

// Graph implements [Loss].
func (reinforce) Graph(in Inputs) Output {
	objective := Mul(in.Advantages, in.LogProbs)
	numerator, denominator := in.Aggregate(Neg(weighted(in, objective)))
	term := Term{Name: "policy_loss", Numerator: numerator, Denominator: denominator}
	return Output{Terms: []Term{term}, Metrics: []Metric{lossMetric(term)}}
}
