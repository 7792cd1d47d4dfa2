package verifier

import (
	"context"
	"errors"
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
	// running counts calls that have not returned, the abandoned ones included.
	running atomic.Int64
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
	out := make([]data.Verdict, len(jobs))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(j.workers, len(jobs)) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(jobs)); i = next.Add(1) - 1 {
				out[i] = j.one(ctx, jobs[i])
			}
		})
	}
	wg.Wait()
	return out
}

// one judges one job. The call has a goroutine of its own, so that it can be left
// behind when it does not heed its context.
func (j *Judge) one(ctx context.Context, job Job) data.Verdict {
	if ctx.Err() != nil {
		return cancelled()
	}
	if n := j.running.Load(); n >= int64(j.workers*maxStuckPerWorker) {
		return broken(ReasonStuck, fmt.Sprintf("%d calls of verifier %s ignore their time limit", n, j.verifier.Name()))
	}
	call, cancel := ctx, context.CancelFunc(func() {})
	if j.timeout > 0 {
		call, cancel = context.WithTimeout(ctx, j.timeout)
	}
	defer cancel()
	done := make(chan data.Verdict, 1)
	j.running.Add(1)
	go func() {
		verdict := broken(ReasonPanic, "the call ended its goroutine")
		defer func() {
			j.running.Add(-1)
			done <- verdict
		}()
		verdict = safely(call, j.verifier, job)
	}()
	select {
	case verdict := <-done:
		// A verifier that heeds its context returns when time is out; whether its
		// word or ours comes first must not matter.
		if call.Err() == nil {
			return verdict
		}
	case <-call.Done():
	}
	if ctx.Err() == nil && errors.Is(call.Err(), context.DeadlineExceeded) {
		return data.Verdict{Kind: data.Undecided, Reason: ReasonTimeout, Blame: data.BlameCompletion}
	}
	return cancelled()
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

func cancelled() data.Verdict { return broken(ReasonCancelled, "") }

// broken is a fault of the infrastructure.
func broken(reason, detail string) data.Verdict {
	return data.Verdict{Kind: data.Error, Reason: reason, Detail: detail, Blame: data.BlameInfrastructure}
}
