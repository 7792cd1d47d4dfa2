package tasks_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier"
	"github.com/rlvr-go/rlvr/verifier/sandbox"
	"github.com/rlvr-go/rlvr/verifier/tasks"
)

func TestMain(m *testing.M) {
	sandbox.Main()
	os.Exit(m.Run())
}

// TestCodeReferences: every reference solution of the benchmarks passes its tests.
// RLVR_DATA is the folder with them.
func TestCodeReferences(t *testing.T) {
	root := os.Getenv("RLVR_DATA")
	if root == "" {
		t.Skip("RLVR_DATA is not set to a folder with humaneval and mbpp_sanitized")
	}
	for _, tt := range []struct {
		task    string
		options map[string]any
		want    int
	}{
		{"humaneval", map[string]any{"file": filepath.Join(root, "humaneval", "HumanEval.jsonl")}, 164},
		{"humaneval", map[string]any{"file": filepath.Join(root, "humaneval", "HumanEval.jsonl"), "prompt": "completion"}, 164},
		{"mbpp", map[string]any{"file": filepath.Join(root, "mbpp_sanitized", "sanitized-mbpp.jsonl")}, 427},
	} {
		task, err := tasks.New(tt.task, tt.options)
		if err != nil {
			t.Fatal(err)
		}
		v, err := verifier.New(task.Verifier(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var jobs []verifier.Job
		for _, split := range tasks.Splits {
			all, err := task.Split(split)
			if err != nil {
				t.Fatal(err)
			}
			for i := range all {
				jobs = append(jobs, verifier.Job{Example: &all[i], Completion: all[i].Answers[0]})
			}
		}
		start, passed := time.Now(), 0
		for i, v := range verifier.NewJudge(v, 0, time.Minute).Verdicts(t.Context(), jobs) {
			if v.Kind == data.Correct {
				passed++
				continue
			}
			t.Errorf("%s: %s (%s), class %q, detail %q, items %v", jobs[i].Example.ID, v.Kind, v.Reason, v.Class, v.Detail, v.Items)
		}
		t.Logf("%s %v: %d of %d in %v", tt.task, tt.options["prompt"], passed, len(jobs), time.Since(start))
		if passed != tt.want {
			t.Errorf("%s: %d of %d pass, want %d", tt.task, passed, len(jobs), tt.want)
		}
	}
}
