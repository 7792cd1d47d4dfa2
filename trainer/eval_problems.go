package trainer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/rlvr-go/rlvr/checkpoints/safetensors"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/model/device"
	"github.com/rlvr-go/rlvr/sampler"
	"github.com/rlvr-go/rlvr/verifier"
)

// Examined is a problem with its completions, judged.
type Examined struct {
	Example *data.Example
	// Prompt is the text that the policy read, special tokens included.
	Prompt string
	// Rows are its completions by sample, Votes as [verifier.Rewards.Votes] gives them.
	Rows  []data.Row
	Votes []int
}

// Problems are the problems of a set ("train", "validation" or "test") that evaluations
// look at, in their order.
func (t *Trainer) Problems(set string) []*data.Example {
	prompts := t.evaluated(set)
	out := make([]*data.Example, len(prompts))
	for i := range prompts {
		out[i] = prompts[i].example
	}
	return out
}

// evaluated are the prompts of a set, cut to the first max_examples.
func (t *Trainer) evaluated(set string) []prompt {
	prompts := map[string][]prompt{"train": t.train, "validation": t.validation, "test": t.test}[set]
	if n := t.setup.Eval.MaxExamples; n > 0 && n < len(prompts) {
		prompts = prompts[:n]
	}
	return prompts
}

// EvalSampling is what an evaluation samples with.
func (t *Trainer) EvalSampling() sampler.Options {
	o := sampler.DefaultOptions()
	o.NumGenerations, o.Temperature = t.setup.Eval.NumGenerations, t.setup.Eval.Temperature
	o.MaxCompletionLength, o.Stop = t.evalLength(), t.evalStop()
	return o
}

// Examine samples and judges as [Trainer.Evaluate] does, and hands out each problem as
// soon as it is finished, in no particular order but never two at once. Problems that
// done reports are left out; what is seen of the others is the same with and without
// them. What takes longest at an end by ctx is a chunk of tokens. An error of emit
// ends it.
func (t *Trainer) Examine(ctx context.Context, set string, done func(*data.Example) bool, emit func(*Examined) error) error {
	g, err := t.evalGenerator()
	if err != nil {
		return err
	}
	e := &examination{t: t, g: g, done: done, emit: emit}
	for _, block := range t.blocks(t.evaluated(set), g.generations, done) {
		if err := e.run(ctx, block); err != nil {
			return fmt.Errorf("trainer: evaluation: %w", err)
		}
	}
	if err := t.setup.Rewards.Check(e.verdicts); err != nil {
		return fmt.Errorf("trainer: evaluation: %w", err)
	}
	return nil
}

