package tasks

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

// benchmark is a set of mathematical problems in JSONL files of the user's: nothing of
// it is in this repository. Its options are
//
//	train_files, validation_files, test_files
//	                 paths of JSONL files, a list each; one of the first and the last is
//	                 required. Train problems are needed to train, not to evaluate.
//	validation_size  problems held out of the training files by a hash of their text,
//	                 default 0; without validation_files
//	prompt           how a problem is put, see benchmarkPrompts, or a text with {question}
//	                 in it: the user's message
//
// A row has question (or problem) and what the set's own file says of the answer. All are
// judged by verifier math.
type benchmark struct {
	set            *benchmarkSet
	files          map[string]*[]string
	validationSize int
	prompt         benchmarkPrompt
	splits         func() (map[string][]data.Example, error)
}

// benchmarkSet is what one benchmark has of its own.
type benchmarkSet struct {
	name, summary string
	// prompt is the default one; text is that of lm_eval.
	prompt, text string
	// read is the answer of a row and its worked solution, "" where it has none.
	read func(r *mathRow) (answer, solution string, err error)
	// own is a prompt that only this set has, by its name.
	own map[string]benchmarkPrompt
}

// registerBenchmark makes a set known as a task.
func registerBenchmark(set *benchmarkSet) {
	Register(set.name, set.summary, func(options map[string]any) (Task, error) { return newBenchmark(set, options) })
}

func newBenchmark(set *benchmarkSet, options map[string]any) (Task, error) {
	t := &benchmark{set: set, files: map[string]*[]string{}}
	prompt := set.prompt
	table := []option{{"prompt", &prompt}, {"validation_size", &t.validationSize}}
	for _, name := range Splits {
		t.files[name] = &[]string{}
		table = append(table, option{name + filesSuffix, t.files[name]})
	}
	if err := decode(options, table); err != nil {
		return nil, err
	}
	var l fault.List
	l.Check(t.number(Train)+t.number(Test) > 0, Train+filesSuffix, nil, "required: the paths of JSONL files, or %s", Test+filesSuffix)
	t.checkPaths(&l)
	l.Check(t.validationSize >= 0, "validation_size", t.validationSize, "0 (none) or more")
	l.Check(t.validationSize == 0 || t.number(Validation) == 0 && t.number(Train) > 0, "validation_size", t.validationSize,
		"0 (none) beside %s, and without %s", Validation+filesSuffix, Train+filesSuffix)
	var ok bool
	if t.prompt, ok = set.promptNamed(prompt); !ok {
		l.Add("prompt", prompt, "%s, or a text with {question} in it", fault.OneOf(prompt, set.promptNames()))
	}
	if err := l.Err(); err != nil {
		return nil, err
	}
	t.splits = sync.OnceValues(t.read)
	return t, nil
}

// filesSuffix ends the names of the options with paths.
const filesSuffix = "_files"

func (t *benchmark) number(split string) int { return len(*t.files[split]) }

// checkPaths demands that a file is named once.
func (t *benchmark) checkPaths(l *fault.List) {
	var seen []string
	for _, name := range Splits {
		for i, path := range *t.files[name] {
			l.Check(path != "" && !slices.Contains(seen, path), fmt.Sprintf("%s%s.%d", name, filesSuffix, i), path, "the path of a JSONL file, named once")
			seen = append(seen, path)
		}
	}
}

func (t *benchmark) Name() string     { return t.set.name }
func (t *benchmark) Verifier() string { return "math" }

func (t *benchmark) Split(name string) ([]data.Example, error) {
	all, err := t.splits()
	if err != nil {
		return nil, err
	}
	return split(t.set.name, name, all)
}

// read reads the files of all splits; the faults of all come at once.
func (t *benchmark) read() (map[string][]data.Example, error) {
	out := map[string][]data.Example{}
	var faults []error
	for _, name := range Splits {
		ids := map[string]int{}
		for _, path := range *t.files[name] {
			examples, err := readRows(path, t.example)
			faults = append(faults, err)
			for i := range examples {
				ex := &examples[i]
				// Some sets have a problem twice, and files may be of one set.
				if ids[ex.ID]++; ids[ex.ID] > 1 {
					ex.ID = fmt.Sprintf("%s#%d", ex.ID, ids[ex.ID])
				}
				out[name] = append(out[name], *ex)
			}
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	if t.validationSize == 0 {
		return out, nil
	}
	train := out[Train]
	if err := checkHoldOut(len(train), t.validationSize, 0); err != nil {
		return nil, fmt.Errorf("tasks: %s: %w", t.set.name, err)
	}
	keys := make([]string, len(train))
	for i := range train {
		keys[i] = train[i].ID
	}
	cut := holdOut(keys, func(i int) data.Example { return train[i] }, t.validationSize, 0)
	out[Train], out[Validation] = cut[Train], cut[Validation]
	return out, nil
}

// example is the problem of a row, named by its text: a run is the same whatever files
// the problem comes from.
func (t *benchmark) example(r *mathRow) (data.Example, error) {
	question := strings.TrimSpace(r.Question)
	if question == "" {
		question = strings.TrimSpace(r.Problem)
	}
	if question == "" {
		return data.Example{}, errors.New("question (or problem) is missing")
	}
	answer, solution, err := t.set.read(r)
	if err != nil {
		return data.Example{}, err
	}
	if answer = strings.TrimSpace(answer); answer == "" {
		return data.Example{}, errors.New("there is no answer")
	}
	ex := t.prompt.put(question, r)
	ex.ID = fmt.Sprintf("%s/%016x", t.set.name, hashOf(question))
	ex.Answers, ex.Extra = []string{answer}, r.kinds()
	ex.Completion = t.prompt.demonstrate(answer, solution)
	return ex, nil
}
