package tasks_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier/tasks"
)

// TestChatsGetWhatAllHave: rows keep their own system message and variables, and a
// prompt that is no chat stays as it is.
func TestChatsGetWhatAllHave(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows.jsonl")
	rows := `{"id": "a", "prompt": "1+1=", "answer": "2"}
{"id": "b", "messages": [{"role": "user", "content": "hi"}], "answer": "2"}
{"id": "c", "messages": [{"role": "system", "content": "own"}, {"role": "user", "content": "hi"}], "answer": "2", "chat_template_kwargs": {"x": 1}}
`
	if err := os.WriteFile(path, []byte(rows), 0o644); err != nil {
		t.Fatal(err)
	}
	o := tasks.DefaultOptions()
	o.TrainFiles, o.SystemPrompt, o.ChatTemplateKwargs = []string{path}, "be brief", map[string]any{"enable_thinking": false, "x": 2}
	task, err := tasks.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // a split can be asked for again
		got := examples(t, task, tasks.Train)
		if len(got[0].Messages) > 0 || got[0].Kwargs != nil || got[0].Prompt != "1+1=" {
			t.Errorf("a prompt became %+v", got[0])
		}
		texts := func(ex data.Example) (out []string) {
			for _, m := range ex.Messages {
				out = append(out, string(m.Role)+": "+m.Content)
			}
			return out
		}
		if d := cmp.Diff([]string{"system: be brief", "user: hi"}, texts(got[1])); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]string{"system: own", "user: hi"}, texts(got[2])); d != "" {
			t.Error(d)
		}
		if got[1].Kwargs["enable_thinking"] != false || got[1].Kwargs["x"] != 2 || got[2].Kwargs["enable_thinking"] != false || got[2].Kwargs["x"] == 2 {
			t.Errorf("variables %v and %v", got[1].Kwargs, got[2].Kwargs)
		}
	}
}
