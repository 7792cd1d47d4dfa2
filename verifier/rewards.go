package verifier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/rlvr-go/rlvr/data"
)

// Rewards are the rewards of a run, ready to judge. Make them with [Options.Open] and
// keep them for the run.
type Rewards struct {
	list []reward
	// right indexes the reward whose verdicts say what is right.
	right     int
	maxFaults float64
}

// reward is one reward of a run.
type reward struct {
	name   string
	weight float64
	judge  *Judge
}

// Open makes the rewards. What programs and services behind them have to say goes to
// log. Close ends them.
func (o *Options) Open(log *slog.Logger) (*Rewards, error) {
	list := o.List()
	r := &Rewards{right: max(0, o.correctness(list)), maxFaults: o.MaxFaultFraction}
	for _, one := range list {
		v, err := New(one.Verifier, one.Options)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("verifier: reward %s: %w", one.Name, err), r.Close())
		}
		if outside, ok := v.(Outside); ok {
			outside.LogTo(log.With("reward", one.Name))
		}
		r.list = append(r.list, reward{one.Name, one.Weight, NewJudge(v, 0, o.Timeout())})
	}
	return r, nil
}

// RewardsOf is one reward of weight 1, named as its verifier, with the judge's options
// of [NewJudge].
func RewardsOf(v Verifier, workers int, timeout time.Duration, maxFaultFraction float64) *Rewards {
	return &Rewards{list: []reward{{v.Name(), 1, NewJudge(v, workers, timeout)}}, maxFaults: maxFaultFraction}
}

// Right is the reward that says what is right, alone: all that an evaluation asks. It
// needs no Close of its own.
func (r *Rewards) Right() *Rewards {
	return &Rewards{list: r.list[r.right : r.right+1], maxFaults: r.maxFaults}
}

// Weights are the weights by name.
func (r *Rewards) Weights() map[string]float64 {
	out := make(map[string]float64, len(r.list))
	for i := range r.list {
		out[r.list[i].name] = r.list[i].weight
	}
	return out
}

// SelfTest is [SelfTest] of the reward that says what is right.
func (r *Rewards) SelfTest(ctx context.Context, examples []data.Example) (SelfTested, error) {
	return SelfTest(ctx, r.list[r.right].judge.verifier, examples)
}

// Check is [ErrTooManyFaults] when more of the verdicts are faults than the options
// allow.
func (r *Rewards) Check(verdicts []data.Verdict) error {
	return Count(verdicts).Check(r.maxFaults)
}

// Close ends what the verifiers started.
func (r *Rewards) Close() error {
	var errs []error
	for i := range r.list {
		if o, ok := r.list[i].judge.verifier.(Outside); ok {
			errs = append(errs, o.Close())
		}
	}
	return errors.Join(errs...)
}

// Scores are what rewards say of some completions, in their order.
type Scores struct {
	// Verdicts are those of the reward that says what is right. Where the
	// infrastructure of another reward (of weight other than 0) failed, that verdict
	// stands in its place: a sum with a part missing is no reward.
	Verdicts []data.Verdict
	// Totals are the weighted sums, NaN where the verdict is masked. A reward that
	// cannot judge an example (a fault of the reference answer) is left out of the sums:
	// it is so for all completions of that example, and they are compared with one
	// another.
	Totals []float64
	// ByName are the scores by reward, unweighted; NaN where there is none.
	ByName map[string][]float64
	// Weights are the weights by reward.
	Weights map[string]float64
}

// combine adds up the verdicts of each reward, [reward][completion].
func (r *Rewards) combine(by [][]data.Verdict) *Scores {
	s := &Scores{Verdicts: slices.Clone(by[r.right]), Totals: make([]float64, len(by[r.right])), ByName: make(map[string][]float64, len(r.list)), Weights: r.Weights()}
	for k := range r.list {
		one := &r.list[k]
		scores := make([]float64, len(s.Totals))
		for i := range by[k] {
			v := &by[k][i]
			if !v.Masked() {
				scores[i] = v.Score
				s.Totals[i] += one.weight * v.Score
				continue
			}
			scores[i] = nan
			if k != r.right && one.weight != 0 && v.Blame == data.BlameInfrastructure && !s.Verdicts[i].Masked() {
				s.Verdicts[i] = *v
				s.Verdicts[i].Detail = fmt.Sprintf("reward %s: %s", one.name, v.Detail)
			}
		}
		s.ByName[one.name] = scores
	}
	for i := range s.Totals {
		if s.Verdicts[i].Masked() {
			s.Totals[i] = nan
		}
	}
	return s
}
