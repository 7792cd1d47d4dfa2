package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/configs"
	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/trainer"
	"github.com/rlvr-go/rlvr/trainer/evaluation"
)

// evaluator evaluates weights on the problems of a config.
type evaluator struct {
	options       *evalOptions
	config        *configs.Config
	against       *evalAgainst
	notes, errOut io.Writer
}

// evaluated is what an evaluation found.
type evaluated struct {
	// checkpoint names the weights, "" for those that a run starts from.
	checkpoint string
	// k is the number of completions of a problem.
	k    int
	sets []evaluatedSet
}

// evaluatedSet is what it found on one split.
type evaluatedSet struct {
	name     string
	examples []*data.Example
	// problems are those of examples, in their order.
	problems []*evaluation.Problem
}

// evaluate evaluates a checkpoint, "" for the run's newest, and keeps what it finds in
// the file out, if that is not "".
func (e *evaluator) evaluate(ctx context.Context, checkpoint, out string) (*evaluated, error) {
	t, setup, from, err := openTrained(ctx, e.config, checkpoint, e.notes, e.errOut)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	result := &evaluated{checkpoint: from, k: e.config.Eval.NumGenerations}
	for _, name := range e.options.splits {
		if examples := t.Problems(name); len(examples) > 0 {
			result.sets = append(result.sets, evaluatedSet{name: name, examples: examples})
		}
	}
	if err := e.check(result); err != nil {
		return nil, userError(err)
	}
	sampling := t.EvalSampling()
	fmt.Fprintf(e.notes, "%d problems, %s of at most %d tokens at temperature %g, seed %d\n",
		result.total(), perProblem(result.k), sampling.MaxCompletionLength, sampling.Temperature, e.config.Seed)
	w := &evalWriter{found: map[evalKey]*evaluation.Problem{}, progress: newEvalProgress(e.errOut)}
	if out != "" {
		h, err := headerOf(e.config, t, setup, from)
		if err != nil {
			return nil, err
		}
		if err := w.open(out, e.options.clean, h, result); err != nil {
			return nil, userError(err)
		}
		fmt.Fprint(e.notes, w.opened(result))
	}
	if err := w.examine(ctx, t, result); err != nil {
		return nil, err
	}
	return result, w.finish(result)
}

// check demands problems, some of them on the other side too, and the fields that results are wanted by.
func (e *evaluator) check(r *evaluated) error {
	if len(r.sets) == 0 {
		return fmt.Errorf("eval: there are no problems in %s", strings.Join(e.options.splits, ", "))
	}
	if !e.against.meets(r) {
		return fmt.Errorf("eval: --against %s: none of its problems is in %s here", e.against.name, strings.Join(e.options.splits, ", "))
	}
	known := map[string]bool{}
	for _, s := range r.sets {
		for _, ex := range s.examples {
			for field, v := range ex.Extra {
				if _, ok := category(v); ok {
					known[field] = true
				}
			}
		}
	}
	var fields []string
	for field := range known {
		fields = append(fields, field)
	}
	slices.Sort(fields)
	for _, field := range e.options.by {
		if known[field] {
			continue
		}
		if len(fields) == 0 {
			return fmt.Errorf("eval: --by: found %q, but the problems have no further fields of text or numbers", field)
		}
		return fmt.Errorf("eval: --by: found %q, allowed: %s", field, fault.OneOf(field, fields))
	}
	return nil
}

// category is a field's value as the name of a category.
func category(v any) (string, bool) {
	switch v.(type) {
	case string, json.Number, bool:
		return fmt.Sprint(v), true
	}
	return "", false
}

// headerOf is what the numbers of an evaluation depend on.
func headerOf(c *configs.Config, t *trainer.Trainer, s *trainer.Setup, checkpoint string) (*evaluation.Header, error) {
	weights, err := t.Fingerprint()
	if err != nil {
		return nil, err
	}
	o := t.EvalSampling()
	h := &evaluation.Header{
		Checkpoint: checkpoint, Weights: weights, Backend: s.Device.Name, Seed: c.Seed,
		K: o.NumGenerations, Temperature: o.Temperature, MaxCompletionLength: o.MaxCompletionLength, Stop: o.Stop,
	}
	if h.Stop == nil {
		h.Stop = []string{}
	}
	if h.Data, err = json.Marshal(c.Data); err != nil {
		return nil, fmt.Errorf("eval: section data: %w", err)
	}
	if h.Reward, err = json.Marshal(c.Reward); err != nil {
		return nil, fmt.Errorf("eval: section reward: %w", err)
	}
	return h, nil
}

// evalKey names a problem of an evaluation.
type evalKey struct{ set, id string }

