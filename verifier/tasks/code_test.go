package tasks_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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

// needSandbox skips where programs cannot be run.
func needSandbox(t *testing.T) {
	t.Helper()
	p, err := sandbox.Open(sandbox.DefaultOptions())
	if err != nil {
		t.Skipf("no sandbox here: %v", err)
	}
	_ = p.Close()
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
		{"humaneval", map[string]any{"test_files": []any{filepath.Join(root, "humaneval", "HumanEval.jsonl")}}, 164},
		{"humaneval", map[string]any{"test_files": []any{filepath.Join(root, "humaneval", "HumanEval.jsonl")}, "prompt": "completion"}, 164},
		{"mbpp", map[string]any{"files": []any{filepath.Join(root, "mbpp_sanitized", "sanitized-mbpp.jsonl")}}, 427},
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

// mutant is a line of testdata/mutants.py.
type mutant struct {
	ID   string `json:"id"`
	What string `json:"what"`
	Code string `json:"code"`
	// Passes is nil where it took too long to say.
	Passes *bool `json:"passes"`
}

// mutantsOf are all mutants of a benchmark's references: of RLVR_MUTANTS, a folder where
// they were kept, or made now, which takes minutes.
func mutantsOf(t *testing.T, name, path string) []mutant {
	t.Helper()
	kept := filepath.Join(os.Getenv("RLVR_MUTANTS"), name+".jsonl")
	out, err := os.ReadFile(kept)
	if os.Getenv("RLVR_MUTANTS") == "" || err != nil {
		python, err := exec.LookPath("python3")
		if err != nil {
			t.Skip("there is no python3")
		}
		if out, err = exec.CommandContext(t.Context(), python, "testdata/mutants.py", path, "100000").Output(); err != nil {
			t.Fatal(err)
		}
	}
	var all []mutant
	for line := range bytes.Lines(out) {
		var m mutant
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

// TestCodeMutants: a mutant of a reference passes here if it passes the benchmark's own
// tests as its authors run them, and only then. RLVR_LONG=1 and RLVR_DATA.
func TestCodeMutants(t *testing.T) {
	root := os.Getenv("RLVR_DATA")
	if root == "" || os.Getenv("RLVR_LONG") == "" {
		t.Skip("RLVR_LONG=1 and RLVR_DATA, a folder with humaneval and mbpp_sanitized, are needed")
	}
	for _, tt := range []struct{ task, path, option string }{
		{"humaneval", filepath.Join(root, "humaneval", "HumanEval.jsonl"), "test_files"},
		{"mbpp", filepath.Join(root, "mbpp_sanitized", "sanitized-mbpp.jsonl"), "files"},
	} {
		task, err := tasks.New(tt.task, map[string]any{tt.option: []any{tt.path}})
		if err != nil {
			t.Fatal(err)
		}
		problems := map[string]*data.Example{}
		for _, split := range tasks.Splits {
			all := examples(t, task, split)
			for i := range all {
				problems[all[i].ID] = &all[i]
			}
		}
		v, err := verifier.New(task.Verifier(), nil)
		if err != nil {
			t.Fatal(err)
		}
		mutants := slices.DeleteFunc(mutantsOf(t, tt.task, tt.path), func(m mutant) bool { return m.Passes == nil })
		jobs := make([]verifier.Job, len(mutants))
		for i, m := range mutants {
			jobs[i] = verifier.Job{Example: problems[m.ID], Completion: "```python\n" + m.Code + "\n```"}
		}
		start := time.Now()
		failing, rejected, passing, accepted := 0, 0, 0, 0
		for i, v := range verifier.NewJudge(v, 0, 0).Verdicts(t.Context(), jobs) {
			m := &mutants[i]
			if v.Masked() {
				t.Errorf("%s, %s: %s: %s", m.ID, m.What, v.Reason, v.Detail)
			}
			correct := v.Kind == data.Correct
			switch {
			case *m.Passes && correct:
				passing, accepted = passing+1, accepted+1
			case *m.Passes:
				passing++
				t.Logf("%s, %s: passes the tests, and is %s (%s %s)", m.ID, m.What, v.Kind, v.Reason, v.Class)
			case correct:
				failing++
				t.Logf("%s, %s: fails the tests, and is %s\n%s", m.ID, m.What, v.Kind, m.Code)
			default:
				failing, rejected = failing+1, rejected+1
			}
		}
		t.Logf("%s: %d mutants in %v; of %d that fail %d are rejected, of %d that pass %d are accepted", tt.task, len(mutants), time.Since(start).Round(time.Second), failing, rejected, passing, accepted)
		if float64(rejected) < 0.99*float64(failing) || float64(accepted) < 0.99*float64(passing) || failing == 0 {
			t.Errorf("%s: %d of %d mutants are rejected, %d of %d accepted; want 99 %%", tt.task, rejected, failing, accepted, passing)
		}
	}
}
