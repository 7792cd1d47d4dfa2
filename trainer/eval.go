package trainer

import (
	"context"
	"fmt"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/sampler"
	"github.com/rlvr-go/rlvr/trainer/runlog"
)

// Evaluation is how a policy did on a set of problems.
type Evaluation struct {
	// Set is "validation" or "test", K the completions of a problem.
	Set string `json:"set"`
	K   int    `json:"k"`
	// Problems is the size of the set.
	Problems int `json:"problems"`
	// Avg is the mean share of correct completions of a problem (avg@k), Pass the
	// share of problems with a correct one (pass@k).
	Avg  float64 `json:"avg"`
	Pass float64 `json:"pass"`
	// Low and High bound Avg at 95 %: Wilson's interval, a problem being one
	// observation.
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	// MeanLength is in tokens, Clipped the share cut by the length limit.
	MeanLength float64 `json:"mean_length"`
	Clipped    float64 `json:"clipped"`
}

// Metrics are the evaluation's numbers by their declared names.
func (e *Evaluation) Metrics() map[string]float64 {
	p := "eval/" + e.Set + "/"
	out := map[string]float64{
		fmt.Sprintf("%savg@%d", p, e.K): e.Avg, p + "mean_length": e.MeanLength, p + "clipped_ratio": e.Clipped,
		p + "num_problems": float64(e.Problems),
	}
	if e.K > 1 {
		out[fmt.Sprintf("%spass@%d", p, e.K)] = e.Pass
	}
	return out
}

// evalGenerator is what every evaluation of a run samples with.
func (t *Trainer) evalGenerator() (*generator, error) {
	if t.evaluator != nil {
		return t.evaluator, nil
	}
	g, err := t.newGenerator(t.EvalSampling())
	if err != nil {
		return nil, fmt.Errorf("trainer: evaluation: %w", err)
	}
	t.evaluator = g
	return g, nil
}

// evalLength is the configured limit, or the largest of the stages that sample.
func (t *Trainer) evalLength() int {
	if n := t.setup.Eval.MaxCompletionLength; n > 0 {
		return n
	}
	most := 0
	for i := range t.setup.Stages {
		if s := &t.setup.Stages[i]; !s.Offline() {
			most = max(most, s.Rollout.MaxCompletionLength)
		}
	}
	if most == 0 {
		most = sampler.DefaultOptions().MaxCompletionLength
	}
	return most
}

// evalStop are the stop strings of the last stage that samples.
func (t *Trainer) evalStop() []string {
	var stop []string
	for i := range t.setup.Stages {
		if s := &t.setup.Stages[i]; !s.Offline() {
			stop = s.Rollout.Stop
		}
	}
	return stop
}

// Evaluate samples and judges k completions of each problem of a set ("validation"
// or "test"), and returns the scored rows too. It asks only the reward that says what
// is right.
func (t *Trainer) Evaluate(ctx context.Context, set string) (*Evaluation, *data.Scored, error) {
	g, err := t.evalGenerator()
	if err != nil {
		return nil, nil, err
	}
	groups, scoring, err := t.generate(ctx, g, t.evaluated(set), sampler.Draw{Seed: t.setup.Seed, Step: evalDraw}, t.setup.Rewards.Right())
	if err != nil {
		return nil, nil, err
	}
	scored, err := t.judge(ctx, groups, scoring)
	if err != nil {
		return nil, nil, err
	}
	return summarize(set, g.generations, scored), scored, nil
}

// evalDraw keeps an evaluation's random numbers apart from those of steps.
const evalDraw = -1

func summarize(set string, k int, s *data.Scored) *Evaluation {
	e := &Evaluation{Set: set, K: k}
	tokens, rows := 0, 0
	s.GroupRows(func(_ int, group []data.Row) {
		correct, judged := 0, 0
		for i := range group {
			r := &group[i]
			tokens += r.Rollout.NumTokens()
			rows++
			if r.Rollout.Finish == data.FinishLength {
				e.Clipped++
			}
			if r.Verdict.Masked() {
				continue
			}
			judged++
			if r.Verdict.Kind == data.Correct {
				correct++
			}
		}
		if judged == 0 {
			return
		}
		e.Problems++
		e.Avg += float64(correct) / float64(judged)
		if correct > 0 {
			e.Pass++
		}
	})
	e.Low, e.High = runlog.Wilson(e.Avg, e.Problems)
	n := float64(max(e.Problems, 1))
	e.Avg, e.Pass = e.Avg/n, e.Pass/n
	e.MeanLength, e.Clipped = float64(tokens)/float64(max(rows, 1)), e.Clipped/float64(max(rows, 1))
	return e
}

// Complete samples completions of one problem and judges them; without reference
// answers the verdicts stay empty.
func (t *Trainer) Complete(ctx context.Context, ex *data.Example, o sampler.Options, d sampler.Draw) (*data.Scored, error) {
	tokens, err := encodePrompt(t.setup.Tokenizer, ex)
	if err != nil {
		return nil, fmt.Errorf("trainer: %w", err)
	}
	g, err := t.newGenerator(o)
	if err != nil {
		return nil, fmt.Errorf("trainer: %w", err)
	}
	rewards := t.setup.Rewards
	if len(ex.Answers) == 0 {
		rewards = nil
	}
	groups, scoring, err := t.generate(ctx, g, []prompt{{example: ex, tokens: tokens}}, d, rewards)
	if err != nil {
		return nil, err
	}
	if rewards != nil {
		return t.judge(ctx, groups, scoring)
	}
	scoring.Close()
	scored := &data.Scored{Groups: groups}
	for i := range groups[0].Rollouts {
		scored.Rows = append(scored.Rows, data.Row{Rollout: &groups[0].Rollouts[i]})
	}
	return scored, nil
}
