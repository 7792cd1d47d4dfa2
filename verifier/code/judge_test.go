package code_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier"
	"github.com/rlvr-go/rlvr/verifier/code"
	"github.com/rlvr-go/rlvr/verifier/sandbox"
	"github.com/rlvr-go/rlvr/verifier/verifiertest"
)

func fenced(source string) string { return "```python\n" + source + "\n```" }

// TestConformance: the registered verifier keeps the demands on verifiers.
func TestConformance(t *testing.T) {
	pool(t) // skips where there is none
	host, oracle, calls := *example(t, squares["host"]), *example(t, squares["oracle"]), *example(t, squares["calls"])
	verifiertest.Run(t, verifiertest.Suite{
		New: func() (verifier.Verifier, error) {
			v, err := verifier.New("code", map[string]any{"reward": "pass_rate", "cpu_seconds": 2, "output_kb": 256})
			if o, ok := v.(verifier.Outside); ok {
				t.Cleanup(func() { _ = o.Close() })
			}
			return v, err
		},
		Cases: []verifiertest.Case{
			{Example: host, Completion: fenced("def solve(n):\n    return n * n"), Kind: data.Correct, Reason: code.ReasonPassed},
			{Example: host, Completion: fenced("def solve(n):\n    return abs(n) * 3"), Kind: data.Incorrect, Reason: code.ReasonWrong},
			{Example: oracle, Completion: fenced("def solve(n):\n    return n / 0"), Kind: data.Incorrect, Reason: code.ReasonRuntime},
			{Example: calls, Completion: "I do not know.", Kind: data.Incorrect, Reason: code.ReasonNoCode},
		},
	})
}

// TestSelfTest: reference answers pass their own tests and no others', after thoughts too.
func TestSelfTest(t *testing.T) {
	pool(t)
	one, other := example(t, squares["host"]), example(t, `{"asserts": ["assert twice(1) == 2"]}`)
	one.Answers, other.Answers = []string{fenced("def solve(n):\n    return n ** 2")}, []string{fenced("def twice(n):\n    return n + n")}
	for _, think := range []bool{false, true} {
		v, err := verifier.New("code", map[string]any{"think": think})
		if err != nil {
			t.Fatal(err)
		}
		found, err := verifier.SelfTest(t.Context(), v, []data.Example{*one, *other})
		if err != nil || found.Golds != 2 || found.Shuffled != 2 {
			t.Errorf("think %v: %+v, %v", think, found, err)
		}
		_ = v.(verifier.Outside).Close()
	}
}

