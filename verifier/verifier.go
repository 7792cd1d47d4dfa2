package verifier

import (
	"context"

	"github.com/rlvr-go/rlvr/data"
)

// Verifier judges completions. It is safe for concurrent use, and equal arguments
// give equal verdicts: limits are counted in steps or bytes where possible, not in
// seconds, or a run would not be reproducible.
type Verifier interface {
	// Name is the name it is registered under.
	Name() string
	// Verify judges one completion of ex, which it must not modify. The
	// completion is the policy's output and may hold anything. Every failure is
	// a verdict with its blame. A verifier that may run long returns early when
	// ctx is done; what it returns then is ignored.
	Verify(ctx context.Context, ex *data.Example, completion string) data.Verdict
}
