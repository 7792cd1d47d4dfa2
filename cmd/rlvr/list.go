package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/configs"
	"github.com/rlvr-go/rlvr/verifier"
	"github.com/rlvr-go/rlvr/verifier/tasks"
)

// kinds are what rlvr list can list.
var kinds = []string{"algorithms", "verifiers", "tasks", "configs"}

func newListCommand() *cobra.Command {
	var options bool
	c := &cobra.Command{
		Use:       "list {algorithms|verifiers|tasks|configs}",
		Short:     "show what a config may name",
		ValidArgs: kinds,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("list: found %d arguments, allowed: one of %s", len(args), strings.Join(kinds, ", "))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return runList(args[0], options || verbose, cmd.OutOrStdout())
		},
	}
	c.Flags().BoolVar(&options, "options", false, "algorithms: show the options of each with their defaults (as -v)")
	return c
}

func runList(kind string, options bool, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	switch kind {
	case "algorithms":
		for _, p := range algos.Presets() {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", p.Name, p.Kind(), p.Paper, p.Summary)
		}
		if options {
			if err := w.Flush(); err != nil {
				return err
			}
			return listOptions(out)
		}
	case "verifiers":
		for _, v := range verifier.List() {
			fmt.Fprintf(w, "%s\t%s\n", v.Name, v.Summary)
		}
	case "tasks":
		fmt.Fprintln(w, "task\tchance\twhat")
		for _, t := range tasks.List() {
			fmt.Fprintf(w, "%s\t%s\t%s\n", t.Name, chance(t.Name), t.Summary)
		}
	case "configs":
		for _, r := range configs.Shipped() {
			fmt.Fprintf(w, "%s\t%s\n", r.Name, r.Summary)
		}
	default:
		return userError(fmt.Errorf("list: found %q, allowed: %s", kind, strings.Join(kinds, ", ")))
	}
	return w.Flush()
}

// chance is the expected reward of guessing at a task's problems, under its default
// options; a dash where the problems are files of the user's.
func chance(name string) string {
	task, err := tasks.New(name, nil)
	if err != nil {
		return "-"
	}
	c, ok := task.(tasks.Chancer)
	if !ok {
		return "-"
	}
	return fmt.Sprintf("%.3g", c.Chance())
}

// listOptions shows a table of options for each algorithm.
func listOptions(out io.Writer) error {
	for _, p := range algos.Presets() {
		a, err := algos.Resolve(algos.Options{Name: p.Name})
		if err != nil {
			return fmt.Errorf("list: algorithm %s: %w", p.Name, err)
		}
		fmt.Fprintf(out, "\n%s\n", p.Name)
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, s := range a.Describe() {
			fmt.Fprintf(w, "  %s\t%v\t%s\t%s\t%s\n", s.Name, s.Default, s.Allowed, s.Of, s.Help)
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}
