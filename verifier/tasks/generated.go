package tasks

import (
	"fmt"
	"sync"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

// generated is a task whose problems are drawn at random, from too many to list.
type generated struct {
	name, verifier string
	sizes          sizes
	// draw makes a problem; false where the dice fell on none. Its id without the task's
	// name is what the problem is, so that equal problems have equal ids.
	draw func(d *dice) (data.Example, bool)
	// family is the part of a problem that the splits must not share; nil: its id.
	family func(ex *data.Example) string
	// chance is the expected reward of guessing at a problem.
	chance func(ex *data.Example) float64
	splits func() (map[string][]data.Example, error)
}

// open makes the problems when they are first asked for: checking a configuration makes
// tasks too.
func (t *generated) open() Task {
	t.splits = sync.OnceValues(t.fill)
	return t
}

func (t *generated) Name() string     { return t.name }
func (t *generated) Verifier() string { return t.verifier }

func (t *generated) Split(name string) ([]data.Example, error) {
	all, err := t.splits()
	if err != nil {
		return nil, err
	}
	return split(t.name, name, all)
}

// Chance implements [Chancer]; 0 where there are too few problems to fill the splits.
func (t *generated) Chance() float64 {
	all, err := t.splits()
	if err != nil {
		return 0
	}
	return meanChance(all, t.chance)
}

// sizes are the numbers of problems of a generated task, options of each:
//
//	train_size       problems to train on
//	validation_size  problems held out for validation
//	test_size        problems held out for the test
type sizes struct{ train, validation, test int }

// maxAnswers bounds the right answers of a problem where all of them are its reference
// answers.
const maxAnswers = 32

// maxDrawn bounds the problems of a split.
const maxDrawn = 1_000_000

func (s *sizes) options() []option {
	return []option{{"train_size", &s.train}, {"validation_size", &s.validation}, {"test_size", &s.test}}
}

func (s *sizes) check(l *fault.List) {
	l.Check(s.train >= 1 && s.train <= maxDrawn, "train_size", s.train, "1 to %d", maxDrawn)
	l.Check(s.validation >= 0 && s.validation <= maxDrawn, "validation_size", s.validation, "0 (none) to %d", maxDrawn)
	l.Check(s.test >= 0 && s.test <= maxDrawn, "test_size", s.test, "0 (none) to %d", maxDrawn)
}

// splitOf says which split a problem belongs to: a tenth of all problems may be test
// problems, a tenth validation. It depends on the problem alone, so two settings of a
// task never share a problem between training and test.
func splitOf(family string) string {
	switch hashOf(family) % 10 {
	case 0:
		return Test
	case 1:
		return Validation
	default:
		return Train
	}
}

// fill draws problems until the splits are full. A smaller split is the beginning of a
// larger one.
func (t *generated) fill() (map[string][]data.Example, error) {
	// Problems come up again where there are few of them; this many draws without end
	// mean that there are no others.
	const drawsPerProblem, moreDraws = 200, 20_000
	want := map[string]int{Train: t.sizes.train, Validation: t.sizes.validation, Test: t.sizes.test}
	missing := want[Train] + want[Validation] + want[Test]
	out := map[string][]data.Example{}
	seen := map[string]bool{}
	d := newDice(t.name)
	for draws := drawsPerProblem*missing + moreDraws; missing > 0; draws-- {
		if draws == 0 {
			return nil, fmt.Errorf("tasks: %s: these options give %d problems to train on, %d for validation and %d for the test, fewer than train_size %d, validation_size %d and test_size %d",
				t.name, len(out[Train]), len(out[Validation]), len(out[Test]), t.sizes.train, t.sizes.validation, t.sizes.test)
		}
		ex, ok := t.draw(d)
		if !ok {
			continue
		}
		family := ex.ID
		if t.family != nil {
			family = t.family(&ex)
		}
		ex.ID = t.name + "/" + ex.ID
		to := splitOf(t.name + "/" + family)
		if seen[ex.ID] || len(out[to]) == want[to] {
			continue
		}
		seen[ex.ID] = true
		out[to] = append(out[to], ex)
		missing--
	}
	return out, nil
}

// ask puts a problem as text to continue, or in words to a chat model.
func ask(ex data.Example, chat bool, terse, words string) data.Example {
	if chat {
		ex.Messages = []data.Message{{Role: data.RoleUser, Content: words}}
		return ex
	}
	ex.Prompt = terse
	return ex
}
