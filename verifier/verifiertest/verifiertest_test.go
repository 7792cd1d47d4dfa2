package verifiertest_test

import (
	"context"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier"
	"github.com/rlvr-go/rlvr/verifier/verifiertest"
)

var example = data.Example{ID: "1", Prompt: "1+1=", Answers: []string{"2"}, Extra: map[string]any{"k": "v"}}

var cases = []verifiertest.Case{
	{Example: example, Completion: "2", Kind: data.Correct, Reason: "match"},
	{Example: example, Completion: "3", Kind: data.Incorrect},
}

// good is a conforming verifier; the broken ones below wrap it.
func good(ex *data.Example, completion string) data.Verdict {
	switch {
	case len(ex.Answers) == 0:
		return data.Verdict{Kind: data.Error, Reason: "no_gold", Blame: data.BlameGold}
	case completion == ex.Answers[0]:
		return data.Verdict{Kind: data.Correct, Score: 1, Reason: "match"}
	default:
		return data.Verdict{Kind: data.Incorrect, Reason: "mismatch", Blame: data.BlameCompletion}
	}
}

type verifierFunc func(context.Context, *data.Example, string) data.Verdict

func (verifierFunc) Name() string { return "test" }

func (f verifierFunc) Verify(ctx context.Context, ex *data.Example, s string) data.Verdict {
	return f(ctx, ex, s)
}

func check(f verifierFunc, cases []verifiertest.Case) []error {
	return verifiertest.Check(verifiertest.Suite{New: func() (verifier.Verifier, error) { return f, nil }, Cases: cases})
}

func TestGoodVerifierPasses(t *testing.T) {
	f := func(_ context.Context, ex *data.Example, s string) data.Verdict { return good(ex, s) }
	for _, err := range check(f, cases) {
		t.Error(err)
	}
}

// TestBrokenVerifiersFail shows that each demand can fail, and for its own reason.
func TestBrokenVerifiersFail(t *testing.T) {
	var calls atomic.Int64
	edit := func(change func(v *data.Verdict)) verifierFunc {
		return func(_ context.Context, ex *data.Example, s string) data.Verdict {
			v := good(ex, s)
			change(&v)
			return v
		}
	}
	tests := []struct {
		name   string
		f      verifierFunc
		demand string
	}{
		{"always right", func(context.Context, *data.Example, string) data.Verdict {
			return data.Verdict{Kind: data.Correct, Score: 1, Reason: "match"}
		}, "cases"},
		{"nan score", edit(func(v *data.Verdict) { v.Score = math.NaN() }), "consistent"},
		{"reason is prose", edit(func(v *data.Verdict) { v.Reason = "It Matches." }), "consistent"},
		{"reserved reason", edit(func(v *data.Verdict) { v.Reason = verifier.ReasonTimeout }), "consistent"},
		{"wrong scores as right", edit(func(v *data.Verdict) { v.Score = 1 }), "consistent"},
		{"correct with blame", edit(func(v *data.Verdict) { v.Blame = data.BlameCompletion }), "consistent"},
		{"counts calls", edit(func(v *data.Verdict) { v.Items = []float64{float64(calls.Add(1))} }), "repeatable"},
		{"writes the example", func(_ context.Context, ex *data.Example, s string) data.Verdict {
			if ex.Extra["seen"] == nil { // once, so that the suite's goroutines only read
				ex.Extra["seen"] = true
			}
			return good(ex, s)
		}, "untouched"},
		{"no gold is wrong", func(_ context.Context, ex *data.Example, s string) data.Verdict {
			v := good(ex, s)
			if v.Masked() {
				v.Kind, v.Blame = data.Incorrect, data.BlameCompletion
			}
			return v
		}, "no gold"},
		{"panics on empty", func(_ context.Context, ex *data.Example, s string) data.Verdict {
			_ = s[0]
			return good(ex, s)
		}, "hostile"},
		{"long is infrastructure", func(_ context.Context, ex *data.Example, s string) data.Verdict {
			if len(s) > 1000 {
				return data.Verdict{Kind: data.Error, Reason: "too_long", Blame: data.BlameInfrastructure}
			}
			return good(ex, s)
		}, "hostile"},
		{"heeds no context", func(ctx context.Context, ex *data.Example, s string) data.Verdict {
			if ctx.Err() != nil {
				time.Sleep(1100 * time.Millisecond)
			}
			return good(ex, s)
		}, "cancelled"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, err := range check(tt.f, cases) {
				if strings.HasPrefix(err.Error(), tt.demand+":") {
					return
				}
			}
			t.Errorf("the suite has no objection named %q", tt.demand)
		})
	}
}

func TestSuiteNeedsBothKinds(t *testing.T) {
	f := func(_ context.Context, ex *data.Example, s string) data.Verdict { return good(ex, s) }
	if len(check(f, cases[:1])) == 0 {
		t.Error("a suite without an incorrect case passes")
	}
}
