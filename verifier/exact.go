package verifier

import (
	"context"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("exact", "the completion equals a reference answer, white space around both aside", newExact)
}

// exact compares text. Reasons: match, mismatch, empty (nothing but white space
// was said), no_gold (the example has no answer to compare with).
type exact struct{}

func newExact(options map[string]any) (Verifier, error) {
	return exact{}, noOptions("exact", options)
}

func (exact) Name() string { return "exact" }

func (exact) Verify(_ context.Context, ex *data.Example, completion string) data.Verdict {
	said := strings.TrimSpace(completion)
	equal := func(answer string) bool { return strings.TrimSpace(answer) == said }
	switch {
	case !slices.ContainsFunc(ex.Answers, func(a string) bool { return strings.TrimSpace(a) != "" }):
		return data.Verdict{Kind: data.Error, Reason: "no_gold", Blame: data.BlameGold}
	case said == "":
		return data.Verdict{Kind: data.Incorrect, Reason: "empty", Blame: data.BlameCompletion}
	case slices.ContainsFunc(ex.Answers, equal):
		return data.Verdict{Kind: data.Correct, Score: 1, Extracted: said, Reason: "match"}
	default:
		return data.Verdict{Kind: data.Incorrect, Extracted: said, Reason: "mismatch", Blame: data.BlameCompletion}
	}
}
