package verifier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/rlvr-go/rlvr/data"
)

// ErrSelfTest says that a verifier does not fit the reference answers it is to compare
// with: it rejects them, or accepts those of other problems.
var ErrSelfTest = errors.New("the verifier does not fit the reference answers")

const (
	// SelfTestSize is how many examples a self-test looks at, unless all are wanted.
	SelfTestSize = 200
	// maxOffenders is how many failures a self-test names.
	maxOffenders = 5
	// selfTestTimeout is generous: the self-test is about answers, not speed.
	selfTestTimeout = 10 * time.Second
	// maxShown cuts a reference answer for the message.
	maxShown = 60
	// maxPartners is how many other problems' answers an example may be given until
	// it has rejected one.
	maxPartners = 8
	// maxCoincidences is the share of shuffled answers that may turn out to be the
	// same answer in other words, beside a few in a small sample.
	maxCoincidences, fewCoincidences = 0.02, 2
)

// SelfTested is what a self-test found.
type SelfTested struct {
	// Examples were looked at, with this many reference answers.
	Examples, Golds int
	// Shuffled answers of other examples were given to an example, which rejected
	// all but the Coincidences among them.
	Shuffled, Coincidences int
	// Alone is the number of examples for which no other example has another answer,
	// so that nothing could be given to them.
	Alone int
}

// Sample is n examples, evenly spread, or all where there are no more or n is 0.
func Sample(examples []data.Example, n int) []data.Example {
	if n <= 0 || n >= len(examples) {
		return examples
	}
	out := make([]data.Example, n)
	for i := range out {
		out[i] = examples[i*len(examples)/n]
	}
	return out
}

// SelfTest gives every reference answer of the examples to v as if it were a completion
// (the demonstration where an example has none, and as [Renderer] wants it): each must
// be correct. Then it gives each example the answer of another: that must not be
// correct. Else it is [ErrSelfTest], naming the first offenders. A run calls it before
// its first step: a verifier that scores everything as wrong must not look like a
// policy that learns nothing, nor one that scores everything as right like one that
// learns.
//
// An answer of another example counts as another answer only when its text, case, spaces
// and the signs $ and % aside, is none of the example's own. Where such an answer
// passes and the example's answer passes for the other example too, both may be one
// answer in other words (1/2 and 0.5): a coincidence. The next example's answer is tried
// then. It is a failure when an answer passes in one direction alone, when one example
// has no answer that it rejects among eight, and when there are more coincidences than
// 2 and 2 % of the answers tried.
//
// A conversation and a preference without an answer leave nothing to compare with. A
// verifier that looks at no reference answers passes.
func SelfTest(ctx context.Context, v Verifier, examples []data.Example) (SelfTested, error) {
	if !NeedsGold(v) {
		return SelfTested{}, nil
	}
	t := &selfTest{ctx: ctx, judge: NewJudge(v, 0, selfTestTimeout), verifier: v}
	for i := range examples {
		ex := &examples[i]
		if len(ex.Answers) > 0 || ex.Completion != "" || !ex.Conversation() && ex.Chosen == nil {
			t.examples = append(t.examples, *ex)
		}
	}
	t.Examples = len(t.examples)
	t.own()
	if len(t.rejected) == 0 { // else the verifier is known not to fit
		t.others()
	}
	if ctx.Err() != nil {
		return t.SelfTested, fmt.Errorf("verifier: self-test of %s: %w", v.Name(), ctx.Err())
	}
	var parts []string
	if n := len(t.rejected); n > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d reference answers do not pass: %s", n, t.Golds, shown(t.rejected)))
	}
	if n := len(t.accepted); n > 0 {
		parts = append(parts, fmt.Sprintf("%d answers of other problems pass: %s", n, shown(t.accepted)))
	}
	if limit := fewCoincidences + int(maxCoincidences*float64(t.Shuffled)); len(parts) == 0 && t.Coincidences > limit {
		parts = append(parts, fmt.Sprintf("%d of %d answers of other problems pass, allowed: %d: %s", t.Coincidences, t.Shuffled, limit, shown(t.coincident)))
	}
	if len(parts) == 0 {
		return t.SelfTested, nil
	}
	return t.SelfTested, fmt.Errorf("verifier: self-test of %s: %w: %s", v.Name(), ErrSelfTest, strings.Join(parts, "; "))
}