// evalWriter collects problems, and writes them if it has a file.
type evalWriter struct {
	path     string
	file     *evaluation.File
	found    map[evalKey]*evaluation.Problem
	progress *evalProgress
	// unwritten counts the problems that are not kept, for a verifier failed on them.
	unwritten int
}

// open makes the file or goes on with it; all problems in it must be among those of r.
func (w *evalWriter) open(path string, clean bool, h *evaluation.Header, r *evaluated) error {
	if clean {
		if _, _, err := evaluation.Read(path); err == nil {
			err = os.Remove(path)
			if err != nil {
				return fmt.Errorf("eval: %w", err)
			}
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("eval: --clean: %w", err)
		}
	}
	f, err := evaluation.Open(path, h)
	if errors.Is(err, evaluation.ErrOther) {
		return fmt.Errorf("%w (--clean starts it anew, another --out keeps both)", err)
	}
	if err != nil {
		return err
	}
	answers := map[evalKey][]string{}
	for _, s := range r.sets {
		for _, ex := range s.examples {
			answers[evalKey{s.name, ex.ID}] = ex.Answers
		}
	}
	for _, p := range f.Done() {
		key := evalKey{p.Set, p.ID}
		if of, ok := answers[key]; !ok || !slices.Equal(of, p.Answers) || len(p.Completions) != r.k {
			return errors.Join(fmt.Errorf("eval: %s: problem %s of set %s is not one of those to evaluate now (--clean starts the file anew)", path, p.ID, p.Set), f.Close())
		}
		w.found[key] = p
	}
	w.path, w.file = path, f
	return nil
}

// opened says what the file has already.
func (w *evalWriter) opened(r *evaluated) string {
	if len(w.found) == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d problems are in %s already\n", len(w.found), r.total(), w.path)
}

func (r *evaluated) total() int {
	n := 0
	for _, s := range r.sets {
		n += len(s.examples)
	}
	return n
}

// examine evaluates what the file does not have.
func (w *evalWriter) examine(ctx context.Context, t *trainer.Trainer, r *evaluated) error {
	defer w.progress.end()
	for _, s := range r.sets {
		has := func(ex *data.Example) bool { return w.found[evalKey{s.name, ex.ID}] != nil }
		missing := 0
		for _, ex := range s.examples {
			if !has(ex) {
				missing++
			}
		}
		w.progress.begin(s.name, len(s.examples), missing)
		err := t.Examine(ctx, s.name, has, func(x *trainer.Examined) error {
			p := evaluation.NewProblem(s.name, x.Prompt, x.Example, x.Rows, x.Votes)
			w.found[evalKey{s.name, p.ID}] = p
			w.progress.add(p)
			return w.add(p, x.Rows)
		})
		if err != nil {
			w.progress.end()
			return w.stopped(ctx, err, r)
		}
	}
	return nil
}

// add writes a problem. One that a verifier failed on is not kept: the next call asks
// again.
func (w *evalWriter) add(p *evaluation.Problem, rows []data.Row) error {
	failed := func(row data.Row) bool { return row.Verdict.Blame == data.BlameInfrastructure }
	switch {
	case w.file == nil:
		return nil
	case slices.ContainsFunc(rows, failed):
		w.unwritten++
		return nil
	}
	return w.file.Add(p)
}

// stopped is the error of an evaluation that did not end: an interruption says what is
// kept.
func (w *evalWriter) stopped(ctx context.Context, err error, r *evaluated) error {
	kept := 0
	if w.file != nil {
		kept = len(w.file.Done())
		err = errors.Join(err, w.file.Close())
	}
	if ctx.Err() == nil {
		return err
	}
	if w.file == nil {
		return &interrupted{"eval: interrupted; nothing is kept without --out"}
	}
	return &interrupted{fmt.Sprintf("eval: interrupted; %d of %d problems are in %s, and the same command goes on", kept, r.total(), w.path)}
}

// interrupted is an evaluation that was ended by the user.
type interrupted struct{ text string }

func (e *interrupted) Error() string { return e.text }

// Is makes it end with the exit code of interruptions.
func (e *interrupted) Is(target error) bool { return target == trainer.ErrInterrupted }

// finish puts the problems in order, in r and in the file.
func (w *evalWriter) finish(r *evaluated) error {
	var all []*evaluation.Problem
	for i := range r.sets {
		s := &r.sets[i]
		for _, ex := range s.examples {
			s.problems = append(s.problems, w.found[evalKey{s.name, ex.ID}])
		}
		all = append(all, s.problems...)
	}
	switch {
	case w.file == nil:
		return nil
	case w.unwritten > 0:
		return w.file.Close() // incomplete: in the order of its writing
	}
	return w.file.Finish(all)
}
