package algos

import (
	"math"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

// lengthPenalty takes reward from answers that are longer than others to the same
// problem, c = length_penalty_coef, |y| in tokens:
//
//	kimi       arXiv 2501.12599, section 2.3.3: c*l if right, c*min(0, l) if wrong,
//	           l = 1/2 - (|y|-shortest)/(longest-shortest) over the group, 0 if all are as long
//	efficient  arXiv 2502.04463, eq. 3: a right answer loses the share c*sigmoid((|y|-mean)/std)
//	           of its reward, mean and standard deviation over the group's right answers
//
// Deviations: efficient's standard deviation is that of a sample, and where it is 0 the
// sigmoid is 1/2. Answers without a reward do not count.
type lengthPenalty struct {
	kind string
	coef float64
}

func init() {
	RegisterShaper(Part{
		Name: "length_penalty", Paper: "arXiv 2501.12599", Summary: "less reward for answers longer than others to the same problem",
		Options: []Option{
			ChoiceOption("length_penalty", "none", "How length counts: against shortest and longest of the group (kimi), or against its right answers (efficient).", "none", "kimi", "efficient"),
			FloatOption("length_penalty_coef", 0.1, "above 0", positive, "Weight of the length in the reward."),
		},
		Contradictions: func(v Values, l *fault.List) {
			kind, coef := v.Text("length_penalty"), v.Float("length_penalty_coef")
			l.Check(kind != "none" || !v.Changed("length_penalty_coef"), "length_penalty_coef", coef, "nothing while length_penalty is none")
			l.Check(kind != "efficient" || coef < 1, "length_penalty_coef", coef, "below 1 with length_penalty efficient: a right answer must stay better than a wrong one")
		},
	}, func(v Values) Shaper { return lengthPenalty{v.Text("length_penalty"), v.Float("length_penalty_coef")} })
}

// Needs implements [Shaper].
func (lengthPenalty) Needs() Needs { return Needs{} }

// Shape implements [Shaper].
func (p lengthPenalty) Shape(s *data.Scored) error {
	if p.kind == "none" {
		return nil
	}
	penalty := map[*data.Row]float64{}
	s.GroupRows(func(_ int, rows []data.Row) {
		if p.kind == "kimi" {
			p.spread(rows, penalty)
		} else {
			p.relative(rows, penalty)
		}
	})
	addReward(s, "length_penalty", func(r *data.Row) float64 { return penalty[r] })
	return nil
}

// spread places each row between the shortest and the longest.
func (p lengthPenalty) spread(rows []data.Row, penalty map[*data.Row]float64) {
	shortest, longest := math.Inf(1), math.Inf(-1)
	for i := range rows {
		if n := float64(rows[i].Rollout.NumTokens()); scored(&rows[i]) {
			shortest, longest = min(shortest, n), max(longest, n)
		}
	}
	if !(longest > shortest) {
		return
	}
	for i := range rows {
		r := &rows[i]
		l := 0.5 - (float64(r.Rollout.NumTokens())-shortest)/(longest-shortest)
		if !right(r) {
			l = min(0, l)
		}
		penalty[r] = p.coef * l
	}
}

// relative compares the right answers.
func (p lengthPenalty) relative(rows []data.Row, penalty map[*data.Row]float64) {
	var lengths []data.Row // with lengths for rewards
	for i := range rows {
		if r := &rows[i]; scored(r) && right(r) {
			lengths = append(lengths, data.Row{Reward: float64(r.Rollout.NumTokens())})
		}
	}
	d := describeRewards(lengths)
	for i := range rows {
		r := &rows[i]
		if !scored(r) || !right(r) {
			continue
		}
		z := 0.0
		if !d.equal() {
			z = (float64(r.Rollout.NumTokens()) - d.mean) / d.std
		}
		penalty[r] = -r.Reward * p.coef / (1 + math.Exp(-z))
	}
}