// selfTest is a self-test under way.
type selfTest struct {
	SelfTested
	ctx      context.Context
	judge    *Judge
	verifier Verifier
	examples []data.Example
	// rejected, accepted and coincident are the offenders, for people.
	rejected, accepted, coincident []string
}

// own judges the examples by their own answers.
func (t *selfTest) own() {
	var jobs []Job
	for i := range t.examples {
		for _, gold := range golds(&t.examples[i]) {
			jobs = append(jobs, Job{&t.examples[i], render(t.verifier, gold)})
		}
	}
	t.Golds = len(jobs)
	for i, v := range t.judge.Verdicts(t.ctx, jobs) {
		if v.Kind != data.Correct {
			t.rejected = append(t.rejected, offender(jobs[i], v))
		}
	}
}

// pairing gives an example the answer of another, a partner at a time.
type pairing struct {
	at, next, tried int
	own             []string // normal forms of its answers
}

// others judges the examples by the answers of others, in rounds: an example stays until
// it has rejected one.
func (t *selfTest) others() {
	forms := make([][]string, len(t.examples))
	for i := range t.examples {
		for _, gold := range golds(&t.examples[i]) {
			forms[i] = append(forms[i], normalForm(gold))
		}
	}
	open := make([]*pairing, len(t.examples))
	for i := range open {
		open[i] = &pairing{at: i, next: 1, own: forms[i]}
	}
	for len(open) > 0 && t.ctx.Err() == nil {
		open = t.round(open, forms)
	}
}

// round gives each pairing its next partner and returns those that accepted it and the
// other way round.
func (t *selfTest) round(open []*pairing, forms [][]string) []*pairing {
	var ready []*pairing
	var jobs, back []Job
	for _, p := range open {
		partner := p.partner(forms)
		if partner < 0 {
			if p.tried == 0 {
				t.Alone++
			}
			continue
		}
		a, b := &t.examples[p.at], &t.examples[partner]
		ready = append(ready, p)
		jobs = append(jobs, Job{a, render(t.verifier, golds(b)[0])})
		back = append(back, Job{b, render(t.verifier, golds(a)[0])})
	}
	verdicts := t.judge.Verdicts(t.ctx, jobs)
	t.Shuffled += len(jobs)
	var again []*pairing
	for i, v := range verdicts {
		switch {
		case t.ctx.Err() != nil:
			return nil
		case v.Masked():
			t.rejected = append(t.rejected, offender(jobs[i], v))
		case v.Kind != data.Correct:
			// As it should be.
		case t.judge.Verdicts(t.ctx, back[i:i+1])[0].Kind != data.Correct || ready[i].tried >= maxPartners:
			t.accepted = append(t.accepted, offender(jobs[i], v))
		default:
			t.Coincidences++
			t.coincident = append(t.coincident, offender(jobs[i], v))
			again = append(again, ready[i])
		}
	}
	return again
}

// partner is the next example whose answers are others than p's; -1 where none is left.
func (p *pairing) partner(forms [][]string) int {
	for ; p.next < len(forms); p.next++ {
		i := (p.at + p.next) % len(forms)
		if !slices.Contains(p.own, forms[i][0]) && !slices.ContainsFunc(forms[i], func(f string) bool { return f == p.own[0] }) {
			p.next++
			p.tried++
			return i
		}
	}
	return -1
}

// normalForm is what of an answer is more than its spelling.
func normalForm(answer string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '$' || r == '%' || r == '\\' {
			return -1
		}
		return unicode.ToLower(r)
	}, answer)
}

// shown is the first offenders.
func shown(offenders []string) string {
	s := strings.Join(offenders[:min(maxOffenders, len(offenders))], "; ")
	if more := len(offenders) - maxOffenders; more > 0 {
		s += fmt.Sprintf(" (and %d more)", more)
	}
	return s
}

func offender(job Job, v data.Verdict) string {
	s := fmt.Sprintf("example %s, answer %.*q: %s (%s)", job.Example.ID, maxShown, job.Completion, v.Kind, v.Reason)
	if v.Detail != "" {
		s += ": " + v.Detail
	}
	return s
}
