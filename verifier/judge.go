package verifier

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rlvr-go/rlvr/data"
)

// Job is one completion to judge.
type Job struct {
	Example    *data.Example
	Completion string
}

// The reasons that a [Judge] gives itself. A verifier must not use them.
const (
	// ReasonTimeout: the completion took longer than allowed.
	ReasonTimeout = "timeout"
	// ReasonPanic: the verifier panicked; the verdict's Detail has the message.
	ReasonPanic = "panic"
	// ReasonCancelled: the run was interrupted before there was a verdict.
	ReasonCancelled = "cancelled"
	// ReasonBadScore: the verifier gave a score that is not finite.
	ReasonBadScore = "bad_score"
	// ReasonStuck: too many earlier calls ignored their time limit and still run.
	ReasonStuck = "stuck"
)

// maxStuckPerWorker bounds the calls that ran out of time and never returned.
// Beyond it nothing more is started: a verifier that hangs must stop the run (as a
// fault of the infrastructure), not fill the machine.
const maxStuckPerWorker = 8

// Judge runs a verifier over many completions at once. It is safe for concurrent
// use; make one with [NewJudge] and keep it for the run.
type Judge struct {
	verifier Verifier
	workers  int
	timeout  time.Duration
	// abandoned counts calls that ran out of time and have not returned.
	abandoned atomic.Int64
}

// NewJudge makes a judge that calls v at most workers times at once (0: once for
// each processor) and gives a call the time limit timeout (0: none).
func NewJudge(v Verifier, workers int, timeout time.Duration) *Judge {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	return &Judge{verifier: v, workers: workers, timeout: timeout}
}

// Verdicts judges the jobs and gives the verdicts in their order.
//
// A call that takes too long is abandoned and its completion scores as wrong; a
// panic of the verifier and a score that is not finite are faults of the
// infrastructure. Once ctx is done the jobs without a verdict get
// [ReasonCancelled], also a fault of the infrastructure: callers look at ctx.Err
// before they use the verdicts.
func (j *Judge) Verdicts(ctx context.Context, jobs []Job) []data.Verdict {
	b := &batch{judge: j, ctx: ctx, jobs: jobs, out: make([]data.Verdict, len(jobs))}
	var wg sync.WaitGroup
	for range min(j.workers, len(jobs)) - 1 {
		wg.Go(b.supervise)
	}
	b.supervise()
	wg.Wait()
	return b.out
}

// safely calls the verifier and turns a panic or an unusable score into a verdict.
func safely(ctx context.Context, v Verifier, job Job) (verdict data.Verdict) {
	defer func() {
		if r := recover(); r != nil {
			verdict = broken(ReasonPanic, fmt.Sprint(r))
		}
	}()
	verdict = v.Verify(ctx, job.Example, job.Completion)
	if math.IsNaN(verdict.Score) || math.IsInf(verdict.Score, 0) {
		return broken(ReasonBadScore, fmt.Sprintf("score %v with reason %q", verdict.Score, verdict.Reason))
	}
	return verdict
}

// broken is a fault of the infrastructure.
func broken(reason, detail string) data.Verdict {
	return data.Verdict{Kind: data.Error, Reason: reason, Detail: detail, Blame: data.BlameInfrastructure}
}
