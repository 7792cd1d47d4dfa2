package trainer

import (
	"context"
	"fmt"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/data"
)

// gather samples and judges the step's groups. Where the objective samples others in
// place of groups that it leaves out (dynamic sampling), it goes on until none is missing
// or its rounds are over; it then asks before rewards are shaped, once more than after.
func (t *Trainer) gather(ctx context.Context, st *stage, clock *stepClock) (*data.Scored, error) {
	whole := &data.Scored{Rewards: map[string][]float64{}, Stats: map[string]float64{}}
	missing := st.opts.NumPromptsPerStep
	for round := 1; missing > 0; round++ {
		groups, scoring, err := t.rollouts(ctx, st, missing)
		if err != nil {
			return nil, err
		}
		clock.lap("gen")
		part := rowsOf(groups) // given answers are not judged
		if scoring != nil {
			if part, err = t.judge(ctx, groups, scoring); err != nil {
				return nil, err
			}
		}
		if part, missing, err = st.refill(part, round); err != nil {
			return nil, err
		}
		appendScored(whole, part)
		clock.lap("reward")
	}
	return whole, nil
}

// refill leaves out the groups that others are to be sampled for, and says how many
// those are: none once the rounds are over.
func (st *stage) refill(s *data.Scored, round int) (*data.Scored, int, error) {
	for _, selector := range st.algorithm.Selectors {
		r, ok := selector.(algos.Refiller)
		if !ok {
			continue
		}
		most, ok := r.Rounds()
		if !ok {
			continue
		}
		keep, missing, err := r.Select(s)
		if err != nil {
			return nil, 0, fmt.Errorf("trainer: %w", err)
		}
		if most > 0 && round >= most {
			missing = 0
		}
		return kept(s, keep), missing, nil
	}
	return s, 0, nil
}

// kept is what is left of s.
func kept(s *data.Scored, keep []bool) *data.Scored {
	out := &data.Scored{Rewards: map[string][]float64{}, RewardWeights: s.RewardWeights}
	number := make([]int, len(s.Groups))
	for g := range s.Groups {
		number[g] = len(out.Groups)
		if keep[g] {
			out.Groups = append(out.Groups, s.Groups[g])
		}
	}
	for i, r := range s.Rows {
		if !keep[r.Group] {
			continue
		}
		r.Group = number[r.Group]
		out.Rows = append(out.Rows, r)
		for name, values := range s.Rewards {
			out.Rewards[name] = append(out.Rewards[name], values[i])
		}
	}
	return out
}

// appendScored adds the groups and rows of part to whole.
func appendScored(whole, part *data.Scored) {
	first := len(whole.Groups)
	if first == 0 {
		whole.Groups, whole.Rows, whole.Rewards, whole.RewardWeights = part.Groups, part.Rows, part.Rewards, part.RewardWeights
		return
	}
	whole.Groups = append(whole.Groups, part.Groups...)
	for _, r := range part.Rows {
		r.Group += first
		whole.Rows = append(whole.Rows, r)
	}
	for name, values := range part.Rewards {
		whole.Rewards[name] = append(whole.Rewards[name], values...)
	}
}
