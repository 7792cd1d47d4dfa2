package trainer

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rlvr-go/rlvr/checkpoints"
	"github.com/rlvr-go/rlvr/checkpoints/safetensors"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/model/device"
	"github.com/rlvr-go/rlvr/trainer/runlog"
	"github.com/rlvr-go/rlvr/verifier"
)

// savedWeights are the weights of a checkpoint, by name.
func savedWeights(t *testing.T, dir string, step int) map[string][]byte {
	t.Helper()
	c, err := checkpoints.Load(dir, step)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, x := range c.Model {
		out[x.Name] = x.Data
	}
	return out
}

// holds fails the test unless a trainer's weights are those of a checkpoint.
func holds(t *testing.T, tr *Trainer, step int) {
	t.Helper()
	saved := savedWeights(t, tr.setup.CheckpointDir, step)
	for _, x := range tr.tensors("", tr.policy.Specs, tr.policy.Weights, safetensors.F32) {
		var now bytes.Buffer
		if err := x.Produce(&now); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(saved[x.Name], now.Bytes()) {
			t.Errorf("%s is not as saved in step %d", x.Name, step)
		}
	}
}

// TestVerifierThatErrs stops the run above max_fault_fraction; below it, faults are
// masked and counted, and the rest is trained.
func TestVerifierThatErrs(t *testing.T) {
	broken := func(when string) verify {
		return func(ex *data.Example, completion string) data.Verdict {
			if strings.HasPrefix(ex.Prompt, when) {
				return data.Verdict{Kind: data.Error, Reason: "no_sandbox", Blame: data.BlameInfrastructure}
			}
			return evenStart(ex, completion)
		}
	}
	t.Run("always", func(t *testing.T) {
		s, rec := kitSetup(t, openDevice(t, "go"), kitStage("rl", "grpo", 3))
		s.Eval.EvalOnStart = false
		v := verify(evenStart)
		verify(func(ex *data.Example, completion string) data.Verdict { return v(ex, completion) }).judgeBy(&s)
		tr := newTrainer(t, s)
		rec.onStep = func(r runlog.Record) error {
			if r.Step == 2 {
				v = broken("")
			}
			return nil
		}
		err := tr.Run(t.Context())
		if !errors.Is(err, verifier.ErrTooManyFaults) || !strings.Contains(err.Error(), "16 of 16") || !strings.Contains(err.Error(), "no_sandbox") {
			t.Errorf("error %v, want ErrTooManyFaults with counts and reason", err)
		}
		if got := savedSteps(t, s.CheckpointDir); !slices.Equal(got, []int{1, 2}) || len(rec.steps) != 2 {
			t.Errorf("checkpoints %v after %d steps", got, len(rec.steps))
		}
		holds(t, tr, 2)
	})
	t.Run("sometimes", func(t *testing.T) {
		stage := kitStage("rl", "grpo", 4)
		stage.NumPromptsPerStep = 20
		s, rec := kitSetup(t, openDevice(t, "go"), stage)
		s.Eval.EvalOnStart, s.Test = false, nil
		s.Rewards = verifier.RewardsOf(broken("7"), 0, time.Minute, 0.9)
		runAll(t, s)
		masked := 0.0
		for _, r := range rec.steps {
			masked += r.Values["verifier/error_rate"]
			if math.IsNaN(r.Values["reward"]) || r.Values["reward"] > 1 || math.IsNaN(r.Values["grad_norm"]) {
				t.Errorf("step %d: %v", r.Step, r.Values)
			}
		}
		if masked == 0 || masked > 2 {
			t.Errorf("error rates add up to %v in 4 steps, want about 0.4", masked)
		}
	})
}

// poison makes a weight of the policy NaN.
func poison(t *testing.T, tr *Trainer) {
	t.Helper()
	x, err := device.Values[float32](tr.setup.Device, tr.policy.Weights[0])
	if err != nil {
		t.Fatal(err)
	}
	x = slices.Clone(x)
	for i := range x {
		x[i] = float32(math.NaN())
	}
	tr.policy.Weights[0] = device.Array(x, tr.policy.Specs[0].Shape...)
}

// TestNonFiniteStops: the run ends before the step counts, the weights are those
// before it, and the batch is in a file that can be read, NaN included.
func TestNonFiniteStops(t *testing.T) {
	dev := openDevice(t, "go")
	s, rec := kitSetup(t, dev, kitStage("rl", "reinforce", 3))
	s.Eval.EvalOnStart = false
	verify(func(*data.Example, string) data.Verdict { return data.Verdict{Kind: data.Correct, Score: 1} }).judgeBy(&s)
	tr := newTrainer(t, s)
	rec.onStep = func(r runlog.Record) error {
		poison(t, tr)
		return nil
	}
	s.Checkpoint.SaveSteps = 0
	err := tr.Run(t.Context())
	if !errors.Is(err, ErrNonFinite) || !strings.Contains(err.Error(), "step 2") {
		t.Fatalf("error %v, want ErrNonFinite of step 2", err)
	}
	if len(rec.steps) != 1 || tr.Step() != 1 || tr.policy.Version != 1 {
		t.Errorf("%d steps reported, step %d, version %d", len(rec.steps), tr.Step(), tr.policy.Version)
	}
	for i, x := range hostWeights(t, dev, tr.policy) {
		if i > 0 && slices.ContainsFunc(x, func(v float32) bool { return v != v }) {
			t.Errorf("weight %s is NaN too", tr.policy.Specs[i].Name)
		}
	}
	checkBadBatch(t, filepath.Join(s.BadBatchDir, "step-2.safetensors"), err)
}

