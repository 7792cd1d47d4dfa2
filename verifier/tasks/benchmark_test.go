package tasks_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier"
	"github.com/rlvr-go/rlvr/verifier/tasks"
)

// one is the only problem that a benchmark reads from a file of these rows.
func one(t *testing.T, name, prompt, row string) data.Example {
	t.Helper()
	options := map[string]any{"test_files": []any{write(t, t.TempDir(), "test.jsonl", row+"\n")}}
	if prompt != "" {
		options["prompt"] = prompt
	}
	task, v := open1(t, name, options)
	all := examples(t, task, tasks.Test)
	if len(all) != 1 || !strings.HasPrefix(all[0].ID, name+"/") {
		t.Fatalf("got %+v", all)
	}
	for _, completion := range []string{all[0].Answers[0], all[0].Completion} {
		if got := v.Verify(t.Context(), &all[0], completion); got.Kind != data.Correct {
			t.Errorf("%s does not accept %q: %+v", v.Name(), completion, got)
		}
	}
	return all[0]
}

// The rows are made up, in the form of each set.
const (
	gsm8kRow    = `{"question":"Ann has 1,000 pens and buys 34. How many has she?","answer":"She has 1,000+34 = <<1000+34=1034>>1,034 pens.\n#### 1,034"}`
	mathRow     = `{"problem":"What is $\\frac12+\\frac14$?","solution":"It is $\\frac{2+1}{4}=\\boxed{\\frac{3}{4}}$.","level":"Level 1","type":"Algebra"}`
	math500Row  = `{"problem":"Find $x$.","solution":"So $x=\\boxed{5}$.","answer":"5","subject":"Algebra","level":1,"unique_id":"a/1.json"}`
	aimeRow     = `{"id":1,"problem":"Find $n$.","answer":"073","question":"Find $n$."}`
	amcRow      = `{"id":0,"problem":"How far?","answer":27.0,"url":"x","question":"How far?"}`
	olympiadRow = `{"id":1,"question":"Find all $n$.","solution":["It is so."],"final_answer":["$1,3$"],"is_multiple_answer":true,"unit":"km","answer_type":"Numerical","error":null,"context":null}`
)

// TestBenchmarkPrompts: each prompt is that of the harness it is named after, and the
// demonstration ends as the prompt asks.
func TestBenchmarkPrompts(t *testing.T) {
	const boxes = `Please reason step by step, and put your final answer within \boxed{}.`
	for _, tt := range []struct {
		task, prompt, row        string
		text, system, user, demo string
	}{
		{"gsm8k", "", gsm8kRow, "", "", `Ann has 1,000 pens and buys 34. How many has she? Let's think step by step and output the final answer after "####".`,
			"She has 1,000+34 = 1,034 pens.\n#### 1034"},
		{"gsm8k", "lm_eval", gsm8kRow, "Question: Ann has 1,000 pens and buys 34. How many has she?\nAnswer:", "", "", "She has 1,000+34 = 1,034 pens.\n#### 1034"},
		{"gsm8k", "qwen_math", gsm8kRow, "", boxes, "Ann has 1,000 pens and buys 34. How many has she?", "She has 1,000+34 = 1,034 pens.\nThe final answer is $\\boxed{1034}$."},
		{"math", "", mathRow, "", boxes, `What is $\frac12+\frac14$?`, `It is $\frac{2+1}{4}=\boxed{\frac{3}{4}}$.`},
		{"math", "lm_eval", mathRow, "Problem: What is $\\frac12+\\frac14$?\nAnswer:", "", "", `It is $\frac{2+1}{4}=\boxed{\frac{3}{4}}$.`},
		{"math", "minerva", math500Row, "Problem:\nFind $x$.\n\nSolution:", "", "", `So $x=\boxed{5}$.`},
		{"math", "verl", math500Row, "", "", `Find $x$. Let's think step by step and output the final answer within \boxed{}.`, `So $x=\boxed{5}$.`},
		{"math", "dapo", math500Row, "", "", "Solve the following math problem step by step. The last line of your response should be of the form Answer: $Answer (without quotes) where $Answer is the answer to the problem.\n\nFind $x$.\n\nRemember to put your answer on its own line after \"Answer:\".",
			"So $x=\\boxed{5}$.\nAnswer: 5"},
		{"math", "plain", math500Row, "", "", "Find $x$.", `So $x=\boxed{5}$.`},
		{"math", "Q: {question} Box it.", math500Row, "", "", "Q: Find $x$. Box it.", `So $x=\boxed{5}$.`},
		{"aime", "", aimeRow, "", boxes, "Find $n$.", `The final answer is $\boxed{73}$.`},
		{"aime", "lm_eval", aimeRow, "Question: Find $n$.\nAnswer:", "", "", `The final answer is $\boxed{73}$.`},
		{"amc", "", amcRow, "", boxes, "How far?", `The final answer is $\boxed{27}$.`},
		{"olympiadbench", "", olympiadRow, "", boxes, "Find all $n$.", "It is so.\nThe final answer is $\\boxed{1,3}$."},
		{"olympiadbench", "olympiadbench", olympiadRow, "", "", "The following is an open-ended problem from an International Math competition. The problem has multiple answers, each of them should be a numerical value. Please calculate the answer according to the given requirements and the information provided. Please use LaTeX format to represent the variables and formulas used in the solution process and results. Please end your solution with \"So the final answer is \\boxed{multiple answers connected with commas}(unit).\" and give the result explicitly, note that the unit of the answer should not be included in \\boxed{}.\nFind all $n$.\n" + boxes,
			"It is so.\nThe final answer is $\\boxed{1,3}$."},
	} {
		ex := one(t, tt.task, tt.prompt, tt.row)
		var system, user string
		for _, m := range ex.Messages {
			if m.Role == data.RoleSystem {
				system = m.Content
			} else {
				user = m.Content
			}
		}
		got, want := []string{ex.Prompt, system, user, ex.Completion}, []string{tt.text, tt.system, tt.user, tt.demo}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s, prompt %s (-want +got):\n%s", tt.task, tt.prompt, diff)
		}
	}
}

