package trainer

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/checkpoints"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/model/device"
	"github.com/rlvr-go/rlvr/trainer/runlog"
)

// savedSteps are the steps of the checkpoints in a folder, in order.
func savedSteps(t *testing.T, dir string) []int {
	t.Helper()
	entries, err := checkpoints.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	var steps []int
	for _, e := range entries {
		steps = append(steps, e.Step)
	}
	slices.Sort(steps)
	return steps
}

func TestStepsCountOnOverStages(t *testing.T) {
	onBackends(t, func(t *testing.T, dev *device.Device) {
		s, rec := kitSetup(t, dev, kitStage("first", "sft", 3), kitStage("second", "grpo", 2), kitStage("third", "reinforce", 2))
		verify(evenStart).judgeBy(&s)
		s.Checkpoint.SaveSteps = 2
		tr := runAll(t, s)
		var steps []string
		for _, r := range rec.steps {
			steps = append(steps, r.Stage[:1]+string(rune('0'+r.Step)))
		}
		if got := strings.Join(steps, " "); got != "f1 f2 f3 s4 s5 t6 t7" {
			t.Errorf("steps %s", got)
		}
		if got := savedSteps(t, s.CheckpointDir); !slices.Equal(got, []int{2, 3, 4, 5, 6, 7}) {
			t.Errorf("checkpoints of steps %v: every second one and the ends of stages are due", got)
		}
		want := []runlog.Stage{
			{Name: "first", Algorithm: "sft", Number: 1, Of: 3, First: 1, Last: 3},
			{Name: "second", Algorithm: "grpo", Number: 2, Of: 3, First: 4, Last: 5},
			{Name: "third", Algorithm: "reinforce", Number: 3, Of: 3, First: 6, Last: 7},
		}
		for i := range rec.stages {
			rec.stages[i].Notes = nil
		}
		if diff := cmp.Diff(want, rec.stages); diff != "" {
			t.Errorf("stages (-want +got):\n%s", diff)
		}
		if tr.Step() != 7 || tr.policy.Version != 7 {
			t.Errorf("step %d, policy version %d, want 7", tr.Step(), tr.policy.Version)
		}
		checkRecords(t, rec)
	})
}

// checkRecords demands that every metric is declared and finite, and that what
// should only grow does.
func checkRecords(t *testing.T, rec *recorder) {
	t.Helper()
	tokens := 0.0
	for _, r := range rec.steps {
		for name, v := range r.Values {
			if _, ok := runlog.Lookup(name); !ok {
				t.Errorf("step %d: metric %s is not declared", r.Step, name)
			}
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("step %d: %s is %v", r.Step, name, v)
			}
		}
		if r.Values["num_tokens"] <= tokens {
			t.Errorf("step %d: %v tokens after %v", r.Step, r.Values["num_tokens"], tokens)
		}
		tokens = r.Values["num_tokens"]
	}
}

// TestMilestones: the test set is looked at before the first step and after each
// stage, the validation set when it is due, and never the test set in between.
func TestMilestones(t *testing.T) {
	one, two := kitStage("one", "sft", 4), kitStage("two", "grpo", 3)
	one.EvalSteps, two.EvalSteps = 2, 3
	s, rec := kitSetup(t, openDevice(t, "go"), one, two)
	s.Eval.NumGenerations, s.Eval.Temperature, s.Eval.MaxExamples = 2, 1, 15
	tr := runAll(t, s)
	type at struct {
		Step  int
		After string
	}
	want := []at{{0, ""}, {4, "one"}, {7, "two"}}
	var reported, kept []at
	for _, e := range rec.evals {
		reported = append(reported, at{e.step, e.after})
		avg, pass := e.values["eval/test/avg@2"], e.values["eval/test/pass@2"]
		if avg < 0 || avg > pass || pass > 2*avg || e.values["eval/test/num_problems"] != 15 || len(e.values) != 5 {
			t.Errorf("evaluation %+v", e)
		}
	}
	for _, m := range tr.Milestones() {
		kept = append(kept, at{m.Step, m.After})
		if m.Eval.Low > m.Eval.Avg || m.Eval.High < m.Eval.Avg || m.Eval.Low < 0 || m.Eval.High > 1 {
			t.Errorf("milestone %+v: the interval is off", m)
		}
	}
	if diff := cmp.Diff([][]at{want, want}, [][]at{reported, kept}); diff != "" {
		t.Errorf("evaluations reported, milestones (-want +got):\n%s", diff)
	}
	var looked []int
	for _, r := range rec.steps {
		if _, ok := r.Values["eval/validation/avg@2"]; ok {
			looked = append(looked, r.Step)
		}
		if _, ok := r.Values["eval/test/avg@2"]; ok {
			t.Errorf("step %d looks at the test set", r.Step)
		}
	}
	if !slices.Equal(looked, []int{2, 4, 7}) {
		t.Errorf("validation after steps %v, want 2, 4, 7", looked)
	}
}

