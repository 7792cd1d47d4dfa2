package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rlvr-go/rlvr/trainer/compare"
	"github.com/rlvr-go/rlvr/trainer/runlog"
	"github.com/rlvr-go/rlvr/trainer/stats"
)

// always are the seeds that must reach the goal; of the others one in ten may miss
// it.
var always = []int{1, 2, 3}

// trial is the command seeds.
type trial struct {
	ours
	backend string
	seeds   []int
	goal    float64
}

// outcome is a run under a seed.
type outcome struct {
	seed int
	// accuracy is on the test problems: before training, after each stage.
	accuracy []float64
	problems int
	sftSteps int
	tokens   float64
	wall     time.Duration
	rss      int64
}

// final is the accuracy after the last stage.
func (o *outcome) final() float64 { return o.accuracy[len(o.accuracy)-1] }

func runSeeds(ctx context.Context, args []string, out, errOut io.Writer) error {
	c := &trial{}
	f := flag.NewFlagSet("seeds", flag.ContinueOnError)
	c.addFlags(f)
	f.StringVar(&c.backend, "backend", "go", "compute backend")
	f.Float64Var(&c.goal, "goal", 0.9, "accuracy on the test problems to reach: on seeds 1, 2, 3, if they are run, and on nine of ten of all")
	seeds := f.String("seeds", "1-10", "the seeds: 1-10, or 1,2,7")
	if err := parse(f, args, errOut); err != nil {
		return err
	}
	var err error
	if c.seeds, err = parseSeeds(*seeds); err != nil {
		return err
	}
	var all []*outcome
	for _, seed := range c.seeds {
		o, err := c.run(ctx, seed)
		if err != nil {
			return fmt.Errorf("seed %d: %w", seed, err)
		}
		all = append(all, o)
		fmt.Fprintf(errOut, "seed %d: accuracy %s, %s s\n", seed, shares(o.accuracy), number(o.wall.Seconds()))
	}
	fmt.Fprintf(out, "%s on %s, accuracy on %d held-out problems with 95 %% intervals\n\n%s\n", c.config, c.backend, all[0].problems, seedTable(all))
	text, err := verdict(all, c.goal)
	fmt.Fprintln(out, text)
	return err
}

// parseSeeds reads numbers and ranges, joined by commas.
func parseSeeds(s string) ([]int, error) {
	var out []int
	for _, part := range strings.Split(s, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		lo, err1 := strconv.Atoi(first)
		hi, err2 := strconv.Atoi(last)
		if errors.Join(err1, err2) != nil || lo > hi {
			return nil, fmt.Errorf("-seeds: found %q, allowed: numbers and ranges, as in 1-3,7", s)
		}
		for n := lo; n <= hi; n++ {
			out = append(out, n)
		}
	}
	return out, nil
}

// run trains under one seed.
func (c *trial) run(ctx context.Context, seed int) (*outcome, error) {
	dir, err := os.MkdirTemp("", "rlvr-seeds-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	folder := filepath.Join(dir, "run")
	p, err := start(ctx, c.train(c.backend, seed, folder))
	if err != nil {
		return nil, err
	}
	all, err := readRecords(folder)
	if err != nil {
		return nil, err
	}
	o := &outcome{seed: seed, sftSteps: len(ofStage(all, sftStage)), tokens: all[len(all)-1].NumTokens, wall: p.wall, rss: p.rss}
	if o.accuracy, o.problems = accuracies(all); len(o.accuracy) == 0 {
		return nil, errors.New("the run did not look at the test problems")
	}
	return o, nil
}

// seedTable has a row a seed, and one for the medians.
func seedTable(all []*outcome) compare.Table {
	t := compare.Table{{"seed", "before", "after SFT", "after GRPO", "gain of GRPO", "SFT steps", "tokens", "s", "MiB"}}
	column := func(of func(o *outcome) float64) float64 {
		var x []float64
		for _, o := range all {
			x = append(x, of(o))
		}
		return stats.Median(x)
	}
	at := func(o *outcome, back int) float64 { return o.accuracy[max(0, len(o.accuracy)-1-back)] }
	gain := func(o *outcome) float64 { return at(o, 0) - at(o, 1) }
	mib := func(o *outcome) float64 { return float64(o.rss) / (1 << 20) }
	for _, o := range all {
		t.Row(strconv.Itoa(o.seed), interval(at(o, 2), o.problems), interval(at(o, 1), o.problems), interval(at(o, 0), o.problems),
			fmt.Sprintf("%+.3f", gain(o)), strconv.Itoa(o.sftSteps), number(o.tokens), number(o.wall.Seconds()), number(mib(o)))
	}
	share := func(back int) string {
		return fmt.Sprintf("%.3f", column(func(o *outcome) float64 { return at(o, back) }))
	}
	t.Row("median", share(2), share(1), share(0), fmt.Sprintf("%+.3f", column(gain)),
		number(column(func(o *outcome) float64 { return float64(o.sftSteps) })), number(column(func(o *outcome) float64 { return o.tokens })),
		number(column(func(o *outcome) float64 { return o.wall.Seconds() })), number(column(mib)))
	return t
}

// interval is a share of n problems with its 95 % interval.
func interval(share float64, n int) string {
	low, high := runlog.Wilson(share*float64(n), n)
	return fmt.Sprintf("%.3f [%.3f, %.3f]", share, low, high)
}

// verdict says which seeds reached the goal; it is an error if too few did.
func verdict(all []*outcome, goal float64) (string, error) {
	var missed []string
	must := false
	for _, o := range all {
		if o.final() < goal {
			missed = append(missed, strconv.Itoa(o.seed))
			must = must || slices.Contains(always, o.seed)
		}
	}
	text := fmt.Sprintf("%d of %d seeds reach %.2f", len(all)-len(missed), len(all), goal)
	if len(missed) > 0 {
		text += "; missed: " + strings.Join(missed, ", ")
	}
	if must || 10*len(missed) > len(all) {
		return text, fmt.Errorf("the goal is missed: %.2f on each of the seeds 1, 2, 3 and on nine of ten", goal)
	}
	return text, nil
}
