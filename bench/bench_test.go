package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rlvr-go/rlvr/verifier/tasks"
)

// atRoot goes to the repository's root and builds rlvr.
func atRoot(t *testing.T) (binary string) {
	t.Helper()
	t.Chdir("..")
	binary = filepath.Join(t.TempDir(), "rlvr")
	if out, err := exec.Command("go", "build", "-o", binary, "./cmd/rlvr").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

func peerPython(t *testing.T) string {
	t.Helper()
	python := os.Getenv("RLVR_PEER_PYTHON")
	if python == "" {
		t.Skip("set RLVR_PEER_PYTHON to a Python with bench/peers/requirements.txt to run the peers")
	}
	return python
}

// command runs bench and returns what it printed.
func command(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), args, &out, t.Output())
	return out.String(), err
}

// TestOnTiny runs both commands on a model that fits a test.
func TestOnTiny(t *testing.T) {
	binary := atRoot(t)
	tiny := filepath.Join("cmd", "rlvr", "testdata", "tiny.yaml")

	text, err := command(t, "seeds", "-rlvr", binary, "-config", tiny, "-seeds", "4-5", "-goal", "0")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| 4 | 0", "| 5 | 0", "| median | 0", "8 held-out problems", "2 of 2 seeds reach 0.00"} {
		if !strings.Contains(packed(text), want) {
			t.Errorf("seeds: no %q in\n%s", want, text)
		}
	}
	text, err = command(t, "seeds", "-rlvr", binary, "-config", tiny, "-seeds", "4", "-set", "stages.1.steps=1")
	if err == nil || !strings.Contains(text, "0 of 1 seeds reach 0.90; missed: 4") {
		t.Errorf("seeds that miss the goal: %v\n%s", err, text)
	}
	if _, err = command(t, "seeds", "-rlvr", binary, "-config", "nowhere.yaml", "-seeds", "1"); err == nil || !strings.Contains(err.Error(), "nowhere.yaml") {
		t.Errorf("a run that fails: %v", err)
	}

	text, err = command(t, "peers", "-rlvr", binary, "-config", tiny, "-backends", "go", "-peers", "", "-repetitions", "2", "-warm-up", "1")
	if err != nil || !strings.Contains(text, "| rlvr go | 0.") {
		t.Errorf("peers: %v\n%s", err, text)
	}
	if _, err = command(t, "peers", "-rlvr", binary, "-config", tiny, "-backends", "go", "-peers", "", "-warm-up", "2"); err == nil || !strings.Contains(err.Error(), "warm-up") {
		t.Errorf("peers of two steps after two of warm-up: %v", err)
	}
}

// TestUsage: flags that are wrong run nothing.
func TestUsage(t *testing.T) {
	t.Setenv("RLVR_PEER_PYTHON", "")
	for _, args := range [][]string{
		nil, {"speed"}, {"peers", "-speed"}, {"seeds", "quickstart.yaml"}, {"seeds", "-seeds", "3-1"}, {"seeds", "-seeds", "one"}, {"seeds", "-seeds", ""}, {"peers"},
	} {
		if out, err := command(t, args...); err == nil || out != "" {
			t.Errorf("%q: %v, printed %q", args, err, out)
		}
	}
}

// TestPeers runs a few steps of the quickstart with every program: the peers take
// its config as it is now.
func TestPeers(t *testing.T) {
	python := peerPython(t)
	text, err := command(t, "peers", "-rlvr", atRoot(t), "-python", python, "-backends", "go", "-repetitions", "1", "-warm-up", "1",
		"-set", "stages.0.steps=5", "-set", "stages.1.steps=3")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"by torch ", "by trl ", "| rlvr go | GRPO step", "| trl 1-thread "} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// TestPeersRefuse: a recipe that they do not implement is not compared.
func TestPeersRefuse(t *testing.T) {
	python := peerPython(t)
	_, err := command(t, "peers", "-rlvr", atRoot(t), "-python", python, "-backends", "", "-repetitions", "1", "-peers", "torch",
		"-set", "stages.1.update.num_iterations=2")
	if err == nil || !strings.Contains(err.Error(), "stages.1.update.num_iterations: found 2") {
		t.Error(err)
	}
}

// TestTaskOfPeers: their problems and splits are ours.
func TestTaskOfPeers(t *testing.T) {
	python := peerPython(t)
	c := exec.Command(python, "-c", "import json, task; print(json.dumps(task.problems()))")
	c.Dir, c.Env = "peers", append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	text, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	var theirs [][][2]string
	if err := json.Unmarshal(text, &theirs); err != nil {
		t.Fatal(err)
	}
	addition, err := tasks.New("addition", nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{tasks.Train, tasks.Validation, tasks.Test} {
		problems, err := addition.Split(name)
		if err != nil {
			t.Fatal(err)
		}
		var ours [][2]string
		for _, p := range problems {
			ours = append(ours, [2]string{p.Prompt, p.Answers[0]})
		}
		if !slices.Equal(ours, theirs[i]) {
			t.Errorf("%s: %d problems, theirs are %d others", name, len(ours), len(theirs[i]))
		}
	}
}

// TestQuickstartReachesItsGoal is the promise of the quickstart, on the backend that
// every machine has. It takes ten runs.
func TestQuickstartReachesItsGoal(t *testing.T) {
	if os.Getenv("RLVR_LONG") == "" {
		t.Skip("set RLVR_LONG to train the quickstart under ten seeds (make seeds)")
	}
	text, err := command(t, "seeds", "-rlvr", atRoot(t), "-backend", "go")
	t.Logf("\n%s", text)
	if err != nil {
		t.Error(err)
	}
}

func TestStart(t *testing.T) {
	if _, err := start(t.Context(), []string{"sh", "-c", "echo said; echo warned >&2; exit 3"}); err == nil ||
		!strings.Contains(err.Error(), "said\nwarned") || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("a process that fails: %v", err)
	}
	p, err := start(t.Context(), []string{"sh", "-c", "echo $WORD; sleep 0.05"}, "WORD=x")
	if err != nil || string(p.output) != "x\n" || p.wall < 50*time.Millisecond {
		t.Errorf("%+v, %v", p, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := start(ctx, []string{"sleep", "60"}); err == nil || !strings.Contains(err.Error(), "deadline") {
		t.Errorf("a process that is stopped: %v", err)
	}
}
