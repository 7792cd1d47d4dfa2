package trainer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/model/device"
	"github.com/rlvr-go/rlvr/sampler"
	"github.com/rlvr-go/rlvr/trainer/runlog"
	"github.com/rlvr-go/rlvr/verifier"
)

// stage is a stage in progress.
type stage struct {
	opts      *StageOptions
	algorithm *algos.Algorithm
	objective *objective
	optimizer *optimizer
	packer    packer
	generator *generator
	cursor    cursor
	// reference are the weights at the stage's start; nil unless the objective
	// needs them.
	reference []*device.Tensor
	// collector keeps completions; nil unless the stage collects them.
	collector *collector
	// roles are the weights of further models by their role.
	roles map[string][]*device.Tensor
	// pool is what an offline stage learns from in place of the training problems.
	pool []data.Group
	// queue holds rollouts that wait for their step, oldest first.
	queue []*data.Scored
	// reached says that the stage's goal was met.
	reached bool
}

// openStage makes ready the stage that the state says is next.
func (t *Trainer) openStage() (*stage, error) {
	o := &t.setup.Stages[t.state.Stage]
	if err := t.start(o); err != nil {
		return nil, err
	}
	if o.Collect {
		return t.openCollection(o)
	}
	a, err := o.Resolve()
	if err != nil {
		return nil, fmt.Errorf("trainer: stage %s: %w", o.Name, err)
	}
	if err := t.openHead(a.Needs().Values); err != nil {
		return nil, err
	}
	st := &stage{
		opts: o, algorithm: a,
		objective: newObjective(t.setup.Device, t.policy.Arch, a, o),
		optimizer: newOptimizer(t.setup.Device, t.policy, t.head, o.Optim),
		packer:    newPacker(t.policy.Arch, o),
		cursor:    cursor{n: len(t.train), seed: t.setup.Seed, stage: t.state.Stage, consumed: t.state.Consumed},
	}
	if err := t.openSources(st); err != nil {
		return nil, err
	}
	st.packer.limit(t.setup.Device.PassTokens)
	if st.objective.needs.Pairs {
		st.packer.pairUp()
	}
	if !a.Offline {
		if st.generator, err = t.newGenerator(o.Rollout); err != nil {
			return nil, fmt.Errorf("trainer: stage %s: %w", o.Name, err)
		}
	}
	if st.objective.needs.Ref {
		if st.reference, err = cloneWeights(t.setup.Device, t.policy); err != nil {
			return nil, err
		}
	}
	if err := t.restoreStage(st); err != nil {
		return nil, err
	}
	t.setup.Report.Stage(runlog.Stage{
		Name: o.Name, Algorithm: a.Name, Number: t.state.Stage + 1, Of: len(t.setup.Stages),
		First: t.state.Step + 1, Last: t.state.Step - t.state.StageStep + o.Steps, Notes: t.notes(st),
	})
	return st, nil
}

// notes say what a stage does, with the counts that configs are often wrong about.
func (t *Trainer) notes(st *stage) []string {
	o := st.opts
	updates := o.Update.NumIterations
	if m := o.Update.MiniBatchPrompts; m > 0 {
		updates *= o.NumPromptsPerStep / m
	}
	what := fmt.Sprintf("%d prompts a step", o.NumPromptsPerStep)
	if !st.algorithm.Offline {
		what += fmt.Sprintf(" x %d completions of at most %d tokens at temperature %g", o.Rollout.NumGenerations, o.Rollout.MaxCompletionLength, o.Rollout.Temperature)
	}
	out := []string{fmt.Sprintf("%s, %d optimizer step(s) each; %d training problems", what, updates, st.cursor.n)}
	if u := o.Until; u.Metric != "" {
		out = append(out, fmt.Sprintf("until %s reaches %g", u.Metric, u.Value))
	}
	for _, w := range o.Warnings(st.algorithm) {
		out = append(out, fmt.Sprintf("warning (%s): %s", w.Name, w.Text))
	}
	return out
}

// over reports whether the stage has ended.
func (st *stage) over(s *state) bool { return st.reached || s.StageStep >= st.opts.Steps }

