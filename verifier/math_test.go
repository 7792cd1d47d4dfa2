package verifier_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier"
	"github.com/rlvr-go/rlvr/verifier/verifiertest"
)

func TestMath(t *testing.T) {
	verifiertest.Run(t, verifiertest.Suite{
		New: func() (verifier.Verifier, error) { return verifier.New("math", nil) },
		Cases: []verifiertest.Case{
			row(answers(`\frac{1}{2}`), `so it is \boxed{\frac12}`, data.Correct, "match"),
			row(answers(`\frac{1}{2}`), `\boxed{0.5}`, data.Correct, "match"),
			row(answers(`\frac{1}{2}`), "The answer is 1/2.", data.Correct, "match"),
			row(answers(`\frac{1}{2}`), `$x = \frac{1}{2}$`, data.Correct, "match"),
			row(answers("7", `\frac{1}{2}`), `$\frac{1}{2}$`, data.Correct, "match"),
			row(answers(`We add them: \boxed{18}.`), "#### 18", data.Correct, "match"),
			row(answers("48/2 = <<48/2=24>>24\n#### 1,024"), "1024 apples", data.Correct, "match"),
			row(answers(`\frac{1}{2}`), `\boxed{2}`, data.Incorrect, "mismatch"),
			row(answers("5"), `\boxed{5} but maybe \boxed{6}`, data.Incorrect, "mismatch"),
			row(answers("5"), `first \boxed{5}. After some thought that is wrong and the sum of all parts is \boxed{6}`, data.Incorrect, "mismatch"),
			row(answers("5"), `\boxed{5 \text{ or } 6}`, data.Incorrect, "mismatch"),
			row(answers("5"), "no idea", data.Incorrect, ""),
			row(answers("5"), "", data.Incorrect, "no_answer"),
			row(answers("5"), `\boxed{\frac{5}{`, data.Incorrect, "unparsed"),
			row(answers("5"), `\boxed{9^{9^{9^9}}}`, data.Undecided, ""),
			row(answers("5"), `\boxed{`+strings.Repeat("(", 5000)+"5"+strings.Repeat(")", 5000)+"}", data.Undecided, "fuel"),
			row(answers(""), "5", data.Error, "no_gold"),
			row(answers(), "5", data.Error, "no_gold"),
		},
	})
}

func TestMathOptions(t *testing.T) {
	for _, tt := range []struct {
		options    map[string]any
		gold, text string
		kind       data.VerdictKind
	}{
		{map[string]any{"mode": "math_verify"}, `28\%`, "28", data.Correct},
		{map[string]any{"mode": "strict"}, `28\%`, "28", data.Incorrect},
		{map[string]any{"format": "boxed"}, "5", "the answer is 5", data.Incorrect},
		{map[string]any{"format": "boxed"}, "5", `\boxed{5}`, data.Correct},
		{map[string]any{"think": true}, "5", `\boxed{5}`, data.Incorrect},
		{map[string]any{"think": true}, "5", `<think>\boxed{5}</think>`, data.Incorrect},
		{map[string]any{"think": true}, "5", `<think>\boxed{6}</think>\boxed{5}`, data.Correct},
		{map[string]any{"think": true}, "5", `<think>\boxed{6}</think>\boxed{5}</think>\boxed{6}`, data.Incorrect},
		{map[string]any{"letters": "ABCD"}, "B", "The answer is B.", data.Correct},
		{map[string]any{"letters": "ABCD"}, "B", "The answer is C. Not B.", data.Incorrect},
	} {
		v, err := verifier.New("math", tt.options)
		if err != nil {
			t.Fatal(err)
		}
		ex := answers(tt.gold)
		if got := v.Verify(context.Background(), &ex, tt.text); got.Kind != tt.kind {
			t.Errorf("%v: %q for %q: %+v", tt.options, tt.text, tt.gold, got)
		}
	}
}

func TestMathRefusesOptions(t *testing.T) {
	_, err := verifier.New("math", map[string]any{"mode": "loose", "format": 1, "think": "yes", "letters": "A1", "boxed": true})
	if err == nil {
		t.Fatal("accepted")
	}
	var got []string
	for _, f := range fault.Of(err) {
		got = append(got, f.Path)
	}
	want := []string{"options.boxed", "options.format", "options.letters", "options.mode", "options.think"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