func TestBenchmarkAnswers(t *testing.T) {
	for _, tt := range []struct{ task, row, want string }{
		{"gsm8k", gsm8kRow, "1034"},
		{"gsm8k", `{"question":"q","answer":"#### 3 is no answer\n#### -7"}`, "-7"},
		{"math", mathRow, `\frac{3}{4}`},
		{"math", `{"problem":"q","solution":"first \\boxed{1} but this is not all there is \\boxed{\\{x\\mid x^{2}<\\frac{1}{2}\\}}."}`, `\{x\mid x^{2}<\frac{1}{2}\}`},
		{"math", `{"question":"q","answer":12.50}`, "12.50"},
		{"aime", aimeRow, "73"},
		{"aime", `{"question":"q","answer":0}`, "0"},
		{"amc", amcRow, "27"},
		{"amc", `{"question":"q","answer":"\\frac{1}{2}"}`, `\frac{1}{2}`},
		{"olympiadbench", olympiadRow, "$1,3$"},
		{"olympiadbench", `{"question":"q","final_answer":["$1$","$2$"]}`, "$1$, $2$"},
	} {
		if got := one(t, tt.task, "", tt.row).Answers; len(got) != 1 || got[0] != tt.want {
			t.Errorf("%s, %s: %q, want %q", tt.task, tt.row, got, tt.want)
		}
	}
}

// TestBenchmarkFaults: all faults of all files come at once, with their lines.
func TestBenchmarkFaults(t *testing.T) {
	dir := t.TempDir()
	task, _ := open1(t, "math", map[string]any{
		"train_files": []any{filepath.Join(dir, "missing"), write(t, dir, "bad", "{\"problem\":\"q\"}\n\n{\"answer\":\"1\"}\n[]\n{\"problem\":\"q\",\"solution\":\"\\\\boxed{1\"}\n")},
		"test_files":  []any{write(t, dir, "empty", "\n")},
	})
	_, err := task.Split(tasks.Test)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("got %v", err)
	}
	got := strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), "")
	want := `tasks: open missing: no such file or directory
bad:1: there is neither answer nor a solution with a box
bad:3: question (or problem) is missing
bad:4: json: cannot unmarshal array into Go value of type tasks.mathRow
bad:5: there is neither answer nor a solution with a box
empty: no problems in it`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
	for name, row := range map[string]string{"gsm8k": `{"question":"q","answer":"12"}`, "aime": `{"question":"q","answer":"1000"}`, "amc": `{"question":"q","answer":" "}`, "olympiadbench": `{"question":"q","answer":"1"}`} {
		task, _ := open1(t, name, map[string]any{"train_files": []any{write(t, dir, name, row)}})
		if _, err := task.Split(tasks.Train); err == nil || !strings.Contains(err.Error(), name+":1: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBenchmarkOptionFaults(t *testing.T) {
	for _, tt := range []struct {
		options map[string]any
		want    string
	}{
		{nil, "options.train_files: required: the paths of JSONL files, or test_files"},
		{map[string]any{"train_files": "a"}, `options.train_files: found "a", allowed: a list of texts`},
		{map[string]any{"train_files": []any{1}}, `options.train_files: found [1], allowed: a list of texts`},
		{map[string]any{"train_files": []any{"a", ""}, "test_files": []any{"a"}, "prompt": "verel", "validation_size": -1},
			`options.train_files.1: found "", allowed: the path of a JSONL file, named once
options.test_files.0: found "a", allowed: the path of a JSONL file, named once
options.validation_size: found -1, allowed: 0 (none) or more
options.prompt: found "verel", allowed: one of dapo, lm_eval, minerva, plain, qwen_math, verl; did you mean verl?, or a text with {question} in it`},
		{map[string]any{"test_files": []any{"a"}, "validation_size": 1}, "options.validation_size: found 1, allowed: 0 (none) beside validation_files, and without train_files"},
	} {
		_, err := tasks.New("math", tt.options)
		if len(fault.Of(err)) == 0 {
			t.Errorf("%v: %v", tt.options, err)
			continue
		}
		if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tt.options, diff)
		}
	}
}

