package trainer

import (
	"math"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/checkpoints"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/model/device"
	"github.com/rlvr-go/rlvr/trainer/runlog"
)

// TestEveryPresetTrains: each objective takes steps whose numbers are finite, with
// several updates a rollout and with one; what it needs and training has not is a fault
// of its options.
func TestEveryPresetTrains(t *testing.T) {
	dev := openDevice(t, "go")
	other := savedPolicy(t, dev)
	for _, p := range algos.Presets() {
		t.Run(p.Name, func(t *testing.T) {
			for _, prompts := range []int{0, 2} {
				stage := kitStage("stage", p.Name, 2)
				stage.Update.MiniBatchPrompts = prompts
				a, err := algos.Resolve(stage.Algorithm)
				if err != nil {
					t.Fatal(err)
				}
				needs := a.Needs()
				for _, role := range needs.Models() {
					stage.Roles = append(stage.Roles, RoleOptions{Name: role, From: other})
				}
				if err := stage.Validate(); err != nil {
					t.Skip(err)
				}
				s, rec := kitSetup(t, dev, stage)
				s.Checkpoint.SaveSteps, s.Eval.EvalOnStart, s.Test, s.Validation = 0, false, nil, nil
				verify(evenStart).judgeBy(&s)
				preferences(s.Train)
				runAll(t, s)
				for _, r := range rec.steps {
					loss, ok := r.Values["loss"]
					for name := range r.Values {
						if _, ok := runlog.Lookup(name); !ok {
							t.Errorf("metric %s is not declared", name)
						}
					}
					if !ok || math.IsNaN(loss) || math.IsInf(loss, 0) {
						t.Errorf("mini-batches of %d prompts, step %d: loss %v", prompts, r.Step, loss)
					}
				}
			}
		})
	}
}

// savedPolicy is a checkpoint folder of the kit's policy after a step.
func savedPolicy(t *testing.T, dev *device.Device) string {
	t.Helper()
	s, _ := kitSetup(t, dev, kitStage("stage", "sft", 1))
	s.Eval.EvalOnStart, s.Test, s.Validation = false, nil, nil
	runAll(t, s)
	return checkpoints.Folder(s.CheckpointDir, 1)
}

// preferences gives problems a chosen answer, theirs, and a rejected one.
func preferences(examples []data.Example) {
	for i := range examples {
		right := examples[i].Answers[0]
		wrong := right[1:] + right[:1] + "+"
		examples[i].Chosen = &data.Message{Role: data.RoleAssistant, Content: right}
		examples[i].Rejected = &data.Message{Role: data.RoleAssistant, Content: wrong}
	}
}
