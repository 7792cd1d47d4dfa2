package algos

import (
	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

// overlong takes reward from completions that come near the length limit (DAPO's soft
// overlong punishment, arXiv 2503.14476, eq. 13): with M the limit, C the buffer and f
// the penalty
//
//	0                    |y| <= M-C
//	f*((M-C) - |y|)/C    M-C < |y| <= M
//	-f                   M < |y|
//
// Deviations: with compat verl the second line goes on beyond M, as in its code. What is
// counted are the completion's tokens, end of sequence included.
type overlong struct {
	buffer, most int
	factor       float64
	unbounded    bool
}

func init() {
	notNegativeInt := func(x int) bool { return x >= 0 }
	RegisterShaper(Part{
		Name: "overlong", Paper: "arXiv 2503.14476", Summary: "less reward near the length limit",
		Options: []Option{
			IntOption("overlong_buffer_length", 0, "0 (off) or more", notNegativeInt, "Tokens before the limit over which the penalty grows; 0: off."),
			IntOption("overlong_max_length", 0, "0 (while overlong_buffer_length is 0) or more", notNegativeInt, "The limit: max_completion_length of the rollout."),
			FloatOption("overlong_penalty", 1, "above 0", positive, "What a completion at the limit loses."),
			CompatOption("verl"),
		},
		Contradictions: func(v Values, l *fault.List) {
			buffer, most := v.Int("overlong_buffer_length"), v.Int("overlong_max_length")
			if buffer == 0 {
				l.Check(most == 0, "overlong_max_length", most, "nothing while overlong_buffer_length is 0")
				l.Check(!v.Changed("overlong_penalty"), "overlong_penalty", v.Float("overlong_penalty"), "nothing while overlong_buffer_length is 0")
				return
			}
			l.Check(most >= buffer, "overlong_max_length", most, "at least overlong_buffer_length (%d): set it to max_completion_length", buffer)
			if v.Has("mask_truncated_completions") && v.Bool("mask_truncated_completions") {
				l.Add("overlong_buffer_length", buffer, "0 while mask_truncated_completions is true: those that lose most would not learn from it")
			}
		},
	}, func(v Values) Shaper {
		return overlong{v.Int("overlong_buffer_length"), v.Int("overlong_max_length"), v.Float("overlong_penalty"), v.Text(compatName) == "verl"}
	})
}

// Needs implements [Shaper].
func (overlong) Needs() Needs { return Needs{} }

// Shape implements [Shaper].
func (o overlong) Shape(s *data.Scored) error {
	if o.buffer == 0 {
		return nil
	}
	addReward(s, "overlong", func(r *data.Row) float64 {
		share := float64(r.Rollout.NumTokens()-(o.most-o.buffer)) / float64(o.buffer)
		if !o.unbounded {
			share = min(share, 1)
		}
		return -o.factor * max(share, 0)
	})
	return nil
}
