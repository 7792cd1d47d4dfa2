package verifier_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier"
	"github.com/rlvr-go/rlvr/verifier/verifiertest"
)

func TestNumber(t *testing.T) {
	verifiertest.Run(t, verifiertest.Suite{
		New: func() (verifier.Verifier, error) { return verifier.New("number", nil) },
		Cases: []verifiertest.Case{
			row(answers("19"), "19", data.Correct, "match"),
			row(answers("19"), "12 + 7 = 19.", data.Correct, "match"),
			row(answers("19"), "The answer is **19**.\n", data.Correct, "match"),
			row(answers("1234.5"), "$1,234.50", data.Correct, "match"),
			row(answers("a = 1, b = 2"), "so 2", data.Correct, "match"),
			row(answers("#### 1,000"), "1000", data.Correct, "match"),
			row(answers("none", "7"), "7", data.Correct, "match"),
			row(answers("-3"), "-3", data.Correct, "match"),
			row(answers("-3"), "it is -3", data.Correct, "match"),
			row(answers("-3"), "x=-3", data.Correct, "match"),
			row(answers("-3"), "\u22123", data.Correct, "match"),
			row(answers("3"), "8-3", data.Correct, "match"),
			row(answers("3"), "(8) - 3", data.Correct, "match"),
			row(answers("3"), "page-3", data.Correct, "match"),
			row(answers("-3"), "5 -3", data.Incorrect, "mismatch"),
			row(answers("3"), "-3", data.Incorrect, "mismatch"),
			row(answers("19"), "19 or 20", data.Incorrect, "mismatch"),
			row(answers("19"), "190", data.Incorrect, "mismatch"),
			row(answers("19"), "1,9", data.Incorrect, "mismatch"),
			row(answers("0.33"), "0.333", data.Incorrect, "mismatch"),
			row(answers("19"), "nineteen", data.Incorrect, "no_answer"),
			row(answers("19"), "", data.Incorrect, "no_answer"),
			row(answers("19"), strings.Repeat("9", 2000), data.Incorrect, "too_long"),
			row(answers("19"), strings.Repeat("9", 9000), data.Incorrect, "too_long"),
			row(answers("19"), "1"+strings.Repeat(",234", 3000), data.Incorrect, "too_long"),
			row(answers("19"), strings.Repeat("1,", 9000)+"19", data.Correct, "match"),
			row(answers("nineteen"), "19", data.Error, "no_gold"),
			row(answers(), "19", data.Error, "no_gold"),
		},
	})
}

// TestNumberIsLinear: a long completion takes one look, whatever it is made of.
func TestNumberIsLinear(t *testing.T) {
	v, err := verifier.New("number", nil)
	if err != nil {
		t.Fatal(err)
	}
	ex := answers("1")
	for _, unit := range []string{"1", "1,", ",", ".", "-", "1 ", "1-", "a"} {
		start := time.Now()
		v.Verify(context.Background(), &ex, strings.Repeat(unit, (4<<20)/len(unit)))
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("4 MiB of %q took %v", unit, d)
		}
	}
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"", "-3", "1,234.5", "5-3", "\u22127", "1..2,,3"} {
		f.Add(s, s)
	}
	v, err := verifier.New("number", nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, gold, completion string) {
		ex := answers(gold)
		got := v.Verify(context.Background(), &ex, completion)
		again := v.Verify(context.Background(), &ex, completion)
		if got.Kind != again.Kind || got.Reason != again.Reason {
			t.Errorf("%+v, then %+v", got, again)
		}
		same := v.Verify(context.Background(), &ex, gold)
		if same.Kind != data.Correct && same.Kind != data.Error {
			t.Errorf("gold %q does not match itself: %+v", gold, same)
		}
	})
}
