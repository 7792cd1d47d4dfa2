package runlog

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMilestones: the report has the evaluation before training and the last one of
// each stage, of the test set only.
func TestMilestones(t *testing.T) {
	var h history
	for _, r := range []Record{
		{Step: 0, Stage: "", Values: testEval(0.1)},
		{Step: 1, Stage: "sft", Values: testEval(0.2)},
		{Step: 2, Stage: "sft", Values: map[string]float64{"eval/validation/avg@1": 0.9, "eval/test/mean_length": 3}},
		{Step: 3, Stage: "sft", Values: testEval(0.3)},
		{Step: 4, Stage: "grpo", Values: testEval(0.4)},
		{Step: 5, Stage: "grpo", Values: testEval(0.5)},
	} {
		h.add(&r)
	}
	var got []string
	for _, p := range h.milestones() {
		got = append(got, fmt.Sprintf("%d %s %v", p.step, p.stage, p.average))
	}
	if diff := cmp.Diff([]string{"0  0.1", "3 sft 0.3", "5 grpo 0.5"}, got); diff != "" {
		t.Errorf("milestones (-want +got):\n%s", diff)
	}
}

// TestReportOfLittle: a run without test problems or rewards still says where its
// checkpoint is.
func TestReportOfLittle(t *testing.T) {
	var h history
	got := strings.Join(h.report(&Final{Checkpoint: "runs/x/checkpoints/step-1"}, 80), "\n")
	if got != "\ncheckpoint  runs/x/checkpoints/step-1" {
		t.Errorf("got %q", got)
	}
}
