package trainer

import (
	"bufio"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rlvr-go/rlvr/data"
)

// pipelineStages are the smallest way to cdpo: rollouts of the policy, a model of the
// right and one of the wrong ones, and the policy between them.
func pipelineStages() []StageOptions {
	collect := kitStage("rollouts", "", 3)
	collect.Collect, collect.NumPromptsPerStep = true, 8
	pos, neg, cdpo := kitStage("pos", "sft", 2), kitStage("neg", "sft", 2), kitStage("cdpo", "cdpo", 3)
	pos.Collected = CollectedOptions{Stage: "rollouts", Keep: "correct"}
	neg.Collected = CollectedOptions{Stage: "rollouts", Keep: "incorrect"}
	cdpo.Collected = CollectedOptions{Stage: "rollouts", Keep: "pairs"}
	neg.InitFrom, cdpo.InitFrom = "stage:rollouts", "stage:rollouts"
	cdpo.Roles = []RoleOptions{{Name: "pos", From: "stage:pos"}, {Name: "neg", From: "stage:neg"}}
	return []StageOptions{collect, pos, neg, cdpo}
}

func pipelineSetup(t *testing.T) (Setup, *recorder) {
	t.Helper()
	stages := pipelineStages()
	if err := CheckReferences(stages); err != nil {
		t.Fatal(err)
	}
	s, rec := kitSetup(t, openDevice(t, "go"), stages...)
	s.Eval.EvalOnStart, s.Test, s.Validation = false, nil, nil
	s.StagesDir = filepath.Join(filepath.Dir(s.CheckpointDir), "stages")
	verify(evenStart).judgeBy(&s)
	return s, rec
}

// TestCollectedCompletionsTrain runs the pipeline from rollouts to cdpo.
func TestCollectedCompletionsTrain(t *testing.T) {
	s, rec := pipelineSetup(t)
	start := hostWeights(t, s.Device, s.Policy)
	tr := runAll(t, s)
	if len(rec.steps) != 3+2+2+3 {
		t.Fatalf("%d steps", len(rec.steps))
	}
	for _, r := range rec.steps {
		if loss, trains := r.Values["loss"]; trains != (r.Stage != "rollouts") || math.IsNaN(loss) {
			t.Errorf("step %d of stage %s: loss %v, %v", r.Step, r.Stage, loss, trains)
		}
	}
	kept, err := tr.weightsFrom("stage:rollouts")
	if err != nil {
		t.Fatal(err)
	}
	if !sameBits(start, hostTensors(t, s.Device, kept)) {
		t.Error("collecting changed the weights")
	}
	path := filepath.Join(s.StagesDir, "rollouts", completionsFile)
	lines := readLines(t, path)
	if len(lines) != 3*8*4 {
		t.Errorf("%d completions kept, want all", len(lines))
	}
	for i, line := range lines {
		var c collected
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		if want := c.Completion != "" && strings.Contains("02468", c.Completion[:1]); (c.Verdict == "correct") != want {
			t.Errorf("line %d: %q is %s", i+1, c.Completion, c.Verdict)
		}
	}
	rows, err := data.ReadJSONL(path)
	if err != nil || len(rows) != len(lines) || len(rows[0].Answers) != 1 {
		t.Errorf("as a problem file: %d rows, %v", len(rows), err)
	}
}

func readLines(t *testing.T, path string) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []string
	for in := bufio.NewScanner(f); in.Scan(); {
		out = append(out, in.Text())
	}
	return out
}