// blocks are the problems to sample, those of one call of the sampler together. Where a
// completion depends on nothing else (model/device: RowTile) these are all that are not
// done. Elsewhere the last bits of logits may depend on what else is in the call, and blocks
// are cut by the order of the problems: one that was interrupted is sampled again as a
// whole, and those of its problems that are done already only keep the others company.
func (t *Trainer) blocks(prompts []prompt, generations int, done func(*data.Example) bool) [][]prompt {
	var missing []prompt
	for _, p := range prompts {
		if !done(p.example) {
			missing = append(missing, p)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if t.setup.Device.RowTile > 0 {
		return [][]prompt{missing}
	}
	size := max(1, t.blockRows()/generations)
	var out [][]prompt
	for first := 0; first < len(prompts); first += size {
		block := prompts[first:min(first+size, len(prompts))]
		for _, p := range block {
			if !done(p.example) {
				out = append(out, block)
				break
			}
		}
	}
	return out
}

// blockRows is the number of completions of a block. More rows at once are what makes
// an accelerator fast, and a block's last rows leave it idle; on a CPU a row costs its
// time wherever it is, and less is lost at an interruption.
func (t *Trainer) blockRows() int {
	rows := sampler.DefaultOptions().MaxRows
	if t.setup.Device.Name == "xla:cpu" {
		return rows / 4
	}
	return 4 * rows
}

// examination samples and judges blocks.
type examination struct {
	t    *Trainer
	g    *generator
	done func(*data.Example) bool
	emit func(*Examined) error
	// verdicts are those so far.
	verdicts []data.Verdict
}

// run samples a block and judges each of its problems once all its completions are
// there, while the others are still being sampled.
func (e *examination) run(ctx context.Context, block []prompt) error {
	n := e.g.generations
	in := make([]sampler.Prompt, len(block))
	groups := make([]data.Group, len(block))
	left := make([]int, len(block))
	for i, p := range block {
		in[i] = sampler.Prompt{ID: promptID(p.example.ID), Tokens: p.tokens}
		groups[i] = data.Group{Example: p.example, Prompt: p.tokens, Rollouts: make([]data.Rollout, n)}
		left[i] = n
	}
	ready := make(chan int, len(block))
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error {
		defer close(ready)
		return e.g.sampler.Sample(ctx, e.t.policy, in, sampler.Draw{Seed: e.t.setup.Seed, Step: evalDraw}, func(r sampler.Result) {
			groups[r.Prompt].Rollouts[r.Sample] = data.Rollout{
				Sample: r.Sample, Segments: []data.Segment{{Author: data.AuthorPolicy, Tokens: r.Tokens}},
				Text: e.g.stop.text(r.Tokens), Finish: r.Finish, PolicyVersion: e.t.policy.Version,
			}
			if left[r.Prompt]--; left[r.Prompt] == 0 {
				ready <- r.Prompt
			}
		})
	})
	work.Go(func() error {
		for first := range ready {
			if err := e.judge(ctx, groups, arrived(first, ready)); err != nil {
				return err
			}
		}
		return nil
	})
	return work.Wait()
}

// arrived is first and all that can be received at once.
func arrived(first int, ready <-chan int) []int {
	out := []int{first}
	for {
		select {
		case i, ok := <-ready:
			if !ok {
				return out
			}
			out = append(out, i)
		default:
			return out
		}
	}
}

// judge judges the groups that of indexes, side by side, and hands them out.
func (e *examination) judge(ctx context.Context, groups []data.Group, of []int) error {
	right := e.t.setup.Rewards.Right()
	some := make([]data.Group, 0, len(of))
	for _, i := range of {
		if !e.done(groups[i].Example) {
			some = append(some, groups[i])
		}
	}
	s := rowsOf(some)
	scoring := right.Start(ctx, len(s.Rows))
	defer scoring.Close()
	for i := range s.Rows {
		scoring.Add(i, verifier.Job{Example: some[s.Rows[i].Group].Example, Completion: s.Rows[i].Rollout.Text})
	}
	scores := scoring.Scores()
	if err := ctx.Err(); err != nil {
		return err // the verdicts say only that there was no time
	}
	for i := range s.Rows {
		s.Rows[i].Verdict, s.Rows[i].Reward = scores.Verdicts[i], scores.Totals[i]
	}
	e.verdicts = append(e.verdicts, scores.Verdicts...)
	n := e.g.generations
	for i := range some {
		rows, texts := s.Rows[i*n:(i+1)*n], make([]string, n)
		for j := range rows {
			texts[j] = rows[j].Rollout.Text
		}
		votes := right.Votes(ctx, some[i].Example, texts, scores.Verdicts[i*n:(i+1)*n])
		if err := ctx.Err(); err != nil {
			return err
		}
		x := &Examined{Example: some[i].Example, Prompt: e.t.setup.Tokenizer.Decode(some[i].Prompt, false), Rows: rows, Votes: votes}
		if err := e.emit(x); err != nil {
			return err
		}
	}
	return nil
}

// Fingerprint is a hash of the policy's weights, 16 hexadecimal digits: weights that
// have the same place and are others have another one.
func (t *Trainer) Fingerprint() (string, error) {
	h := sha256.New()
	for i, w := range t.policy.Weights {
		x, err := device.Values[float32](t.setup.Device, w)
		if err == nil {
			err = safetensors.WriteFloat32(h, safetensors.F32, x)
		}
		if err != nil {
			return "", fmt.Errorf("trainer: weights %s: %w", t.policy.Specs[i].Name, err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8]), nil
}
