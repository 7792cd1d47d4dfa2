package trainer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/rlvr-go/rlvr/checkpoints"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/model/device"
	"github.com/rlvr-go/rlvr/tokenize"
	"github.com/rlvr-go/rlvr/trainer/runlog"
	"github.com/rlvr-go/rlvr/verifier"
)

// ErrInterrupted says that a run was asked to stop, finished its step and saved it.
var ErrInterrupted = errors.New("interrupted after saving")

// Setup is what a run is made of.
type Setup struct {
	Device *device.Device
	Policy *model.Policy
	// ModelFiles are the small files of the folder that the policy was loaded from
	// (config.json, tokenizer.json, ...), which every checkpoint carries on; nil: they
	// are made from policy and tokenizer.
	ModelFiles map[string][]byte
	Tokenizer  tokenize.Tokenizer
	// Train, Validation and Test are the problems. Validation decides when a stage
	// ends; Test is held out, decides nothing and is looked at between stages.
	Train, Validation, Test []data.Example
	Rewards                 *verifier.Rewards
	Stages                  []StageOptions
	Eval                    EvalOptions
	Checkpoint              checkpoints.Options
	Logging                 runlog.Options
	Seed                    int64
	// MaxPromptLength bounds prompts in tokens, 0: the model's positions; a longer
	// one is dropped and counted if DropOverlong, else an error.
	MaxPromptLength int
	DropOverlong    bool
	// CheckpointDir and BadBatchDir are folders of the run; StagesDir has a folder for
	// each stage that later ones refer to.
	CheckpointDir, BadBatchDir, StagesDir string
	// EvaluateOnly says that no stage will run: there need be no problems to train on.
	EvaluateOnly bool
	// Report is told what happens; it may be given later, by ReportTo.
	Report Reporter
	Log    *slog.Logger
}

// Trainer runs the stages of a run.
type Trainer struct {
	setup  Setup
	policy *model.Policy
	// head is the value head of the stage in progress, or of the stage that has just
	// ended; nil: it has none.
	head  *valueHead
	state state
	// saved is the checkpoint that the run goes on from, between Resume and the opening
	// of its stage.
	saved                   *checkpoints.Checkpoint
	train, validation, test []prompt
	evaluator               *generator
}

// New checks the problems against tokenizer and limits and makes a trainer that
// starts at step 0.
func New(s Setup) (*Trainer, error) {
	t := &Trainer{setup: s, policy: s.Policy}
	t.state.Seed = s.Seed
	for _, set := range []struct {
		name     string
		examples []data.Example
		into     *[]prompt
	}{{"train", s.Train, &t.train}, {"validation", s.Validation, &t.validation}, {"test", s.Test, &t.test}} {
		prompts, err := t.prepare(set.name, set.examples)
		if err != nil {
			return nil, err
		}
		*set.into = prompts
	}
	if !s.EvaluateOnly {
		if err := t.checkStages(); err != nil {
			return nil, err
		}
	}
	if err := t.checkLengths(); err != nil {
		return nil, err
	}
	return t, nil
}

// checkStages demands the problems that the stages need.
func (t *Trainer) checkStages() error {
	if len(t.train) == 0 {
		return errors.New("trainer: there are no training problems")
	}
	for i := range t.setup.Stages {
		s := &t.setup.Stages[i]
		if s.Until.Metric != "" && len(t.validation) == 0 {
			return fmt.Errorf("trainer: stage %s waits for %s, and there are no validation problems", s.Name, s.Until.Metric)
		}
		if err := errors.Join(t.checkDemonstrations(s), checkFolders(s)); err != nil {
			return err
		}
	}
	return nil
}

// checkLengths demands that the longest prompts leave room for completions, before
// anything is computed or written.
func (t *Trainer) checkLengths() error {
	check := func(what string, completion int, sets ...[]prompt) error {
		longest := 0
		for _, p := range slices.Concat(sets...) {
			longest = max(longest, len(p.tokens))
		}
		if n := t.policy.Arch.MaxPositionEmbeddings; longest > 0 && longest+completion > n {
			return fmt.Errorf("trainer: %s: a prompt of %d tokens and max_completion_length %d exceed the model's %d positions", what, longest, completion, n)
		}
		return nil
	}
	for i := range t.setup.Stages {
		if s := &t.setup.Stages[i]; !s.Offline() {
			if err := check("stage "+s.Name, s.Rollout.MaxCompletionLength, t.train); err != nil {
				return err
			}
		}
	}
	return check("eval", t.evalLength(), t.validation, t.test)
}

// NewForSampling makes a trainer that has no problems and completes prompts only.
func NewForSampling(s Setup) *Trainer {
	return &Trainer{setup: s, policy: s.Policy}
}

// Close ends what the rewards started: the programs that they ask.
func (t *Trainer) Close() error { return t.setup.Rewards.Close() }

// ReportTo says who is told what happens. Call it before Run.
func (t *Trainer) ReportTo(r Reporter) { t.setup.Report = r }

