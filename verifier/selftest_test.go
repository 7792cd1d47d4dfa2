package verifier_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier"
)

func TestSelfTest(t *testing.T) {
	v, err := verifier.New("exact", nil)
	if err != nil {
		t.Fatal(err)
	}
	good := []data.Example{answers("1"), answers("2", "3")}
	if _, err := verifier.SelfTest(t.Context(), v, good); err != nil {
		t.Errorf("good answers: %v", err)
	}
	bad := append(good, answers(" "), data.Example{ID: "none"}, answers("4", ""))
	_, err = verifier.SelfTest(t.Context(), v, bad)
	if !errors.Is(err, verifier.ErrSelfTest) {
		t.Fatalf("bad answers: %v", err)
	}
	want := `verifier: self-test of exact: the verifier does not fit the reference answers: 3 of 7 reference answers do not pass: example test/ , answer " ": error (no_gold); example none, answer "": error (no_gold); example test/4|, answer "": incorrect (empty)`
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
}

// TestSelfTestNamesTheFirst: a broken verifier on a large set gives a short message.
func TestSelfTestNamesTheFirst(t *testing.T) {
	rejects := stub(func(context.Context, *data.Example, string) data.Verdict {
		return data.Verdict{Kind: data.Incorrect, Reason: "mismatch"}
	})
	_, err := verifier.SelfTest(t.Context(), rejects, make([]data.Example, 1000))
	if err == nil || !strings.Contains(err.Error(), "1000 of 1000") || strings.Count(err.Error(), ", answer ") != 5 || !strings.Contains(err.Error(), "(and 995 more)") {
		t.Errorf("got %v", err)
	}
}

func TestSelfTestUsesDemonstration(t *testing.T) {
	v := stub(func(_ context.Context, _ *data.Example, completion string) data.Verdict {
		if completion == "def f(): pass" {
			return right
		}
		return data.Verdict{Kind: data.Incorrect, Reason: "mismatch"}
	})
	if _, err := verifier.SelfTest(t.Context(), v, []data.Example{{ID: "code", Completion: "def f(): pass"}}); err != nil {
		t.Error(err)
	}
}

func TestSelfTestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	v, err := verifier.New("exact", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verifier.SelfTest(ctx, v, []data.Example{answers("1")}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// shuffled is a verifier that knows the golds of the examples, and accepts what wrong
// says beside them.
func shuffled(wrong func(ex *data.Example, completion string) bool) verifier.Verifier {
	return stub(func(_ context.Context, ex *data.Example, completion string) data.Verdict {
		if completion == ex.Answers[0] || wrong(ex, completion) {
			return right
		}
		return data.Verdict{Kind: data.Incorrect, Reason: "mismatch", Blame: data.BlameCompletion}
	})
}

// numbered are examples with the answers 0 to n-1.
func numbered(n int) []data.Example {
	out := make([]data.Example, n)
	for i := range out {
		out[i] = answers(fmt.Sprint(i))
		out[i].ID = fmt.Sprint(i)
	}
	return out
}

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// TestSelfTestShuffles: answers of other examples must not pass, save for an equal
// answer in other words.
func TestSelfTestShuffles(t *testing.T) {
	for _, tt := range []struct {
		name     string
		examples []data.Example
		wrong    func(ex *data.Example, completion string) bool
		want     verifier.SelfTested
		message  string // empty: it passes
	}{
		{"none passes", numbered(100), func(*data.Example, string) bool { return false }, verifier.SelfTested{Examples: 100, Golds: 100, Shuffled: 100}, ""},
		{"all pass", numbered(100), func(*data.Example, string) bool { return true }, verifier.SelfTested{}, "100 answers of other problems pass: example 0, answer \"8\": correct (match); "},
		{"one example takes all", numbered(100), func(ex *data.Example, _ string) bool { return ex.ID == "7" }, verifier.SelfTested{},
			"1 answers of other problems pass: example 7, answer \"8\": correct (match)"},
		{"the last digit alone counts", numbered(300), func(ex *data.Example, c string) bool { return c[len(c)-1] == ex.ID[len(ex.ID)-1] },
			verifier.SelfTested{Examples: 300, Golds: 300, Shuffled: 300}, ""}, // neighbours differ in it
		{"threes are alike", numbered(99), func(ex *data.Example, c string) bool { return number(c)/3 == number(ex.ID)/3 },
			verifier.SelfTested{}, "99 of 198 answers of other problems pass, allowed: 5: example 0, answer \"1\": correct (match); "},
		{"two are one answer in other words", append(numbered(100), answers("1/2"), answers("0.5"), answers("4")),
			func(ex *data.Example, c string) bool {
				return c == "1/2" && ex.Answers[0] == "0.5" || c == "0.5" && ex.Answers[0] == "1/2"
			}, verifier.SelfTested{Examples: 103, Golds: 103, Shuffled: 104, Coincidences: 1}, ""},
		{"nothing to shuffle", []data.Example{answers("a"), answers(" A"), answers("$a$")}, func(*data.Example, string) bool { return false },
			verifier.SelfTested{Examples: 3, Golds: 3, Alone: 3}, ""},
	} {
		got, err := verifier.SelfTest(t.Context(), shuffled(tt.wrong), tt.examples)
		if tt.message == "" {
			if err != nil || got != tt.want {
				t.Errorf("%s: %+v, %v, want %+v", tt.name, got, err, tt.want)
			}
			continue
		}
		if !errors.Is(err, verifier.ErrSelfTest) || !strings.Contains(err.Error(), tt.message) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.message)
		}
	}
}

// TestSelfTestRenders: a verifier that demands a form gets reference answers in it.
func TestSelfTestRenders(t *testing.T) {
	examples := []data.Example{answers("1"), answers(`$\frac12$`), answers(`so \boxed{3}`), answers("4, 5")}
	for _, options := range []map[string]any{nil, {"format": "boxed"}, {"think": true}, {"format": "boxed", "think": true}} {
		v, err := verifier.New("math", options)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := verifier.SelfTest(t.Context(), v, examples); err != nil || got.Shuffled != 4 {
			t.Errorf("%v: %+v, %v", options, got, err)
		}
	}
}

func TestSample(t *testing.T) {
	all := numbered(10)
	for n, want := range map[int]string{0: "0123456789", 10: "0123456789", 11: "0123456789", 5: "02468", 3: "036", 1: "0"} {
		got := ""
		for _, ex := range verifier.Sample(all, n) {
			got += ex.ID
		}
		if got != want {
			t.Errorf("sample of %d: %s, want %s", n, got, want)
		}
	}
}
