package trainer

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/checkpoints"
	"github.com/rlvr-go/rlvr/model/device"
	"github.com/rlvr-go/rlvr/trainer/runlog"
)

// resumeStages are runs whose every kind of state matters.
func resumeStages() map[string][]StageOptions {
	warm, rl := kitStage("sft", "sft", 3), kitStage("rl", "grpo", 4)
	warm.EvalSteps, rl.EvalSteps = 2, 2
	warm.Optim.WarmupSteps, warm.Optim.LRSchedulerType = 2, "linear"
	rl.Optim.LRSchedulerType, rl.Optim.WeightDecay, rl.Rollout.MaxCompletionLength = "cosine", 0.1, 12

	several := severalUpdates(5)
	several.Algorithm = algos.Options{Name: "grpo", Options: map[string]any{"beta": 0.05}}
	several.Rollout.MaxCompletionLength, several.Rollout.TopK, several.Rollout.Stop = 12, 9, []string{"="}

	micro := kitStage("rl", "reinforce", 5)
	micro.NumPromptsPerStep, micro.Rollout.MaxCompletionLength = 12, 10
	micro.Update.Packing, micro.Update.MicroBatchTokens = "padded", 128
	late := stale(5, 2, true)
	late.Rollout.TopK, late.Rollout.MaxCompletionLength, late.Rollout.Stop = 9, 10, []string{"="}
	late.Algorithm.Options["filter_groups"], late.Algorithm.Options["dynamic_sampling"] = "reward", true
	batches := stale(5, 2, false)
	batches.Algorithm.Options["beta"] = 0.05
	batches.Update.RefModelSyncSteps, batches.Update.RefModelMixupAlpha = 2, 0.5
	values, again := ppoStage("ppo", 3, nil), ppoStage("again", 2, nil)
	values.Optim.ValueLearningRate, values.Optim.WeightDecay = 1e-1, 0.1
	attention := kitStage("rl", "entra", 3)
	attention.Rollout.MaxCompletionLength = 10
	return map[string][]StageOptions{
		"value head": {warm, values, again}, "attention received": {attention},
		"completions of stages and models of stages": pipelineStages(),
		"two stages": {warm, rl}, "bfloat16": {warm, rl}, "several updates, reference": {several}, "micro-batches": {micro},
		"rollouts wait, dynamic sampling": {late}, "rollouts wait, moving reference": {batches},
	}
}

// told is what a run reported that must be the same when it is done again.
type told struct {
	Steps   []map[string]float64
	Samples []runlog.Sample
	Evals   []map[string]float64
}

func (r *recorder) told() told {
	out := told{Samples: r.samples}
	for i := range r.steps {
		v := r.steps[i].Deterministic()
		v["step"] = float64(r.steps[i].Step)
		out.Steps = append(out.Steps, v)
	}
	for _, e := range r.evals {
		v := maps.Clone(e.values)
		v["step"] = float64(e.step)
		out.Evals = append(out.Evals, v)
	}
	return out
}

// after keeps what was told of later steps.
func (x told) after(step int) told {
	late := func(v map[string]float64) bool { return v["step"] <= float64(step) }
	return told{
		Steps:   slices.DeleteFunc(slices.Clone(x.Steps), late),
		Samples: slices.DeleteFunc(slices.Clone(x.Samples), func(s runlog.Sample) bool { return s.Step <= step }),
		Evals:   slices.DeleteFunc(slices.Clone(x.Evals), late),
	}
}

// resumeSetup is a run that keeps all its checkpoints.
func resumeSetup(t *testing.T, dev *device.Device, stages []StageOptions) (Setup, *recorder) {
	t.Helper()
	s, rec := kitSetup(t, dev, stages...)
	verify(evenStart).judgeBy(&s)
	s.Eval.NumGenerations, s.Eval.Temperature = 2, 1
	s.Logging.ScoreCompletions = true
	s.StagesDir = filepath.Join(filepath.Dir(s.CheckpointDir), "stages")
	return s, rec
}

