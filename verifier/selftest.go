package verifier

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rlvr-go/rlvr/data"
)

// ErrSelfTest says that a verifier rejects the reference answers it is to compare
// with.
var ErrSelfTest = errors.New("reference answers do not pass")

const (
	// maxOffenders is how many failures a self-test names.
	maxOffenders = 5
	// selfTestTimeout is generous: the self-test is about answers, not speed.
	selfTestTimeout = 10 * time.Second
	// maxShown cuts a reference answer for the message.
	maxShown = 60
)

// SelfTest gives every reference answer of the examples to v as if it were a
// completion (the demonstration where an example has none); each must be correct. A
// conversation and a preference without an answer leave nothing to compare with.
// Else it is [ErrSelfTest], naming the first offenders. A run calls it before its
// first step: a verifier that scores everything as wrong must not look like a
// policy that learns nothing. A verifier that looks at no reference answers passes.
func SelfTest(ctx context.Context, v Verifier, examples []data.Example) error {
	if !NeedsGold(v) {
		return nil
	}
	var jobs []Job
	for i := range examples {
		ex := &examples[i]
		golds := ex.Answers
		if len(golds) == 0 && ex.Completion == "" && (ex.Conversation() || ex.Chosen != nil) {
			continue
		}
		if len(golds) == 0 {
			golds = []string{ex.Completion}
		}
		for _, gold := range golds {
			jobs = append(jobs, Job{ex, gold})
		}
	}
	verdicts := NewJudge(v, 0, selfTestTimeout).Verdicts(ctx, jobs)
	if ctx.Err() != nil {
		return fmt.Errorf("verifier: self-test of %s: %w", v.Name(), ctx.Err())
	}
	failed := 0
	var first []string
	for i, verdict := range verdicts {
		if verdict.Kind == data.Correct {
			continue
		}
		failed++
		if len(first) < maxOffenders {
			first = append(first, offender(jobs[i], verdict))
		}
	}
	if failed == 0 {
		return nil
	}
	return fmt.Errorf("verifier: self-test of %s: %w: %d of %d: %s", v.Name(), ErrSelfTest, failed, len(jobs), strings.Join(first, "; "))
}

func offender(job Job, v data.Verdict) string {
	s := fmt.Sprintf("example %s, answer %.*q: %s (%s)", job.Example.ID, maxShown, job.Completion, v.Kind, v.Reason)
	if v.Detail != "" {
		s += ": " + v.Detail
	}
	return s
}
