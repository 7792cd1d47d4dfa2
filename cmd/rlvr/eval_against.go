package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rlvr-go/rlvr/checkpoints"
	"github.com/rlvr-go/rlvr/trainer/evaluation"
	"github.com/rlvr-go/rlvr/trainer/runlog"
)

// evalAgainst is the other side of a comparison: nil, the problems of a file, or weights
// to evaluate.
type evalAgainst struct {
	name       string
	problems   map[string][]*evaluation.Problem // by set
	checkpoint string
	out        string
}

// openAgainst finds what --against names: the file of an evaluation, a run folder, whose
// newest checkpoint is meant, or a model. It evaluates nothing yet.
func openAgainst(o *evalOptions) (*evalAgainst, error) {
	if o.against == "" {
		return nil, nil
	}
	a := &evalAgainst{name: o.against}
	info, err := os.Stat(o.against)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("eval: --against %s: no such file or folder", o.against)
	case err != nil:
		return nil, fmt.Errorf("eval: --against: %w", err)
	case !info.IsDir() && filepath.Ext(o.against) != ".gguf":
		_, problems, err := evaluation.Read(o.against)
		if err != nil {
			return nil, fmt.Errorf("eval: --against: %w", err)
		}
		a.problems = map[string][]*evaluation.Problem{}
		for _, p := range problems {
			a.problems[p.Set] = append(a.problems[p.Set], p)
		}
		return a, nil
	}
	if a.checkpoint = o.against; info.IsDir() {
		all, err := checkpoints.List(filepath.Join(o.against, runlog.CheckpointsDir))
		if err != nil {
			return nil, fmt.Errorf("eval: --against: %w", err)
		}
		if len(all) > 0 {
			a.checkpoint = all[0].Folder
		}
	}
	if o.out != "" {
		ext := filepath.Ext(o.out)
		a.out = strings.TrimSuffix(o.out, ext) + ".against" + ext
	}
	return a, nil
}

// results are the problems of the other side by set; nil where there is none. Weights are
// evaluated now, as the first side was.
func (a *evalAgainst) results(ctx context.Context, e *evaluator) (*evalAgainst, error) {
	if a == nil || a.problems != nil {
		return a, nil
	}
	r, err := e.evaluate(ctx, a.checkpoint, a.out)
	if err != nil {
		return nil, err
	}
	a.problems = map[string][]*evaluation.Problem{}
	for _, s := range r.sets {
		a.problems[s.name] = s.problems
	}
	return a, nil
}

// meets reports whether a file on the other side has any of the problems of r. Weights
// always do.
func (a *evalAgainst) meets(r *evaluated) bool {
	if a == nil || a.problems == nil {
		return true
	}
	for _, s := range r.sets {
		ids := map[string]bool{}
		for _, ex := range s.examples {
			ids[ex.ID] = true
		}
		for _, p := range a.problems[s.name] {
			if ids[p.ID] {
				return true
			}
		}
	}
	return false
}
