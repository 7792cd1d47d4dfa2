package verifiertest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier"
)

// Suite is a verifier and what it must say.
type Suite struct {
	// New makes the verifier with the options under test.
	New func() (verifier.Verifier, error)
	// Cases have at least one correct and one incorrect completion. A verifier that needs
	// no reference answers (verifier.NeedsGold) may accept hostile ones.
	Cases []Case
}

// Case is one completion with its verdict.
type Case struct {
	Example    data.Example
	Completion string
	Kind       data.VerdictKind
	// Reason is not looked at where it is empty.
	Reason string
}

// check is one demand on a verifier; a failing one explains itself.
type check struct {
	name, explanation string
	run               func(verifier.Verifier, []Case) error
}

var checks = []check{
	{"cases", "the verdicts are those of the suite, and the suite has a correct and an incorrect completion", verdicts},
	{"consistent", "a verdict's fields agree: rewards are finite, a reason is a short code, blame fits the kind, a correct verdict scores higher than an incorrect one", consistent},
	{"repeatable", "equal arguments give equal verdicts, or a run could not be repeated", repeatable},
	{"concurrent", "verdicts are the same from many goroutines at once", concurrent},
	{"untouched", "the example is shared by all completions of a group and must not be modified", untouched},
	{"no gold", "an example without any reference is the fault of the gold answer, never a wrong completion", noGold},
	{"hostile", "a completion may hold anything: no panic, no fault of the infrastructure, never correct by accident, and done in time", hostile},
	{"cancelled", "a call returns soon once its context is done", cancelledContext},
}

// Run reports every violated demand as a failure of t.
func Run(t *testing.T, s Suite) {
	t.Helper()
	for _, err := range Check(s) {
		t.Error(err)
	}
}

// Check is [Run] without a test: one error for each violated demand.
func Check(s Suite) []error {
	v, err := s.New()
	if err != nil {
		return []error{fmt.Errorf("the constructor refuses the suite's options: %w", err)}
	}
	if v.Name() == "" {
		return []error{errors.New("the verifier has no name")}
	}
	var out []error
	for _, c := range checks {
		cases := cloneCases(s.Cases) // a check must not see what a verifier wrote in another
		if err := protect(func() error { return c.run(v, cases) }); err != nil {
			out = append(out, fmt.Errorf("%s: %w\n\tdemanded: %s", c.name, err, c.explanation))
		}
	}
	return out
}

// protect turns a panic into the check's error, so that the others still run.
func protect(run func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return run()
}

func verify(v verifier.Verifier, c *Case) data.Verdict {
	return v.Verify(context.Background(), &c.Example, c.Completion)
}

func verdicts(v verifier.Verifier, cases []Case) error {
	seen := map[data.VerdictKind]bool{}
	for i := range cases {
		c := &cases[i]
		seen[c.Kind] = true
		got := verify(v, c)
		if got.Kind != c.Kind || c.Reason != "" && got.Reason != c.Reason {
			return fmt.Errorf("case %d, answers %q, completion %q: %s (%s), want %s (%s)", i, c.Example.Answers, c.Completion, got.Kind, got.Reason, c.Kind, c.Reason)
		}
	}
	if !seen[data.Correct] || !seen[data.Incorrect] {
		return errors.New("the suite lacks a correct or an incorrect case")
	}
	return nil
}

var reasonCode = regexp.MustCompile(`^[a-z][a-z0-9_]{1,39}$`)

// reserved are the reasons of verifier.Judge.
var reserved = []string{
	verifier.ReasonTimeout, verifier.ReasonPanic, verifier.ReasonCancelled, verifier.ReasonBadScore, verifier.ReasonStuck,
}

func consistent(v verifier.Verifier, cases []Case) error {
	lowestCorrect, highestIncorrect := math.Inf(1), math.Inf(-1)
	for i := range cases {
		got := verify(v, &cases[i])
		if err := coherent(got); err != nil {
			return fmt.Errorf("case %d: %w", i, err)
		}
		switch got.Kind {
		case data.Correct:
			lowestCorrect = min(lowestCorrect, got.Score)
		case data.Incorrect:
			highestIncorrect = max(highestIncorrect, got.Score)
		case data.Undecided, data.Error:
		}
	}
	if lowestCorrect <= highestIncorrect {
		return fmt.Errorf("an incorrect completion scores %v, a correct one %v", highestIncorrect, lowestCorrect)
	}
	return nil
}

