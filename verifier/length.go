package verifier

import (
	"context"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("length", "the completion is as long as wanted: within limits, near a target, or the shorter the better (open-r1's cosine)", newLength)
}

// length looks at the number of characters or words n of a completion. Reasons: match,
// too_short, too_long; cosine has match up to its max. What counts tokens are the shapers
// length_penalty and overlong of the algorithms.
type length struct {
	words          bool
	shape          string
	low, high      int // of limits; target or max is high
	slack          int
	lowest, higher float64
}

// mostLength bounds what options may ask for.
const mostLength = 1 << 30

// newLength has the options
//
//	unit       characters (default) or words
//	shape      limits (default): 1 from min to max, falling to 0 over slack beyond them
//	           target: 1 at target, falling to 0 over slack to both sides
//	           cosine: min_value + (max_value-min_value)(1 + cos(pi n/max))/2, from max_value
//	           at 0 to min_value at max and beyond (open-r1's get_cosine_scaled_reward for
//	           right answers; with its values exchanged, for wrong ones)
//	min, max   of limits; max of cosine (default 1000)
//	target     of target
//	slack      default 0 for limits, target for target
//	min_value, max_value  of cosine, default 0.5 and 1
//
// Deviation: open-r1's cosine rises again beyond max.
func newLength(options map[string]any) (Verifier, error) {
	s := settings{given: options}
	l := &length{words: s.choice("unit", "characters", "words") == "words", shape: s.choice("shape", "limits", "target", "cosine")}
	unused := func(keys ...string) {
		for _, key := range keys {
			v, ok := s.get(key)
			s.Check(!ok, key, v, "nothing with shape %s", l.shape)
		}
	}
	switch l.shape {
	case "target":
		unused("min", "max", "min_value", "max_value")
		l.high = s.whole("target", 0, 1, mostLength)
		s.Check(options["target"] != nil, "target", nil, "required with shape target")
		l.slack = s.whole("slack", l.high, 1, mostLength)
		l.low = l.high
	case "cosine":
		unused("min", "target", "slack")
		l.high = s.whole("max", 1000, 1, mostLength)
		l.lowest, l.higher = s.number("min_value", 0.5, math.Inf(-1), math.Inf(1)), s.number("max_value", 1, math.Inf(-1), math.Inf(1))
	default:
		unused("target", "min_value", "max_value")
		l.low, l.high = s.whole("min", 0, 0, mostLength), s.whole("max", mostLength, 1, mostLength)
		l.slack = s.whole("slack", 0, 0, mostLength)
		s.Check(options["min"] != nil || options["max"] != nil, "max", nil, "required with shape limits, or min")
		s.Check(l.low <= l.high, "min", l.low, "at most max (%d)", l.high)
	}
	return l, s.err()
}

func (*length) Name() string { return "length" }

func (*length) Goldless() bool { return true }

func (l *length) Verify(_ context.Context, _ *data.Example, completion string) data.Verdict {
	n := utf8.RuneCountInString(completion)
	if l.words {
		n = countWords(completion)
	}
	v := data.Verdict{Kind: data.Correct, Score: 1, Reason: "match"}
	if l.shape == "cosine" {
		progress := min(1, float64(n)/float64(l.high))
		v.Score = l.lowest + 0.5*(l.higher-l.lowest)*(1+math.Cos(progress*math.Pi))
	}
	off := 0
	switch {
	case n > l.high:
		off, v.Reason = n-l.high, "too_long"
	case n < l.low:
		off, v.Reason = l.low-n, "too_short"
	default:
		return v
	}
	v.Kind, v.Blame = data.Incorrect, data.BlameCompletion
	if l.shape != "cosine" {
		v.Score = 0
		if off < l.slack {
			v.Score = 1 - float64(off)/float64(l.slack)
		}
	}
	return v
}

// countWords counts what white space separates.
func countWords(text string) int {
	n := 0
	for range strings.FieldsSeq(text) {
		n++
	}
	return n
}
