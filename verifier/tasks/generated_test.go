package tasks_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/verifier"
	"github.com/rlvr-go/rlvr/verifier/tasks"
)

// settings are options of every task that makes its problems, the defaults among them.
var settings = []struct {
	task    string
	options map[string]any
}{
	{"addition", nil},
	{"arithmetic", nil},
	{"charbench", nil},
	{"charbench", map[string]any{"chat": true, "questions": []any{"count", "position"}}},
	{"countdown", nil},
	{"countdown", map[string]any{"numbers": 5, "max_number": 30, "max_target": 500, "chat": true}},
	{"countdown", map[string]any{"operations": "-/", "train_size": 100, "validation_size": 10, "test_size": 10}},
	{"graph_path", nil},
	{"graph_path", map[string]any{"nodes": 8, "edges": 9, "shortest": false, "max_steps": 5}},
	{"json_format", nil},
	{"json_format", map[string]any{"max_fields": 6, "arrays": true, "chat": true}},
	{"ranked_list", nil},
	{"ranked_list", map[string]any{"numbers": 20, "k": 20, "max_number": 1000}},
	{"reverse", nil},
	{"reverse", map[string]any{"alphabet": "abcXYZ", "max_length": 12, "chat": true}},
	{"running_sum", nil},
	{"running_sum", map[string]any{"length": 300, "chat": true}},
	{"sort", nil},
	{"sort", map[string]any{"descending": true, "max_length": 20}},
	{"sudoku4", nil},
	{"sudoku4", map[string]any{"max_blanks": 12, "unique": false, "chat": true}},
	{"tool_call", nil},
	{"tool_call", map[string]any{"tools": 6, "chat": true}},
}

// open1 is a task with its verifier.
func open1(t *testing.T, name string, options map[string]any) (tasks.Task, verifier.Verifier) {
	t.Helper()
	task, err := tasks.New(name, options)
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(task.Verifier(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return task, v
}

// TestGeneratedTasks: the splits of every task are full and share no problem, its
// verifier accepts every reference answer and no other problem's, and a problem is put as
// the options say.
func TestGeneratedTasks(t *testing.T) {
	covered := map[string]bool{}
	for _, s := range settings {
		covered[s.task] = true
		t.Run(fmt.Sprint(s.task, s.options), func(t *testing.T) {
			t.Parallel()
			task, v := open1(t, s.task, s.options)
			seen := map[string]string{}
			for _, name := range tasks.Splits {
				all := examples(t, task, name)
				if len(all) == 0 {
					t.Errorf("%s is empty", name)
				}
				for _, ex := range all {
					prompt := ex.Prompt
					if len(ex.Messages) > 0 {
						prompt = ex.Messages[0].Content + string(ex.Tools)
					}
					if other, ok := seen[prompt]; ok {
						t.Fatalf("problem %q is in %s and in %s", prompt, other, name)
					}
					seen[prompt] = name
					if _, ok := seen["id "+ex.ID]; ok || !strings.HasPrefix(ex.ID, s.task+"/") {
						t.Fatalf("id %q", ex.ID)
					}
					seen["id "+ex.ID] = name
					if chat, _ := s.options["chat"].(bool); (chat || s.task == "arithmetic") != (ex.Prompt == "") {
						t.Fatalf("put as %+v", ex)
					}
				}
				got, err := verifier.SelfTest(t.Context(), v, all)
				if err != nil || got.Alone > 0 {
					t.Errorf("%s: %+v, %v", name, got, err)
				}
			}
		})
	}
	for _, info := range tasks.List() {
		// Tasks that read files cannot be made without options.
		if _, err := tasks.New(info.Name, nil); err == nil && !covered[info.Name] {
			t.Errorf("task %s has no settings here", info.Name)
		}
	}
}

// TestGeneratedSplitsAreFixed: results of different versions are comparable only while
// problems stay the same, so the first test problems are written down here; and the size
// of one split changes no other.
func TestGeneratedSplitsAreFixed(t *testing.T) {
	for name, want := range map[string][]string{
		"charbench":   {"position i pencil", "letter 1 committee", "reverse thinking"},
		"countdown":   {"4,6,2=12", "3,7,7=28", "3,1,8=4"},
		"graph_path":  {"AB,AC,AD,BC,BE,CE,EF/DE", "AC,AD,BE,BF,CD,CF,DF/EF", "AD,BC,BD,BE,CD,CE,EF/EA"},
		"json_format": {"id=536 day:wed|tue on:bool", "id=310 count:6..7 size:8..9 on:bool", "id=898 on:bool"},
		"ranked_list": {"7,0,14,6,19,17", "12,3,19,14,4,7", "18,5,2,16,19,1"},
		"reverse":     {"1296839", "747", "060"},
		"running_sum": {"05036532", "12322600", "79472936"},
		"sort":        {"3,47,84", "55,15,62", "17,47,20,51,89"},
		"sudoku4":     {"2..33142132...31", ".421.14.1.3.4.12", "2.34342..3.242.."},
		"tool_call":   {"play(volume) lamp(level,hue)|lamp 5", "lamp(room) mail(about)|lamp attic", "alarm(day,hour) heat(room)|alarm mon"},
	} {
		task, _ := open1(t, name, nil)
		small, _ := open1(t, name, map[string]any{"train_size": 20, "test_size": 10, "validation_size": 0})
		var got []string
		for i, ex := range examples(t, task, tasks.Test)[:10] {
			if i < 3 {
				got = append(got, strings.TrimPrefix(ex.ID, name+"/"))
			}
			if other := examples(t, small, tasks.Test)[i]; !cmp.Equal(other, ex) {
				t.Errorf("%s: test problem %d is %s, %s in a small set", name, i, ex.ID, other.ID)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s begins (-want +got):\n%s", name, diff)
		}
	}
}
