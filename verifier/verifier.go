package verifier

import (
	"context"
	"log/slog"

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

// Goldless is a verifier that may judge the completion alone: its length, its form. It
// then needs no reference answers, and a self-test with them would say nothing.
type Goldless interface {
	Verifier
	// Goldless reports that reference answers are not looked at.
	Goldless() bool
}

// NeedsGold reports whether a verifier compares with reference answers.
func NeedsGold(v Verifier) bool {
	g, ok := v.(Goldless)
	return !ok || !g.Goldless()
}

// Outside is a verifier that asks a program or a service. Its calls wait more than they
// compute. It keeps a time limit itself, for a reply that comes late is the fault of the
// infrastructure, and heeds its context.
type Outside interface {
	Verifier
	// Concurrency is how many calls may be under way at once, at least 1.
	Concurrency() int
	// LogTo says who is told what the other side says. It is called before the first
	// verdict.
	LogTo(log *slog.Logger)
	// Close ends what was started.
	Close() error
}
