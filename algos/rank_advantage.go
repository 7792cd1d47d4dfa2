package algos

import (
	"math"

	"github.com/rlvr-go/rlvr/data"
)

// rankEstimator compares what the completions of a prompt have at each rank of a list
// (Rank-GRPO, ICLR 2026): with rel_j the verdict's item j, counted from 1,
//
//	R_k = rel_k (own), or sum over j >= k of rel_j/log2(j+1) (discounted)
//	A_k = (R_k - mean over the group of R_k) / (std + rank_epsilon)
//
// with the sample standard deviation. Tokens of item k, by the feature spans/item, have
// A_k, those of items beyond the longest list of verdicts in the group 0. A list that is too short, or could not be read,
// has R_k = 0 at the ranks it lacks and is compared with the others there.
//
// Deviations: ranks at which all are alike, and groups of one, have exactly 0. The
// official extra rewards for overflow (-0.1 a token) and for the end of the list (+-0.1)
// are left out.
type rankEstimator struct {
	discounted bool
	epsilon    float64
}

func init() {
	RegisterEstimator(Part{
		Name: "rank_grpo", Paper: rankGRPOPaper, Summary: "rewards of list items compared rank by rank", TokenAdvantages: true,
		Options: []Option{
			ChoiceOption("rank_return", "own", "What counts for the tokens of an item: its own relevance, or the discounted relevance from it to the end.", "own", "discounted"),
			FloatOption("rank_epsilon", 1e-4, "0 or more", notNegative, "Added to the standard deviation of a rank."),
		},
	}, func(v Values) Estimator {
		return rankEstimator{v.Text("rank_return") == "discounted", v.Float("rank_epsilon")}
	})
	RegisterPreset(Preset{
		Name: "rank_grpo", Paper: rankGRPOPaper, Summary: "rewards and ratios of each item of a list",
		Loss: "rank_grpo", Estimator: "rank_grpo", Aggregation: "seq-mean-token-sum",
		Options: map[string]any{"beta": 1e-3},
	})
}

// Needs implements [Estimator].
func (rankEstimator) Needs() Needs { return Needs{Features: []string{listItems}, Groups: true} }

// returns are R_k of a row for n ranks, at index k-1.
func (e rankEstimator) returns(r *data.Row, n int) []float64 {
	out := make([]float64, n)
	copy(out, r.Verdict.Items)
	if e.discounted {
		rest := 0.0
		for k := len(out) - 1; k >= 0; k-- {
			rest += out[k] / math.Log2(float64(k+2))
			out[k] = rest
		}
	}
	return out
}

// Advantages implements [Estimator]. Rows without a reward (NaN) are masked and leave
// the statistics of their group.
func (e rankEstimator) Advantages(s *data.Scored) error {
	if err := checkRewards(s); err != nil {
		return err
	}
	s.GroupRows(func(_ int, rows []data.Row) {
		n := 0
		for i := range rows {
			n = max(n, len(rows[i].Verdict.Items))
		}
		ranks := make([][]data.Row, n) // each with the rank's return for a reward
		for i := range rows {
			for k, x := range e.returns(&rows[i], n) {
				if !scored(&rows[i]) {
					x = math.NaN()
				}
				ranks[k] = append(ranks[k], data.Row{Reward: x})
			}
		}
		stats := make([]rewardStats, n)
		for k := range stats {
			stats[k] = describeRewards(ranks[k])
		}
		for i := range rows {
			e.assign(&rows[i], stats)
		}
	})
	return nil
}

// assign gives the tokens of a row the advantages of their items.
func (e rankEstimator) assign(r *data.Row, stats []rewardStats) {
	if !scored(r) {
		mask(r)
		return
	}
	returns := e.returns(r, len(stats))
	broadcast(r, 0)
	for t := range r.Advantages {
		k := int(r.Features[listItems][t])
		if k >= 0 && k < len(stats) && !stats[k].equal() {
			r.Advantages[t] = (returns[k] - stats[k].mean) / (stats[k].std + e.epsilon)
		}
	}
}
