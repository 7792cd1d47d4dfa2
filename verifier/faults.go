package verifier

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/data"
)

// ErrTooManyFaults says that so many verdicts are faults of the reference answers
// or the infrastructure that the rest says little about the policy.
var ErrTooManyFaults = errors.New("too many verifier faults")

// Faults is the account of a window of verdicts; a run's window is a step.
type Faults struct {
	// Judged is the number of verdicts in the window.
	Judged int
	// Gold and Infrastructure count the masked verdicts by blame.
	Gold, Infrastructure int
	// Undecided and Timeouts count verdicts that blame the completion: it could not
	// be judged, and (of those) it took too long. They are trained on, as wrong.
	Undecided, Timeouts int
	// reasons counts the masked verdicts by reason; details has one Detail each.
	reasons map[string]int
	details map[string]string
}

// Count makes the account of the verdicts.
func Count(verdicts []data.Verdict) Faults {
	f := Faults{Judged: len(verdicts), reasons: map[string]int{}, details: map[string]string{}}
	for _, v := range verdicts {
		switch {
		case v.Blame == data.BlameGold:
			f.Gold++
		case v.Blame == data.BlameInfrastructure:
			f.Infrastructure++
		case v.Reason == ReasonTimeout:
			f.Timeouts++
			f.Undecided++
		case v.Kind == data.Undecided || v.Kind == data.Error:
			f.Undecided++
		}
		if v.Masked() {
			f.reasons[v.Reason]++
			if f.details[v.Reason] == "" {
				f.details[v.Reason] = v.Detail
			}
		}
	}
	return f
}

// Fraction is the share of masked verdicts, 0 for an empty window.
func (f Faults) Fraction() float64 { return share(f.Gold+f.Infrastructure, f.Judged) }

// UndecidedFraction is the share of verdicts that could not decide and blame the
// completion; TimeoutFraction is that of the timeouts among them.
func (f Faults) UndecidedFraction() float64 { return share(f.Undecided, f.Judged) }

// TimeoutFraction is the share of completions that took too long.
func (f Faults) TimeoutFraction() float64 { return share(f.Timeouts, f.Judged) }

func share(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// Check is [ErrTooManyFaults] with the counts and reasons when more than the share
// maxFraction of the window are faults, else nil.
func (f Faults) Check(maxFraction float64) error {
	if f.Fraction() <= maxFraction {
		return nil
	}
	return fmt.Errorf("verifier: %w: %d of %d completions (%d the reference answer's, %d the infrastructure's; max_fault_fraction is %v): %s",
		ErrTooManyFaults, f.Gold+f.Infrastructure, f.Judged, f.Gold, f.Infrastructure, maxFraction, f.byReason())
}

// byReason lists the reasons, most frequent first.
func (f Faults) byReason() string {
	reasons := slices.SortedFunc(maps.Keys(f.reasons), func(a, b string) int {
		return cmp.Or(cmp.Compare(f.reasons[b], f.reasons[a]), cmp.Compare(a, b))
	})
	parts := make([]string, len(reasons))
	for i, r := range reasons {
		parts[i] = fmt.Sprintf("%s x%d", r, f.reasons[r])
		if d := f.details[r]; d != "" {
			parts[i] += fmt.Sprintf(" (%s)", d)
		}
	}
	return strings.Join(parts, ", ")
}