// coherent looks at one verdict alone.
func coherent(v data.Verdict) error {
	if math.IsNaN(v.Score) || math.IsInf(v.Score, 0) {
		return fmt.Errorf("score %v", v.Score)
	}
	if !reasonCode.MatchString(v.Reason) {
		return fmt.Errorf("reason %q is not a lower-case code", v.Reason)
	}
	for _, r := range reserved {
		if v.Reason == r {
			return fmt.Errorf("reason %q is reserved", r)
		}
	}
	switch v.Kind {
	case data.Correct:
		if v.Blame != data.BlameNone {
			return fmt.Errorf("correct, with blame %s", v.Blame)
		}
	case data.Incorrect:
		if v.Masked() {
			return fmt.Errorf("incorrect, with blame %s", v.Blame)
		}
	case data.Undecided, data.Error:
		if v.Blame == data.BlameNone {
			return fmt.Errorf("%s, with nobody to blame", v.Kind)
		}
		if v.Score != 0 {
			return fmt.Errorf("%s, with score %v", v.Kind, v.Score)
		}
	default:
		return fmt.Errorf("kind %d is unknown", v.Kind)
	}
	return nil
}

func repeatable(v verifier.Verifier, cases []Case) error {
	for i := range cases {
		a, b := verify(v, &cases[i]), verify(v, &cases[i])
		if !reflect.DeepEqual(a, b) {
			return fmt.Errorf("case %d: %+v, then %+v", i, a, b)
		}
	}
	return nil
}

func concurrent(v verifier.Verifier, cases []Case) error {
	const goroutines = 8
	errs := make([]error, goroutines)
	want := make([]data.Verdict, len(cases))
	for i := range cases {
		want[i] = verify(v, &cases[i])
	}
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			errs[g] = protect(func() error {
				for k := range cases {
					i := (k + g) % len(cases)
					if got := verify(v, &cases[i]); !reflect.DeepEqual(got, want[i]) {
						return fmt.Errorf("case %d: %+v alone, %+v among others", i, want[i], got)
					}
				}
				return nil
			})
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func untouched(v verifier.Verifier, cases []Case) error {
	for i := range cases {
		before := clone(cases[i].Example)
		verify(v, &cases[i])
		if !reflect.DeepEqual(before, cases[i].Example) {
			return fmt.Errorf("case %d: %+v became %+v", i, before, cases[i].Example)
		}
	}
	return nil
}

func cloneCases(cases []Case) []Case {
	out := append([]Case(nil), cases...)
	for i := range out {
		out[i].Example = clone(out[i].Example)
	}
	return out
}

// clone copies what a verifier could modify, one level of Extra included.
func clone(ex data.Example) data.Example {
	ex.Answers = append([]string(nil), ex.Answers...)
	ex.Messages = append([]data.Message(nil), ex.Messages...)
	if ex.Extra != nil {
		extra := make(map[string]any, len(ex.Extra))
		for k, x := range ex.Extra {
			extra[k] = x
		}
		ex.Extra = extra
	}
	return ex
}

func noGold(v verifier.Verifier, cases []Case) error {
	bare := data.Example{ID: "no gold", Prompt: "?"}
	if !verifier.NeedsGold(v) {
		return nil
	}
	for i := range cases {
		got := v.Verify(context.Background(), &bare, cases[i].Completion)
		if got.Blame != data.BlameGold {
			return fmt.Errorf("completion %q: %s, blame %s", cases[i].Completion, got.Kind, got.Blame)
		}
	}
	return nil
}

// hostileLimit is what a verdict on 1 MiB of rubbish may take, on a busy machine.
const hostileLimit = 10 * time.Second

// Hostile completions are none of a case's answers.
var hostileCompletions = []string{
	"", " \n\t ", "\x00", "\xff\xfe\xfd", "\u202e", "a\x00b", "%s%n%d", "$(reboot)", "__import__('os')",
	strings.Repeat("(", 1<<20), strings.Repeat("9", 1<<20), strings.Repeat("\n", 1<<20), strings.Repeat(`\boxed{`, 1<<17),
	strings.Repeat("9**", 1<<12) + "9", strings.Repeat("\U0001F600", 1<<16),
}

func hostile(v verifier.Verifier, cases []Case) error {
	for i := range cases {
		if cases[i].Kind != data.Correct {
			continue // its gold may be what is broken
		}
		for _, text := range hostileCompletions {
			start := time.Now()
			got := v.Verify(context.Background(), &cases[i].Example, text)
			if took := time.Since(start); took > hostileLimit {
				return fmt.Errorf("completion %.20q... of %d bytes took %v", text, len(text), took)
			}
			if err := coherent(got); err != nil {
				return fmt.Errorf("completion %.20q: %w", text, err)
			}
			if got.Kind == data.Correct && verifier.NeedsGold(v) || got.Masked() {
				return fmt.Errorf("completion %.20q: %s, blame %s", text, got.Kind, got.Blame)
			}
		}
	}
	return nil
}

func cancelledContext(v verifier.Verifier, cases []Case) error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for i := range cases {
		start := time.Now()
		v.Verify(ctx, &cases[i].Example, cases[i].Completion)
		if took := time.Since(start); took > time.Second {
			return fmt.Errorf("case %d took %v", i, took)
		}
	}
	return nil
}