// TestResume goes on from each step of a run, in a new trainer with other weights,
// and demands what the run did the first time, bit for bit: every file of every
// later checkpoint (weights, moments, reference, state), metrics and samples.
func TestResume(t *testing.T) {
	for name, stages := range resumeStages() {
		t.Run(name, func(t *testing.T) {
			dev := openDevice(t, "go")
			s, rec := resumeSetup(t, dev, stages)
			dtype := ""
			if name == "bfloat16" {
				dtype = name // the master weights are beside the model's then
			}
			s.Policy.Arch.DType = dtype
			whole := runAll(t, s)
			want := rec.told()
			if len(want.Steps) != whole.Step() || len(want.Samples) == 0 || len(want.Evals) == 0 {
				t.Fatalf("the run told of %d steps, %d samples, %d evaluations", len(want.Steps), len(want.Samples), len(want.Evals))
			}
			for _, from := range savedSteps(t, s.CheckpointDir) {
				resumed, rec := resumeSetup(t, dev, stages)
				copyFolder(t, s.StagesDir, resumed.StagesDir) // what stages left, of later steps too
				resumed.Policy = kitPolicy(t, kitArch())
				resumed.Policy.Arch.DType = dtype
				poisoned := newTrainer(t, resumed)
				poison(t, poisoned)
				resumeFrom(t, poisoned, s.CheckpointDir, from)
				if diff := cmp.Diff(want.after(from), rec.told(), cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("resumed after step %d (-once +resumed):\n%s", from, diff)
				}
				compareCheckpoints(t, s.CheckpointDir, resumed.CheckpointDir, from)
				if a, b := allFiles(t, s.StagesDir), allFiles(t, resumed.StagesDir); !maps.Equal(a, b) {
					t.Errorf("resumed after step %d: what stages left differs", from)
				}
			}
		})
	}
}

func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
}

// allFiles are the contents of all files below a folder, if it is there, by path.
func allFiles(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		out[rel] = string(text)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return out
}

// resumeFrom restores a checkpoint and does what is left.
func resumeFrom(t *testing.T, tr *Trainer, dir string, step int) {
	t.Helper()
	saved, err := checkpoints.Load(dir, step)
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Resume(saved); err != nil {
		t.Fatal(err)
	}
	if tr.Step() != step {
		t.Errorf("resumed at step %d, want %d", tr.Step(), step)
	}
	if err := tr.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// compareCheckpoints compares the files of all checkpoints after a step.
func compareCheckpoints(t *testing.T, want, got string, after int) {
	t.Helper()
	steps := slices.DeleteFunc(savedSteps(t, want), func(s int) bool { return s <= after })
	if have := savedSteps(t, got); !slices.Equal(have, steps) {
		t.Errorf("resumed after step %d: checkpoints %v, want %v", after, have, steps)
		return
	}
	for _, step := range steps {
		a, b := folderFiles(t, checkpoints.Folder(want, step)), folderFiles(t, checkpoints.Folder(got, step))
		for name, content := range a {
			if b[name] != content {
				t.Errorf("resumed after step %d: %s of step %d differs", after, name, step)
			}
		}
		if len(a) != len(b) {
			t.Errorf("resumed after step %d: step %d has %d files, want %d", after, step, len(b), len(a))
		}
	}
}

func folderFiles(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, pattern := range []string{"*", "trainer/*"} {
		paths, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if info, err := os.Stat(path); err != nil || info.IsDir() {
				continue
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			out[path[len(dir):]] = string(text)
		}
	}
	return out
}

// TestRunTwice: the same seed gives the same run, another seed another.
func TestRunTwice(t *testing.T) {
	stages := resumeStages()["two stages"]
	var runs []told
	var weights [][][]float32
	for _, seed := range []int64{1, 1, 2} {
		dev := openDevice(t, "go")
		s, rec := resumeSetup(t, dev, stages)
		s.Seed = seed
		tr := runAll(t, s)
		runs, weights = append(runs, rec.told()), append(weights, hostWeights(t, dev, tr.policy))
	}
	if diff := cmp.Diff(runs[0], runs[1]); diff != "" || !sameBits(weights[0], weights[1]) {
		t.Errorf("the same run differs:\n%s", diff)
	}
	if cmp.Equal(runs[0].Samples, runs[2].Samples) || sameBits(weights[0], weights[2]) {
		t.Error("another seed gives the same run")
	}
}
