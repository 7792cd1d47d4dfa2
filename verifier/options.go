package verifier

import (
	"time"

	"github.com/rlvr-go/rlvr/configs/fault"
)

// Options say how completions are rewarded (config section "reward").
type Options struct {
	// Verifier is the name of a registered verifier. A config that names none gets
	// its task's own, and exact for problem files.
	Verifier string `yaml:"verifier"`
	// Options are the verifier's own.
	Options map[string]any `yaml:"options"`
	// TimeoutMS is the time that one completion may take in milliseconds; a
	// completion that takes longer scores as wrong. It is the last line of
	// defence: verifiers bound their work themselves. Default 2000.
	TimeoutMS int `yaml:"timeout_ms"`
	// MaxFaultFraction is the share of a step's verdicts that may be faults of the
	// reference answer or the infrastructure before the run stops. Default 0.1.
	MaxFaultFraction float64 `yaml:"max_fault_fraction"`
}

// DefaultOptions compare text exactly.
func DefaultOptions() Options {
	return Options{Verifier: "exact", TimeoutMS: 2000, MaxFaultFraction: 0.1}
}

// Timeout is TimeoutMS as a duration.
func (o *Options) Timeout() time.Duration { return time.Duration(o.TimeoutMS) * time.Millisecond }

// New makes the verifier that the options name.
func (o *Options) New() (Verifier, error) { return New(o.Verifier, o.Options) }

// maxTimeoutMS is one hour: more is a typing error, and far from overflow.
const maxTimeoutMS = 3_600_000

// Validate reports every option out of range, those of the verifier included.
func (o *Options) Validate() error {
	var l fault.List
	_, err := o.New()
	for _, f := range fault.Of(err) {
		l.Add(f.Path, f.Value, "%s", f.Allowed)
	}
	l.Check(o.TimeoutMS >= 1 && o.TimeoutMS <= maxTimeoutMS, "timeout_ms", o.TimeoutMS, "1 to %d", maxTimeoutMS)
	l.Check(o.MaxFaultFraction >= 0 && o.MaxFaultFraction <= 1, "max_fault_fraction", o.MaxFaultFraction, "0 (any fault stops the run) to 1 (none does)")
	return l.Err()
}
