package compare

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/trainer/runlog"
	"github.com/rlvr-go/rlvr/trainer/stats"
)

// Options say what is compared.
type Options struct {
	// Metric is the score whose last value counts; empty: that of the test problems,
	// or else of the validation problems, that all runs have.
	Metric string
	Target Target
}

// Report is a comparison.
type Report struct {
	Metric string `json:"metric"`
	Target Target `json:"target"`
	// Base is the name of the arm that the others are compared with, the first.
	Base string      `json:"base"`
	Arms []ArmReport `json:"arms"`
}

// ArmReport is what the runs of an arm came to. Medians are over its runs that did not
// fail; a run that never reaches the target counts as infinite.
type ArmReport struct {
	Name string      `json:"name"`
	Runs []RunReport `json:"runs"`
	// Score is the mean over the runs with its 95 % interval.
	Score Estimate `json:"score"`
	// Difference is that to the base over pairs; nil for the base itself.
	Difference *Difference `json:"difference,omitempty"`
	// Reached is the number of runs that reach the target.
	Reached       int    `json:"reached"`
	TargetStep    Number `json:"target_step"`
	TargetSeconds Number `json:"target_seconds"`
	Failed        int    `json:"failed"`
	// NonFinite is the sum over runs, WorstFall the greatest, LeastEntropy the least;
	// failed runs count.
	NonFinite       int    `json:"non_finite_steps"`
	WorstFall       Number `json:"worst_fall"`
	LeastEntropy    Number `json:"least_entropy"`
	StepSeconds     Number `json:"step_seconds"`
	TokensPerSecond Number `json:"tokens_per_second"`
	CompileSeconds  Number `json:"compile_seconds"`
	Seconds         Number `json:"seconds"`
}

// Estimate is a value with its 95 % interval.
type Estimate struct {
	Value Number `json:"value"`
	Low   Number `json:"low"`
	High  Number `json:"high"`
}

// Difference is how an arm differs from the base.
type Difference struct {
	// Estimate is of the score, the arm's less the base's, over pairs.
	Estimate
	Pairs int `json:"pairs"`
	// ByProblem says that problems were paired too.
	ByProblem bool `json:"by_problem"`
	// OtherSeeds says that the one run of each has another seed.
	OtherSeeds bool `json:"other_seeds,omitempty"`
	// TargetSteps, TargetSeconds and StepSeconds are the medians over pairs of what the
	// arm takes by what the base takes.
	TargetSteps   Number `json:"target_steps_ratio"`
	TargetSeconds Number `json:"target_seconds_ratio"`
	StepSeconds   Number `json:"step_seconds_ratio"`
}

// Compare compares the arms with the first of them.
func Compare(arms []*Arm, o Options) (*Report, error) {
	if len(arms) == 0 {
		return nil, errors.New("compare: nothing to compare")
	}
	var err error
	if o.Metric, err = chooseMetric(arms, o.Metric); err != nil {
		return nil, err
	}
	out := &Report{Metric: o.Metric, Target: o.Target, Base: arms[0].Name}
	for _, arm := range arms {
		a := ArmReport{Name: arm.Name}
		for _, r := range arm.Runs {
			a.Runs = append(a.Runs, *measure(r, o.Metric, o.Target))
		}
		a.summarize()
		out.Arms = append(out.Arms, a)
	}
	for i := 1; i < len(out.Arms); i++ {
		out.Arms[i].Difference = difference(out.Arms[i].Runs, out.Arms[0].Runs)
	}
	return out, nil
}

// scoreMetrics are the averages that may be compared, best first.
var scoreMetrics = []*regexp.Regexp{regexp.MustCompile(`^eval/test/avg@[0-9]+$`), validation}

// chooseMetric is the score to compare; asked is what the user wants, if anything.
func chooseMetric(arms []*Arm, asked string) (string, error) {
	common := map[string]int{} // in how many of the finished runs
	runs := 0
	for _, arm := range arms {
		for _, r := range arm.Runs {
			if r.State != Finished {
				continue
			}
			runs++
			seen := map[string]bool{}
			for i := range r.Records {
				for name := range r.Records[i].Values {
					seen[name] = true
				}
			}
			for name := range seen {
				common[name]++
			}
		}
	}
	maps.DeleteFunc(common, func(_ string, n int) bool { return n < runs })
	names := slices.Sorted(maps.Keys(common))
	if asked != "" {
		if runs > 0 && common[asked] == 0 {
			return "", fmt.Errorf("compare: not every run has the metric %s; all have %s", asked, strings.Join(slices.DeleteFunc(names, func(n string) bool { return !strings.HasPrefix(n, "eval/") }), ", "))
		}
		return asked, nil
	}
	for _, pattern := range scoreMetrics {
		for _, name := range names {
			if pattern.MatchString(name) {
				return name, nil
			}
		}
	}
	if runs == 0 {
		return "eval/test/avg@1", nil // all failed: there is nothing to choose from
	}
	return "", errors.New("compare: the runs have no eval/test/avg@<k> and no eval/validation/avg@<k> in common")
}

// ended are the runs of which the score counts.
func ended(runs []RunReport) []*RunReport {
	var out []*RunReport
	for i := range runs {
		if runs[i].State == Finished && finite(float64(runs[i].Score)) {
			out = append(out, &runs[i])
		}
	}
	return out
}

