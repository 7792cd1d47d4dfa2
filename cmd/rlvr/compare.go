package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/trainer/compare"
	"github.com/rlvr-go/rlvr/verifier/tasks"
)

// compareOptions are the flags of rlvr compare.
type compareOptions struct {
	args            []string
	against         string
	seeds, parallel int
	sets            []string
	backend, out    string
	metric, target  string
	markdown, plot  string
	json, problems  bool
}

func newCompareCommand() *cobra.Command {
	o := &compareOptions{}
	c := &cobra.Command{
		Use:   "compare A B ...",
		Short: "compare configs or finished runs over seeds, with intervals",
		Long: `Compare ways to train. Each argument is a config, which is run under the seeds 1 to N, or a
folder, which is only read: that of a finished run, or one with several of them. Runs with the same
seed are paired. An interrupted comparison goes on where it was when the command is given again:
finished runs are read, the others resumed. docs/compare.md says what the numbers are.`,
		Example: `  rlvr compare configs/objectives/grpo.yaml configs/objectives/gspo.yaml --seeds 5
  rlvr compare runs/a runs/b --markdown report.md --plot curves.svg`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.args = args
			return runCompare(cmd.Context(), o, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.StringVar(&o.against, "against", "", "the config or folder that the others are compared with (default: the first)")
	f.IntVar(&o.seeds, "seeds", 3, "run each config under the seeds 1 to N")
	f.IntVar(&o.parallel, "parallel", 1, "runs side by side; their times mean little then")
	f.StringArrayVar(&o.sets, "set", nil, "override a key of every config: --set eval_steps=5")
	addBackendFlag(c, &o.backend)
	f.StringVar(&o.out, "out", "", "the folder for the runs (default: runs/compare- and the configs' names)")
	f.StringVar(&o.metric, "metric", "", "the score to compare (default: eval/test/avg@<k>, or else eval/validation/avg@<k>)")
	f.StringVar(&o.target, "target", "eval/validation/avg@1=0.9", "METRIC=VALUE whose first step is told")
	f.BoolVar(&o.problems, "problems", true, "evaluate each run once more by rlvr eval --out, so that problems are paired too")
	f.StringVar(&o.markdown, "markdown", "", "a file for the report in Markdown")
	f.StringVar(&o.plot, "plot", "", "a file for the curves, SVG")
	f.BoolVar(&o.json, "json", false, "print one JSON object")
	return c
}

func runCompare(ctx context.Context, o *compareOptions, out, errOut io.Writer) error {
	target, err := o.validate()
	if err != nil {
		return userError(err)
	}
	sides, err := o.sides()
	if err != nil {
		return userError(err)
	}
	// Folders first: what is wrong with them should not be found after hours of runs.
	for _, s := range sides {
		if s.config == "" {
			if s.arm, err = compare.ReadArm(s.name, s.path); err != nil {
				return userError(err)
			}
		}
	}
	runs, err := o.plan(sides)
	if err != nil {
		return err
	}
	if err := runs.all(ctx, o.parallel, o.problemSet(), errOut); err != nil {
		return err
	}
	var arms []*compare.Arm
	for _, s := range sides {
		if s.base {
			arms = slices.Insert(arms, 0, s.arm)
			continue
		}
		arms = append(arms, s.arm)
	}
	report, err := compare.Compare(arms, compare.Options{Metric: o.metric, Target: *target})
	if err != nil {
		return userError(err)
	}
	if err := o.write(report, out); err != nil {
		return err
	}
	for i := range report.Arms {
		if a := &report.Arms[i]; a.Failed == len(a.Runs) {
			return fmt.Errorf("no run of %s came to its end", a.Name)
		}
	}
	return nil
}

// validate reports every flag that is wrong.
func (o *compareOptions) validate() (*compare.Target, error) {
	var l fault.List
	l.Check(o.seeds >= 1, "--seeds", o.seeds, "at least 1")
	l.Check(o.parallel >= 1, "--parallel", o.parallel, "at least 1")
	target := &compare.Target{}
	metric, value, found := cutLast(o.target, "=")
	v, err := strconv.ParseFloat(value, 64)
	l.Check(found && metric != "" && err == nil && !math.IsNaN(v) && !math.IsInf(v, 0), "--target", o.target, "METRIC=VALUE, as in eval/validation/avg@1=0.9")
	target.Metric, target.Value = metric, v
	for _, s := range o.sets {
		key, _, _ := strings.Cut(s, "=")
		l.Check(key != "seed" && key != "output_dir", "--set", s, "any key but seed and output_dir, which are of the runs (--seeds, --out)")
	}
	return target, l.Err()
}

// problemSet is the set whose problems are to be paired: that of the score. Empty: none.
func (o *compareOptions) problemSet() string {
	set, ofEval := strings.CutPrefix(o.metric, "eval/")
	set, _, _ = strings.Cut(set, "/")
	switch {
	case !o.problems:
		return ""
	case o.metric == "":
		return tasks.Test
	case ofEval && slices.Contains(tasks.Splits, set):
		return set
	}
	return ""
}

// cutLast is [strings.Cut] at the last place.
func cutLast(s, at string) (before, after string, found bool) {
	i := strings.LastIndex(s, at)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(at):], true
}

// side is an argument of rlvr compare: a config that is run, or a folder.
type side struct {
	path string
	// name is what the tables call it, and the folder of its runs.
	name string
	// config is the path where it is one.
	config string
	// base says that --against names it.
	base bool
	arm  *compare.Arm
}

// sides are the arguments in their order, that of --against included.
func (o *compareOptions) sides() ([]*side, error) {
	paths := slices.Clone(o.args)
	same := func(p string) bool { return filepath.Clean(p) == filepath.Clean(o.against) }
	if o.against != "" && !slices.ContainsFunc(paths, same) {
		paths = append(paths, o.against)
	}
	var all []*side
	var faults []error
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			faults = append(faults, fmt.Errorf("compare: %w", err))
			continue
		}
		s := &side{path: p, name: shortName(p), base: o.against != "" && same(p)}
		if !info.IsDir() {
			s.config = p
		}
		all = append(all, s)
	}
	count := func(name string) (n int) {
		for _, s := range all {
			if s.name == name {
				n++
			}
		}
		return n
	}
	var alike []*side
	for _, s := range all {
		if count(s.name) > 1 {
			alike = append(alike, s)
		}
	}
	for _, s := range alike {
		s.name = longName(s.path)
	}
	for i, s := range all {
		if slices.ContainsFunc(all[:i], func(other *side) bool { return other.name == s.name }) {
			faults = append(faults, fmt.Errorf("compare: %s is named twice", s.path))
		}
	}
	return all, errors.Join(faults...)
}

