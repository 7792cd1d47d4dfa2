package verifier

import (
	"context"
	"sync"
	"time"
)

// limitedContext is a context with a deadline that starts a timer only for those who
// wait for it: most verifiers return in a microsecond and never look.
type limitedContext struct {
	context.Context
	deadline time.Time

	mu     sync.Mutex
	timed  context.Context // made by Done
	cancel context.CancelFunc
	ended  bool
}

// Deadline is the earlier one of the parent's and its own.
func (c *limitedContext) Deadline() (time.Time, bool) {
	if d, ok := c.Context.Deadline(); ok && d.Before(c.deadline) {
		return d, true
	}
	return c.deadline, true
}

// Done is closed at the deadline, when the parent is done, or when the call ended.
func (c *limitedContext) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timed == nil {
		c.timed, c.cancel = context.WithDeadline(c.Context, c.deadline)
		if c.ended {
			c.cancel()
		}
	}
	return c.timed.Done()
}

// Err says why Done is closed, or would be if somebody waited.
func (c *limitedContext) Err() error {
	c.mu.Lock()
	timed, ended := c.timed, c.ended
	c.mu.Unlock()
	if timed != nil {
		return timed.Err()
	}
	if err := c.Context.Err(); err != nil {
		return err
	}
	switch {
	case !time.Now().Before(c.deadline):
		return context.DeadlineExceeded
	case ended:
		return context.Canceled
	}
	return nil
}

// end releases the timer, if there is one, and whoever still waits.
func (c *limitedContext) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	if c.cancel != nil {
		c.cancel()
	}
}
