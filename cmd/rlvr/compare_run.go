package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"

	"golang.org/x/sync/errgroup"

	"github.com/rlvr-go/rlvr/configs"
	"github.com/rlvr-go/rlvr/trainer"
	"github.com/rlvr-go/rlvr/trainer/compare"
	"github.com/rlvr-go/rlvr/trainer/runlog"
)

// comparison is the runs that a comparison needs, those of a seed together: what is
// there after an interruption is then pairs.
type comparison []*comparedRun

// comparedRun is a config under a seed.
type comparedRun struct {
	side *side
	seed int
	dir  string
	args []string // of rlvr train and rlvr eval
	// begun says that there is a run to go on with.
	begun bool
	run   *compare.Run // nil until it has ended
}

// plan checks every config, and finds what is there of their runs.
func (o *compareOptions) plan(sides []*side) (comparison, error) {
	var all comparison
	var faults []error
	folder := o.out
	if folder == "" {
		folder = filepath.Join("runs", "compare"+namesOf(sides))
	}
	for seed := 1; seed <= o.seeds; seed++ {
		for _, s := range sides {
			if s.config == "" {
				continue
			}
			r, err := o.planRun(s, seed, filepath.Join(folder, s.name, fmt.Sprintf("seed-%d", seed)))
			if err != nil {
				if seed > 1 && len(faults) > 0 {
					continue // said already
				}
				faults = append(faults, err)
				continue
			}
			all = append(all, r)
		}
	}
	return all, errors.Join(faults...)
}

// namesOf joins the names of configs to one of a length that a folder may have.
func namesOf(sides []*side) string {
	const most = 100
	name := ""
	for i, s := range sides {
		if s.config == "" {
			continue
		}
		if len(name)+len(s.name) > most {
			return fmt.Sprintf("%s-and-%d-more", name, len(sides)-i)
		}
		name += "-" + s.name
	}
	return name
}

func (o *compareOptions) planRun(s *side, seed int, dir string) (*comparedRun, error) {
	sets := append(withBackend(o.sets, o.backend), fmt.Sprintf("seed=%d", seed), "output_dir="+dir)
	c, err := configs.Load(s.config, sets)
	if err != nil {
		return nil, err
	}
	r := &comparedRun{side: s, seed: seed, dir: dir, args: []string{s.config}}
	for _, set := range sets {
		r.args = append(r.args, "--set", set)
	}
	saved := filepath.Join(dir, runlog.ConfigFile)
	if _, err := os.Stat(saved); errors.Is(err, fs.ErrNotExist) {
		return r, nil
	} else if err != nil {
		return nil, err
	}
	r.begun = true
	resolved, err := c.YAML()
	if err != nil {
		return nil, err
	}
	if err := sameConfig(saved, resolved); err != nil {
		return nil, userError(fmt.Errorf("%w; --out DIR compares elsewhere", err))
	}
	found, err := compare.ReadRun(dir)
	if err != nil {
		return nil, userError(err)
	}
	if found.State == compare.Finished {
		r.run = found
	}
	return r, nil
}

// all does the runs that have not finished, so many side by side, and evaluates the
// problems of a set of each unless set is "". Runs that fail are part of the comparison; an
// interruption, and a mistake of the user's, end it.
func (all comparison) all(ctx context.Context, parallel int, set string, notes io.Writer) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	var mu sync.Mutex // of notes
	say := func(r *comparedRun, text string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(notes, "%s, seed %d: %s\n", r.side.name, r.seed, text)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for i := range all {
		g.Go(func() error {
			return all.one(ctx, i, set, say)
		})
	}
	if err := g.Wait(); err != nil {
		if errors.Is(err, trainer.ErrInterrupted) {
			err = fmt.Errorf("%w; the same command goes on with the comparison", err)
		}
		return err
	}
	for _, r := range all {
		if r.side.arm == nil {
			r.side.arm = &compare.Arm{Name: r.side.name}
		}
		r.side.arm.Runs = append(r.side.arm.Runs, r.run)
	}
	return nil
}