func checkBadBatch(t *testing.T, path string, err error) {
	t.Helper()
	if !strings.Contains(err.Error(), path) {
		t.Errorf("error %v does not name %s", err, path)
	}
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Metadata()["num_sequences"] != "16" {
		t.Errorf("metadata %v, want 16 sequences", f.Metadata())
	}
	for _, name := range []string{"tokens", "positions", "segments", "prefixes", "gather", "targets"} {
		if x, info, err := f.Int32("0." + name); err != nil || len(info.Shape) != 2 || len(x) == 0 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	mask, _, err := f.Float32("0.mask")
	if err != nil || !slices.Contains(mask, 1) {
		t.Errorf("mask %v, %v", mask, err)
	}
	rollout, _, err := f.Float32("0.arrays.rollout")
	if err != nil || !slices.ContainsFunc(rollout, func(v float32) bool { return v != v }) {
		t.Errorf("the sampler's log-probabilities have no NaN: %v, %v", rollout, err)
	}
}

// TestReporterFails: a record that cannot be written ends the run; what was saved
// stays.
func TestReporterFails(t *testing.T) {
	full := errors.New("no space left on device")
	s, rec := kitSetup(t, openDevice(t, "go"), kitStage("one", "sft", 4))
	rec.onStep = func(r runlog.Record) error {
		if r.Step == 3 {
			return full
		}
		return nil
	}
	if err := newTrainer(t, s).Run(t.Context()); !errors.Is(err, full) {
		t.Errorf("error %v", err)
	}
	if got := savedSteps(t, s.CheckpointDir); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("checkpoints %v", got)
	}
}

// TestSyncBeforeSave: a checkpoint never comes before the records of its step are
// durable, so that a resumed run finds them.
func TestSyncBeforeSave(t *testing.T) {
	s, rec := kitSetup(t, openDevice(t, "go"), kitStage("one", "sft", 2), kitStage("two", "grpo", 2))
	rec.onSync = func() error {
		if saved := savedSteps(t, s.CheckpointDir); slices.Contains(saved, len(rec.steps)) {
			t.Errorf("step %d was saved before its records were synced", len(rec.steps))
		}
		return nil
	}
	runAll(t, s)
	if rec.syncs != 4 {
		t.Errorf("%d syncs for 4 checkpoints", rec.syncs)
	}
	rec.onSync = func() error { return os.ErrClosed }
	s.CheckpointDir, s.Policy = t.TempDir(), kitPolicy(t, kitArch())
	if err := newTrainer(t, s).Run(t.Context()); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a sync that fails: %v", err)
	}
	if got := savedSteps(t, s.CheckpointDir); len(got) != 0 {
		t.Errorf("checkpoints %v were saved without a sync", got)
	}
}

// TestInterrupt: a cancelled run finishes its step, saves it and says so; going on
// ends as if it had not been interrupted.
func TestInterrupt(t *testing.T) {
	stages := []StageOptions{kitStage("one", "sft", 3), kitStage("two", "grpo", 3)}
	dev := openDevice(t, "go")
	s, _ := kitSetup(t, dev, stages...)
	verify(evenStart).judgeBy(&s)
	whole := runAll(t, s)
	for at := 1; at <= 6; at++ {
		s, rec := kitSetup(t, dev, stages...)
		verify(evenStart).judgeBy(&s)
		s.Checkpoint.SaveSteps = 0
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		rec.onStep = func(r runlog.Record) error {
			if r.Step == at {
				cancel()
			}
			return nil
		}
		tr := newTrainer(t, s)
		err := tr.Run(ctx)
		if at == 6 { // nothing is left to do
			if err != nil {
				t.Errorf("interrupted in the last step: %v", err)
			}
			continue
		}
		if !errors.Is(err, ErrInterrupted) || tr.Step() != at || len(rec.steps) != at {
			t.Errorf("interrupted in step %d: error %v after %d steps", at, err, len(rec.steps))
		}
		saved, err := checkpoints.Load(s.CheckpointDir, at)
		if err != nil {
			t.Fatal(err)
		}
		s.Policy = kitPolicy(t, kitArch())
		tr = newTrainer(t, s)
		if err := tr.Resume(saved); err != nil {
			t.Fatal(err)
		}
		if err := tr.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !sameBits(hostWeights(t, dev, tr.policy), hostWeights(t, dev, whole.policy)) {
			t.Errorf("interrupted in step %d: other weights in the end", at)
		}
	}
}
