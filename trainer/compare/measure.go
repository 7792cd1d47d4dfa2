package compare

import (
	"math"
	"regexp"
	"slices"

	"github.com/rlvr-go/rlvr/trainer/runlog"
	"github.com/rlvr-go/rlvr/trainer/stats"
)

// Target is a value of a metric that a run should reach.
type Target struct {
	Metric string  `json:"metric"`
	Value  float64 `json:"value"`
}

// Point is a value of a metric after a step.
type Point struct{ Step, Value float64 }

// RunReport is what one run came to. Numbers that it does not tell are NaN.
type RunReport struct {
	Dir    string `json:"dir"`
	Seed   int64  `json:"seed"`
	State  State  `json:"state"`
	Reason string `json:"reason,omitempty"`
	// Score is the last value of the metric compared, over Problems problems.
	Score    Number `json:"score"`
	Problems int    `json:"problems"`
	// TargetStep is the first step that reaches the target, infinite if none does;
	// TargetSeconds is the time of all steps and evaluations until then.
	TargetStep    Number `json:"target_step"`
	TargetSeconds Number `json:"target_seconds"`
	// WorstFall is the greatest drop of a validation score below its best so far.
	WorstFall Number `json:"worst_fall"`
	// LeastEntropy is the least mean entropy of a step.
	LeastEntropy Number `json:"least_entropy"`
	// NonFinite is the number of steps whose loss or gradient was not finite.
	NonFinite int `json:"non_finite_steps"`
	// StepSeconds is the median time of a step of the last stage, those that compiled
	// left out; TokensPerSecond is what these steps sampled and trained by their time.
	StepSeconds     Number `json:"step_seconds"`
	TokensPerSecond Number `json:"tokens_per_second"`
	// CompileSeconds is what the steps that compiled took beyond a median step of their
	// stage.
	CompileSeconds Number `json:"compile_seconds"`
	// Seconds is the time of all steps and evaluations, Steps their number.
	Seconds Number `json:"seconds"`
	Steps   int    `json:"steps"`

	curve  []Point
	best   float64 // of curve
	scores map[string]float64
}

// The names of metrics that are looked at.
const (
	stepTime   = "timing_s/step"
	evalTime   = "timing_s/eval"
	numTokens  = "num_tokens"
	numCompile = "perf/compiles"
)

// validation is a score that says during the run how it goes.
var validation = regexp.MustCompile(`^eval/validation/avg@[0-9]+$`)

// measure reads the numbers of a run off its records.
func measure(r *Run, metric string, target Target) *RunReport {
	out := &RunReport{
		Dir: r.Dir, Seed: r.Seed, State: r.State, Reason: r.Reason, Score: nan, TargetStep: Number(math.Inf(1)), TargetSeconds: Number(math.Inf(1)), WorstFall: nan,
		LeastEntropy: nan, StepSeconds: nan, TokensPerSecond: nan, CompileSeconds: nan,
	}
	if average := evalAverage.FindStringSubmatch(metric); average != nil && r.Scored(average[1]) {
		out.scores = r.scores[average[1]]
	}
	if !has(r, target.Metric) {
		out.TargetStep, out.TargetSeconds = nan, nan
	}
	for i := range r.Records {
		out.add(&r.Records[i], metric, target)
	}
	out.NonFinite = max(out.NonFinite, r.BadBatches)
	out.cost(r.Records)
	return out
}

// add takes a step's record in.
func (m *RunReport) add(r *runlog.Record, metric string, target Target) {
	v := r.Values
	m.Seconds += Number(v[stepTime] + v[evalTime])
	m.Steps = r.Step
	if score, ok := v[metric]; ok {
		m.Score = Number(score)
		m.Problems = int(v[problemsOf(metric)])
	}
	if reached, ok := v[target.Metric]; ok && reached >= target.Value && math.IsInf(float64(m.TargetStep), 1) {
		m.TargetStep, m.TargetSeconds = Number(r.Step), m.Seconds
	}
	if entropy, ok := v["entropy"]; ok && !(entropy >= float64(m.LeastEntropy)) {
		m.LeastEntropy = Number(entropy)
	}
	if !finite(v["loss"]) || !finite(v["grad_norm"]) {
		m.NonFinite++
	}
	if score, ok := validationScore(v); ok {
		m.curve = append(m.curve, Point{float64(r.Step), score})
		m.best = max(m.best, score)
		m.WorstFall = Number(max(m.best-score, zeroIfNaN(float64(m.WorstFall))))
	}
}

// cost fills in what the steps cost.
func (m *RunReport) cost(all []runlog.Record) {
	type stage struct {
		name             string
		usual            []float64 // times of steps that did not compile
		tokens, compiled float64
		compiling        int
	}
	var stages []*stage
	compiles, tokens := 0.0, 0.0
	for i := range all {
		v := all[i].Values
		took, ok := v[stepTime]
		if !ok {
			continue
		}
		if len(stages) == 0 || stages[len(stages)-1].name != all[i].Stage {
			stages = append(stages, &stage{name: all[i].Stage})
		}
		s := stages[len(stages)-1]
		if v[numCompile] != compiles { // less, after a resume: another process
			s.compiled += took
			s.compiling++
		} else {
			s.usual = append(s.usual, took)
			s.tokens += v[numTokens] - tokens
		}
		compiles, tokens = v[numCompile], v[numTokens]
	}
	if len(stages) == 0 {
		return
	}
	m.CompileSeconds = 0
	for _, s := range stages {
		if s.compiling > 0 {
			m.CompileSeconds += Number(max(0, s.compiled-float64(s.compiling)*zeroIfNaN(stats.Median(s.usual))))
		}
	}
	if compiles == 0 {
		m.CompileSeconds = nan // not told
	}
	last := stages[len(stages)-1]
	m.StepSeconds = Number(stats.Median(last.usual))
	if total := stats.Mean(last.usual) * float64(len(last.usual)); total > 0 && last.tokens > 0 {
		m.TokensPerSecond = Number(last.tokens / total)
	}
}

// problemsOf is the metric that counts the problems of an evaluation's metric. No other
// metric has such a one.
func problemsOf(metric string) string {
	return evalSet.ReplaceAllString(metric, "$1") + "num_problems"
}

// evalAverage is a metric that is the mean of what a [ProblemsFile] says of problems.
var evalAverage = regexp.MustCompile(`^eval/([^/]+)/avg@[0-9]+$`)

var evalSet = regexp.MustCompile(`^(eval/[^/]+/).*$`)

// validationScore is the average on the validation problems in a record.
func validationScore(values map[string]float64) (float64, bool) {
	name := ""
	for n := range values {
		if validation.MatchString(n) && (name == "" || n < name) {
			name = n
		}
	}
	score, ok := values[name]
	return score, ok
}

// has reports whether a record of the run has a metric.
func has(r *Run, metric string) bool {
	return slices.ContainsFunc(r.Records, func(r runlog.Record) bool {
		_, ok := r.Values[metric]
		return ok
	})
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func zeroIfNaN(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return v
}
