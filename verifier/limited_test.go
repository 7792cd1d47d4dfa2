package verifier

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestLimitedContext: a verifier that looks, waits or asks for the deadline sees what a
// context with a timer would show it, whether it waits before or after the end.
func TestLimitedContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = time.Second
		parent, cancel := context.WithCancel(context.Background())
		make := func() *limitedContext {
			return &limitedContext{Context: parent, deadline: time.Now().Add(limit)}
		}
		looks, waits, ended := make(), make(), make()
		start := time.Now()
		if d, ok := looks.Deadline(); !ok || d.Sub(start) != limit || looks.Err() != nil || waits.Err() != nil {
			t.Errorf("at the start: deadline %v, %v and %v", d, looks.Err(), waits.Err())
		}
		ended.end()
		if !errors.Is(ended.Err(), context.Canceled) {
			t.Errorf("after the call: %v", ended.Err())
		}
		<-ended.Done() // waits that begin late end at once
		if time.Since(start) != 0 {
			t.Errorf("waited %v for a call that had ended", time.Since(start))
		}
		<-waits.Done()
		if time.Since(start) != limit || !errors.Is(waits.Err(), context.DeadlineExceeded) || !errors.Is(looks.Err(), context.DeadlineExceeded) {
			t.Errorf("after %v: %v and %v", time.Since(start), waits.Err(), looks.Err())
		}
		waits.end()
		stopped := make()
		cancel()
		<-stopped.Done()
		if !errors.Is(stopped.Err(), context.Canceled) {
			t.Errorf("the run was interrupted: %v", stopped.Err())
		}
		stopped.end()
	})
}