// summarize fills in the numbers over runs.
func (a *ArmReport) summarize() {
	runs := ended(a.Runs)
	median := func(of func(r *RunReport) Number) Number { return medianOf(runs, of) }
	a.TargetStep = median(func(r *RunReport) Number { return r.TargetStep })
	a.TargetSeconds = median(func(r *RunReport) Number { return r.TargetSeconds })
	a.StepSeconds = median(func(r *RunReport) Number { return r.StepSeconds })
	a.TokensPerSecond = median(func(r *RunReport) Number { return r.TokensPerSecond })
	a.CompileSeconds = median(func(r *RunReport) Number { return r.CompileSeconds })
	a.Seconds = median(func(r *RunReport) Number { return r.Seconds })
	a.WorstFall, a.LeastEntropy = nan, nan
	for i := range a.Runs {
		r := &a.Runs[i]
		if r.State != Finished {
			a.Failed++
		}
		if finite(float64(r.TargetStep)) {
			a.Reached++
		}
		a.NonFinite += r.NonFinite
		if !(r.WorstFall <= a.WorstFall) && !math.IsNaN(float64(r.WorstFall)) {
			a.WorstFall = r.WorstFall
		}
		if !(r.LeastEntropy >= a.LeastEntropy) && !math.IsNaN(float64(r.LeastEntropy)) {
			a.LeastEntropy = r.LeastEntropy
		}
	}
	var outcomes []stats.Outcome
	for _, r := range runs {
		outcomes = append(outcomes, stats.Outcome{Mean: float64(r.Score), Problems: r.Problems})
	}
	interval := stats.MeanInterval(outcomes)
	if len(outcomes) == 1 { // as everywhere else
		interval.Low, interval.High = runlog.Wilson(outcomes[0].Mean*float64(outcomes[0].Problems), outcomes[0].Problems)
	}
	a.Score = Estimate{meanOf(outcomes), Number(interval.Low), Number(interval.High)}
}

// difference is that between runs and those of the base with the same seeds; if both
// are single, between these.
func difference(runs, base []RunReport) *Difference {
	d := &Difference{}
	var ours, theirs []*RunReport
	for _, r := range ended(runs) {
		for _, b := range ended(base) {
			if r.Seed == b.Seed {
				ours, theirs = append(ours, r), append(theirs, b)
			}
		}
	}
	if len(ours) == 0 && len(runs) == 1 && len(base) == 1 {
		ours, theirs = ended(runs), ended(base)
		d.OtherSeeds = len(ours) == 1 && len(theirs) == 1
		if !d.OtherSeeds {
			ours, theirs = nil, nil
		}
	}
	d.Pairs = len(ours)
	a, b := outcomesOf(ours, theirs)
	d.ByProblem = stats.Scored(a, b)
	interval, _ := stats.DifferenceInterval(a, b) // as many of one as of the other
	d.Estimate = Estimate{meanOf(a) - meanOf(b), Number(interval.Low), Number(interval.High)}
	ratio := func(of func(r *RunReport) Number) Number {
		var x []float64
		for i := range ours {
			x = append(x, float64(of(ours[i])/of(theirs[i])))
		}
		if slices.ContainsFunc(x, math.IsNaN) {
			return nan
		}
		return Number(stats.Median(x))
	}
	d.TargetSteps = ratio(func(r *RunReport) Number { return r.TargetStep })
	d.TargetSeconds = ratio(func(r *RunReport) Number { return r.TargetSeconds })
	d.StepSeconds = ratio(func(r *RunReport) Number { return r.StepSeconds })
	return d
}

// outcomesOf are the outcomes of pairs: by problem, over the problems that all of them
// have, where every run kept its scores.
func outcomesOf(ours, theirs []*RunReport) (a, b []stats.Outcome) {
	var shared []string
	for i, r := range slices.Concat(ours, theirs) {
		if i == 0 {
			shared = slices.Sorted(maps.Keys(r.scores))
		}
		shared = slices.DeleteFunc(shared, func(id string) bool {
			_, ok := r.scores[id]
			return !ok
		})
	}
	of := func(r *RunReport) stats.Outcome {
		o := stats.Outcome{Mean: float64(r.Score), Problems: r.Problems}
		for _, id := range shared {
			o.Scores = append(o.Scores, r.scores[id])
		}
		if len(shared) > 0 {
			o.Mean = stats.Mean(o.Scores)
		}
		return o
	}
	for i := range ours {
		a, b = append(a, of(ours[i])), append(b, of(theirs[i]))
	}
	return a, b
}

// meanOf is the mean over outcomes.
func meanOf(outcomes []stats.Outcome) Number {
	var x []float64
	for _, o := range outcomes {
		x = append(x, o.Mean)
	}
	return Number(stats.Mean(x))
}

// medianOf is NaN where a run does not tell.
func medianOf(runs []*RunReport, of func(r *RunReport) Number) Number {
	var x []float64
	for _, r := range runs {
		x = append(x, float64(of(r)))
	}
	if slices.ContainsFunc(x, math.IsNaN) {
		return nan
	}
	return Number(stats.Median(x))
}
