package latex

import (
	"strings"
	"testing"
	"time"
)

// fuzzLimit is far above what a verdict takes, and far below a hang.
const fuzzLimit = 2 * time.Second

func seeds(f *testing.F) []string {
	var out []string
	for _, file := range []string{"testdata/different.txt", "testdata/equal.txt"} {
		for _, p := range readPairs(f, file) {
			out = append(out, p[0], p[1])
		}
	}
	for _, b := range bombs {
		if len(b) < 400 {
			out = append(out, b)
		}
	}
	return out
}

// FuzzParse: no panic and no hang, and a text equals itself unless it burns the fuel.
func FuzzParse(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		start := time.Now()
		tree, err := Parse(s)
		if err == nil && tree == "" {
			t.Error("a tree without a name")
		}
		if got := Compare(s, s, &Options{}); got == Different {
			t.Errorf("%q differs from itself", s)
		}
		if took := time.Since(start); took > fuzzLimit {
			t.Errorf("%q took %v", s, took)
		}
	})
}

// FuzzCompare: no panic and no hang; the strict comparison is symmetric and repeatable.
func FuzzCompare(f *testing.F) {
	all := seeds(f)
	for i := 0; i+1 < len(all); i += 2 {
		f.Add(all[i], all[i+1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		start := time.Now()
		there, back, again := Compare(a, b, &Options{}), Compare(b, a, &Options{}), Compare(a, b, &Options{})
		if there != back {
			t.Errorf("%q and %q: %s one way, %s the other", a, b, there, back)
		}
		if there != again {
			t.Errorf("%q and %q: %s, then %s", a, b, there, again)
		}
		Compare(a, b, &Options{Mode: MathVerify})
		if took := time.Since(start); took > fuzzLimit {
			t.Errorf("%q and %q took %v", a, b, took)
		}
	})
}

// FuzzJudge: whatever a completion holds, there is a result with a reason; what is not
// equal has a fault.
func FuzzJudge(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add("5", `\boxed{`+s+"}")
		f.Add(s, "The answer is $"+s+"$.")
		f.Add(s, "Final answer: "+s+" <think>")
	}
	f.Add("5", `\boxed{5`)
	f.Add("5", `$$\[\(\boxed{\fbox{5}}`)
	f.Fuzz(func(t *testing.T, gold, completion string) {
		start := time.Now()
		for _, o := range []*Options{{}, {Mode: MathVerify}, {Extraction: Extraction{BoxOnly: true, AfterThink: true}}, {Extraction: Extraction{Letters: []string{"A", "B"}, Plain: true}}} {
			r := Judge([]string{gold}, completion, o)
			if r.Reason == "" || (r.Outcome == Equal) != (r.Fault == FaultNone) || strings.Contains(r.Reason, " ") {
				t.Errorf("%q for %q: %+v", completion, gold, r)
			}
		}
		if took := time.Since(start); took > fuzzLimit {
			t.Errorf("%q for %q took %v", completion, gold, took)
		}
	})
}
