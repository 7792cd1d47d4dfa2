package verifier_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier"
	"github.com/rlvr-go/rlvr/verifier/verifiertest"
)

func answers(golds ...string) data.Example {
	return data.Example{ID: "test/" + strings.Join(golds, "|"), Prompt: "?", Answers: golds}
}

func row(ex data.Example, completion string, kind data.VerdictKind, reason string) verifiertest.Case {
	return verifiertest.Case{Example: ex, Completion: completion, Kind: kind, Reason: reason}
}

func TestExact(t *testing.T) {
	verifiertest.Run(t, verifiertest.Suite{
		New: func() (verifier.Verifier, error) { return verifier.New("exact", nil) },
		Cases: []verifiertest.Case{
			row(answers("910"), "910", data.Correct, "match"),
			row(answers("910"), " 910\n", data.Correct, "match"),
			row(answers(" 910 "), "910", data.Correct, "match"),
			row(answers("a", "b"), "b", data.Correct, "match"),
			row(answers("", "b"), "b", data.Correct, "match"),
			row(answers("two words"), "two words", data.Correct, "match"),
			row(answers("910"), "91", data.Incorrect, "mismatch"),
			row(answers("910"), "9100", data.Incorrect, "mismatch"),
			row(answers("910"), "9 10", data.Incorrect, "mismatch"),
			row(answers("Yes"), "yes", data.Incorrect, "mismatch"),
			row(answers("12.50"), "12.5", data.Incorrect, "mismatch"),
			row(answers("910"), "", data.Incorrect, "empty"),
			row(answers("910"), " \n", data.Incorrect, "empty"),
			row(answers("", " "), "", data.Error, "no_gold"),
			row(answers(), "x", data.Error, "no_gold"),
		},
	})
}

func TestExactExtracts(t *testing.T) {
	v, err := verifier.New("exact", nil)
	if err != nil {
		t.Fatal(err)
	}
	ex := answers("910")
	got := v.Verify(context.Background(), &ex, " 910 ")
	if got.Extracted != "910" || got.Score != 1 {
		t.Errorf("got %+v, want 910 extracted with score 1", got)
	}
}

func ExampleVerifier() {
	v, err := verifier.New("exact", nil)
	if err != nil {
		panic(err)
	}
	ex := data.Example{ID: "addition/12+07", Prompt: "12+07=", Answers: []string{"910"}}
	for _, completion := range []string{"910", "91"} {
		verdict := v.Verify(context.Background(), &ex, completion)
		fmt.Println(completion, verdict.Kind, verdict.Score, verdict.Reason)
	}
	// Output:
	// 910 correct 1 match
	// 91 incorrect 0 mismatch
}
