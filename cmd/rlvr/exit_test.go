package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/rlvr-go/rlvr/checkpoints"
	"github.com/rlvr-go/rlvr/configs"
	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/trainer"
	"github.com/rlvr-go/rlvr/trainer/runlog"
)

func TestExitCodes(t *testing.T) {
	config := &configs.Error{Faults: []configs.Fault{{File: "a.yaml", Line: 3, Fault: fault.Fault{Path: "steps", Value: 0, Allowed: "at least 1"}}}}
	for _, c := range []struct {
		name string
		err  error
		want int
	}{
		{"none", nil, 0},
		{"any other", errors.New("the disk is full"), 1},
		{"non-finite", fmt.Errorf("step 3: %w", trainer.ErrNonFinite), 1},
		{"a file missing in mid-run", fmt.Errorf("x: %w", fs.ErrNotExist), 1},
		{"marked", userError(errors.New("x")), 2},
		{"marked within", fmt.Errorf("y: %w", userError(errors.New("x"))), 2},
		{"config", config, 2},
		{"folder there", fmt.Errorf("runs/x: %w", runlog.ErrExists), 2},
		{"folder in use", fmt.Errorf("runs/x: %w", runlog.ErrLocked), 2},
		{"no run", fmt.Errorf("runs/x: %w", runlog.ErrNotRun), 2},
		{"no checkpoint", fmt.Errorf("step-3: %w", checkpoints.ErrNoCheckpoint), 2},
		{"damaged", &checkpoints.DamagedError{Folder: "step-3", File: "config.json", Reason: "missing"}, 2},
		{"interrupted", fmt.Errorf("trainer: %w", trainer.ErrInterrupted), 130},
		{"interrupted, joined", errors.Join(trainer.ErrInterrupted, nil), 130},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("%s: exit code %d, want %d", c.name, got, c.want)
		}
	}
	if userError(nil) != nil {
		t.Error("no error was marked as a mistake")
	}
}

func TestPrintError(t *testing.T) {
	config := &configs.Error{Faults: []configs.Fault{
		{File: "a.yaml", Line: 3, Fault: fault.Fault{Path: "steps", Value: 0, Allowed: "at least 1"}},
		{File: "a.yaml", Line: 4, Fault: fault.Fault{Path: "seeed", Allowed: "unknown key"}},
	}}
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"config: a fault a line, as compilers print them", config, "a.yaml:3: steps: found 0, allowed: at least 1\na.yaml:4: seeed: unknown key\n"},
		{"mistakes: a line each", userError(errors.Join(errors.New("a"), errors.New("b"))), "rlvr: a\nrlvr: b\n"},
		{"failure: one line", errors.New("device: step\nat op.cc:77"), "rlvr: device: step\n"},
	} {
		var b strings.Builder
		printError(&b, c.err, false)
		if b.String() != c.want {
			t.Errorf("%s: printed %q, want %q", c.name, &b, c.want)
		}
	}
}

// TestPrintErrorVerbose: GoMLX's errors carry stacks, which wrapping hides from %+v.
func TestPrintErrorVerbose(t *testing.T) {
	stack := exceptions.TryCatch[error](func() { exceptions.Panicf("shapes differ") })
	err := errors.Join(fmt.Errorf("device: update: %w", stack), errors.New("runlog: closed"))
	var quiet, loud strings.Builder
	printError(&quiet, err, false)
	printError(&loud, err, true)
	if strings.Contains(quiet.String(), "exit_test.go") || !strings.Contains(loud.String(), "exit_test.go") {
		t.Errorf("without -v: %q; with -v: %q, which must name the line", &quiet, &loud)
	}
}