// TestVerdicts: each style of tests, each way to pass and to fail.
func TestVerdicts(t *testing.T) {
	const (
		first    = `{"asserts": ["assert first([3, 4]) == 3", "assert first(['a']) == 'a'", "assert first([]) is None"]}`
		truths   = `{"asserts": ["assert even(2)", "assert not even(3)"]}`
		chain    = `{"asserts": ["x = f(1)\ny = f(x)\nassert f(y) == 8"]}`
		raises   = `{"asserts": ["try:\n    f(-1)\n    assert False\nexcept ValueError:\n    pass\nassert f(1) == 1"]}`
		helper   = `{"asserts": ["assert undo(f(3)) == 3"], "prelude": "def undo(x):\n    return x - 1\n\ndef f(x):\n    \"\"\"Adds one.\"\"\"\n", "functions": ["f"]}`
		stdio    = `{"stdio": [{"input": "1 2\n", "output": "3\n"}, {"input": "5 6\n", "output": "11\n"}]}`
		special  = `{"calls": [{"function": "same", "args": [{"$tuple": [1, {"$set": [2]}]}], "result": {"$tuple": [1, {"$set": [2]}]}}, {"function": "same", "args": [{"$dict": [[1, 2]]}], "result": {"$dict": [[1, 2]]}}, {"function": "same", "args": [{"$float": "inf"}], "result": {"$float": "inf"}}, {"function": "same", "args": [{"$bytes": "00ff"}], "result": {"$bytes": "00ff"}}, {"function": "same", "args": [{"$complex": [1, 2.5]}], "result": {"$complex": [1.0, 2.5]}}, {"function": "same", "kwargs": {"x": [1.5, null, true, "a", {"b": 1e3}]}, "result": [1.5, null, true, "a", {"b": 1000}]}]}`
		method   = `{"calls": [{"function": "Solution.add", "args": [1, 2], "result": 3}]}`
		literals = `{"asserts": ["assert len(f(3)) == 3", "assert f(0) == []", "import math\nassert math.isclose(sum(f(2)), 1.0)"]}`
	)
	for _, tt := range []struct {
		name, tests, source, reason, class string
		items                              []float64
	}{
		{"equal to literals", first, "def first(x):\n    return x[0] if x else None", code.ReasonPassed, "", []float64{1, 1, 1}},
		{"one in three", first, "def first(x):\n    return 3", code.ReasonWrong, "", []float64{1, 0, 0}},
		{"raises in one", first, "def first(x):\n    return x[0]", code.ReasonRuntime, "IndexError", []float64{1, 1, 0}},
		{"ends in one", first, "import os\ndef first(x):\n    if not x: os._exit(0)\n    return x[0]", code.ReasonRuntime, "", []float64{1, 1, 0}},
		{"ends in the middle", first, "import os\ndef first(x):\n    if x == ['a']: os._exit(0)\n    return x[0] if x else None", code.ReasonRuntime, "", []float64{1, 0, 1}},
		{"prints much", first, "print('x' * 1000)\ndef first(x):\n    print(x)\n    return x[0] if x else None", code.ReasonPassed, "", []float64{1, 1, 1}},
		{"reads nothing", first, "import sys\nassert sys.stdin.read() == ''\ndef first(x):\n    return x[0] if x else None", code.ReasonPassed, "", []float64{1, 1, 1}},
		{"main is not run", first, "def first(x):\n    return x[0] if x else None\nif __name__ == '__main__':\n    1 / 0", code.ReasonPassed, "", []float64{1, 1, 1}},
		{"dataclasses and futures", first, "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\ndef first(x: list[int]) -> int | None:\n    return P(x[0]).x if x else None", code.ReasonPassed, "", []float64{1, 1, 1}},
		{"no Python", first, "def first(x) return x", code.ReasonCompile, "SyntaxError", []float64{}},
		{"zero byte", first, "x = '\x00'", code.ReasonCompile, "*", []float64{}}, // by version
		{"fails at load", first, "import nothing_of_that_name", code.ReasonRuntime, "ModuleNotFoundError", []float64{}},
		{"no such function", first, "def last(x): return x", code.ReasonRuntime, "NameError", []float64{0, 0, 0}},
		{"no end", first, "def first(x):\n    while True: pass", code.ReasonTime, "", []float64{0, 0, 0}},
		{"memory", first, "def first(x):\n    return [0] * 10**9", code.ReasonMemory, "MemoryError", []float64{0, 0, 0}},
		{"truth of a match", truths, "import re\ndef even(n):\n    return re.match('[02468]$', str(n))", code.ReasonPassed, "", []float64{1, 1}},
		{"untrue", truths, "def even(n):\n    return n", code.ReasonWrong, "", []float64{1, 0}},
		{"arguments that are answers", chain, "def f(x):\n    return 2 * x", code.ReasonPassed, "", []float64{1}},
		{"arguments that are wrong answers", chain, "def f(x):\n    return 3 * x", code.ReasonWrong, "", []float64{0}},
		{"expected exception", raises, "def f(x):\n    if x < 0: raise ValueError\n    return x", code.ReasonPassed, "", []float64{1}},
		{"no exception", raises, "def f(x):\n    return x", code.ReasonWrong, "", []float64{0, 1}},
		{"another exception", raises, "def f(x):\n    if x < 0: raise KeyError\n    return x", code.ReasonRuntime, "KeyError", []float64{}},
		{"an end is no exception", raises, "import os\ndef f(x):\n    if x < 0: os._exit(0)\n    return x", code.ReasonRuntime, "", []float64{}},
		{"goes on with the prompt", helper, "    return x + 1", code.ReasonPassed, "", []float64{1}},
		{"whole function", helper, "def f(x):\n    return x + 1", code.ReasonPassed, "", []float64{1}},
		{"uses the helper", helper, "def f(x):\n    return x + 2 - undo(2)", code.ReasonPassed, "", []float64{1}},
		{"replaces the helper of the tests", helper, "def undo(x):\n    return 3\ndef f(x):\n    return 0", code.ReasonWrong, "", []float64{0}},
		{"output", stdio, "print(sum(map(int, input().split())))", code.ReasonPassed, "", []float64{1, 1}},
		{"wrong output", stdio, "print(3)", code.ReasonWrong, "", []float64{1, 0}},
		{"no Python to run", stdio, "print(3", code.ReasonCompile, "", nil},
		{"exit status", stdio, "print(sum(map(int, input().split())))\nraise SystemExit(3)", code.ReasonRuntime, "", []float64{0, 0}},
		{"values that JSON lacks", special, "def same(x):\n    return x", code.ReasonPassed, "", []float64{1, 1, 1, 1, 1, 1}},
		{"types of these", special, "def same(x):\n    return list(x) if isinstance(x, (tuple, set)) else x", code.ReasonWrong, "", []float64{0, 1, 1, 1, 1, 1}},
		{"method", method, "class Solution:\n    def add(self, a, b):\n        return a + b", code.ReasonPassed, "", []float64{1}},
		{"no method", method, "class Solution:\n    pass", code.ReasonRuntime, "AttributeError", []float64{0}},
		{"asserts of any form", literals, "def f(n):\n    return [i for i in range(n)]", code.ReasonPassed, "", []float64{1, 1, 1}},
		{"a generator is no list", literals, "def f(n):\n    return (i for i in range(n))", code.ReasonWrong, "", []float64{0, 0, 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j := code.New(pool(t), code.Options{Format: code.Fenced, PassRate: true})
			v := j.Verify(t.Context(), example(t, tt.tests), fenced(tt.source))
			kind, sum := data.Incorrect, 0.0
			for _, x := range tt.items {
				sum += x
			}
			if tt.reason == code.ReasonPassed {
				kind = data.Correct
			}
			if v.Kind != kind || v.Reason != tt.reason || tt.class != "*" && v.Class != tt.class || !slices.Equal(v.Items, tt.items) {
				t.Errorf("%s (%s), class %q, items %v, detail %q; want %s (%s), class %q, items %v", v.Kind, v.Reason, v.Class, v.Items, v.Detail, kind, tt.reason, tt.class, tt.items)
			}
			if n := float64(len(tt.items)); n > 0 && v.Score != sum/n {
				t.Errorf("score %v, want %v of %v", v.Score, sum, n)
			}
			all := code.New(pool(t), code.Options{Format: code.Fenced})
			if v := all.Verify(t.Context(), example(t, tt.tests), fenced(tt.source)); v.Kind != kind || v.Score != map[bool]float64{true: 1}[kind == data.Correct] {
				t.Errorf("all or nothing: %s, score %v", v.Kind, v.Score)
			}
		})
	}
}

