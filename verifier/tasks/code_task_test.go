package tasks_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier/tasks"
)

// Problems of the tests' own, in the form of each set.
const (
	humanEvalLine = `{"task_id": "Own/0", "prompt": "import math\n\n\ndef twice(n: int) -> int:\n    \"\"\"Double n.\n    >>> twice(2)\n    4\n    \"\"\"\n", "entry_point": "twice", "canonical_solution": "    return 2 * n\n", "test": "\n\nMETADATA = {}\n\n\ndef check(candidate):\n    assert candidate(2) == 4\n    assert math.isclose(candidate(0.5), 1.0)\n    assert True, \"done\"\n"}`
	mbppLines     = `{"task_id": 3, "text": "Write a function to add one.", "code": "def inc(n):\r\n  return n + 1", "test_setup_code": "", "test_list": ["assert inc(1) == 2", "assert inc(-1) == 0"], "challenge_test_list": []}
{"task_id": 11, "prompt": "Write a function to sum the squares.", "code": "import math\ndef square(n):\n  return n * n\ndef sum(a, b):\n  return square(a) + square(b)", "test_imports": ["import math"], "test_list": ["assert sum(1, 2) == 5", "assert math.isclose(sum(0.5, 0), 0.25)"]}
{"task_id": 511, "prompt": "Write a function to negate.", "code": "def neg(n):\n  return -n", "test_imports": [], "test_list": ["assert neg(1) == -1"]}
{"task_id": 601, "prompt": "Write a function to halve.", "code": "def half(n):\n  return n / 2", "test_imports": [], "test_list": ["assert half(1) == 0.5"]}`
)

func TestHumanEval(t *testing.T) {
	needSandbox(t)
	dir := t.TempDir()
	path := write(t, dir, "he.jsonl", humanEvalLine+"\n")
	task, v := open1(t, "humaneval", map[string]any{"test_files": []any{path}})
	if n := len(examples(t, task, tasks.Train)) + len(examples(t, task, tasks.Validation)); n != 0 {
		t.Errorf("%d problems that no file has", n)
	}
	ex := examples(t, task, tasks.Test)[0]
	prompt := "Please provide a self-contained Python script that solves the following problem in a markdown code block:\n```\nimport math\n\n\ndef twice(n: int) -> int:\n    \"\"\"Double n.\n    >>> twice(2)\n    4\n    \"\"\"\n```\n"
	if diff := cmp.Diff([]data.Message{{Role: data.RoleUser, Content: prompt}}, ex.Messages); diff != "" || ex.ID != "Own/0" {
		t.Errorf("%s (-want +got):\n%s", ex.ID, diff)
	}
	for completion, want := range map[string]data.VerdictKind{
		ex.Answers[0]: data.Correct,
		"```python\ndef twice(n):\n    return n + n\n```": data.Correct,
		"```python\n    return n + n\n```":                data.Correct, // it goes on with the prompt
		"```python\ndef twice(n):\n    return 4\n```":     data.Incorrect,
		"    return n + n\n":                              data.Incorrect, // no block
	} {
		if got := v.Verify(t.Context(), &ex, completion); got.Kind != want {
			t.Errorf("%q: %s (%s) %s", completion, got.Kind, got.Reason, got.Detail)
		}
	}
	// As OpenAI's harness asks: text to go on with.
	task, v = open1(t, "humaneval", map[string]any{"test_files": []any{path}, "prompt": "completion"})
	ex = examples(t, task, tasks.Test)[0]
	if !strings.HasPrefix(ex.Prompt, "import math") || !strings.HasSuffix(ex.Prompt, "    \"\"\"\n") || len(ex.Messages) > 0 {
		t.Errorf("prompt %q, messages %v", ex.Prompt, ex.Messages)
	}
	for completion, want := range map[string]data.VerdictKind{
		ex.Answers[0]: data.Correct,
		"    return n + n\n\ndef other():\n    this is no Python": data.Correct,
		"    return n\n": data.Incorrect,
	} {
		if got := v.Verify(t.Context(), &ex, completion); got.Kind != want {
			t.Errorf("%q: %s (%s) %s", completion, got.Kind, got.Reason, got.Detail)
		}
	}
}

