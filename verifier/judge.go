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
	// cost is the time of a verdict in nanoseconds, as measured last; 0: unknown.
	cost atomic.Int64
	// abandoned counts calls that ran out of time and have not returned.
	abandoned atomic.Int64
}

// NewJudge makes a judge that calls v at most workers times at once (0: once for
// each processor) and gives a call the time limit timeout (0: none). A verifier that is
// [Outside] says itself how many calls there may be, and keeps its own time limit.
func NewJudge(v Verifier, workers int, timeout time.Duration) *Judge {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	if o, ok := v.(Outside); ok {
		workers, timeout = o.Concurrency(), 0
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
	workers := min(j.workers, len(jobs))
	start := time.Now()
	j.judge(ctx, jobs, out, workers)
	j.took(time.Since(start)*time.Duration(workers), len(jobs))
	return out
}

// judge writes the verdicts on jobs to out, with at most workers calls at once.
func (j *Judge) judge(ctx context.Context, jobs []Job, out []data.Verdict, workers int) {
	b := &batch{judge: j, ctx: ctx, jobs: jobs, out: out}
	var wg sync.WaitGroup
	for range workers - 1 {
		wg.Go(b.supervise)
	}
	b.supervise()
	wg.Wait()
}

// took notes the time that n verdicts took a worker.
func (j *Judge) took(busy time.Duration, n int) {
	if n > 0 {
		j.cost.Store(busy.Nanoseconds() / int64(n))
	}
}

// worthStarting is the cost of a verdict from which on it is begun as soon as its
// completion is there. To wake a worker costs some microseconds, which cheap verdicts
// are not worth: they are judged in one go.
const worthStarting = 50 * time.Microsecond

// worthStarting says whether verdicts are to be begun while completions are made.
func (j *Judge) worthStarting() bool {
	_, waits := j.verifier.(Outside)
	return waits || j.cost.Load() >= worthStarting.Nanoseconds()
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
