package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/rlvr-go/rlvr/checkpoints"
	"github.com/rlvr-go/rlvr/configs"
	"github.com/rlvr-go/rlvr/trainer"
	"github.com/rlvr-go/rlvr/trainer/runlog"
)

// The exit codes that scripts may rely on.
const (
	exitDone        = 0
	exitFailed      = 1
	exitMistake     = 2
	exitInterrupted = 130
)

// mistake is an error that is the user's to mend: in config, flags or files.
type mistake struct{ err error }

func (m *mistake) Error() string { return m.err.Error() }
func (m *mistake) Unwrap() error { return m.err }

// userError marks err as the user's mistake; nil stays nil.
func userError(err error) error {
	if err == nil {
		return nil
	}
	return &mistake{err}
}

// theirs are the sentinels that are the user's mistakes wherever they come from.
var theirs = []error{
	runlog.ErrExists, runlog.ErrNotRun, runlog.ErrLocked,
	checkpoints.ErrNoCheckpoint, checkpoints.ErrDamaged,
}

func isUserError(err error) bool {
	if _, ok := errors.AsType[*mistake](err); ok {
		return true
	}
	if _, ok := errors.AsType[*configs.Error](err); ok {
		return true
	}
	for _, t := range theirs {
		if errors.Is(err, t) {
			return true
		}
	}
	return false
}

// exitCode is the code that a command's error ends the process with.
func exitCode(err error) int {
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, trainer.ErrInterrupted):
		return exitInterrupted
	case isUserError(err):
		return exitMistake
	}
	return exitFailed
}

// printError says on w what went wrong. A mistake is one line a fault; those of a
// config start with their place, as compilers do it, so that editors can jump
// there. A failure is one line, and under -v all that its errors know.
func printError(w io.Writer, err error, verbose bool) {
	prefix := "rlvr: "
	if _, ok := errors.AsType[*configs.Error](err); ok {
		prefix = ""
	}
	text := strings.Split(strings.TrimSpace(err.Error()), "\n")
	if !isUserError(err) {
		text = text[:1]
	}
	for _, line := range text {
		fmt.Fprintf(w, "%s%s\n", prefix, line)
	}
	if verbose {
		printDetails(w, err)
	}
}

// printDetails writes the longest form of the errors that have one (GoMLX's carry
// stacks). Wrapping hides it, so the tree is walked down to the first that has.
func printDetails(w io.Writer, err error) {
	switch e := err.(type) { //nolint:errorlint // each level is looked at by itself
	case nil:
	case fmt.Formatter:
		fmt.Fprintf(w, "%+v\n", e)
	case interface{ Unwrap() error }:
		printDetails(w, e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, part := range e.Unwrap() {
			printDetails(w, part)
		}
	}
}
