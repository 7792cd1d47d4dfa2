package runlog

import (
	"slices"

	"github.com/rlvr-go/rlvr/configs/fault"
)

// Options say what a run reports (config section "logging").
type Options struct {
	// LoggingSteps is the number of steps between console lines; every step is
	// in metrics.jsonl whatever it says.
	LoggingSteps int `yaml:"logging_steps"`
	// CompletionsSteps is the number of steps between tables of sample
	// completions on the console; 0: never.
	CompletionsSteps int `yaml:"completions_steps"`
	// NumCompletions is how many completions a step writes to samples.jsonl and a
	// table shows (TRL num_completions_to_print).
	NumCompletions int `yaml:"num_completions"`
	// ScoreCompletions has the policy score the completions of samples.jsonl again after
	// the step's updates, for their tokens' ratios and entropies in rlvr view: a forward
	// pass over them a step.
	ScoreCompletions bool `yaml:"score_completions"`
	// ReportTo lists what is written beside the console: jsonl, tensorboard.
	ReportTo []string `yaml:"report_to"`
}

// Sinks are the words that report_to allows.
var Sinks = []string{"jsonl", "tensorboard"}

// DefaultOptions write everything, a console line a step, a table every 50.
func DefaultOptions() Options {
	return Options{LoggingSteps: 1, CompletionsSteps: 50, NumCompletions: 4, ReportTo: slices.Clone(Sinks)}
}

// Validate reports every option out of range.
func (o *Options) Validate() error {
	var l fault.List
	l.Check(o.LoggingSteps >= 1, "logging_steps", o.LoggingSteps, "at least 1")
	l.Check(o.CompletionsSteps >= 0, "completions_steps", o.CompletionsSteps, "0 (never) or more")
	l.Check(o.NumCompletions >= 0, "num_completions", o.NumCompletions, "0 or more")
	for _, s := range o.ReportTo {
		l.Check(slices.Contains(Sinks, s), "report_to", s, "jsonl, tensorboard")
	}
	return l.Err()
}
