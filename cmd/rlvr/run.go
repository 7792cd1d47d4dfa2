package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rlvr-go/rlvr/configs"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/model/device"
	"github.com/rlvr-go/rlvr/trainer"
	"github.com/rlvr-go/rlvr/trainer/runlog"
	"github.com/rlvr-go/rlvr/verifier"
	"github.com/rlvr-go/rlvr/verifier/tasks"
)

// assemble makes the parts of a run from its config: the one place where packages
// are wired together. The verifier is tested on selfTestSize problems, 0 for all; notes
// gets the progress of what takes long.
func assemble(ctx context.Context, c *configs.Config, selfTestSize int, log *slog.Logger, notes io.Writer) (*trainer.Setup, error) {
	s := &trainer.Setup{
		Stages: c.Stages, Eval: c.Eval, Checkpoint: c.Checkpoint, Logging: c.Logging, Seed: c.Seed, Log: log,
		MaxPromptLength: c.Data.MaxPromptLength, DropOverlong: c.Data.OverlongPrompts == tasks.OverlongDrop,
		CheckpointDir: filepath.Join(c.OutputDir, runlog.CheckpointsDir), BadBatchDir: filepath.Join(c.OutputDir, runlog.BadBatchDir), StagesDir: filepath.Join(c.OutputDir, runlog.StagesDir),
	}
	collectLess()
	if err := addProblems(ctx, s, c, selfTestSize); err != nil {
		return nil, userError(err)
	}
	var err error
	if s.Device, err = device.Open(c.Backend, log); err != nil {
		return nil, userError(err)
	}
	if err := openModel(ctx, s, c, notes); err != nil {
		return nil, userError(err)
	}
	return s, nil
}

// collectLess lets the heap grow to five times what lives before it is collected: a
// step's garbage is small beside the weights, and collecting it often costs a few
// per cent of a small model's step. GOGC, if set, has its way.
func collectLess() {
	if os.Getenv("GOGC") == "" {
		const percent = 400
		debug.SetGCPercent(percent)
	}
}

// addProblems opens the task and the rewards, and refuses to start where they do not fit
// each other.
func addProblems(ctx context.Context, s *trainer.Setup, c *configs.Config, selfTestSize int) error {
	task, err := tasks.Open(c.Data)
	if err != nil {
		return err
	}
	for _, split := range []struct {
		name string
		into *[]data.Example
	}{{tasks.Train, &s.Train}, {tasks.Validation, &s.Validation}, {tasks.Test, &s.Test}} {
		if *split.into, err = task.Split(split.name); err != nil {
			return err
		}
		if shared := tasks.Overlap(s.Train, *split.into); split.name != tasks.Train && len(shared) > 0 {
			s.Log.Warn("problems of this set are training problems too", "set", split.name, "shared", len(shared), "first", shared[0])
		}
	}
	if s.Rewards, err = c.Reward.Open(s.Log); err != nil {
		return err
	}
	problems := verifier.Sample(slices.Concat(s.Train, s.Validation, s.Test), selfTestSize)
	if _, err := s.Rewards.SelfTest(ctx, problems); err != nil {
		return errors.Join(err, s.Rewards.Close())
	}
	return nil
}

// backendLine is the first line of every command that computes.
func backendLine(d *device.Device) string {
	return fmt.Sprintf("backend %s: %s (%s)", d.Name, d.Description, d.Reason)
}

// silent is the reporter of commands that do not train.
type silent struct{}

func (silent) Stage(runlog.Stage)                         {}
func (silent) Step(runlog.Record) error                   { return nil }
func (silent) Samples(int, []runlog.Sample) error         { return nil }
func (silent) Eval(int, string, map[string]float64) error { return nil }
func (silent) Sync() error                                { return nil }

// newLogger logs warnings of the libraries, and their details under -v.
func newLogger(w io.Writer) *slog.Logger {
	level := slog.LevelWarn
	if verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

// addBackendFlag adds --backend, which overrides the config's key.
func addBackendFlag(c *cobra.Command, backend *string) {
	c.Flags().StringVar(backend, "backend", "", "compute backend: "+strings.Join(device.Names, ", "))
}

// withBackend is the overrides with that of --backend, if it was given.
func withBackend(sets []string, backend string) []string {
	if backend == "" {
		return sets
	}
	return append(slices.Clone(sets), "backend="+backend)
}
