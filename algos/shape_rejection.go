package algos

import (
	"fmt"
	"math"
	"strings"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

// rejection takes tokens or whole responses out of the loss whose log-probabilities under
// the trainer's policy at the start of the step are too far from the sampler's (rejection
// sampling of rollout correction: Liu et al. 2025, "When speed kills stability"; verl's
// rollout_rs): with k = old - rollout and
//
//	k1 = -k    k2 = k^2/2    k3 = exp(k)-k-1
//
// a token, or the sum, mean or maximum over a response's trained tokens, stays where
//
//	log(rollout_rs_threshold_low) <= k1 <= log(rollout_rs_threshold)    k2, k3 <= rollout_rs_threshold
//
// What is rejected leaves numerator and denominator; its reward stays in its group. k is
// clamped to +-20. Deviations: verl takes several statistics at once; a token that the
// sampler gave no log-probability has k = 0.
type rejection struct {
	over, of  string // "token", "seq_sum", ...; "k1", "k2", "k3"
	low, high float64
}

// rejectionStatistics are those of verl.
var rejectionStatistics = []string{"token_k1", "token_k2", "token_k3", "seq_sum_k1", "seq_sum_k2", "seq_sum_k3",
	"seq_mean_k1", "seq_mean_k2", "seq_mean_k3", "seq_max_k2", "seq_max_k3"}

func init() {
	RegisterShaper(Part{
		Name: "rejection", Paper: "Liu et al. 2025, yingru.notion.site/When-Speed-Kills-Stability", Summary: "no loss on tokens or responses that trainer and sampler see too differently",
		Options: []Option{
			ChoiceOption("rollout_rs", "none", "The statistic by which tokens or responses are rejected.", append([]string{"none"}, rejectionStatistics...)...),
			FloatOption("rollout_rs_threshold", 2, "above 0", positive, "Greatest statistic; of k1 the greatest ratio of the sampler's probability to the trainer's."),
			FloatOption("rollout_rs_threshold_low", 0, "0 (1/rollout_rs_threshold) or more, at most rollout_rs_threshold", notNegative, "Least such ratio, of k1 only."),
		},
		Contradictions: func(v Values, l *fault.List) {
			rs, low, high := v.Text("rollout_rs"), v.Float("rollout_rs_threshold_low"), v.Float("rollout_rs_threshold")
			if rs == "none" {
				l.Check(!v.Changed("rollout_rs_threshold"), "rollout_rs_threshold", high, "nothing while rollout_rs is none")
				l.Check(low == 0, "rollout_rs_threshold_low", low, "nothing while rollout_rs is none")
				return
			}
			k1 := strings.HasSuffix(rs, "k1")
			l.Check(low == 0 || k1, "rollout_rs_threshold_low", low, "0 while rollout_rs is %s, which has no lower threshold", rs)
			l.Check(!k1 || low <= high, "rollout_rs_threshold_low", low, "at most rollout_rs_threshold (%g)", high)
			l.Check(!k1 || low > 0 || high >= 1, "rollout_rs_threshold", high, "1 or more while rollout_rs_threshold_low is 0 (the inverse)")
		},
	}, func(v Values) Shaper {
		over, of := v.Text("rollout_rs"), ""
		if i := strings.LastIndex(over, "_"); i >= 0 {
			over, of = over[:i], over[i+1:]
		}
		r := rejection{over: over, of: of, low: math.Inf(-1), high: v.Float("rollout_rs_threshold")}
		if of == "k1" {
			low := v.Float("rollout_rs_threshold_low")
			if low == 0 {
				low = 1 / r.high
			}
			r.low, r.high = math.Log(low), math.Log(r.high)
		}
		return r
	})
}

// Needs implements [Shaper].
func (r rejection) Needs() Needs {
	on := r.over != "none"
	return Needs{Score: on, Rollout: on}
}

// Shape implements [Shaper].
func (r rejection) Shape(s *data.Scored) error {
	if r.over == "none" {
		return nil
	}
	var seen tally
	for i := range s.Rows {
		row := &s.Rows[i]
		if row.NumTrained() == 0 {
			continue
		}
		err := checkLength(s, i, "old log-probabilities", len(row.OldLogProbs))
		if err == nil {
			err = checkLength(s, i, "log-probabilities of the sampler", len(row.RolloutLogProbs))
		}
		if err != nil {
			return fmt.Errorf("%w, which rejection reads", err)
		}
		row.Mask = r.keep(row, &seen)
	}
	seen.report(s)
	return nil
}

// keep is what is left of a row's mask.
func (r rejection) keep(row *data.Row, seen *tally) []bool {
	stats := make([]float64, len(row.Mask))
	for t, trained := range row.Mask {
		if trained {
			stats[t] = r.statistic(float64(row.OldLogProbs[t]) - float64(row.RolloutLogProbs[t]))
		}
	}
	r.join(stats, row.Mask)
	kept, lost := make([]bool, len(row.Mask)), 0
	for t, trained := range row.Mask {
		if !trained {
			continue
		}
		seen.add(stats[t])
		if kept[t] = stats[t] >= r.low && stats[t] <= r.high; !kept[t] {
			lost++
		}
	}
	seen.rows(lost)
	return kept
}

// statistic is k1, k2 or k3 of a token.
func (r rejection) statistic(k float64) float64 {
	if math.IsNaN(k) || math.IsInf(k, 0) {
		k = 0
	}
	k = min(max(k, -maxLogRatio), maxLogRatio)
	switch r.of {
	case "k1":
		return -k
	case "k2":
		return k * k / 2
	}
	return math.Expm1(k) - k
}

// join puts the sum, mean or maximum of the trained tokens' statistics in place of each.
func (r rejection) join(stats []float64, mask []bool) {
	if r.over == "token" {
		return
	}
	sum, most, n := 0.0, math.Inf(-1), 0.0
	for t, trained := range mask {
		if trained {
			sum, most, n = sum+stats[t], max(most, stats[t]), n+1
		}
	}
	value := map[string]float64{"seq_sum": sum, "seq_mean": sum / n, "seq_max": most}[r.over]
	for t := range stats {
		stats[t] = value
	}
}
