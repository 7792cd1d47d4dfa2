package tasks_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/rlvr-go/rlvr/verifier"
	"github.com/rlvr-go/rlvr/verifier/tasks"
)

// TestArithmetic: every problem is in one split, and its answer is that of the
// operation which its question spells; the task's own verifier accepts it and no
// other.
func TestArithmetic(t *testing.T) {
	task, err := tasks.New("arithmetic", map[string]any{"max_operand": 12, "operations": "*-+", "question": "{a}{op}{b}?", "validation_size": 7, "test_size": 9})
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(task.Verifier(), nil)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	sizes := map[string]int{}
	for _, name := range tasks.Splits {
		all, err := task.Split(name)
		if err != nil {
			t.Fatal(err)
		}
		sizes[name] = len(all)
		for _, ex := range all {
			var a, b, want int
			var op rune
			if _, err := fmt.Sscanf(ex.Messages[0].Content, "%d%c%d?", &a, &op, &b); err != nil || len(ex.Messages) != 1 || ex.Prompt != "" {
				t.Fatalf("%+v: %v", ex, err)
			}
			switch op {
			case '+':
				want = a + b
			case '-':
				want = a - b
			case '*':
				want = a * b
			}
			if seen[ex.Messages[0].Content] || seen[ex.ID] || fmt.Sprint(want) != ex.Answers[0] {
				t.Errorf("%+v: want %d, once", ex, want)
			}
			seen[ex.Messages[0].Content], seen[ex.ID] = true, true
			if got := v.Verify(context.Background(), &ex, fmt.Sprintf("It is %d.", want)); got.Score != 1 {
				t.Errorf("%s: %+v", ex.ID, got)
			}
			if got := v.Verify(context.Background(), &ex, fmt.Sprintf("It is %d.", want+1)); got.Score != 0 {
				t.Errorf("%s: %+v", ex.ID, got)
			}
		}
	}
	if n := 3 * 13 * 13; sizes["train"] != n-16 || sizes["validation"] != 7 || sizes["test"] != 9 || len(seen) != 2*n {
		t.Errorf("sizes %v, %d names", sizes, len(seen))
	}
}

func TestArithmeticOptionFaults(t *testing.T) {
	for _, c := range []struct {
		options map[string]any
		want    []string
	}{
		{map[string]any{"max_operand": 1000, "operations": "+/", "question": "{a}{b}"}, []string{"options.max_operand", "options.operations", "options.question"}},
		{map[string]any{"operations": "++"}, []string{"each once"}},
		{map[string]any{"operations": ""}, []string{"options.operations"}},
		{map[string]any{"validation_size": 99}, []string{"options.test_size: found 20, allowed: at most 0"}},
		{map[string]any{"test_size": 99, "validation_size": 0}, nil},
		{map[string]any{"test_size": 100, "validation_size": 0}, []string{"at most 99"}},
		{map[string]any{"question": 3}, []string{"text"}},
	} {
		_, err := tasks.New("arithmetic", c.options)
		if (err != nil) != (c.want != nil) {
			t.Errorf("%v: %v", c.options, err)
		}
		for _, w := range c.want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%v: %v, want %q", c.options, err, w)
			}
		}
	}
}
