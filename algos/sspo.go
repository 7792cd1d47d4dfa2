package algos

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas

	"github.com/rlvr-go/rlvr/data"
)

const sspoPaper = "arXiv 2511.04256"

// The features and statistics of sspo.
const (
	sentenceSpans   = "spans/sentence"
	meanSpanEntropy = "sspo/mean_span_entropy"
)

// sspo clips the ratio of a sentence, within bounds that its entropy sets (arXiv
// 2511.04256): with k the span of token t
//
//	s_k  = exp(mean over k of logp - old),  s_t = sg(s_k) * exp(logp - sg(logp))
//	e_k  = clip(h_k / mean of h, 1/2, 2),  h_k the mean entropy of span k
//	J    = min(s*A, clip(s, 1-epsilon*e, 1+epsilon_high*e)*A)
//
// One span a response is GSPO, one token a span GRPO. Spans are the feature
// spans/sentence: ids from 0, never falling along a response.
//
// Deviations: no code and no formula was published beside the abstract; all of this is
// our reading of it. Widths lie between those of GSPO and GRPO. The mean of h is over the
// spans of the step with entropies of the policy at its start, h_k itself is the current
// policy's. Mean log-ratios above 10 have no gradient.
type sspo struct {
	low, high float64 // clip widths
	adaptive  bool
}

func init() {
	RegisterLoss(Part{
		Name: "sspo", Paper: sspoPaper, Summary: "clipped ratio of each sentence",
		Options: []Option{
			epsilonOption(0.03), epsilonHighOption(0),
			BoolOption("entropy_clip", true, "Widen the clip range of sentences of high entropy and narrow that of others, by up to 2."),
		},
	}, func(v Values) Loss {
		c := newClipRange(v)
		return &sspo{1 - c.low, c.high - 1, v.Bool("entropy_clip")}
	})
	RegisterPreset(Preset{
		Name: "sspo", Paper: sspoPaper, Summary: "group-normalised advantages, ratio of each sentence",
		Loss: "sspo", Estimator: "grpo", Aggregation: "seq-mean-token-mean",
	})
}

// Needs implements [Loss].
func (o *sspo) Needs() Needs {
	n := Needs{Old: true, Entropy: o.adaptive, Features: []string{sentenceSpans}, AdvantageScaled: true}
	if o.adaptive {
		n.Score = true
		n.BatchStats = []Stat{{Name: meanSpanEntropy, Compute: spanEntropy}}
	}
	return n
}

// spanEntropy is the mean over all spans of their mean entropy.
func spanEntropy(s *data.Scored) float64 {
	sum, spans := 0.0, 0.0
	for i := range s.Rows {
		r := &s.Rows[i]
		var in, tokens float64
		var id float32
		for t, trained := range r.Mask {
			if !trained {
				continue
			}
			if span := r.Features[sentenceSpans][t]; span != id && tokens > 0 {
				sum, spans = sum+in/tokens, spans+1
				in, tokens = 0, 0
			}
			id = r.Features[sentenceSpans][t]
			in, tokens = in+float64(r.Entropy[t]), tokens+1
		}
		if tokens > 0 {
			sum, spans = sum+in/tokens, spans+1
		}
	}
	return sum / max(1, spans)
}

// Graph implements [Loss].
func (o *sspo) Graph(in Inputs) Output {
	logRatio, spans := Sub(in.LogProbs, in.Old), in.Feature[sentenceSpans]
	mean, _ := runMeanGraph(in.Mask, spans, logRatio)
	ratio := tokenFormGraph(in, mean)
	wide := OnesLike(ratio)
	if o.adaptive {
		h, _ := runMeanGraph(in.Mask, spans, StopGradient(in.Entropy))
		average := in.Stat[meanSpanEntropy]
		known := BroadcastToShape(above(average, 0), h.Shape())
		wide = Where(known, ClipScalar(Div(h, average), 0.5, 2), wide)
	}
	bound := func(width float64) *Node { return OnePlus(MulScalar(wide, width)) }
	c := surrogateWithinGraph(ratio, in.Advantages, bound(-o.low), bound(o.high))
	return policyOutput(in, c.objective, logRatio).with(clipMetrics(in, c), ratioMetrics(in, ratio))
}
