package tasks_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/verifier/tasks"
)

// names are those of all tasks.
func names() []string {
	var out []string
	for _, info := range tasks.List() {
		out = append(out, info.Name)
	}
	return out
}

func TestOptionsValidate(t *testing.T) {
	edit := func(change func(o *tasks.Options)) tasks.Options {
		o := tasks.DefaultOptions()
		change(&o)
		return o
	}
	tests := []struct {
		name string
		o    tasks.Options
		want string // empty: valid
	}{
		{"a task", edit(func(o *tasks.Options) { o.Task = "addition" }), ""},
		{"files", edit(func(o *tasks.Options) { o.TrainFiles, o.TestFiles = []string{"a", "b"}, []string{"c"} }), ""},
		{"nothing", edit(func(*tasks.Options) {}), "task: required: a task (" + fault.OneOf("", names()) + "), or train_files"},
		{"both", edit(func(o *tasks.Options) { o.Task, o.TestFiles = "addition", []string{"c"} }),
			`task: found "addition", allowed: either a task or train_files, not both`},
		{"unknown task", edit(func(o *tasks.Options) { o.Task = "adition" }),
			`task: found "adition", allowed: ` + fault.OneOf("adition", names())},
		{"task options", edit(func(o *tasks.Options) { o.Task, o.Options = "addition", map[string]any{"reverse": "no"} }),
			`options.reverse: found "no", allowed: true or false`},
		{"options with files", edit(func(o *tasks.Options) { o.TrainFiles, o.Options = []string{"a"}, map[string]any{"reverse": true} }),
			"options: only beside a task"},
		{"no train files", edit(func(o *tasks.Options) { o.ValidationFiles = []string{"a"} }),
			"train_files: required beside validation_files and test_files"},
		{"a file twice, an empty path", edit(func(o *tasks.Options) { o.TrainFiles, o.TestFiles = []string{"a", ""}, []string{"b", "a"} }),
			"train_files.1: found \"\", allowed: the path of a JSONL file\ntest_files.1: found \"a\", allowed: a file that is named once"},
		{"the rest", edit(func(o *tasks.Options) {
			o.Task, o.MaxPromptLength, o.OverlongPrompts = "addition", 0, "cut"
		}), "max_prompt_length: found 0, allowed: at least 1\noverlong_prompts: found \"cut\", allowed: error or drop"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if err := tt.o.Validate(); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRegister(t *testing.T) {
	if list := tasks.List(); len(list) == 0 || list[0].Name != "addition" || list[0].Summary == "" {
		t.Errorf("list: %+v", list)
	}
	defer func() {
		if recover() == nil {
			t.Error("a duplicate name does not panic")
		}
	}()
	tasks.Register("addition", "again", func(map[string]any) (tasks.Task, error) { return nil, nil })
}
