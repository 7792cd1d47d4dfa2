package algos

import (
	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

// filterGroups leaves out groups whose responses are all alike and so have no advantage,
// and has other prompts sampled in their place (DAPO's dynamic sampling, arXiv 2503.14476,
// section 3.2): with dynamic_sampling each group left out is a prompt to sample anew.
//
// What must differ is the verdict (the paper: some right, some wrong), the verifier's
// score, or the reward after shaping. Rows without a reward do not count.
//
// Deviations: a group of one is left out; with compat verl it stays, as in its recipe.
// When max_sampling_rounds are over the step trains on what there is, where the recipe
// stops the run.
type filterGroups struct {
	by     string
	refill bool
	rounds int
	lonely bool
}

// Refiller is a [Selector] whose refill counts the trainer honours: it samples as many
// further prompts, selects among their groups too, and goes on until none is missing or
// Rounds samplings were made (0: no limit), the first included. Groups beyond those of a
// step are cut off at the end.
type Refiller interface {
	Selector
	// Rounds is the most samplings of a step; 0: no limit. ok is false where nothing is
	// sampled anew.
	Rounds() (rounds int, ok bool)
}

func init() {
	RegisterSelector(Part{
		Name: "filter_groups", Paper: "arXiv 2503.14476", Summary: "no groups of equal outcomes, others in their place",
		Options: []Option{
			ChoiceOption("filter_groups", "none", "What must differ within a group for it to be trained on: right and wrong (accuracy), the verifier's score, or the reward after shaping.", "none", "accuracy", "score", "reward"),
			BoolOption("dynamic_sampling", false, "Sample further prompts in place of groups left out."),
			IntOption("max_sampling_rounds", 10, "0 (no limit) or more", func(x int) bool { return x >= 0 }, "Samplings of a step, after which it trains on what there is."),
			CompatOption("verl"),
		},
		Contradictions: func(v Values, l *fault.List) {
			dynamic := v.Bool("dynamic_sampling")
			l.Check(!dynamic || v.Text("filter_groups") != "none", "dynamic_sampling", dynamic, "false while filter_groups is none: no group is left out")
			l.Check(dynamic || !v.Changed("max_sampling_rounds"), "max_sampling_rounds", v.Int("max_sampling_rounds"), "nothing while dynamic_sampling is false")
		},
	}, func(v Values) Selector {
		return filterGroups{v.Text("filter_groups"), v.Bool("dynamic_sampling"), v.Int("max_sampling_rounds"), v.Text(compatName) == "verl"}
	})
}

// Needs implements [Selector].
func (filterGroups) Needs() Needs { return Needs{} }

// Rounds implements [Refiller].
func (f filterGroups) Rounds() (int, bool) { return f.rounds, f.refill }

// Select implements [Selector].
func (f filterGroups) Select(s *data.Scored) (keep []bool, refill int, err error) {
	keep = make([]bool, len(s.Groups))
	for i := range keep {
		keep[i] = f.by == "none"
	}
	if f.by == "none" {
		return keep, 0, nil
	}
	s.GroupRows(func(group int, rows []data.Row) { keep[group] = f.differ(rows) })
	if f.refill {
		for _, kept := range keep {
			if !kept {
				refill++
			}
		}
	}
	return keep, refill, nil
}

// differ reports that the rows of a group do not all come out the same.
func (f filterGroups) differ(rows []data.Row) bool {
	var outcomes []data.Row // with outcomes for rewards
	for i := range rows {
		r := &rows[i]
		if !scored(r) {
			continue
		}
		x := r.Reward
		switch {
		case f.by == "score":
			x = r.Verdict.Score
		case f.by == "accuracy" && right(r):
			x = 1
		case f.by == "accuracy":
			x = 0
		}
		outcomes = append(outcomes, data.Row{Reward: x})
	}
	return !describeRewards(outcomes).equal() || f.lonely && len(outcomes) == 1
}