// shortName is the last part of a path, without the ending of a config.
func shortName(path string) string {
	name := filepath.Base(filepath.Clean(path))
	if ext := filepath.Ext(name); ext == ".yaml" || ext == ".yml" {
		name = strings.TrimSuffix(name, ext)
	}
	return name
}

var notInName = regexp.MustCompile(`[^\pL\pN_.]+`)

// longName is a whole path as one name.
func longName(path string) string {
	path = filepath.Clean(path)
	if ext := filepath.Ext(path); ext == ".yaml" || ext == ".yml" {
		path = strings.TrimSuffix(path, ext)
	}
	return strings.Trim(notInName.ReplaceAllString(filepath.ToSlash(path), "-"), "-.")
}

// write puts the report where the flags say.
func (o *compareOptions) write(r *compare.Report, out io.Writer) error {
	for _, f := range []struct {
		path string
		text func() string
	}{{o.markdown, r.Markdown}, {o.plot, r.SVG}} {
		if f.path != "" {
			if err := os.WriteFile(f.path, []byte(f.text()), 0o644); err != nil {
				return err
			}
		}
	}
	if o.json {
		return json.NewEncoder(out).Encode(r)
	}
	_, err := io.WriteString(out, r.Text(columnsOf(out)))
	return err
}

// columnsOf is the width of a terminal, 80 where out is none.
func columnsOf(out io.Writer) int {
	const usual = 80
	if f, ok := out.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			return max(width, usual)
		}
	}
	return usual
}
