package verifier

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/rlvr-go/rlvr/data"
)

var nan = math.NaN()

// Scoring judges completions while others are still being made. Add is given each as
// it is finished, in any order; what Scores returns does not depend on the timing.
type Scoring struct {
	rewards *Rewards
	ctx     context.Context
	cancel  context.CancelFunc
	jobs    []Job
	early   []*early // by reward; nil where the verdicts are cheaper in one go
}

// Start makes ready to judge n completions. Close ends it. Rewards that are nil judge
// nothing: there are no scores then.
func (r *Rewards) Start(ctx context.Context, n int) *Scoring {
	if r == nil {
		r = &Rewards{}
	}
	ctx, cancel := context.WithCancel(ctx)
	s := &Scoring{rewards: r, ctx: ctx, cancel: cancel, jobs: make([]Job, n), early: make([]*early, len(r.list))}
	for k := range r.list {
		if j := r.list[k].judge; j.worthStarting() {
			s.early[k] = &early{judge: j, ctx: ctx, out: make([]data.Verdict, n)}
		}
	}
	return s
}

// Add gives completion i, once. It returns at once and is not safe for concurrent use.
func (s *Scoring) Add(i int, job Job) {
	s.jobs[i] = job
	for _, e := range s.early {
		if e != nil {
			e.add(i, job)
		}
	}
}

// Scores waits for the verdicts on all completions; each must have been added. As with
// [Judge.Verdicts], callers look at the context's error before they use them.
func (s *Scoring) Scores() *Scores {
	by := make([][]data.Verdict, len(s.early))
	for k, e := range s.early {
		if e == nil {
			by[k] = s.rewards.list[k].judge.Verdicts(s.ctx, s.jobs)
		}
	}
	for k, e := range s.early {
		if e != nil {
			e.workers.Wait()
			e.judge.took(e.busy, len(e.out))
			by[k] = e.out
		}
	}
	return s.rewards.combine(by)
}

// Close gives up what is not judged yet.
func (s *Scoring) Close() {
	s.cancel()
	for _, e := range s.early {
		if e != nil {
			e.workers.Wait()
		}
	}
}

// early judges completions as they come, each by a batch of its own.
type early struct {
	judge *Judge
	ctx   context.Context
	out   []data.Verdict

	mu      sync.Mutex
	waiting []numbered
	active  int
	busy    time.Duration // of all workers
	workers sync.WaitGroup
}

// numbered is a job with its place in the result.
type numbered struct {
	i   int
	job Job
}

func (e *early) add(i int, job Job) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.waiting = append(e.waiting, numbered{i, job})
	if e.active < e.judge.workers {
		e.active++
		e.workers.Go(e.work)
	}
}

// work judges what waits until nothing does.
func (e *early) work() {
	for {
		e.mu.Lock()
		if len(e.waiting) == 0 {
			e.active--
			e.mu.Unlock()
			return
		}
		next := e.waiting[0]
		e.waiting = e.waiting[1:]
		e.mu.Unlock()
		start := time.Now()
		e.judge.judge(e.ctx, []Job{next.job}, e.out[next.i:next.i+1], 1)
		took := time.Since(start)
		e.mu.Lock()
		e.busy += took
		e.mu.Unlock()
	}
}
