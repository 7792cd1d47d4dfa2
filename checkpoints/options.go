package checkpoints

import "github.com/rlvr-go/rlvr/configs/fault"

// Options say when a run is saved (config section "checkpoint").
type Options struct {
	// SaveSteps is the number of steps between saves; 0: only at the end of a
	// stage and when interrupted.
	SaveSteps int `yaml:"save_steps"`
	// KeepLast is the number of checkpoints kept (TRL save_total_limit); 0: all.
	KeepLast int `yaml:"keep_last"`
}

// DefaultOptions save every 50 steps and keep the last two.
func DefaultOptions() Options { return Options{SaveSteps: 50, KeepLast: 2} }

// Validate reports every option out of range.
func (o *Options) Validate() error {
	var l fault.List
	l.Check(o.SaveSteps >= 0, "save_steps", o.SaveSteps, "0 (at the ends of stages) or more")
	l.Check(o.KeepLast >= 0, "keep_last", o.KeepLast, "0 (all) or more")
	return l.Err()
}
