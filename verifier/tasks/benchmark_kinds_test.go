package tasks_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/verifier/tasks"
)

// TestBenchmarkKinds: what says what kind of problem a row is stays with it, for results by
// kind.
func TestBenchmarkKinds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.jsonl")
	rows := `{"problem": "1+1?", "answer": "2", "subject": "Algebra", "level": 3, "unique_id": "a"}
{"problem": "1+2?", "answer": "3", "level": "Level 2", "type": ["odd"], "subject": null}
{"problem": "1+3?", "answer": "4"}
`
	if err := os.WriteFile(path, []byte(rows), 0o644); err != nil {
		t.Fatal(err)
	}
	task, err := tasks.New("math", map[string]any{"test_files": []any{path}})
	if err != nil {
		t.Fatal(err)
	}
	examples, err := task.Split(tasks.Test)
	if err != nil {
		t.Fatal(err)
	}
	var got []map[string]any
	for i := range examples {
		got = append(got, examples[i].Extra)
	}
	want := []map[string]any{{"subject": "Algebra", "level": json.Number("3")}, {"level": "Level 2"}, nil}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("kinds (-want +got):\n%s", d)
	}
}
