package algos

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas

	"github.com/rlvr-go/rlvr/data"
)

// topEntropy trains on the tokens of greatest entropy only (arXiv 2506.01939, eq. 5,
// "Beyond the 80/20 rule"): a token has no weight unless its entropy is at least the
// (1-top_entropy_quantile)-quantile of all trained tokens of the step.
//
// The quantile is taken of the policy at the start of the step, interpolated as by TRL; an
// entropy compared with it is the current one. Denominators stay as they are, as in TRL.
// Deviations from TRL: its quantile is that of a micro-batch, and its entropy bonus has
// the same mask.
type topEntropy struct{ share float64 }

const entropyThreshold = "top_entropy/threshold"

func init() {
	RegisterWeight(Part{
		Name: "top_entropy", Paper: "arXiv 2506.01939", Summary: "loss on the tokens of greatest entropy only",
		Options: []Option{
			FloatOption("top_entropy_quantile", 1, "above 0, at most 1 (all)", func(x float64) bool { return x > 0 && x <= 1 },
				"Share of the step's tokens that are trained on, those of greatest entropy; the paper's is 0.2."),
		},
	}, func(v Values) Weigher { return topEntropy{v.Float("top_entropy_quantile")} })
}

// Needs implements [Weigher].
func (o topEntropy) Needs() Needs {
	if o.share == 1 {
		return Needs{}
	}
	return Needs{Entropy: true, Score: true, BatchStats: []Stat{{Name: entropyThreshold, Compute: o.threshold}}}
}

// threshold is the quantile, interpolated between neighbours.
func (o topEntropy) threshold(s *data.Scored) float64 {
	var h []float64
	for i := range s.Rows {
		for t, trained := range s.Rows[i].Mask {
			if trained {
				h = append(h, float64(s.Rows[i].Entropy[t]))
			}
		}
	}
	if len(h) == 0 {
		return 0
	}
	slices.Sort(h)
	at := (1 - o.share) * float64(len(h)-1)
	below := int(at)
	above := min(below+1, len(h)-1)
	return h[below] + (at-float64(below))*(h[above]-h[below])
}

// Graph implements [Weigher].
func (o topEntropy) Graph(in Inputs) (*Node, []Metric) {
	if o.share == 1 {
		return nil, nil
	}
	kept := GreaterOrEqual(in.Entropy, in.Stat[entropyThreshold])
	return ConvertDType(kept, in.Mask.DType()), []Metric{tokenShare("top_entropy_ratio", in, kept)}
}
