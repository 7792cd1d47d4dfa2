package verifier

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rlvr-go/rlvr/data"
)

// batch is the jobs of one call of [Judge.Verdicts]. A caller takes jobs in order
// and runs them one after another; its supervisor leaves it behind when a job
// outstays its time and starts another. So a goroutine and a timer serve many jobs,
// and a verdict that takes a microsecond costs little more.
type batch struct {
	judge *Judge
	ctx   context.Context
	jobs  []Job
	next  atomic.Int64
	out   []data.Verdict
}

// caller is a goroutine that judges jobs.
type caller struct {
	mu sync.Mutex
	// job is the one in hand, -1 for none, and start when it began.
	job   int
	start time.Time
	// left says that the supervisor gave the job in hand its verdict and went on:
	// what the caller finds is not wanted.
	left bool
	// ended is closed when the goroutine ends: no job is left, or a call ended it.
	ended chan struct{}
}

// supervise keeps one caller at work until no job is left.
func (b *batch) supervise() {
	for b.next.Load() < int64(len(b.jobs)) {
		c := &caller{job: -1, ended: make(chan struct{})}
		go b.work(c)
		b.watch(c)
	}
}

// watch returns when the caller has ended or was left behind.
func (b *batch) watch(c *caller) {
	limit := b.judge.timeout
	var expired <-chan time.Time
	if limit > 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		for expired = timer.C; ; timer.Reset(c.timeLeft(limit)) {
			select {
			case <-c.ended:
				return
			case <-b.ctx.Done():
				b.leave(c, cancelled(), 0)
				return
			case <-expired:
				if b.leave(c, timedOut(), limit) {
					return
				}
			}
		}
	}
	select {
	case <-c.ended:
	case <-b.ctx.Done():
		b.leave(c, cancelled(), 0)
	}
}

// timeLeft is the time that the job in hand still has.
func (c *caller) timeLeft(limit time.Duration) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return max(0, limit-time.Since(c.start))
}

// leave gives the job in hand a verdict and leaves the caller behind, if the job has
// been in hand for at least a time.
func (b *batch) leave(c *caller, v data.Verdict, age time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.job >= 0 && time.Since(c.start) < age {
		return false
	}
	c.left = true
	if c.job >= 0 {
		b.out[c.job] = v
		b.judge.abandoned.Add(1)
	}
	return true
}

// work judges jobs until none is left or the supervisor has gone on.
func (b *batch) work(c *caller) {
	defer close(c.ended)
	// A verifier can end its goroutine: the job in hand gets a verdict all the same.
	defer func() { b.finish(c, broken(ReasonPanic, "the call ended its goroutine")) }()
	for b.begin(c) {
		if !b.finish(c, b.judge.call(b.ctx, b.jobs[c.job], c.start)) {
			return
		}
	}
}

// begin takes the next job in hand; false when there is none or the supervisor has
// gone on.
func (b *batch) begin(c *caller) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left {
		return false
	}
	i := int(b.next.Add(1) - 1)
	if i >= len(b.jobs) {
		return false
	}
	c.job, c.start = i, time.Now()
	return true
}

// finish gives the job in hand, if any, its verdict; false when the supervisor had
// done that.
func (b *batch) finish(c *caller, v data.Verdict) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.job < 0 {
		return true
	}
	i := c.job
	c.job = -1
	if c.left {
		b.judge.abandoned.Add(-1)
		return false
	}
	b.out[i] = v
	return true
}

// call judges one job within the time limit from start, if the verifier heeds its
// context.
func (j *Judge) call(ctx context.Context, job Job, start time.Time) data.Verdict {
	if ctx.Err() != nil {
		return cancelled()
	}
	if n := j.abandoned.Load(); n >= int64(j.workers*maxStuckPerWorker) {
		return broken(ReasonStuck, fmt.Sprintf("%d calls of verifier %s ignore their time limit", n, j.verifier.Name()))
	}
	limited := ctx
	if j.timeout > 0 {
		l := &limitedContext{Context: ctx, deadline: start.Add(j.timeout)}
		defer l.end()
		limited = l
	}
	v := safely(limited, j.verifier, job)
	switch {
	case limited.Err() == nil:
		return v
	case ctx.Err() == nil && errors.Is(limited.Err(), context.DeadlineExceeded):
		// Whether its word or ours comes first must not matter.
		return timedOut()
	}
	return cancelled()
}

func cancelled() data.Verdict { return broken(ReasonCancelled, "") }

func timedOut() data.Verdict {
	return data.Verdict{Kind: data.Undecided, Reason: ReasonTimeout, Blame: data.BlameCompletion}
}
