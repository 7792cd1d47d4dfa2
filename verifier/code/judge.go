package code

import (
	"context"
	"errors"
	"fmt"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier/sandbox"
)

// The reasons of verdicts. Those from Wrong on are the completion's fault.
const (
	// ReasonPassed: every test is passed.
	ReasonPassed = "passed"
	// ReasonNoGold: the example has no tests.
	ReasonNoGold = "no_gold"
	// ReasonBadTests: the tests cannot be used; the verdict's Detail says why.
	ReasonBadTests = "bad_tests"
	// ReasonSandbox: the sandbox broke; the verdict's Detail says how.
	ReasonSandbox = "sandbox"
	// ReasonWrong: an answer is not what was expected.
	ReasonWrong = "wrong"
	// ReasonNoCode: the completion has no code.
	ReasonNoCode = "no_code"
	// ReasonCompile: the code is no Python.
	ReasonCompile = "compile_error"
	// ReasonRuntime: an exception, an exit status, or an end before the last answer.
	ReasonRuntime = "runtime_error"
	// ReasonTime, ReasonMemory and ReasonOutput: it took more than it may.
	ReasonTime   = "time_limit"
	ReasonMemory = "memory_limit"
	ReasonOutput = "output_limit"
	// ReasonKilled: a signal ended it, or a system call that it may not make.
	ReasonKilled = "killed"
	// ReasonTampered: there are two answers to one call.
	ReasonTampered = "tampered"
)

// Runner runs programs; *sandbox.Pool is one. An error is a fault of the machine, never
// of the program.
type Runner interface {
	Run(ctx context.Context, p sandbox.Program) (sandbox.Result, error)
}

// Options say what counts as a solution and what it earns.
type Options struct {
	// Format says where the code of a completion is. Default Fenced.
	Format Format
	// AfterThink: code counts only after </think>.
	AfterThink bool
	// PassRate: the score is the share of tests passed, not 1 for all and else 0. Correct
	// is in both cases what passes all.
	PassRate bool
}

// Validate reports every option out of range.
func (o *Options) Validate() error {
	var l fault.List
	l.Check(o.Format.known(), "format", string(o.Format), "%s, %s or %s", Fenced, Any, Raw)
	return l.Err()
}

// Judge judges completions. It is safe for concurrent use, as far as its runner is.
type Judge struct {
	runner  Runner
	options Options
	plans   plans
	// driver and oracle are the host's programs, see doc.go.
	driver, oracle program
}

// New makes a judge of valid options.
func New(r Runner, o Options) *Judge {
	return &Judge{runner: r, options: o, driver: program{source: driverSource}, oracle: program{source: oracleSource}}
}

// errTests marks what is wrong with the tests of an example.
var errTests = errors.New("tests")

// Verify judges the code of a completion by the tests of ex ([Tests]).
func (j *Judge) Verify(ctx context.Context, ex *data.Example, completion string) data.Verdict {
	t, err := testsOf(ex)
	switch {
	case errors.Is(err, errNoTests):
		return data.Verdict{Kind: data.Error, Reason: ReasonNoGold, Blame: data.BlameGold}
	case err != nil:
		return badTests(err)
	}
	format := j.options.Format
	if t.Format != "" {
		format = t.Format
	}
	solution, ok := Extract(completion, format, j.options.AfterThink)
	if !ok {
		return data.Verdict{Kind: data.Incorrect, Reason: ReasonNoCode, Blame: data.BlameCompletion}
	}
	o, err := j.judge(ctx, t, solution)
	switch {
	case errors.Is(err, errTests):
		return badTests(err)
	case err != nil:
		return data.Verdict{Kind: data.Error, Reason: ReasonSandbox, Detail: err.Error(), Blame: data.BlameInfrastructure}
	}
	return o.verdict(solution, j.options.PassRate)
}

func badTests(err error) data.Verdict {
	return data.Verdict{Kind: data.Error, Reason: ReasonBadTests, Detail: err.Error(), Blame: data.BlameGold}
}

func (j *Judge) judge(ctx context.Context, t *Tests, solution string) (outcome, error) {
	switch {
	case len(t.Stdio) > 0:
		return j.stdio(ctx, t, solution)
	case len(t.Calls) > 0:
		return j.calls(ctx, t, solution)
	default:
		return j.asserts(ctx, t, solution)
	}
}

// outcome is what the tests say of a solution.
type outcome struct {
	// passed is one entry for each test, in order; with partial it is cut short.
	passed  []bool
	partial bool
	// total is the number of tests where passed is shorter, for the share.
	total int
	// failure is that of the first test that was not passed.
	failure failure
}

// failure is why a test was not passed.
type failure struct {
	reason string
	// class is the name of what was raised.
	class string
}

// fail notes a test that was not passed.
func (o *outcome) fail(f failure) {
	o.passed = append(o.passed, false)
	if o.failure.reason == "" {
		o.failure = f
	}
}

func (o *outcome) pass() { o.passed = append(o.passed, true) }

func (o *outcome) verdict(solution string, rate bool) data.Verdict {
	v := data.Verdict{Kind: data.Correct, Score: 1, Extracted: solution, Reason: ReasonPassed}
	n, items := 0, make([]float64, len(o.passed))
	for i, ok := range o.passed {
		if ok {
			n, items[i] = n+1, 1
		}
	}
	if !o.partial {
		v.Items = items
	}
	if o.failure.reason == "" && n == len(o.passed) && n > 0 {
		return v
	}
	v.Kind, v.Score, v.Blame = data.Incorrect, 0, data.BlameCompletion
	v.Reason, v.Class = o.failure.reason, o.failure.class
	if rate && n > 0 {
		v.Score = float64(n) / float64(max(o.total, len(o.passed), n+1))
	}
	return v
}

// Explain says, a line a step, how the verdict on a completion comes about.
func (j *Judge) Explain(ctx context.Context, ex *data.Example, completion string) []string {
	v := j.Verify(ctx, ex, completion)
	if v.Extracted == "" {
		return nil
	}
	out := []string{fmt.Sprintf("code: %d bytes", len(v.Extracted))}
	for i, x := range v.Items {
		word := "failed"
		if x == 1 {
			word = "passed"
		}
		out = append(out, fmt.Sprintf("test %d: %s", i, word))
	}
	if v.Class != "" {
		out = append(out, "raised: "+v.Class)
	}
	return out
}
