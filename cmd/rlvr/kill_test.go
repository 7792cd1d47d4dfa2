package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/trainer/runlog"
)

// killConfig is a run of four dozen steps that learns something in most of them.
const killConfig = `
backend: go
model:
  config: {model_type: qwen3, hidden_size: 16, intermediate_size: 32, num_hidden_layers: 1, num_attention_heads: 2,
    num_key_value_heads: 1, head_dim: 8, max_position_embeddings: 64, tie_word_embeddings: true, initializer_range: 0.2}
tokenizer: {chars: "0123456789+="}
data: {task: addition, options: {max_operand: 2, validation_size: 1, test_size: 1}, max_prompt_length: 8}
num_prompts_per_step: 6
eval_steps: 4
optim: {learning_rate: 2e-2, lr_scheduler_type: cosine, weight_decay: 0.01}
stages:
  - name: sft
    algorithm: {name: sft}
    steps: 18
  - name: grpo
    algorithm: {name: grpo, options: {beta: 0.02}}
    steps: 30
    rollout: {num_generations: 4, max_completion_length: 5}
    update: {num_iterations: 2, mini_batch_prompts: 3}
checkpoint: {save_steps: 1, keep_last: 2}
`

const (
	killSteps = 48
	// killWithin are the steps at which the run is killed: what is left takes longer
	// than the longest delay after them.
	killWithin = 34
)

// killRun is the command line of a run in a folder.
type killRun struct{ config, dir string }

func (k killRun) command(t *testing.T, more ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(exe, append([]string{"train", k.config, "--set", "output_dir=" + k.dir}, more...)...)
	child.Args[0] = "rlvr"
	var out bytes.Buffer
	child.Stdout, child.Stderr = &out, &out
	return child, &out
}

// killSeed is random, and in every message: RLVR_KILL_SEED repeats a run.
func killSeed(t *testing.T) uint64 {
	if text := os.Getenv("RLVR_KILL_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("RLVR_KILL_SEED: %v", err)
		}
		return seed
	}
	return rand.Uint64()
}

// TestKilledRunEndsTheSame kills a run with SIGKILL at random moments, goes on each
// time, and demands the weights, samples and deterministic metrics of a run that
// nothing disturbed, bit for bit.
func TestKilledRunEndsTheSame(t *testing.T) {
	kills := 2
	if os.Getenv("RLVR_LONG") != "" {
		kills = 10
	}
	seed := killSeed(t)
	t.Logf("RLVR_KILL_SEED=%d", seed)
	dir := t.TempDir()
	config := filepath.Join(dir, "kill.yaml")
	if err := os.WriteFile(config, []byte(killConfig), 0o644); err != nil {
		t.Fatal(err)
	}
	whole := killRun{config, filepath.Join(dir, "whole")}
	child, out := whole.command(t)
	if err := child.Run(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	killed := killRun{config, filepath.Join(dir, "killed")}
	killed.killAndResume(t, kills, rand.New(rand.NewPCG(seed, 0)))
	compareRuns(t, whole.dir, killed.dir)
	if t.Failed() {
		t.Logf("repeat with RLVR_KILL_SEED=%d", seed)
	}
}

// killAndResume starts the run, kills it, and goes on, until nothing is left to do.
// The moments are spread over the steps, each a little later than its step's record:
// while the next is computed, or the checkpoint written. One in four comes soon
// after the start: while the run folder is cut back.
func (k killRun) killAndResume(t *testing.T, kills int, rng *rand.Rand) {
	t.Helper()
	var mode []string
	for i := range kills {
		line := 1 + i*killWithin/kills + rng.IntN(killWithin/kills)
		if i > 0 && rng.IntN(4) == 0 {
			line = 0
		}
		delay := time.Duration(rng.Int64N(int64(40 * time.Millisecond)))
		child, out := k.command(t, mode...)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- child.Wait() }()
		k.waitForLine(line, ended)
		time.Sleep(delay)
		killErr := child.Process.Kill()
		err := <-ended
		if !wasKilled(err) {
			t.Fatalf("kill %d, at record %d + %v: the run had ended already: %v, %v\n%s", i, line, delay, killErr, err, out)
		}
		t.Logf("kill %d at record %d + %v; checkpoints %v", i, line, delay, names(t, filepath.Join(k.dir, "checkpoints")))
		mode = k.nextMode(t)
	}
	child, out := k.command(t, mode...)
	if err := child.Run(); err != nil {
		t.Fatalf("the last part: %v\n%s", err, out)
	}
}

