package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/rlvr-go/rlvr/checkpoints"
	"github.com/rlvr-go/rlvr/configs"
	"github.com/rlvr-go/rlvr/trainer"
	"github.com/rlvr-go/rlvr/trainer/runlog"
)

// trainOptions are the flags of rlvr train.
type trainOptions struct {
	config, backend string
	sets            []string
	resume          string
	clean, dryRun   bool
	full, bands     bool
}

// newest is what --resume without a step means.
const newest = "newest"

func newTrainCommand() *cobra.Command {
	o := &trainOptions{}
	c := &cobra.Command{
		Use:   "train CONFIG",
		Short: "run the stages of a config",
		Long: `Run the stages of a config. Everything goes to its output_dir (runs/NAME by default).
An existing run is never overwritten: --resume goes on where it was saved, --clean starts anew.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.config = args[0]
			if o.dryRun {
				return runPlan(cmd.Context(), o.config, withBackend(o.sets, o.backend), false, cmd.OutOrStdout())
			}
			return runTrain(cmd.Context(), o, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	addBackendFlag(c, &o.backend)
	c.Flags().StringArrayVar(&o.sets, "set", nil, "override a key: --set stages.1.optim.learning_rate=1e-4")
	c.Flags().StringVar(&o.resume, "resume", "", "go on from the newest checkpoint, or from that of a step")
	c.Flags().Lookup("resume").NoOptDefVal = newest
	c.Flags().BoolVar(&o.clean, "clean", false, "delete what an earlier run left in the folder and start anew")
	c.Flags().BoolVar(&o.dryRun, "dry-run", false, "say what the run would do and need, and do nothing (rlvr plan)")
	c.Flags().BoolVar(&o.full, "full", false, "test the verifier on the reference answers of all problems before the start, not of 200")
	c.Flags().BoolVar(&o.bands, "check-bands", false, "compare the run with the config's bands at its end, and fail where it misses one")
	c.MarkFlagsMutuallyExclusive("resume", "clean", "dry-run")
	return c
}

func runTrain(ctx context.Context, o *trainOptions, out, errOut io.Writer) error {
	started := time.Now()
	c, err := configs.Load(o.config, withBackend(o.sets, o.backend))
	if err != nil {
		return err
	}
	if o.bands {
		if err := canCheckBands(c); err != nil {
			return err
		}
	}
	setup, err := assemble(ctx, c, selfTestSize(o.full), newLogger(errOut), errOut)
	if err != nil {
		return err
	}
	t, err := trainer.New(*setup)
	if err != nil {
		return userError(err)
	}
	defer t.Close()
	// Whatever is wrong with config and data is known by now: nothing was written.
	dir, err := openRun(c, o, out)
	if err != nil {
		return err
	}
	defer dir.Close()
	if o.resume != "" {
		if err := resume(t, setup.CheckpointDir, dir, o.resume); err != nil {
			return err
		}
	}
	log, err := runlog.New(dir, c.Logging, out)
	if err != nil {
		return err
	}
	t.ReportTo(log)
	log.Printf("%s", backendLine(setup.Device))
	log.Printf("run folder %s; %s, %d parameters", c.OutputDir, setup.Policy.Arch.ModelType, setup.Policy.NumParameters())
	if t.Step() > 0 {
		log.Printf("going on after step %d", t.Step())
	}
	ctx, stop := interruptible(ctx, log)
	defer stop()
	startup := time.Since(started)
	err = t.Run(ctx)
	switch {
	case errors.Is(err, trainer.ErrInterrupted):
		log.Printf("interrupted after step %d, which is saved; go on with: rlvr train %s --resume", t.Step(), commandLine(o))
	case err != nil:
		log.Printf("stopped: %v", err)
	default:
		err = log.Final(runlog.Final{Checkpoint: checkpoints.Folder(setup.CheckpointDir, t.Step()), Elapsed: time.Since(started), Startup: startup, Next: []string{
			"rlvr sample " + commandLine(o),
			"rlvr eval " + commandLine(o),
			"tensorboard --logdir " + dir.Path(runlog.EventsDir),
		}})
		if err == nil && o.bands {
			err = checkBands(c, dir, log)
		}
	}
	return errors.Join(err, log.Close())
}

// commandLine is the config and the overrides, as the user would type them.
func commandLine(o *trainOptions) string {
	parts := []string{o.config}
	if o.backend != "" {
		parts = append(parts, "--backend "+o.backend)
	}
	for _, s := range o.sets {
		parts = append(parts, "--set '"+s+"'")
	}
	return strings.Join(parts, " ")
}

// openRun makes or takes the run folder and its config.yaml.
func openRun(c *configs.Config, o *trainOptions, out io.Writer) (*runlog.Dir, error) {
	resolved, err := c.YAML()
	if err != nil {
		return nil, err
	}
	mode := runlog.Fresh
	switch {
	case o.resume != "":
		mode = runlog.Resume
	case o.clean:
		mode = runlog.Clean
	}
	dir, err := runlog.OpenDir(c.OutputDir, mode, func(paths []string) {
		fmt.Fprintf(out, "deleting %s\n", strings.Join(paths, ", "))
	})
	if errors.Is(err, runlog.ErrExists) {
		return nil, userError(fmt.Errorf("%w: --resume goes on with it, --clean starts anew, --set output_dir=DIR writes elsewhere", err))
	}
	if err != nil {
		return nil, err
	}
	if mode == runlog.Resume {
		err = sameConfig(dir.Path(runlog.ConfigFile), resolved)
	} else {
		err = dir.WriteConfig(resolved)
	}
	if err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	return dir, nil
}

// sameConfig refuses to resume a run under another config than it was begun with.
func sameConfig(path string, resolved []byte) error {
	saved, err := os.ReadFile(path)
	if err != nil {
		return userError(fmt.Errorf("resume: %w", err))
	}
	was, is := bytes.Split(saved, []byte("\n")), bytes.Split(resolved, []byte("\n"))
	for i := range max(len(was), len(is)) {
		var a, b []byte
		if i < len(was) {
			a = was[i]
		}
		if i < len(is) {
			b = is[i]
		}
		if !bytes.Equal(a, b) {
			return userError(fmt.Errorf("resume: %s:%d says %q, the config now %q: a run goes on under the config it was begun with",
				path, i+1, bytes.TrimSpace(a), bytes.TrimSpace(b)))
		}
	}
	return nil
}

// resume puts the state of a checkpoint into the trainer and cuts the run's files
// back to it.
func resume(t *trainer.Trainer, checkpointDir string, dir *runlog.Dir, from string) error {
	step, err := resumeStep(checkpointDir, from)
	if err != nil {
		return userError(err)
	}
	if step >= 0 {
		saved, err := checkpoints.Load(checkpointDir, step)
		if errors.Is(err, checkpoints.ErrDamaged) {
			return fmt.Errorf("%w; %s", err, olderThan(checkpointDir, step))
		}
		if err != nil {
			return err
		}
		if err := t.Resume(saved); err != nil {
			return userError(err)
		}
	}
	if err := checkpoints.RemoveAfter(checkpointDir, step); err != nil {
		return err
	}
	return dir.CutBack(step)
}

// resumeStep is the step to resume from; -1 where nothing was saved yet.
func resumeStep(dir, resume string) (int, error) {
	if err := checkpoints.Clean(dir); err != nil {
		return 0, err
	}
	if resume != newest {
		var step int
		if _, err := fmt.Sscanf(resume, "%d", &step); err != nil || fmt.Sprint(step) != resume || step < 0 {
			return 0, fmt.Errorf("--resume: found %q, allowed: the step of a checkpoint, as in --resume=100", resume)
		}
		return step, nil
	}
	all, err := checkpoints.List(dir)
	if err != nil || len(all) == 0 {
		return -1, err
	}
	return all[0].Step, nil
}

// olderThan says which checkpoint to take instead of a damaged one.
func olderThan(dir string, step int) string {
	all, err := checkpoints.List(dir)
	for _, e := range all {
		if err == nil && e.Step < step {
			return fmt.Sprintf("--resume=%d takes the one before, %s", e.Step, e.Folder)
		}
	}
	return "there is none before it: --clean starts anew"
}

// interruptible makes a context that the first Ctrl-C ends, so that the run can
// finish its step and save; the second one kills as usual.
func interruptible(ctx context.Context, log *runlog.Logger) (context.Context, func()) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	done := context.AfterFunc(ctx, func() {
		stop()
		log.Printf("finishing the step and saving; once more to stop at once")
	})
	return ctx, func() {
		done()
		stop()
	}
}

// latestCheckpoint is the folder of a run's newest checkpoint, or "".
func latestCheckpoint(c *configs.Config) (string, error) {
	all, err := checkpoints.List(filepath.Join(c.OutputDir, runlog.CheckpointsDir))
	if err != nil || len(all) == 0 {
		return "", err
	}
	return all[0].Folder, nil
}
