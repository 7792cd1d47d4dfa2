package tasks

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("mbpp", "MBPP (Austin et al., 2021, arXiv 2108.07732), whole or sanitized, from your copy of its JSON lines: write a Python function", newMBPP)
}

// mbpp is problems in the form of Google's mbpp.jsonl (task_id, text, code,
// test_setup_code, test_list) or of the sanitized ones, an object a line (task_id,
// prompt, code, test_imports, test_list). The splits are the paper's, by task_id: 11 to
// 510 test, 511 to 600 validation, the others train; 1 to 10, which the paper shows as
// examples, are not shown here and are with them.
type mbpp struct {
	files  []string
	prompt string
	splits func() (map[string][]data.Example, error)
}

// newMBPP has the options
//
//	files   the paths of mbpp.jsonl or of the sanitized problems; required
//	prompt  evalplus (default): a chat with the instruction of EvalPlus
//	        (evalplus/codegen.py): the text and the first test, code in a fenced block;
//	        or austin: a chat with the text of the paper, which shows all tests
func newMBPP(options map[string]any) (Task, error) {
	t := &mbpp{prompt: promptEvalPlus}
	if err := decode(options, []option{{"files", &t.files}, {"prompt", &t.prompt}}); err != nil {
		return nil, err
	}
	var l fault.List
	l.Check(len(t.files) > 0, "files", nil, "required: the paths of mbpp.jsonl or of sanitized-mbpp.jsonl")
	checkPathList(&l, []string{"files"}, t.files)
	l.Check(t.prompt == promptEvalPlus || t.prompt == promptAustin, "prompt", t.prompt, "%s or %s", promptEvalPlus, promptAustin)
	if err := l.Err(); err != nil {
		return nil, err
	}
	t.splits = sync.OnceValues(t.read)
	return t, nil
}

func (t *mbpp) Name() string     { return "mbpp" }
func (t *mbpp) Verifier() string { return "code" }

func (t *mbpp) Split(name string) ([]data.Example, error) {
	splits, err := t.splits()
	if err != nil {
		return nil, err
	}
	return split(t.Name(), name, splits)
}

func (t *mbpp) read() (map[string][]data.Example, error) {
	all, err := readUnique(t.files, t.example)
	if err != nil {
		return nil, err
	}
	out := map[string][]data.Example{}
	for i := range all {
		n, _ := strconv.Atoi(strings.TrimPrefix(all[i].ID, "mbpp/"))
		switch {
		case n > 10 && n <= 510:
			out[Test] = append(out[Test], all[i])
		case n > 510 && n <= 600:
			out[Validation] = append(out[Validation], all[i])
		default:
			out[Train] = append(out[Train], all[i])
		}
	}
	return out, nil
}

// mbppRow is a line of either file.
type mbppRow struct {
	ID      json.Number `json:"task_id"`
	Text    string      `json:"text"`
	Prompt  string      `json:"prompt"`
	Code    string      `json:"code"`
	Setup   string      `json:"test_setup_code"`
	Imports []string    `json:"test_imports"`
	Tests   []string    `json:"test_list"`
}

func (t *mbpp) example(r *mbppRow) (data.Example, error) {
	text := r.Prompt + r.Text // a file has one of them
	if _, err := r.ID.Int64(); err != nil || text == "" || len(r.Tests) == 0 {
		return data.Example{}, errors.New("task_id (an integer), prompt or text, and test_list are required")
	}
	tests := map[string]any{"asserts": texts(r.Tests)}
	if prelude := strings.TrimSpace(strings.Join(append(slices.Clone(r.Imports), r.Setup), "\n")); prelude != "" {
		tests["prelude"] = prelude + "\n"
	}
	if names := functionsOf(r.Code, r.Tests); len(names) > 0 {
		tests["functions"] = texts(names)
	}
	question := instruction("\"\"\"\n" + strings.TrimSpace(text) + "\n" + r.Tests[0] + "\n\"\"\"\n")
	if t.prompt == promptAustin {
		question = "You are an expert Python programmer, and here is your task: " + text + " Your code should pass these tests:\n\n" + strings.Join(r.Tests, "\n")
	}
	return data.Example{
		ID:       "mbpp/" + r.ID.String(),
		Messages: []data.Message{{Role: data.RoleUser, Content: question}},
		Answers:  answers(fenced("", r.Code)),
		Extra:    map[string]any{"tests": tests},
	}, nil
}

var definition = regexp.MustCompile(`(?m)^(?:def|class)[ \t]+(\w+)`)

// functionsOf are the names that the reference solution defines and the tests use: one
// problem has a function called sum.
func functionsOf(code string, tests []string) []string {
	var out []string
	for _, m := range definition.FindAllStringSubmatch(code, -1) {
		used := regexp.MustCompile(`\b` + m[1] + `[ \t]*\(`)
		if !slices.Contains(out, m[1]) && slices.ContainsFunc(tests, used.MatchString) {
			out = append(out, m[1])
		}
	}
	return out
}

func texts(of []string) []any {
	out := make([]any, len(of))
	for i, s := range of {
		out[i] = s
	}
	return out
}
