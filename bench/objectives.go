package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/rlvr-go/rlvr/trainer/compare"
	"github.com/rlvr-go/rlvr/trainer/stats"
)

// study is the command objectives.
type study struct {
	ours
	stage, backend string
	algorithms     []string
	seeds          []int
	goal, least    float64
	parallel       int
	dir            string
}

// offline are the objectives that sample nothing: each has a task of its own.
var offline = []string{"sft", "dpo", "cdpo", "tl_training"}

// studyStage is the name of the stage in objectives.yaml.
const studyStage = "study"

// trained is a run of an objective under a seed.
type trained struct {
	// accuracy is on the test problems at the end, of problems.
	accuracy float64
	problems int
	// reached is the first step at which the validation problems reach the goal; infinite
	// if none does. step is the median time of a step in seconds.
	reached, step float64
	// fall is the greatest drop of the validation accuracy below its best so far, entropy
	// the least mean entropy of a step.
	fall, entropy float64
	// curve is the validation accuracy at steps.
	curve []compare.Point
	err   error
}

func runObjectives(ctx context.Context, args []string, out, errOut io.Writer) error {
	c := &study{}
	f := flag.NewFlagSet("objectives", flag.ContinueOnError)
	c.addFlags(f)
	f.StringVar(&c.stage, "stage", "bench/objectives.yaml", "the config of the stage that every objective runs")
	f.StringVar(&c.backend, "backend", "go", "compute backend")
	f.Float64Var(&c.goal, "goal", 0.9, "accuracy on the validation problems whose first step is told")
	f.Float64Var(&c.least, "least", 0.85, "accuracy on the test problems below which an objective is said not to have learned")
	f.IntVar(&c.parallel, "parallel", 1, "runs side by side; step times mean little then")
	seeds := f.String("seeds", "1-3", "the seeds: 1-3, or 1,2,7")
	names := f.String("algorithms", "", "objectives, joined by commas, each with options as in kpo+process_noise=0.1+epsilon=0.2 (default: all that sample)")
	picture := f.String("plot", "", "an SVG file for the curves")
	if err := parse(f, args, errOut); err != nil {
		return err
	}
	var err error
	if c.seeds, err = parseSeeds(*seeds); err != nil {
		return err
	}
	if c.algorithms = strings.Split(*names, ","); *names == "" {
		if c.algorithms, err = c.list(ctx); err != nil {
			return err
		}
	}
	if c.dir, err = os.MkdirTemp("", "rlvr-objectives-"); err != nil {
		return err
	}
	defer os.RemoveAll(c.dir)
	starts, err := c.warmUp(ctx, errOut)
	if err != nil {
		return err
	}
	all, err := c.runAll(ctx, starts, errOut)
	if err != nil {
		return err
	}
	if *picture != "" {
		if err := os.WriteFile(*picture, []byte(c.picture(all)), 0o644); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(out, "%s on %s from the same warm starts, seeds %s\n\n%s", c.stage, c.backend, *seeds, c.table(all))
	return err
}

// list are the objectives that sample.
func (c *study) list(ctx context.Context) ([]string, error) {
	p, err := start(ctx, []string{c.binary, "list", "algorithms"})
	if err != nil {
		return nil, err
	}
	var names []string
	lines := bufio.NewScanner(bytes.NewReader(p.output))
	for lines.Scan() {
		if name, _, _ := strings.Cut(lines.Text(), " "); name != "" && !slices.Contains(offline, name) {
			names = append(names, name)
		}
	}
	return names, lines.Err()
}

// warmUp trains the recipe's first stage under each seed and gives the checkpoints.
func (c *study) warmUp(ctx context.Context, errOut io.Writer) ([]string, error) {
	folders := make([]string, len(c.seeds))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(c.parallel)
	for i, seed := range c.seeds {
		g.Go(func() error {
			dir := filepath.Join(c.dir, fmt.Sprintf("warm-%d", seed))
			args := append(c.train(c.backend, seed, dir), "--set", "stages.1.steps=1", "--set", "eval.eval_on_start=false")
			if _, err := start(ctx, args); err != nil {
				return err
			}
			records, err := readRecords(dir)
			if err != nil {
				return err
			}
			folders[i] = filepath.Join(dir, "checkpoints", fmt.Sprintf("step-%d", len(ofStage(records, sftStage))))
			accuracy, _ := accuracies(records)
			fmt.Fprintf(errOut, "seed %d: warm start, accuracy %s\n", seed, shares(accuracy[:1]))
			return nil
		})
	}
	return folders, g.Wait()
}

// runAll runs every objective from every start.
func (c *study) runAll(ctx context.Context, starts []string, errOut io.Writer) ([][]trained, error) {
	all := make([][]trained, len(c.algorithms))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(c.parallel)
	for i, name := range c.algorithms {
		all[i] = make([]trained, len(c.seeds))
		for j, seed := range c.seeds {
			g.Go(func() error {
				all[i][j] = c.one(ctx, name, seed, starts[j])
				if err := ctx.Err(); err != nil {
					return err
				}
				r := &all[i][j]
				fmt.Fprintf(errOut, "%s, seed %d: accuracy %.3f, step %s s", name, seed, r.accuracy, number(r.step))
				if r.err != nil {
					fmt.Fprintf(errOut, ": %v", r.err)
				}
				fmt.Fprintln(errOut)
				return nil
			})
		}
	}
	return all, g.Wait()
}

// one runs an objective from a start.
func (c *study) one(ctx context.Context, name string, seed int, from string) trained {
	dir := filepath.Join(c.dir, fmt.Sprintf("%s-%d", name, seed))
	args := []string{c.binary, "train", c.stage, "--backend", c.backend}
	parts := strings.Split(name, "+")
	sets := []string{fmt.Sprintf("seed=%d", seed), "output_dir=" + dir, "stages.0.init_from=" + from, "stages.0.algorithm.name=" + parts[0]}
	for _, option := range parts[1:] {
		sets = append(sets, "stages.0.algorithm.options."+option)
	}
	for _, s := range append(sets, c.sets...) {
		args = append(args, "--set", s)
	}
	r := trained{accuracy: math.NaN(), reached: math.Inf(1), step: math.NaN(), entropy: math.Inf(1)}
	if _, r.err = start(ctx, args); r.err != nil {
		return r
	}
	records, err := readRecords(dir)
	if err != nil {
		r.err = err
		return r
	}
	var steps []float64
	best := 0.0
	for i, record := range ofStage(records, studyStage) {
		r.entropy = min(r.entropy, record.Entropy)
		if record.Validation != nil {
			best = max(best, *record.Validation)
			r.fall = max(r.fall, best-*record.Validation)
			r.curve = append(r.curve, compare.Point{Step: float64(i + 1), Value: *record.Validation})
		}
		if i >= 10 { // the first ones compile
			steps = append(steps, record.Whole)
		}
		if record.Validation != nil && *record.Validation >= c.goal && math.IsInf(r.reached, 1) {
			r.reached = float64(i + 1)
		}
	}
	r.step = stats.Median(steps)
	if accuracy, problems := accuracies(records); len(accuracy) > 0 {
		r.accuracy, r.problems = accuracy[len(accuracy)-1], problems
	} else {
		r.err = errors.New("the run did not look at the test problems")
	}
	return r
}

// picture is the validation accuracy by step: a panel an objective, a line a seed.
func (c *study) picture(all [][]trained) string {
	var panels []compare.Panel
	for i, runs := range all {
		name, _, _ := strings.Cut(c.algorithms[i], "+")
		p := compare.Panel{Title: name}
		for k := range runs {
			p.Curves = append(p.Curves, runs[k].curve)
		}
		panels = append(panels, p)
	}
	return compare.Draw(panels)
}

// table has a row an objective: final accuracies with the interval of all seeds'
// problems together, steps to the goal, and the time of a step by grpo's.
func (c *study) table(all [][]trained) compare.Table {
	t := compare.Table{{"objective", "accuracy by seed", "all seeds", fmt.Sprintf("steps to %.2f", c.goal), "worst fall", "least entropy", "step / grpo", fmt.Sprintf(">= %.2f", c.least)}}
	column := func(of []trained, f func(r *trained) float64) []float64 {
		var x []float64
		for i := range of {
			x = append(x, f(&of[i]))
		}
		return x
	}
	base := math.NaN()
	if i := slices.Index(c.algorithms, "grpo"); i >= 0 {
		base = stats.Median(column(all[i], func(r *trained) float64 { return r.step }))
	}
	for i, name := range c.algorithms {
		accuracy := column(all[i], func(r *trained) float64 { return r.accuracy })
		problems := 0
		for _, r := range all[i] {
			problems += r.problems
		}
		mean := stats.Mean(accuracy)
		learned, whole := "yes", "-"
		if !(mean >= c.least) {
			learned = "no"
		}
		if problems > 0 && !math.IsNaN(mean) {
			whole = interval(mean, problems)
		}
		var reached []string
		for _, x := range column(all[i], func(r *trained) float64 { return r.reached }) {
			reached = append(reached, number(x))
		}
		step := stats.Median(column(all[i], func(r *trained) float64 { return r.step }))
		fall, least := column(all[i], func(r *trained) float64 { return r.fall }), column(all[i], func(r *trained) float64 { return r.entropy })
		t.Row(name, shares(accuracy), whole, strings.Join(reached, " "), fmt.Sprintf("%.3f", slices.Max(fall)), number(slices.Min(least)), number(step/base), learned)
	}
	return t
}