// TestBadTests: what is wrong with the tests is their fault, not the completion's.
func TestBadTests(t *testing.T) {
	j := code.New(pool(t), code.Options{Format: code.Fenced})
	for tests, want := range map[string]string{
		`{}`:              "",
		`{"asserts": []}`: "",
		`null`:            "",
		`{"asserts": ["assert f(1) == 1"], "calls": [{"function": "f", "result": 1}]}`: "more than one",
		`{"asert": ["assert f(1) == 1"]}`:                                              "unknown field",
		`{"asserts": "assert f(1) == 1"}`:                                              "cannot unmarshal",
		`{"asserts": ["assert f(1) =="]}`:                                              "SyntaxError",
		`{"asserts": ["x = 1"]}`:                                                       "no call",
		`{"asserts": ["assert f(1) == 1"], "prelude": "import nothing_such"}`:          "ModuleNotFoundError",
		`{"asserts": ["assert f(lambda x: x) == 1"]}`:                                  "plain data",
		`{"asserts": ["while True: pass\nassert f(1)"]}`:                               "do not run to their end",
		`{"calls": [{"args": [1], "result": 1}]}`:                                      "function and result",
		`{"calls": [{"function": "f", "args": [1]}]}`:                                  "function and result",
		`{"calls": [{"function": "f", "args": [{"$what": 1}], "result": 1}]}`:          "$what",
		`{"calls": [{"function": "f", "args": [1e999], "result": 1}]}`:                 "a float",
		`{"stdio": [{"input": "", "output": ""}], "tolerance": -1}`:                    "tolerance",
		`{"stdio": [{"input": "", "output": ""}], "format": "x"}`:                      "format",
	} {
		v := j.Verify(t.Context(), example(t, tests), fenced("def f(x):\n    return x"))
		if v.Kind != data.Error || v.Blame != data.BlameGold || !strings.Contains(v.Detail, want) || v.Reason != code.ReasonBadTests && (want != "" || v.Reason != code.ReasonNoGold) {
			t.Errorf("%s: %s (%s), blame %s, detail %q, want %q", tests, v.Kind, v.Reason, v.Blame, v.Detail, want)
		}
	}
}

