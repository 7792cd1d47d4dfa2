package verifier_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier"
)

// stub judges by a function.
type stub func(ctx context.Context, ex *data.Example, completion string) data.Verdict

func (stub) Name() string { return "stub" }

func (f stub) Verify(ctx context.Context, ex *data.Example, completion string) data.Verdict {
	return f(ctx, ex, completion)
}

var right = data.Verdict{Kind: data.Correct, Score: 1, Reason: "match"}

func jobs(completions ...string) []verifier.Job {
	ex := answers("x")
	out := make([]verifier.Job, len(completions))
	for i, c := range completions {
		out[i] = verifier.Job{Example: &ex, Completion: c}
	}
	return out
}

// TestJudgeMisbehaviour: whatever a verifier does to one completion, that one has a
// verdict with the right blame and its neighbours keep theirs.
func TestJudgeMisbehaviour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		v := stub(func(ctx context.Context, _ *data.Example, completion string) data.Verdict {
			switch completion {
			case "panics":
				panic("no such index")
			case "exits":
				runtime.Goexit()
			case "nan":
				return data.Verdict{Kind: data.Correct, Score: math.NaN(), Reason: "match"}
			case "inf":
				return data.Verdict{Kind: data.Correct, Score: math.Inf(-1), Reason: "match"}
			case "slow":
				<-ctx.Done() // heeds its context, and claims success
			case "hangs":
				<-release
			case "nearly slow":
				time.Sleep(time.Second - time.Millisecond)
			}
			return right
		})
		timeout := data.Verdict{Kind: data.Undecided, Reason: "timeout", Blame: data.BlameCompletion}
		fault := func(reason, detail string) data.Verdict {
			return data.Verdict{Kind: data.Error, Reason: reason, Detail: detail, Blame: data.BlameInfrastructure}
		}
		got := verifier.NewJudge(v, 3, time.Second).Verdicts(t.Context(),
			jobs("", "panics", "exits", "", "nan", "inf", "slow", "hangs", "nearly slow", ""))
		want := []data.Verdict{
			right, fault("panic", "no such index"), fault("panic", "the call ended its goroutine"), right,
			fault("bad_score", `score NaN with reason "match"`), fault("bad_score", `score -Inf with reason "match"`),
			timeout, timeout, right, right,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("verdicts (-want +got):\n%s", diff)
		}
		if timeout.Masked() {
			t.Error("a timeout of the completion is masked: the policy could hide there")
		}
		close(release)
	})
}

// TestJudgeTimeoutWins: a verifier that heeds its context returns in the moment in
// which the judge gives up; what it claims then must never be taken.
func TestJudgeTimeoutWins(t *testing.T) {
	v := stub(func(ctx context.Context, _ *data.Example, _ string) data.Verdict {
		<-ctx.Done()
		return right
	})
	for _, got := range verifier.NewJudge(v, 50, time.Millisecond).Verdicts(t.Context(), jobs(make([]string, 2000)...)) {
		if got.Reason != verifier.ReasonTimeout {
			t.Fatalf("got %+v, want a timeout", got)
		}
	}
}

// TestJudgeKeepsOrder gives each completion a score of its own and lets later ones
// finish first.
func TestJudgeKeepsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int64
		v := stub(func(_ context.Context, _ *data.Example, completion string) data.Verdict {
			n := running.Add(1)
			defer running.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			time.Sleep(time.Duration(100-len(completion)) * time.Millisecond)
			return data.Verdict{Kind: data.Incorrect, Score: float64(len(completion))}
		})
		var completions []string
		for i := range 50 {
			completions = append(completions, strings.Repeat("a", i))
		}
		for i, got := range verifier.NewJudge(v, 4, 0).Verdicts(t.Context(), jobs(completions...)) {
			if got.Score != float64(i) {
				t.Errorf("verdict %d is that of completion %v", i, got.Score)
			}
		}
		if most.Load() != 4 {
			t.Errorf("%d calls at once, want 4", most.Load())
		}
	})
}

func TestJudgeCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		v := stub(func(ctx context.Context, _ *data.Example, completion string) data.Verdict {
			if completion == "stop" {
				cancel()
				<-ctx.Done()
			}
			return right
		})
		got := verifier.NewJudge(v, 1, time.Minute).Verdicts(ctx, jobs("a", "stop", "b"))
		stopped := data.Verdict{Kind: data.Error, Reason: "cancelled", Blame: data.BlameInfrastructure}
		if diff := cmp.Diff([]data.Verdict{right, stopped, stopped}, got); diff != "" {
			t.Errorf("verdicts (-want +got):\n%s", diff)
		}
	})
}

// TestJudgeBoundsAbandonedCalls: a verifier that hangs on every call must not fill
// the machine with goroutines.
func TestJudgeBoundsAbandonedCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var started atomic.Int64
		v := stub(func(context.Context, *data.Example, string) data.Verdict {
			started.Add(1)
			<-release
			return right
		})
		j := verifier.NewJudge(v, 2, time.Second)
		stuck := 0
		for range 10 {
			for _, got := range j.Verdicts(t.Context(), jobs("a", "b", "c", "d")) {
				if got.Reason == verifier.ReasonStuck && got.Masked() {
					stuck++
				}
			}
		}
		if n := started.Load(); n > 20 || int(n)+stuck != 40 {
			t.Errorf("%d calls started and %d refused, want 40 in all with at most 20 started", n, stuck)
		}
		close(release)
		synctest.Wait()
		if got := j.Verdicts(t.Context(), jobs("a")); got[0].Reason == verifier.ReasonStuck {
			t.Error("still refuses after the calls have returned")
		}
	})
}

func TestCountAndCheck(t *testing.T) {
	gold := data.Verdict{Kind: data.Error, Reason: "no_gold", Blame: data.BlameGold}
	broken := data.Verdict{Kind: data.Error, Reason: "panic", Detail: "boom", Blame: data.BlameInfrastructure}
	slow := data.Verdict{Kind: data.Undecided, Reason: "timeout", Blame: data.BlameCompletion}
	fuel := data.Verdict{Kind: data.Undecided, Reason: "fuel", Blame: data.BlameCompletion}
	f := verifier.Count([]data.Verdict{right, gold, broken, slow, fuel, broken, right, right})
	if f.Judged != 8 || f.Gold != 1 || f.Infrastructure != 2 || f.Undecided != 2 || f.Timeouts != 1 {
		t.Errorf("counts: %+v", f)
	}
	if f.Fraction() != 3.0/8 || f.UndecidedFraction() != 2.0/8 || f.TimeoutFraction() != 1.0/8 {
		t.Errorf("fractions: %v %v %v", f.Fraction(), f.UndecidedFraction(), f.TimeoutFraction())
	}
	if err := f.Check(3.0 / 8); err != nil {
		t.Errorf("at the threshold: %v", err)
	}
	err := f.Check(0.37)
	if !errors.Is(err, verifier.ErrTooManyFaults) {
		t.Fatalf("above the threshold: %v", err)
	}
	want := "verifier: too many verifier faults: 3 of 8 completions (1 the reference answer's, 2 the infrastructure's; max_fault_fraction is 0.37): panic x2 (boom), no_gold x1"
	if err.Error() != want {
		t.Errorf("message\n%s, want\n%s", err, want)
	}
	if err := verifier.Count(nil).Check(0); err != nil {
		t.Errorf("empty window: %v", err)
	}
}