func TestMBPP(t *testing.T) {
	needSandbox(t)
	path := write(t, t.TempDir(), "mbpp.jsonl", mbppLines)
	task, v := open1(t, "mbpp", map[string]any{"files": []any{path}})
	var ids []string
	for _, split := range tasks.Splits {
		for _, ex := range examples(t, task, split) {
			ids = append(ids, split+" "+ex.ID)
			if got := v.Verify(t.Context(), &ex, ex.Answers[0]); got.Kind != data.Correct {
				t.Errorf("%s: %s (%s) %s", ex.ID, got.Kind, got.Reason, got.Detail)
			}
			if got := v.Verify(t.Context(), &ex, "```python\ndef inc(n): return 0\nneg = half = sum = inc\n```"); got.Kind != data.Incorrect {
				t.Errorf("%s: a wrong solution is %s", ex.ID, got.Kind)
			}
		}
	}
	if diff := cmp.Diff([]string{"train mbpp/3", "train mbpp/601", "validation mbpp/511", "test mbpp/11"}, ids); diff != "" {
		t.Errorf("splits (-want +got):\n%s", diff)
	}
	ex := examples(t, task, tasks.Test)[0]
	want := "Please provide a self-contained Python script that solves the following problem in a markdown code block:\n```\n\"\"\"\nWrite a function to sum the squares.\nassert sum(1, 2) == 5\n\"\"\"\n```\n"
	if diff := cmp.Diff(want, ex.Messages[0].Content); diff != "" {
		t.Errorf("evalplus (-want +got):\n%s", diff)
	}
	task, _ = open1(t, "mbpp", map[string]any{"files": []any{path}, "prompt": "austin"})
	want = "You are an expert Python programmer, and here is your task: Write a function to sum the squares. Your code should pass these tests:\n\nassert sum(1, 2) == 5\nassert math.isclose(sum(0.5, 0), 0.25)"
	if diff := cmp.Diff(want, examples(t, task, tasks.Test)[0].Messages[0].Content); diff != "" {
		t.Errorf("austin (-want +got):\n%s", diff)
	}
}

func TestCodeTaskFaults(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		task    string
		options map[string]any
		want    string
	}{
		{"humaneval", nil, "options.test_files: required: the paths of HumanEval.jsonl, or train_files"},
		{"humaneval", map[string]any{"test_files": "x"}, `options.test_files: found "x", allowed: a list of texts`},
		{"humaneval", map[string]any{"test_files": []any{"a", "a"}, "prompt": "x"}, `options.test_files.1: found "a", allowed: the path of a JSONL file, named once
options.prompt: found "x", allowed: evalplus or completion`},
		{"mbpp", map[string]any{"prompt": "x"}, `options.files: required: the paths of mbpp.jsonl or of sanitized-mbpp.jsonl
options.prompt: found "x", allowed: evalplus or austin`},
	} {
		_, err := tasks.New(tt.task, tt.options)
		if err == nil {
			t.Errorf("%s %v: accepted", tt.task, tt.options)
			continue
		}
		if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
			t.Errorf("%s %v (-want +got):\n%s", tt.task, tt.options, diff)
		}
	}
	for text, want := range map[string]string{
		"":     "no problems in it",
		"{}\n": "bad.jsonl:1: task_id (an integer), prompt or text, and test_list are required",
		"{\n":  "bad.jsonl:1: unexpected end",
		strings.SplitAfter(mbppLines, "\n")[0] + strings.SplitAfter(mbppLines, "\n")[0]: `id "mbpp/3" is there twice`,
	} {
		task, err := tasks.New("mbpp", map[string]any{"files": []any{write(t, dir, "bad.jsonl", text)}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := task.Split(tasks.Train); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
}