// train runs rlvr train as a process of its own and reads what it left.
func (r *comparedRun) train(ctx context.Context) error {
	args := append([]string{"train"}, r.args...)
	if r.begun {
		args = append(args, "--resume")
	}
	said, err := ourselves(ctx, args)
	if errors.Is(err, trainer.ErrInterrupted) || isUserError(err) {
		return err
	}
	found, readErr := compare.ReadRun(r.dir)
	if readErr != nil {
		if err != nil {
			return fmt.Errorf("%s, seed %d: %w: %s", r.side.name, r.seed, err, said)
		}
		return readErr
	}
	if err != nil { // a crash leaves no word in the log
		found.State, found.Reason = compare.Failed, said
	}
	r.run = found
	return nil
}

// evaluate runs rlvr eval on the problems of a set, so that they can be paired, unless
// that was done.
func (r *comparedRun) evaluate(ctx context.Context, set string) error {
	if r.run.State != compare.Finished || r.run.NumProblems(set) == 0 || r.run.Scored(set) {
		return nil
	}
	args := append([]string{"eval"}, r.args...)
	said, err := ourselves(ctx, append(args, "--split", set, "--out", filepath.Join(r.dir, compare.ProblemsFile)))
	if err != nil {
		if errors.Is(err, trainer.ErrInterrupted) || isUserError(err) {
			return err
		}
		return fmt.Errorf("%s, seed %d: rlvr eval: %w: %s", r.side.name, r.seed, err, said)
	}
	r.run, err = compare.ReadRun(r.dir)
	return err
}

// one does the run i of all.
func (all comparison) one(ctx context.Context, i int, set string, say func(*comparedRun, string)) error {
	r, number := all[i], fmt.Sprintf("(%d of %d)", i+1, len(all))
	switch {
	case ctx.Err() != nil:
		return trainer.ErrInterrupted
	case r.run != nil:
		say(r, "finished already "+number)
	default:
		doing := "running "
		if r.begun {
			doing = "going on "
		}
		say(r, doing+number)
		if err := r.train(ctx); err != nil {
			return err
		}
		if r.run.State == compare.Failed {
			say(r, "failed: "+r.run.Reason)
		}
	}
	if set == "" {
		return nil
	}
	return r.evaluate(ctx, set)
}

// ourselves runs this program with other arguments and gives the last thing that it said
// on stderr. An interruption of either is [trainer.ErrInterrupted].
func ourselves(ctx context.Context, args []string) (said string, err error) {
	exe, err := os.Executable()
	if err != nil {
		return "", err
	}
	var errOut lastBytes
	child := exec.CommandContext(ctx, exe, args...)
	child.Args[0] = os.Args[0] // what a test binary knows itself by
	child.Stderr = &errOut
	child.Cancel = func() error { return child.Process.Signal(os.Interrupt) }
	apart(child)
	err = child.Run()
	exit, exited := errors.AsType[*exec.ExitError](err)
	switch {
	case err != nil && ctx.Err() != nil, exited && exit.ExitCode() == exitInterrupted:
		return "", trainer.ErrInterrupted
	case exited && exit.ExitCode() == exitMistake:
		return "", userError(errors.New(errOut.line()))
	}
	return errOut.line(), err
}

// lastBytes keeps the end of what is written to it.
type lastBytes struct{ text []byte }

func (l *lastBytes) Write(p []byte) (int, error) {
	const enough = 1 << 14
	l.text = append(l.text, p...)
	l.text = l.text[max(0, len(l.text)-enough):]
	return len(p), nil
}

// line is the last line that rlvr itself wrote, or the last one.
func (l *lastBytes) line() string {
	lines := bytes.Split(bytes.TrimSpace(l.text), []byte("\n"))
	last := lines[len(lines)-1]
	for _, text := range lines {
		if own, ok := bytes.CutPrefix(text, []byte("rlvr: ")); ok {
			last = own
		}
	}
	return string(last)
}
