package trainer

import (
	"context"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

// QueueOptions let rollouts wait before they are trained on, as they do in an
// asynchronous run where a sampler works beside the trainer: what objectives make of old
// rollouts can be studied on one machine.
type QueueOptions struct {
	// MaxStaleness is the most steps between the policy that sampled a rollout and the
	// one that begins to train on it (prime-rl's max_async_level, AReaL's
	// max_head_offpolicyness); 0: every step samples its own. Rollouts of
	// MaxStaleness+1 steps are sampled at once.
	MaxStaleness int `yaml:"max_staleness"`
	// Exact makes every rollout exactly MaxStaleness steps old: each step samples one
	// more for later and trains on the oldest. Those of the first MaxStaleness steps are
	// sampled by the policy that begins the stage, and are less old.
	Exact bool `yaml:"exact"`
}

// Validate reports every option out of range.
func (o *QueueOptions) Validate() error {
	var l fault.List
	const most = 1024 // steps of rollouts in memory and in every checkpoint
	l.Check(o.MaxStaleness >= 0 && o.MaxStaleness <= most, "max_staleness", o.MaxStaleness, "0 (off) to %d", most)
	l.Check(!o.Exact || o.MaxStaleness > 0, "exact", o.Exact, "false while max_staleness is 0")
	return l.Err()
}

// next gives the judged rollouts of the step: the oldest that wait, after as many were
// sampled as the options ask for and the stage has steps left for.
func (t *Trainer) next(ctx context.Context, st *stage, clock *stepClock) (*data.Scored, error) {
	q := &st.opts.Queue
	if q.Exact || len(st.queue) == 0 {
		for want := max(1, min(q.MaxStaleness+1, st.opts.Steps-t.state.StageStep)); len(st.queue) < want; {
			s, err := t.gather(ctx, st, clock)
			if err != nil {
				return nil, err
			}
			st.queue = append(st.queue, s)
		}
	}
	s := st.queue[0]
	st.queue = st.queue[1:]
	if s.Rows == nil { // it comes from a checkpoint, which keeps no verdicts
		var err error
		if s, err = t.judge(ctx, s.Groups, t.scoringOf(ctx, s.Groups)); err != nil {
			return nil, err
		}
		clock.lap("reward")
	}
	s.Stats = map[string]float64{
		algos.StatProgress:  float64(t.state.StageStep) / float64(st.opts.Steps),
		algos.StatVocabSize: float64(t.setup.Tokenizer.VocabSize()),
	}
	return s, nil
}

// age is the mean number of optimizer steps that the policy has made since it sampled a
// rollout.
func (t *Trainer) age(s *data.Scored) float64 {
	sum := 0
	for i := range s.Rows {
		sum += t.policy.Version - s.Rows[i].Rollout.PolicyVersion
	}
	return float64(sum) / float64(max(1, len(s.Rows)))
}
