package algos

import "github.com/rlvr-go/rlvr/data"

// maskTruncated takes completions that the length limit cut off out of the loss
// (DAPO's overlong filtering, arXiv 2503.14476, section 3.4). Their rewards stay in
// the group's statistics, as in TRL.
type maskTruncated struct{ on bool }

func init() {
	RegisterShaper(Part{
		Name: "mask_truncated", Paper: "arXiv 2503.14476", Summary: "no loss on completions cut by the length limit",
		Options: []Option{
			BoolOption("mask_truncated_completions", false, "Leave completions cut by the length limit out of the loss."),
		},
	}, func(v Values) Shaper { return maskTruncated{v.Bool("mask_truncated_completions")} })
}

// Needs implements [Shaper].
func (maskTruncated) Needs() Needs { return Needs{} }

// Shape implements [Shaper].
func (m maskTruncated) Shape(s *data.Scored) error {
	if !m.on {
		return nil
	}
	for i := range s.Rows {
		if r := &s.Rows[i]; r.Rollout.Finish == data.FinishLength {
			r.Mask = make([]bool, len(r.Mask))
		}
	}
	return nil
}
