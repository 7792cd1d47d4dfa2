package trainer

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/trainer/runlog"
)

// Reporter is told what happens in a run; [runlog.Logger] is one. Its errors end
// the run: a record that cannot be written is lost.
type Reporter interface {
	// Stage begins a stage, or goes on with it after a resume.
	Stage(s runlog.Stage)
	// Step has the metrics of a step.
	Step(r runlog.Record) error
	// Samples has a few completions of the step told last.
	Samples(step int, samples []runlog.Sample) error
	// Eval has the metrics of an evaluation of the test set after the stage of that
	// name ("": before the first).
	Eval(step int, after string, values map[string]float64) error
	// Sync makes durable what was told so far.
	Sync() error
}

// stepClock measures where a step's time goes.
type stepClock struct {
	start, last time.Time
	busy        time.Duration
	seconds     map[string]float64
}

func (t *Trainer) startClock() *stepClock {
	now := time.Now()
	return &stepClock{start: now, last: now, busy: t.setup.Device.Busy(), seconds: map[string]float64{}}
}

// lap ends a phase of the step.
func (c *stepClock) lap(phase string) {
	now := time.Now()
	c.seconds["timing_s/"+phase] += now.Sub(c.last).Seconds()
	c.last = now
}

// endStep counts the step, looks at the validation set and saves where they are
// due, and reports.
func (t *Trainer) endStep(ctx context.Context, st *stage, c *stepClock, s *data.Scored, m map[string]float64, trained int) error {
	t.state.Step++
	t.state.StageStep++
	if err := t.syncReference(st); err != nil {
		return err
	}
	t.describe(st, c, s, m, trained)
	for name, v := range c.seconds {
		m[name] = v
	}
	c.last = time.Now()
	if n := st.opts.EvalSteps; n > 0 && t.state.StageStep%n == 0 && len(t.validation) > 0 {
		e, _, err := t.Evaluate(ctx, "validation")
		if err != nil {
			return err
		}
		for name, v := range e.Metrics() {
			m[name] = v
		}
		c.lap("eval")
		m["timing_s/eval"] = c.seconds["timing_s/eval"]
	}
	if u := st.opts.Until; u.Metric != "" {
		v, ok := m[u.Metric]
		st.reached = ok && v >= u.Value
	}
	r := runlog.Record{Step: t.state.Step, Stage: st.opts.Name, Time: time.Now(), Values: m}
	if err := t.setup.Report.Step(r); err != nil {
		return fmt.Errorf("trainer: %w", err)
	}
	samples, err := t.samples(st, s)
	if err != nil {
		return err
	}
	if err := t.setup.Report.Samples(t.state.Step, samples); err != nil {
		return fmt.Errorf("trainer: %w", err)
	}
	if n := t.setup.Checkpoint.SaveSteps; n > 0 && t.state.Step%n == 0 && !st.over(&t.state) {
		return t.save(ctx, st)
	}
	return nil
}

// describe adds the metrics of rollouts, rewards and speed.
func (t *Trainer) describe(st *stage, c *stepClock, s *data.Scored, m map[string]float64, trained int) {
	step := time.Since(c.start).Seconds()
	sampled, prompts := 0, 0
	for g := range s.Groups {
		prompts += len(s.Groups[g].Prompt)
		for i := range s.Groups[g].Rollouts {
			sampled += s.Groups[g].Rollouts[i].NumTokens()
		}
	}
	m["timing_s/step"] = step
	// Executions side by side count each: on one device that runs several at once
	// the host's share is what is left of the step, never below 0.
	m["timing_s/host"] = max(0, step-(t.setup.Device.Busy()-c.busy).Seconds())
	if update, trains := c.seconds["timing_s/update"]; trains {
		m["perf/train_tokens_per_s"] = float64(trained) / update
	}
	m["perf/compiles"] = float64(len(t.setup.Device.Compiles()))
	m["epoch"] = float64(st.cursor.consumed) / float64(st.cursor.n)
	m["prompt_length/mean"] = float64(prompts) / float64(max(1, len(s.Groups)))
	t.state.NumTokens += trained
	if st.objective.needs.Values {
		if v, ok := explainedVariance(s); ok {
			m["vf_explained_var"] = v
		}
	}
	if !st.algorithm.Offline {
		t.state.NumTokens += sampled
		m["perf/gen_tokens_per_s"] = float64(sampled) / c.seconds["timing_s/gen"]
		describeRollouts(s, m)
		describeRewards(s, m)
	}
	m["num_tokens"] = float64(t.state.NumTokens)
}

// describeRollouts adds rewards, verdicts and lengths.
func describeRollouts(s *data.Scored, m map[string]float64) {
	var rewards, stds, lengths, ended, groupMeans []float64
	correct, masked, undecided := 0, 0, 0
	groups, all, none, equal := 0, 0, 0, 0
	s.GroupRows(func(_ int, rows []data.Row) {
		var of []float64
		right := 0
		for i := range rows {
			r := &rows[i]
			n := float64(r.Rollout.NumTokens())
			lengths = append(lengths, n)
			if r.Rollout.Finish != data.FinishLength {
				ended = append(ended, n)
			}
			if r.Verdict.Masked() {
				masked++
				continue
			}
			if r.Verdict.Kind == data.Correct {
				right++
			} else if r.Verdict.Kind != data.Incorrect {
				undecided++
			}
			of = append(of, r.Reward)
		}
		if len(of) == 0 {
			return
		}
		groups++
		correct += right
		mean, std := meanStd(of)
		rewards, stds, groupMeans = append(rewards, of...), append(stds, std), append(groupMeans, mean)
		if right == len(of) {
			all++
		}
		if right == 0 {
			none++
		}
		if std == 0 {
			equal++
		}
	})
	n, g := float64(max(1, len(rewards))), float64(max(1, groups))
	m["reward"], _ = meanStd(rewards)
	_, spread := meanStd(groupMeans)
	m["reward_ci95"] = 1.96 * spread / math.Sqrt(g)
	m["reward_std"], _ = meanStd(stds)
	m["accuracy"] = float64(correct) / n
	m["solved_all"], m["solved_none"], m["frac_reward_zero_std"] = float64(all)/g, float64(none)/g, float64(equal)/g
	m["completions/mean_length"], _ = meanStd(lengths)
	m["completions/mean_terminated_length"], _ = meanStd(ended)
	m["completions/clipped_ratio"] = 1 - float64(len(ended))/float64(max(1, len(lengths)))
	m["verifier/error_rate"] = float64(masked) / float64(max(1, len(lengths)))
	m["verifier/undecided_rate"] = float64(undecided) / float64(max(1, len(lengths)))
}

// describeRewards adds mean and standard deviation of each reward over the rows that have
// it; one that none has is left out.
func describeRewards(s *data.Scored, m map[string]float64) {
	for name, values := range s.Rewards {
		there := make([]float64, 0, len(values))
		for _, x := range values {
			if !math.IsNaN(x) {
				there = append(there, x)
			}
		}
		if len(there) > 0 {
			m["rewards/"+name+"/mean"], m["rewards/"+name+"/std"] = meanStd(there)
		}
	}
}