// waitForLine waits until metrics.jsonl has records of line steps, or the run ended.
func (k killRun) waitForLine(line int, ended chan error) {
	mark := []byte(fmt.Sprintf(`"step":%d,`, line))
	for end := time.Now().Add(scriptPatience); line > 0 && time.Now().Before(end) && len(ended) == 0; time.Sleep(time.Millisecond) {
		if text, err := os.ReadFile(filepath.Join(k.dir, runlog.MetricsFile)); err == nil && bytes.Contains(text, mark) {
			return
		}
	}
}

// nextMode is --resume, unless the run was killed before it had a folder.
func (k killRun) nextMode(t *testing.T) []string {
	t.Helper()
	if _, err := os.Stat(filepath.Join(k.dir, runlog.ConfigFile)); err != nil {
		return []string{"--clean"}
	}
	return []string{"--resume"}
}

func wasKilled(err error) bool {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// compareRuns compares what two runs left.
func compareRuns(t *testing.T, want, got string) {
	t.Helper()
	last := filepath.Join("checkpoints", fmt.Sprintf("step-%d", killSteps))
	before := filepath.Join("checkpoints", fmt.Sprintf("step-%d", killSteps-1))
	for _, name := range []string{
		runlog.SamplesFile, runlog.ConfigFile, filepath.Join(last, "model.safetensors"), filepath.Join(last, "trainer", "state.json"),
		filepath.Join(before, "model.safetensors"), filepath.Join(before, "trainer", "optimizer.safetensors"), filepath.Join(before, "trainer", "state.json"),
	} {
		a, b := readFile(t, filepath.Join(want, name)), readFile(t, filepath.Join(got, name))
		if name == runlog.ConfigFile { // the folders have their own names
			a, b = bytes.ReplaceAll(a, []byte(want), nil), bytes.ReplaceAll(b, []byte(got), nil)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs", name)
		}
	}
	if diff := cmp.Diff(deterministic(t, want), deterministic(t, got)); diff != "" {
		t.Errorf("%s differs (-undisturbed +killed):\n%s", runlog.MetricsFile, diff)
	}
	for _, folder := range []string{"", "checkpoints"} {
		if diff := cmp.Diff(names(t, filepath.Join(want, folder)), names(t, filepath.Join(got, folder))); diff != "" {
			t.Errorf("%q: other files (-undisturbed +killed):\n%s", folder, diff)
		}
	}
}

// deterministic are the lines of metrics.jsonl without what depends on the clock.
func deterministic(t *testing.T, dir string) []map[string]any {
	t.Helper()
	var out []map[string]any
	learned := 0
	for line := range strings.Lines(string(readFile(t, filepath.Join(dir, runlog.MetricsFile)))) {
		fields := map[string]any{}
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("%s: %v in %q", runlog.MetricsFile, err, line)
		}
		for name := range fields {
			if m, ok := runlog.Lookup(name); name == "time" || ok && m.Class == runlog.Measured {
				delete(fields, name)
			}
		}
		if norm, ok := fields["grad_norm"].(float64); ok && norm > 0 {
			learned++
		}
		out = append(out, fields)
	}
	if learned < killSteps-3 {
		t.Errorf("%s: only %d steps have a gradient: the comparison says little", dir, learned)
	}
	return out
}

// names are the sorted entries of a folder.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	slices.Sort(out)
	return out
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
