package tasks_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier"
	"github.com/rlvr-go/rlvr/verifier/tasks"
)

func open(t *testing.T, options map[string]any) tasks.Task {
	t.Helper()
	task, err := tasks.New("addition", options)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

func examples(t *testing.T, task tasks.Task, split string) []data.Example {
	t.Helper()
	out, err := task.Split(split)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestAdditionSplits: every problem is in exactly one split, and the sizes are
// those asked for.
func TestAdditionSplits(t *testing.T) {
	for _, tt := range []struct {
		options                 map[string]any
		train, validation, test int
	}{
		{nil, 9300, 200, 500},
		{map[string]any{"validation_size": 0, "test_size": 9999}, 1, 0, 9999},
		{map[string]any{"max_operand": 9, "validation_size": 20, "test_size": 30}, 50, 20, 30},
		{map[string]any{"max_operand": 1, "validation_size": 1, "test_size": 2}, 1, 1, 2},
	} {
		task := open(t, tt.options)
		seen := map[string]string{}
		sizes := map[string]int{}
		for _, split := range tasks.Splits {
			for _, ex := range examples(t, task, split) {
				if other, ok := seen[ex.ID]; ok {
					t.Errorf("%v: %s is in %s and in %s", tt.options, ex.ID, other, split)
				}
				seen[ex.ID] = split
				sizes[split]++
			}
		}
		want := map[string]int{"train": tt.train, "validation": tt.validation, "test": tt.test}
		for split, n := range want {
			if sizes[split] != n {
				t.Errorf("%v: %d problems in %s, want %d", tt.options, sizes[split], split, n)
			}
		}
		if n := tt.train + tt.validation + tt.test; len(seen) != n {
			t.Errorf("%v: %d problems in all, want %d", tt.options, len(seen), n)
		}
	}
}

// TestAdditionAnswers checks every problem against the sum of the operands that its
// prompt spells.
func TestAdditionAnswers(t *testing.T) {
	for _, reverse := range []bool{true, false} {
		for _, pad := range []bool{true, false} {
			task := open(t, map[string]any{"reverse": reverse, "zero_pad": pad})
			for _, split := range tasks.Splits {
				for _, ex := range examples(t, task, split) {
					if err := wrong(ex, reverse, pad); err != nil {
						t.Fatalf("reverse %v, zero_pad %v: %+v: %v", reverse, pad, ex, err)
					}
				}
			}
		}
	}
}

func wrong(ex data.Example, reverse, pad bool) error {
	var a, b int
	if _, err := fmt.Sscanf(ex.Prompt, "%d+%d=", &a, &b); err != nil {
		return err
	}
	digits := []byte(ex.Answers[0])
	if reverse {
		slices.Reverse(digits)
	}
	sum, err := strconv.Atoi(string(digits))
	if err != nil || sum != a+b {
		return fmt.Errorf("answer reads %d (%w)", sum, err)
	}
	prompt, answer := fmt.Sprintf("%d+%d=", a, b), strconv.Itoa(a+b)
	if pad {
		prompt, answer = fmt.Sprintf("%02d+%02d=", a, b), fmt.Sprintf("%03d", a+b)
	}
	if ex.Prompt != prompt || string(digits) != answer || ex.ID != "addition/"+strings.TrimSuffix(prompt, "=") {
		return fmt.Errorf("want %s%s", prompt, answer)
	}
	return nil
}

func TestAdditionByHand(t *testing.T) {
	task := open(t, nil)
	var all []data.Example
	for _, split := range tasks.Splits {
		all = append(all, examples(t, task, split)...)
	}
	for prompt, answer := range map[string]string{"12+07=": "910", "99+99=": "891", "00+00=": "000", "50+50=": "001"} {
		i := slices.IndexFunc(all, func(ex data.Example) bool { return ex.Prompt == prompt })
		if i < 0 || all[i].Answers[0] != answer {
			t.Errorf("%s is missing or not %s", prompt, answer)
		}
	}
}

// TestAdditionSplitIsFixed: results of different versions are comparable only while
// the held-out problems stay the same, so their beginning is written down here.
func TestAdditionSplitIsFixed(t *testing.T) {
	want := map[string][]string{
		"test":       {"84+03", "62+60", "00+64", "21+96"},
		"validation": {"90+14", "27+93", "90+67", "75+89"},
		"train":      {"91+47", "19+32", "92+88", "28+10"},
	}
	task := open(t, nil)
	for _, split := range tasks.Splits {
		var got []string
		for _, ex := range examples(t, task, split)[:4] {
			got = append(got, strings.TrimPrefix(ex.ID, "addition/"))
		}
		if diff := cmp.Diff(want[split], got); diff != "" {
			t.Errorf("%s begins (-want +got):\n%s", split, diff)
		}
	}
	small := examples(t, open(t, map[string]any{"test_size": 10}), "test")
	plain := examples(t, open(t, map[string]any{"test_size": 10, "zero_pad": false, "reverse": false}), "test")
	for i, ex := range examples(t, task, "test")[:10] {
		var a, b int
		if _, err := fmt.Sscanf(plain[i].Prompt, "%d+%d=", &a, &b); err != nil {
			t.Fatal(err)
		}
		if small[i].ID != ex.ID || fmt.Sprintf("addition/%02d+%02d", a, b) != ex.ID {
			t.Errorf("test problem %d is %s, %s in a small set, %s unpadded", i, ex.ID, small[i].ID, plain[i].ID)
		}
	}
}

func TestAdditionPassesItsVerifier(t *testing.T) {
	task := open(t, nil)
	v, err := verifier.New(task.Verifier(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, split := range tasks.Splits {
		if _, err := verifier.SelfTest(t.Context(), v, examples(t, task, split)); err != nil {
			t.Errorf("%s: %v", split, err)
		}
	}
}

func TestSplitIsTheCallers(t *testing.T) {
	task := open(t, nil)
	first := examples(t, task, "train")
	want := first[0].ID
	first[0].ID = "scribble"
	if got := examples(t, task, "train")[0].ID; got != want {
		t.Errorf("the task's own example became %q", got)
	}
	if _, err := task.Split("tests"); err == nil || !strings.Contains(err.Error(), "did you mean test?") {
		t.Errorf("unknown split: %v", err)
	}
}

func TestAdditionOptionFaults(t *testing.T) {
	for _, tt := range []struct {
		options map[string]any
		want    string
	}{
		{map[string]any{"max_operands": 9, "reverse": 1, "zero_pad": "yes", "test_size": 1.5, "validation_size": "200"},
			`options.max_operands: unknown option; one of max_operand, reverse, zero_pad, validation_size, test_size; did you mean max_operand?
options.reverse: found 1, allowed: true or false
options.test_size: found 1.5, allowed: an integer
options.validation_size: found "200", allowed: an integer
options.zero_pad: found "yes", allowed: true or false`},
		{map[string]any{"max_operand": 0, "validation_size": -1, "test_size": -1},
			`options.max_operand: found 0, allowed: 1 to 999
options.validation_size: found -1, allowed: 0 (none) or more
options.test_size: found -1, allowed: 0 (none) or more`},
		{map[string]any{"max_operand": 1000}, "options.max_operand: found 1000, allowed: 1 to 999"},
		{map[string]any{"max_operand": 9}, `options.validation_size: found 200, allowed: at most 99, so that a problem is left to train on
options.test_size: found 500, allowed: at most 0, so that a problem is left to train on`},
		{map[string]any{"test_size": 9800}, "options.test_size: found 9800, allowed: at most 9799, so that a problem is left to train on"},
		{map[string]any{"test_size": 1 << 30, "validation_size": 1}, "options.test_size: found 1073741824, allowed: at most 9998, so that a problem is left to train on"},
	} {
		_, err := tasks.New("addition", tt.options)
		if err == nil {
			t.Errorf("%v: accepted", tt.options)
			continue
		}
		if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tt.options, diff)
		}
	}
}