// TestEvaluationsAreAlike: they draw the same random numbers whatever the step, so
// that weights alone make a difference.
func TestEvaluationsAreAlike(t *testing.T) {
	stage := kitStage("still", "sft", 3)
	stage.Optim.LearningRate, stage.EvalSteps = 0, 1
	s, rec := kitSetup(t, openDevice(t, "go"), stage)
	verify(evenStart).judgeBy(&s)
	s.Eval.NumGenerations, s.Eval.Temperature = 4, 1
	runAll(t, s)
	avg := rec.values("eval/validation/avg@4")
	if len(avg) != 3 || avg[0] != avg[1] || avg[1] != avg[2] || avg[0] == 0 {
		t.Errorf("evaluations of the same weights: %v", avg)
	}
	if diff := cmp.Diff(rec.evals[0].values, rec.evals[1].values); diff != "" {
		t.Errorf("evaluations of the same weights on the test set:\n%s", diff)
	}
}

func TestNoEvalOnStart(t *testing.T) {
	s, rec := kitSetup(t, openDevice(t, "go"), kitStage("one", "sft", 1))
	s.Eval.EvalOnStart = false
	runAll(t, s)
	if len(rec.evals) != 1 || rec.evals[0].step != 1 {
		t.Errorf("evaluations %+v, want one after step 1", rec.evals)
	}
}

func TestUntilEndsAStage(t *testing.T) {
	for name, c := range map[string]struct {
		value float64
		last  int
	}{"at once": {0, 2}, "never": {1.5, 5}} {
		first, next := kitStage("first", "sft", 5), kitStage("next", "sft", 1)
		first.EvalSteps, first.Until = 2, UntilOptions{Metric: "eval/validation/avg@1", Value: c.value}
		s, rec := kitSetup(t, openDevice(t, "go"), first, next)
		runAll(t, s)
		if n := len(rec.steps); n != c.last+1 || rec.steps[n-1].Stage != "next" || rec.steps[n-2].Stage != "first" {
			t.Errorf("%s: %d steps, want %d of the first stage and one more", name, n, c.last)
		}
	}
}

func TestInitFrom(t *testing.T) {
	dev := openDevice(t, "go")
	s, _ := kitSetup(t, dev, kitStage("one", "sft", 3))
	tr := runAll(t, s)
	learned := hostWeights(t, dev, tr.policy)

	still := kitStage("still", "sft", 2)
	still.InitFrom, still.Optim.LearningRate = checkpoints.Folder(s.CheckpointDir, 3), 0
	s, _ = kitSetup(t, dev, still)
	start := hostWeights(t, dev, s.Policy)
	tr = runAll(t, s)
	if sameBits(start, learned) || !sameBits(hostWeights(t, dev, tr.policy), learned) {
		t.Error("a stage that learns nothing does not end with the weights of init_from")
	}

	still.InitFrom = filepath.Join(t.TempDir(), "absent")
	s, _ = kitSetup(t, dev, still)
	if _, err := New(s); err == nil || !strings.Contains(err.Error(), "still") || !strings.Contains(err.Error(), still.InitFrom) {
		t.Errorf("init_from a folder that is not there: %v", err)
	}
}