// TestBenchmarkSplits: validation problems come out of the training files, whatever their
// order, and a problem that comes twice has two names.
func TestBenchmarkSplits(t *testing.T) {
	dir := t.TempDir()
	var rows, reversed []string
	for i := range 20 {
		row := fmt.Sprintf(`{"problem":"Find %d.","answer":"%d"}`, i, i)
		rows, reversed = append(rows, row), append([]string{row}, reversed...)
	}
	held := func(lines []string) []string {
		task, _ := open1(t, "math", map[string]any{"train_files": []any{write(t, dir, "train", strings.Join(lines, "\n"))}, "validation_size": 5})
		if n := len(examples(t, task, tasks.Train)); n != len(lines)-5 {
			t.Errorf("%d problems to train on", n)
		}
		var out []string
		for _, ex := range examples(t, task, tasks.Validation) {
			out = append(out, ex.Answers[0])
		}
		return out
	}
	if diff := cmp.Diff(held(rows), held(reversed)); diff != "" {
		t.Errorf("validation depends on the order of the file:\n%s", diff)
	}
	task, _ := open1(t, "math", map[string]any{"test_files": []any{write(t, dir, "twice", rows[0]+"\n"+rows[0])}})
	twice := examples(t, task, tasks.Test)
	if len(twice) != 2 || twice[1].ID != twice[0].ID+"#2" {
		t.Errorf("got %+v", twice)
	}
	if train := examples(t, task, tasks.Train); len(train) != 0 {
		t.Errorf("%d problems to train on", len(train))
	}
}

// TestBenchmarkSets reads the sets as they are published: every row is a problem, every
// answer and demonstration passes, and no other problem's answer does.
func TestBenchmarkSets(t *testing.T) {
	folder := os.Getenv("RLVR_DATA")
	if folder == "" {
		t.Skip("RLVR_DATA names no folder with gsm8k, math500, aime24, aime25, amc23 and olympiadbench")
	}
	for _, tt := range []struct {
		task        string
		train, test []any
		rows        int
	}{
		{"gsm8k", []any{"gsm8k/train.jsonl"}, []any{"gsm8k/test.jsonl"}, 7473 + 1319},
		{"math", nil, []any{"math500/test.jsonl"}, 500},
		{"aime", nil, []any{"aime24/test.jsonl", "aime25/test.jsonl"}, 60},
		{"amc", nil, []any{"amc23/test.jsonl"}, 40},
		{"olympiadbench", nil, []any{"olympiadbench/test.jsonl"}, 675},
	} {
		options := map[string]any{}
		for key, paths := range map[string][]any{"train_files": tt.train, "test_files": tt.test} {
			for i := range paths {
				paths[i] = filepath.Join(folder, paths[i].(string))
			}
			options[key] = paths
		}
		task, v := open1(t, tt.task, options)
		all := append(examples(t, task, tasks.Train), examples(t, task, tasks.Test)...)
		if len(all) != tt.rows {
			t.Errorf("%s: %d problems, want %d", tt.task, len(all), tt.rows)
		}
		got, err := verifier.SelfTest(t.Context(), v, all)
		t.Logf("%s: %+v", tt.task, got)
		if err != nil {
			t.Error(err)
		}
		for i := range all {
			if got := v.Verify(t.Context(), &all[i], all[i].Completion); got.Kind != data.Correct {
				t.Errorf("%s: gold %q, demonstration %q: %+v", all[i].ID, all[i].Answers, all[i].Completion, got)
			}
		}
	}
}
