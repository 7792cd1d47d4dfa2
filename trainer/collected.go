package trainer

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

// The values of [CollectedOptions.Keep].
const (
	keepCorrect   = "correct"
	keepIncorrect = "incorrect"
	keepPairs     = "pairs"
)

// CollectedOptions say which completions of an earlier stage an offline stage learns from,
// in place of what the training problems give. Equal completions of a problem count once.
type CollectedOptions struct {
	// Stage names an earlier stage with collect: true; empty: none.
	Stage string `yaml:"stage"`
	// Keep is correct or incorrect, the completions judged so, or pairs: of each problem
	// the first correct with the first incorrect one, the second with the second, and so
	// on, as chosen and rejected.
	Keep string `yaml:"keep"`
}

// check reports options that do not go with a stage's algorithm.
func (o *CollectedOptions) check(s *StageOptions, needs algos.Needs, l *fault.List) {
	if o.Stage == "" {
		l.Check(o.Keep == "", "collected.keep", o.Keep, "nothing while collected.stage is absent")
		return
	}
	if !s.Offline() {
		l.Add("collected.stage", o.Stage, "nothing: %s samples its own completions", s.Algorithm.Name)
		return
	}
	allowed := []string{keepCorrect, keepIncorrect}
	if needs.Pairs {
		allowed = []string{keepPairs}
	}
	l.Check(slices.Contains(allowed, o.Keep), "collected.keep", o.Keep, "%s, which is what %s learns from", fault.OneOf(o.Keep, allowed), s.Algorithm.Name)
}

// pool is what an offline stage learns from in place of the training problems: the
// completions that its options name, each group as the stage trains on it.
func (t *Trainer) pool(o *CollectedOptions) ([]data.Group, error) {
	f, err := os.Open(filepath.Join(t.stageFolder(o.Stage), completionsFile))
	if err != nil {
		return nil, err
	}
	lines, err := readCollected(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	groups, err := t.regroup(lines, o.Keep)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	if len(groups) == 0 {
		return nil, fmt.Errorf("%s holds nothing to keep as %q among %d completions", f.Name(), o.Keep, len(lines))
	}
	return groups, nil
}

// sorted are the distinct completions of a problem.
type sorted struct {
	example      *data.Example
	prompt       []int32
	right, wrong []data.Rollout
	seen         map[string]bool // by their tokens
}

// regroup sorts completions by problem, in the order of their first lines, and makes the
// groups to train on.
func (t *Trainer) regroup(lines []collected, keep string) ([]data.Group, error) {
	examples := make(map[string]*data.Example, len(t.train))
	for _, p := range t.train {
		examples[p.example.ID] = p.example
	}
	var order []*sorted
	problems := map[string]*sorted{}
	for i := range lines {
		c := &lines[i]
		if err := t.checkCollected(c); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		p := problems[c.Problem]
		if p == nil {
			p = &sorted{prompt: c.PromptIDs, example: examples[c.Problem], seen: map[string]bool{}}
			if p.example == nil {
				return nil, fmt.Errorf("line %d: problem %s is not a training problem of this run", i+1, c.Problem)
			}
			problems[c.Problem], order = p, append(order, p)
		}
		p.add(c)
	}
	var out []data.Group
	for _, p := range order {
		out = append(out, p.groups(keep)...)
	}
	return out, nil
}

// checkCollected refuses tokens that the model does not have or has no place for.
func (t *Trainer) checkCollected(c *collected) error {
	for _, id := range slices.Concat(c.PromptIDs, c.CompletionIDs) {
		if id < 0 || int(id) >= t.policy.Arch.VocabSize {
			return fmt.Errorf("token %d, the model has %d", id, t.policy.Arch.VocabSize)
		}
	}
	n, most := len(c.PromptIDs)+len(c.CompletionIDs), t.policy.Arch.MaxPositionEmbeddings
	if len(c.PromptIDs) == 0 || len(c.CompletionIDs) == 0 || n > most {
		return fmt.Errorf("%d tokens of prompt and %d of completion, the model has %d positions", len(c.PromptIDs), len(c.CompletionIDs), most)
	}
	return nil
}

// add notes a completion unless one like it is there.
func (p *sorted) add(c *collected) {
	key := fmt.Sprint(c.CompletionIDs)
	if p.seen[key] {
		return
	}
	p.seen[key] = true
	r := data.Rollout{Segments: []data.Segment{{Tokens: c.CompletionIDs}}, Text: c.Completion, Finish: data.FinishEOS}
	switch c.Verdict {
	case data.Correct.String():
		p.right = append(p.right, r)
	case data.Incorrect.String():
		p.wrong = append(p.wrong, r)
	}
}

// groups are what keep makes of the completions.
func (p *sorted) groups(keep string) []data.Group {
	of := func(rollouts ...data.Rollout) data.Group {
		for i := range rollouts {
			rollouts[i].Sample = i
		}
		return data.Group{Example: p.example, Prompt: p.prompt, Rollouts: rollouts}
	}
	var out []data.Group
	switch keep {
	case keepPairs:
		for i := range min(len(p.right), len(p.wrong)) {
			out = append(out, of(p.right[i], p.wrong[i]))
		}
	case keepCorrect:
		for _, r := range p.right {
			out = append(out, of(r))
		}
	case keepIncorrect:
		for _, r := range p.wrong {
			out = append(out, of(r))
		}
	}
	return out
}