// TestInitFromAnotherArchitecture names the tensor that does not fit.
func TestInitFromAnotherArchitecture(t *testing.T) {
	dev := openDevice(t, "go")
	s, _ := kitSetup(t, dev, kitStage("one", "sft", 1))
	runAll(t, s)
	stage := kitStage("two", "sft", 1)
	stage.InitFrom = checkpoints.Folder(s.CheckpointDir, 1)
	s, _ = kitSetup(t, dev, stage)
	arch := kitArch()
	arch.IntermediateSize = 48
	s.Policy = kitPolicy(t, arch)
	if err := newTrainer(t, s).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "mlp.gate_proj.weight") {
		t.Errorf("init_from another architecture: %v", err)
	}
}

// TestWeightsDecideWhatIsSampled: one large step changes the completions of the next
// step; a rate of 0 changes neither weights nor completions.
func TestWeightsDecideWhatIsSampled(t *testing.T) {
	dev := openDevice(t, "go")
	samples := map[float64][]runlog.Sample{}
	for _, rate := range []float64{0, 0.3} {
		stage := kitStage("rl", "reinforce", 2)
		stage.Optim.LearningRate = rate
		s, rec := kitSetup(t, dev, stage)
		verify(evenStart).judgeBy(&s)
		start := hostWeights(t, dev, s.Policy)
		tr := runAll(t, s)
		if moved := !sameBits(start, hostWeights(t, dev, tr.policy)); moved != (rate > 0) {
			t.Errorf("rate %v: weights changed: %v", rate, moved)
		}
		samples[rate] = rec.samples
	}
	step := func(rate float64, step int) []runlog.Sample {
		return slices.DeleteFunc(slices.Clone(samples[rate]), func(s runlog.Sample) bool { return s.Step != step })
	}
	if len(step(0, 1)) == 0 || !cmp.Equal(step(0, 1), step(0.3, 1)) {
		t.Errorf("before the first update samples differ:\n%v\n%v", step(0, 1), step(0.3, 1))
	}
	if cmp.Equal(step(0, 2), step(0.3, 2)) {
		t.Errorf("a large step changes no sample: %v", step(0.3, 2))
	}
}

// TestLearns: reinforcement alone makes even first digits the rule.
func TestLearns(t *testing.T) {
	stage := kitStage("rl", "grpo", 40)
	stage.NumPromptsPerStep, stage.Optim.LearningRate = 8, 0.02
	s, rec := kitSetup(t, openDevice(t, "go"), stage)
	verify(evenStart).judgeBy(&s)
	s.Checkpoint.SaveSteps = 0
	runAll(t, s)
	first, last := rec.steps[0].Values["reward"], rec.steps[39].Values["reward"]
	if first > 0.6 || last < 0.9 {
		t.Errorf("reward %v in the first step, %v in the last; want a third and nearly 1", first, last)
	}
}

// TestZeroAdvantageChangesNothing: groups that all solve leave weights as they are.
func TestZeroAdvantageChangesNothing(t *testing.T) {
	dev := openDevice(t, "go")
	s, rec := kitSetup(t, dev, kitStage("rl", "grpo", 2))
	verify(func(*data.Example, string) data.Verdict { return data.Verdict{Kind: data.Correct, Score: 1} }).judgeBy(&s)
	start := hostWeights(t, dev, s.Policy)
	tr := runAll(t, s)
	if !sameBits(start, hostWeights(t, dev, tr.policy)) {
		t.Error("weights changed")
	}
	for _, r := range rec.steps {
		if r.Values["frac_reward_zero_std"] != 1 || r.Values["solved_all"] != 1 || r.Values["reward"] != 1 {
			t.Errorf("step %d: %v", r.Step, r.Values)
		}
	}
}
