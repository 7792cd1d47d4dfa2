package code_test

import (
	"encoding/json"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier"
	"github.com/rlvr-go/rlvr/verifier/code"
	"github.com/rlvr-go/rlvr/verifier/sandbox"
)

func TestMain(m *testing.M) {
	sandbox.Main()
	status := m.Run()
	if shared.pool != nil {
		_ = shared.pool.Close()
	}
	os.Exit(status)
}

// shared is the sandbox of the tests.
var shared struct {
	sync.Once
	pool *sandbox.Pool
	err  error
}

// pool is a sandbox with limits that let programs without end end soon.
func pool(t testing.TB) *sandbox.Pool {
	t.Helper()
	shared.Do(func() {
		o := sandbox.DefaultOptions()
		o.CPUSeconds, o.WallSeconds, o.OutputKB = 1, 2, 256
		if os.Getenv("RLVR_LONG") != "" {
			o.WallSeconds = 10 // a busy machine must not change which limit is met
		}
		shared.pool, shared.err = sandbox.Open(o)
	})
	if shared.err != nil {
		t.Skipf("no sandbox here: %v", shared.err)
	}
	return shared.pool
}

// example is a problem with tests in JSON, as a row has them.
func example(t testing.TB, tests string) *data.Example {
	t.Helper()
	rows, err := data.DecodeJSONL(strings.NewReader(`{"prompt": "?", "tests": `+tests+`}`), "row", "row")
	if err != nil {
		t.Fatal(err)
	}
	return &rows[0]
}

// squares are tests of "solve(n) is n squared": by the host, by the oracle, by results.
var squares = map[string]string{
	"host":   `{"asserts": ["assert solve(3) == 9", "assert solve(-4) == 16", "assert solve(5) == 25\nassert 49 == solve(7)"]}`,
	"oracle": `{"asserts": ["assert abs(solve(3) - 9) < 1e-9", "def check(f):\n    for n in (-4, 5):\n        assert f(n) == n ** 2\n\ncheck(solve)", "assert solve(7) in (49, 49.0)"]}`,
	"calls":  `{"calls": [{"function": "solve", "args": [3], "result": 9}, {"function": "solve", "args": [-4], "result": 16}, {"function": "solve", "args": [5], "result": 25}, {"function": "solve", "args": [7], "result": 49}], "tolerance": 1e-9}`,
}

// TestHostile: no program of the list passes, in part or whole, and all are to blame. The
// oracle's style goes through everything that the host's does; RLVR_LONG=1 tries all.
func TestHostile(t *testing.T) {
	text, err := os.ReadFile("testdata/hostile.txt")
	if err != nil {
		t.Fatal(err)
	}
	programs := strings.Split(string(text), "\n=== ")[1:]
	if len(programs) < 70 {
		t.Fatalf("%d programs: the list is not what it was", len(programs))
	}
	type attempt struct{ style, name string }
	rates, styles := []bool{true}, []string{"oracle"}
	if os.Getenv("RLVR_LONG") != "" {
		rates, styles = []bool{false, true}, []string{"host", "oracle", "calls"}
	}
	p := pool(t)
	for _, rate := range rates {
		j := judging{code.New(p, code.Options{Format: code.Fenced, PassRate: rate})}
		var jobs []verifier.Job
		var what []attempt
		for _, style := range styles {
			ex := example(t, squares[style])
			if v := j.Verify(t.Context(), ex, "```python\ndef solve(n):\n    return n * n\n```"); v.Kind != data.Correct {
				t.Fatalf("%s: the solution is %s: %s %s", style, v.Kind, v.Reason, v.Detail)
			}
			for _, program := range programs {
				name, source, _ := strings.Cut(program, "\n")
				jobs = append(jobs, verifier.Job{Example: ex, Completion: "```python\n" + source + "\n```"})
				what = append(what, attempt{style, name})
			}
		}
		reasons := map[string]int{}
		for i, v := range verifier.NewJudge(j, 0, 0).Verdicts(t.Context(), jobs) {
			reasons[v.Reason]++
			if v.Kind != data.Incorrect || v.Score != 0 || v.Blame != data.BlameCompletion {
				t.Errorf("%s, %s: %s (%s), score %v, items %v, blame %s: %s", what[i].style, what[i].name, v.Kind, v.Reason, v.Score, v.Items, v.Blame, v.Detail)
			}
		}
		t.Logf("%d programs, pass_rate %v: %v", len(jobs), rate, reasons)
	}
}

// judging is a judge as a verifier.
type judging struct{ *code.Judge }

func (judging) Name() string { return "code" }

// TestHostileOutput: the same for whole programs, which are given their input alone.
func TestHostileOutput(t *testing.T) {
	ex := example(t, `{"stdio": [{"input": "3\n", "output": "9\n"}, {"input": "-4\n", "output": "16\n"}]}`)
	j := code.New(pool(t), code.Options{Format: code.Fenced, PassRate: true})
	if v := j.Verify(t.Context(), ex, "```python\nprint(int(input()) ** 2)\n```"); v.Kind != data.Correct {
		t.Fatalf("the solution is %s: %s %s", v.Kind, v.Reason, v.Detail)
	}
	for name, source := range map[string]string{
		"nothing":       "pass",
		"both":          "print(9)\nprint(16)",
		"on one line":   "print(9, 16)",
		"passed":        "print('passed')\nraise SystemExit(0)",
		"exit status":   "print(int(input()) ** 2)\nraise SystemExit(1)",
		"exception":     "print(int(input()) ** 2, flush=True)\n1 / 0",
		"signal":        "import os\nprint(int(input()) ** 2, flush=True)\nos.kill(os.getpid(), 9)",
		"flood":         "while True: print(9)",
		"no end":        "print(int(input()) ** 2, flush=True)\nwhile True: pass",
		"wild card":     "print('*')",
		"nan":           "print('nan')",
		"long exponent": "print('9e999999999')",
		"zero bytes":    "print('9\\0')",
		"no text":       "import sys\nsys.stdout.buffer.write(b'\\xff9\\n')",
		"carriage":      "print('8\\r9')",
	} {
		v := j.Verify(t.Context(), ex, "```python\n"+source+"\n```")
		if v.Kind != data.Incorrect || v.Score != 0 || v.Blame != data.BlameCompletion {
			t.Errorf("%s: %s (%s), score %v, blame %s: %s", name, v.Kind, v.Reason, v.Score, v.Blame, v.Detail)
		}
	}
}

// TestAnswersAreAllItHas: what the process of a solution holds has no expected result in
// it: the request as a whole, as the solution itself reads it.
func TestAnswersAreAllItHas(t *testing.T) {
	const secret = "4242424242"
	j := code.New(pool(t), code.Options{Format: code.Fenced})
	spy := "```python\nimport sys\ndef solve(n):\n    f = sys._getframe()\n    while 'request' not in f.f_locals:\n        f = f.f_back\n    return repr(f.f_locals) + open(sys.modules['__main__'].__file__).read()\n```"
	for style, tests := range map[string]string{
		"host":   `{"asserts": ["assert solve(3) == ` + secret + `", "assert '` + secret + `' not in solve(3)"]}`,
		"oracle": `{"asserts": ["assert '` + secret + `' not in solve(3)"]}`,
	} {
		v := j.Verify(t.Context(), example(t, tests), spy)
		last := len(v.Items) - 1
		if last < 0 || v.Items[last] != 1 {
			encoded, _ := json.Marshal(v)
			t.Errorf("%s: the solution saw it, or did not run: %s", style, encoded)
		}
	}
}