// Resume continues from a checkpoint of the same run, and closes it when its stage is
// open again.
func (t *Trainer) Resume(c *checkpoints.Checkpoint) error { return t.restore(c) }

// Step is the number of steps done.
func (t *Trainer) Step() int { return t.state.Step }

// Milestones are the evaluations of the test set so far.
func (t *Trainer) Milestones() []Milestone { return slices.Clone(t.state.Milestones) }

// Run does what is left of the run. When ctx is cancelled it finishes the step,
// saves it and returns [ErrInterrupted].
func (t *Trainer) Run(ctx context.Context) error {
	work := context.WithoutCancel(ctx)
	if err := t.begin(work); err != nil {
		return err
	}
	for t.state.Stage < len(t.setup.Stages) {
		st, err := t.openStage()
		if err != nil {
			return err
		}
		for !st.over(&t.state) {
			if err := t.step(work, st); err != nil {
				return err
			}
			if ctx.Err() != nil && !st.over(&t.state) {
				return t.interrupt(work, st)
			}
		}
		if err := t.closeStage(work, st); err != nil {
			return err
		}
		if ctx.Err() != nil && t.state.Stage < len(t.setup.Stages) {
			return ErrInterrupted
		}
	}
	return nil
}

// step samples, judges, estimates and updates: one step of the algorithm.
func (t *Trainer) step(ctx context.Context, st *stage) error {
	if st.collector != nil {
		return t.collect(ctx, st)
	}
	clock := t.startClock()
	scored, err := t.next(ctx, st, clock)
	if err != nil {
		return err
	}
	if err := t.score(st, scored); err != nil {
		return err
	}
	clock.lap("old_log_prob")
	if err := st.shape(scored); err != nil {
		return err
	}
	clock.lap("adv")
	age := t.age(scored)
	metrics, tokens, err := t.update(st, scored)
	if err != nil {
		return err
	}
	for name, v := range scored.Metrics {
		metrics[metricName(name)] = v
	}
	if !st.algorithm.Offline {
		metrics["policy_age"] = age
	}
	clock.lap("update")
	return t.endStep(ctx, st, clock, scored, metrics, tokens)
}

// prepare tokenizes the problems of a set and applies the limit on prompts.
func (t *Trainer) prepare(set string, examples []data.Example) ([]prompt, error) {
	limit := t.setup.MaxPromptLength
	if limit == 0 {
		limit = t.policy.Arch.MaxPositionEmbeddings
	}
	out := make([]prompt, 0, len(examples))
	dropped := 0
	for i := range examples {
		ex := &examples[i]
		tokens, err := encodePrompt(t.setup.Tokenizer, ex)
		if err != nil {
			return nil, fmt.Errorf("trainer: %s set: %w", set, err)
		}
		if len(tokens) > limit {
			if !t.setup.DropOverlong {
				return nil, fmt.Errorf("trainer: %s set: problem %s: the prompt has %d tokens, max_prompt_length is %d (overlong_prompts: drop leaves such problems out)",
					set, ex.ID, len(tokens), limit)
			}
			dropped++
			continue
		}
		out = append(out, prompt{example: ex, tokens: tokens})
	}
	if dropped > 0 {
		t.setup.Log.Warn("prompts over max_prompt_length dropped", "set", set, "dropped", dropped, "of", len(examples), "limit", limit)
	}
	return out, nil
}

// begin evaluates the test set before the first step.
func (t *Trainer) begin(ctx context.Context) error {
	if t.state.Step > 0 || len(t.state.Milestones) > 0 || !t.setup.Eval.EvalOnStart {
		return nil
	}
	return t.milestone(ctx, "")
}

// milestone evaluates the test set after a stage.
func (t *Trainer) milestone(ctx context.Context, after string) error {
	if len(t.test) == 0 {
		return nil
	}
	e, _, err := t.Evaluate(ctx, "test")
	if err != nil {
		return err
	}
	t.state.Milestones = append(t.state.Milestones, Milestone{After: after, Step: t.state.Step, Eval: *e})
	if err := t.setup.Report.Eval(t.state.Step, after, e.Metrics()); err != nil {
		return fmt.Errorf("trainer: %w", err)
	}
	return nil
}

// closeStage evaluates the test set, moves on to the next stage and saves.
func (t *Trainer) closeStage(ctx context.Context, st *stage) error {
	if err := t.milestone(ctx, st.opts.Name); err != nil {
		return err
	}
	if err := errors.Join(t.keepStage(ctx, st.opts.Name), st.close()); err != nil {
		return err
	}
	t.state.Stage++
	t.state.StageStep, t.state.Consumed, t.state.OptimizerSteps, t.state.Shapes, t.state.Collected = 0, 0, 0, nil, 0
	return t.save(ctx, nil)
}

// interrupt saves the stage in progress.
func (t *Trainer) interrupt(ctx context.Context, st *stage) error {
	if err := t.save(ctx, st); err != nil {
		return err
	}
	return ErrInterrupted
}
