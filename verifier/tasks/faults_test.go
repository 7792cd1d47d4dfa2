package tasks_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/verifier/tasks"
)

// TestGeneratedOptionFaults: what is out of range is named with what is allowed, all at
// once, and what no check can foresee says what there is.
func TestGeneratedOptionFaults(t *testing.T) {
	for _, tt := range []struct {
		task    string
		options map[string]any
		want    string
	}{
		{"charbench", map[string]any{"questions": []any{"count", "counts"}, "test_size": -1}, `options.questions.1: found "counts", allowed: one of count, position, letter, reverse; did you mean count?
options.test_size: found -1, allowed: 0 (none) to 1000000`},
		{"charbench", map[string]any{"questions": []any{}}, "options.questions: required: some of count, position, letter, reverse"},
		{"countdown", map[string]any{"numbers": 7, "max_number": 1, "max_target": 1, "operations": "+^", "train_size": 0}, `options.numbers: found 7, allowed: 2 to 6
options.max_number: found 1, allowed: 2 to 1000
options.max_target: found 1, allowed: 2 to 100000
options.operations: found "+^", allowed: some of the characters + - * /, each once
options.train_size: found 0, allowed: 1 to 1000000`},
		{"graph_path", map[string]any{"nodes": 4, "edges": 6, "max_steps": 4}, `options.edges: found 6, allowed: 2 or more, and fewer than all pairs of nodes (6)
options.max_steps: found 4, allowed: 2 to one less than nodes (4)`},
		{"json_format", map[string]any{"min_fields": 4, "max_fields": 7}, "options.max_fields: found 7, allowed: min_fields (4) to 6"},
		{"ranked_list", map[string]any{"k": 7, "max_number": 5}, `options.k: found 7, allowed: 1 to numbers (6)
options.max_number: found 5, allowed: numbers (6) to 1000000`},
		{"reverse", map[string]any{"min_length": 9, "alphabet": "aba"}, `options.max_length: found 8, allowed: min_length (9) to 100
options.alphabet: found "aba", allowed: two or more of the letters a to z, A to Z and digits, each once`},
		{"sort", map[string]any{"min_length": 1, "max_number": 0, "chat": 1}, "options.chat: found 1, allowed: true or false"},
		{"sudoku4", map[string]any{"min_blanks": 0, "max_blanks": 13}, `options.min_blanks: found 0, allowed: 1 to 12
options.max_blanks: found 13, allowed: min_blanks (0) to 12`},
		{"tool_call", map[string]any{"tools": 7}, "options.tools: found 7, allowed: 1 to 6"},
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
	task, err := tasks.New("countdown", map[string]any{"numbers": 6, "operations": "+", "max_target": 5})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := task.Split(tasks.Train); err == nil || !strings.Contains(err.Error(), "these options give 0 problems to train on") {
		t.Errorf("too few problems: %v", err)
	}
}