// rollouts gives the groups of the next n prompts: sampled, or read for offline
// objectives. The scoring of those sampled is under way; [Trainer.judge] closes it.
func (t *Trainer) rollouts(ctx context.Context, st *stage, n int) ([]data.Group, *verifier.Scoring, error) {
	if st.pool != nil {
		groups := make([]data.Group, n)
		for k, i := range st.cursor.next(n) {
			groups[k] = st.pool[i]
		}
		return groups, nil, nil
	}
	var prompts []prompt
	for _, i := range st.cursor.next(n) {
		prompts = append(prompts, t.train[i])
	}
	if st.algorithm.Offline {
		groups, err := t.demonstrations(prompts, st.objective.needs)
		if err != nil {
			return nil, nil, err
		}
		return groups, nil, nil
	}
	d := sampler.Draw{Seed: t.setup.Seed, Step: t.state.Step + len(st.queue)} // the step that will train on them
	return t.generate(ctx, st.generator, prompts, d, t.setup.Rewards)
}

// shape changes rewards, masks and weights, drops the groups that the objective's
// selectors refuse, and estimates advantages.
func (st *stage) shape(s *data.Scored) error {
	for _, shaper := range st.algorithm.Shapers {
		if err := shaper.Shape(s); err != nil {
			return fmt.Errorf("trainer: %w", err)
		}
	}
	for _, selector := range st.algorithm.Selectors {
		keep, _, err := selector.Select(s)
		if err != nil {
			return fmt.Errorf("trainer: %w", err)
		}
		for i := range s.Rows {
			if !keep[s.Rows[i].Group] {
				clear(s.Rows[i].Mask)
			}
		}
	}
	if err := st.algorithm.Estimator.Advantages(s); err != nil {
		return fmt.Errorf("trainer: %w", err)
	}
	for _, stat := range st.objective.needs.BatchStats {
		s.Stats[stat.Name] = stat.Compute(s)
	}
	return nil
}

// update makes the step's passes over the rows, an optimizer step for each
// mini-batch of prompts, and returns the metrics of all, averaged, with the trained
// tokens.
func (t *Trainer) update(st *stage, s *data.Scored) (metrics map[string]float64, tokens int, err error) {
	u := &st.opts.Update
	perBatch := u.MiniBatchPrompts
	if perBatch == 0 {
		perBatch = len(s.Groups)
	}
	rates := st.opts.Optim.rates(t.state.StageStep, st.opts.Steps)
	var all []map[string]float64
	for iteration := range u.NumIterations {
		for lo := 0; lo < len(s.Groups); lo += perBatch {
			b := st.batch(s, lo, lo+perBatch)
			m, err := st.optimizer.update(st.objective, t.policy, b, s.Stats, rates)
			if err != nil {
				return m, tokens, t.badBatch(b, err)
			}
			for i := range b.Micro {
				tokens += b.Micro[i].NumTokens
			}
			if iteration > 0 || lo > 0 {
				delete(m, firstDeviation)
			}
			all = append(all, m)
		}
	}
	metrics = average(all)
	if _, ok := metrics["loss"]; !ok {
		// No row had a gradient: there was no optimizer step.
		metrics["loss"], metrics["grad_norm"] = 0, 0
	}
	return metrics, tokens, nil
}

// batch packs the rows of groups [lo, hi).
func (st *stage) batch(s *data.Scored, lo, hi int) *data.Batch {
	in := func(r *data.Row) bool { return r.Group >= lo && r.Group < hi }
	var counts data.Counts
	for i := range s.Rows {
		if r := &s.Rows[i]; in(r) {
			if n := r.NumTrained(); n > 0 {
				counts.Tokens += n
				counts.Sequences++
			}
		}
	}
	skipZero := st.objective.needs.AdvantageScaled
	items := itemsOf(s, func(r *data.Row) bool { return in(r) && !(skipZero && allZero(r.Advantages)) })
	return st.packer.pack(items, st.objective.arrays, counts)
}

func allZero(x []float64) bool {
	return !slices.ContainsFunc(x, func(v float64) bool { return v != 0 })
}

// average joins the metrics of a step's optimizer steps: the mean of each, except
// that names ending in /max and /min keep the extreme.
func average(all []map[string]float64) map[string]float64 {
	out := map[string]float64{}
	count := map[string]int{}
	for _, m := range all {
		for name, v := range m {
			switch have, ok := out[name]; {
			case !ok:
				out[name] = v
			case strings.HasSuffix(name, "/max"):
				out[name] = max(have, v)
			case strings.HasSuffix(name, "/min"):
				out[name] = min(have, v)
			default:
				out[name] = have + v
			}
			count[name]++
		}
	}
	for name, n := range count {
		if !strings.HasSuffix(name, "/max") && !strings.HasSuffix(name, "/min") {
			out[name] /= float64(n)
		}
	}
	return out
}
