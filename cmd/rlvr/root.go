package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// verbose is -v: errors with their stacks, and the log of the libraries.
var verbose bool

// run executes a command line and returns the exit code.
func run(args []string, in io.Reader, out, errOut io.Writer) int {
	verbose = false
	root := newRootCommand()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	err := execute(context.Background(), root)
	if err != nil {
		printError(errOut, err, verbose)
	}
	return exitCode(err)
}

// execute runs the command that root's arguments name. What goes wrong before the
// command itself runs (an unknown flag, too many arguments) is the user's mistake.
func execute(ctx context.Context, root *cobra.Command) error {
	ran := false
	noteRuns(root, &ran)
	c, err := root.ExecuteContextC(ctx)
	if err != nil && !ran {
		return userError(fmt.Errorf("%w; usage: %s", err, c.UseLine()))
	}
	return err
}

// noteRuns makes every command below c set ran when it begins.
func noteRuns(c *cobra.Command, ran *bool) {
	if inner := c.RunE; inner != nil {
		c.RunE = func(cmd *cobra.Command, args []string) error {
			*ran = true
			return inner(cmd, args)
		}
	}
	for _, sub := range c.Commands() {
		noteRuns(sub, ran)
	}
}

func newRootCommand() *cobra.Command {
	root := newGroupCommand("rlvr", "train language models by reinforcement learning with verifiable rewards",
		newInitCommand(), newTrainCommand(), newPlanCommand(), newEvalCommand(), newCompareCommand(), newSampleCommand(), newTokenizeCommand(), newVerifyCommand(), newParityCommand(), newExportCommand(),
		newViewCommand(), newConfigCommand(), newListCommand(), newDoctorCommand(), newVersionCommand(),
	)
	root.Long = `rlvr trains language models by reinforcement learning with verifiable rewards.

Exit codes: 0 done; 1 the run failed; 2 a mistake in config, flags or files, and
nothing was written; 130 interrupted after saving.`
	root.Example = `  rlvr init                     # a config to start from: quickstart.yaml
  rlvr train quickstart.yaml
  rlvr sample quickstart.yaml`
	// Errors and usage are printed in one place: run.
	root.SilenceErrors, root.SilenceUsage = true, true
	root.PersistentFlags().BoolVarP(&verbose, "verbose", "v", false, "log what the libraries do, and errors with their stacks")
	return root
}

// newGroupCommand makes a command that only holds others. Cobra would answer a
// misspelt one of them with help and success, or with several lines.
func newGroupCommand(use, short string, subs ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			hint := fmt.Sprintf("`%s --help` shows what there is", cmd.CommandPath())
			if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
				hint = "did you mean " + strings.Join(near, " or ") + "?"
			}
			return userError(fmt.Errorf("unknown command %q for %q; %s", args[0], cmd.CommandPath(), hint))
		},
		SuggestionsMinimumDistance: 2,
	}
	c.AddCommand(subs...)
	return c
}
