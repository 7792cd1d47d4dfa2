package tasks

import (
	"errors"
	"strings"
	"sync"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("humaneval", "HumanEval (Chen et al., 2021, arXiv 2107.03374) from your copy of HumanEval.jsonl: write a Python function", newHumanEval)
}

// The ways to ask for a program.
const (
	promptEvalPlus   = "evalplus"
	promptCompletion = "completion"
	promptAustin     = "austin"
)

// humanEval is problems in the form of OpenAI's HumanEval.jsonl: task_id, prompt (the
// beginning of a function), entry_point, canonical_solution, test (which defines
// check(candidate)).
type humanEval struct {
	train, validation, test []string
	prompt                  string
	splits                  func() (map[string][]data.Example, error)
}

// newHumanEval has the options
//
//	test_files                     the paths of HumanEval.jsonl, or of problems in its form
//	train_files, validation_files  problems of the same form to train and validate with;
//	                               HumanEval itself is for evaluation. One of train_files
//	                               and test_files is required.
//	prompt                         evalplus (default): a chat with the instruction of
//	                               EvalPlus (evalplus/codegen.py), code in a fenced block; or
//	                               completion: the prompt itself, to go on with, as in
//	                               OpenAI's human-eval
func newHumanEval(options map[string]any) (Task, error) {
	t := &humanEval{prompt: promptEvalPlus}
	if err := decode(options, []option{
		{"test_files", &t.test}, {"train_files", &t.train}, {"validation_files", &t.validation}, {"prompt", &t.prompt},
	}); err != nil {
		return nil, err
	}
	var l fault.List
	l.Check(len(t.train)+len(t.test) > 0, "test_files", nil, "required: the paths of HumanEval.jsonl, or train_files")
	checkPathList(&l, []string{"train_files", "validation_files", "test_files"}, t.train, t.validation, t.test)
	l.Check(t.prompt == promptEvalPlus || t.prompt == promptCompletion, "prompt", t.prompt, "%s or %s", promptEvalPlus, promptCompletion)
	if err := l.Err(); err != nil {
		return nil, err
	}
	t.splits = sync.OnceValues(t.read)
	return t, nil
}

func (t *humanEval) Name() string     { return "humaneval" }
func (t *humanEval) Verifier() string { return "code" }

func (t *humanEval) Split(name string) ([]data.Example, error) {
	splits, err := t.splits()
	if err != nil {
		return nil, err
	}
	return split(t.Name(), name, splits)
}

func (t *humanEval) read() (map[string][]data.Example, error) {
	out := map[string][]data.Example{}
	var faults []error
	for i, paths := range [][]string{t.train, t.validation, t.test} {
		all, err := readUnique(paths, t.example)
		out[Splits[i]] = all
		faults = append(faults, err)
	}
	return out, errors.Join(faults...)
}

// humanEvalRow is a line of the file.
type humanEvalRow struct {
	ID       string `json:"task_id"`
	Prompt   string `json:"prompt"`
	Function string `json:"entry_point"`
	Solution string `json:"canonical_solution"`
	Test     string `json:"test"`
}

func (t *humanEval) example(r *humanEvalRow) (data.Example, error) {
	if r.ID == "" || r.Prompt == "" || r.Function == "" || r.Test == "" {
		return data.Example{}, errors.New("task_id, prompt, entry_point and test are required")
	}
	tests := map[string]any{
		"asserts":   []any{r.Test + "\ncheck(" + r.Function + ")\n"},
		"prelude":   r.Prompt,
		"functions": []any{r.Function},
	}
	ex := data.Example{ID: r.ID, Extra: map[string]any{"tests": tests}}
	if t.prompt == promptCompletion {
		tests["format"] = "raw"
		ex.Prompt = r.Prompt
		ex.Answers = answers(r.Solution)
		return ex, nil
	}
	ex.Messages = []data.Message{{Role: data.RoleUser, Content: instruction(r.Prompt)}}
	ex.Answers = answers(fenced(r.Prompt, r.Solution))
	return ex, nil
}

// instruction is EvalPlus's to a chat model (evalplus/codegen.py and
// evalplus/provider/utility.py).
func instruction(problem string) string {
	return "Please provide a self-contained Python script that solves the following problem in a markdown code block:\n```\n" + strings.TrimSpace(problem) + "\n```\n"
}

// fenced is a reference solution as a completion; empty where there is none.
func fenced(prompt, solution string) string {
	if solution == "" {
		return ""
	}
	return "```python\n" + strings.TrimRight(prompt+solution, " \t\r\n") + "\n```"
}

// answers is a list of one, of none where it is empty.
func answers(solution string) []string {
	if solution == "" {
		return nil
	}
	return []string{solution}
}