type broken struct{ err error }

func (b broken) Run(context.Context, sandbox.Program) (sandbox.Result, error) {
	return sandbox.Result{}, b.err
}

// TestInfrastructure: a sandbox that breaks is nobody's wrong answer.
func TestInfrastructure(t *testing.T) {
	j := code.New(broken{errors.New("no space left")}, code.Options{Format: code.Fenced})
	for _, style := range []string{"host", "oracle", "calls"} {
		v := j.Verify(t.Context(), example(t, squares[style]), fenced("def solve(n):\n    return n * n"))
		if v.Kind != data.Error || v.Reason != code.ReasonSandbox || v.Blame != data.BlameInfrastructure || !strings.Contains(v.Detail, "no space") {
			t.Errorf("%s: %+v", style, v)
		}
	}
}

// recorder notes what the programs are given.
type recorder struct {
	code.Runner
	programs *[]sandbox.Program
}

func (r recorder) Run(ctx context.Context, p sandbox.Program) (sandbox.Result, error) {
	if strings.Contains(p.Source, "marshal.dumps") {
		return r.Runner.Run(ctx, p)
	}
	*r.programs = append(*r.programs, p)
	return r.Runner.Run(ctx, p)
}

// TestWhoSeesWhat: nothing that the process of a solution is given has the expected
// results or the tests; nothing that the oracle is given has the solution. Asserts on one
// call are compared without the oracle, and a problem is planned once.
func TestWhoSeesWhat(t *testing.T) {
	const secret, mark = "777888999", "a_mark_of_the_solution"
	for _, tt := range []struct {
		tests string
		want  int // programs for two verdicts, those that compile the host's aside
	}{
		{`{"asserts": ["assert f(1) == ` + secret + `"]}`, 1 + 2},
		{`{"asserts": ["assert f(1) + 0 == ` + secret + `"]}`, 1 + 4},
		{`{"calls": [{"function": "f", "args": [1], "result": ` + secret + `}]}`, 2},
		{`{"stdio": [{"input": "1", "output": "` + secret + `"}]}`, 2},
	} {
		var programs []sandbox.Program
		j := code.New(recorder{pool(t), &programs}, code.Options{Format: code.Fenced})
		for range 2 {
			j.Verify(t.Context(), example(t, tt.tests), fenced("def f("+mark+"):\n    return 1"))
		}
		if len(programs) != tt.want {
			t.Errorf("%s: %d programs, want %d", tt.tests, len(programs), tt.want)
		}
		for _, p := range programs {
			given := p.Source + string(p.Stdin)
			if strings.Contains(given, mark) && strings.Contains(given, secret) {
				t.Errorf("%s: one process has both the solution and what is expected", tt.tests)
			}
		}
	}
}
