package verifier

import (
	"context"
	"log/slog"
	"maps"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier/code"
	"github.com/rlvr-go/rlvr/verifier/sandbox"
)

func init() {
	Register("code", "the Python code of a completion passes the tests of its problem, in a sandbox: outputs, results of calls, or asserts", newCode)
}

// program judges code, see package code. Its sandbox is opened for the first verdict: a
// configuration is checked more often than it is run.
type program struct {
	sandbox sandbox.Options
	options code.Options
	log     *slog.Logger

	mu    sync.Mutex
	pool  *sandbox.Pool
	judge *code.Judge
}

// newCode has the options
//
//	format       fenced (default): code counts in the last fenced block; any: or the whole
//	             text where there is none; raw: the whole text goes on with the prompt
//	think        true: code counts only after </think>. Default false.
//	reward       pass_all (default): 1 for all tests, else 0; or pass_rate: the share
//	python       the interpreter, default python3
//	workers      programs at the same time, default 0: one for each core
//	cpu_seconds, wall_seconds, memory_mb, output_kb, files_mb
//	             what a program may use, defaults 10, 30, 512, 1024, 16; the limit that
//	             should decide is the first, which a busy machine does not change
//	unsafe       true: programs run without isolation where there is none. Default false.
func newCode(options map[string]any) (Verifier, error) {
	p := &program{sandbox: codeSandbox(), options: code.Options{Format: code.Fenced}}
	var l fault.List
	for _, key := range slices.Sorted(maps.Keys(options)) {
		p.option(&l, key, options[key])
	}
	l.Merge("", p.options.Validate())
	l.Merge("", p.sandbox.Validate())
	if _, err := exec.LookPath(p.sandbox.Python); p.sandbox.Python != "" && err != nil {
		l.Add("python", p.sandbox.Python, "the name or path of a Python interpreter, and there is none (%v)", err)
	}
	if err := l.Err(); err != nil {
		return nil, err
	}
	return p, nil
}

// codeSandbox has limits for all tests of a problem together. The slowest reference of
// MBPP needs 2.3 seconds of a 2.5 GHz core.
func codeSandbox() sandbox.Options {
	o := sandbox.DefaultOptions()
	o.CPUSeconds, o.WallSeconds = 10, 30
	return o
}

// codeOptions are the keys of newCode.
var codeOptions = []string{
	"cpu_seconds", "files_mb", "format", "memory_mb", "output_kb", "python", "reward", "think", "unsafe", "wall_seconds", "workers",
}

// option sets one option.
func (p *program) option(l *fault.List, key string, value any) {
	text, isText := value.(string)
	switch key {
	case "format":
		l.Check(isText, key, value, "%s, %s or %s", code.Fenced, code.Any, code.Raw)
		if isText {
			p.options.Format = code.Format(text)
		}
	case "reward":
		l.Check(text == "pass_all" || text == "pass_rate", key, value, "pass_all, pass_rate")
		p.options.PassRate = text == "pass_rate"
	case "python":
		l.Check(isText, key, value, "the name or path of a Python interpreter")
		if isText {
			p.sandbox.Python = text
		}
	case "think":
		p.options.AfterThink = flagOption(l, key, value)
	case "unsafe":
		p.sandbox.Unsafe = flagOption(l, key, value)
	case "cpu_seconds":
		p.sandbox.CPUSeconds = secondsOption(l, key, value, p.sandbox.CPUSeconds)
	case "wall_seconds":
		p.sandbox.WallSeconds = secondsOption(l, key, value, p.sandbox.WallSeconds)
	case "workers":
		countOption(l, key, value, &p.sandbox.Workers)
	case "memory_mb":
		countOption(l, key, value, &p.sandbox.MemoryMB)
	case "output_kb":
		countOption(l, key, value, &p.sandbox.OutputKB)
	case "files_mb":
		countOption(l, key, value, &p.sandbox.FilesMB)
	default:
		l.Add(key, nil, "unknown option; %s", fault.OneOf(key, codeOptions))
	}
}

func flagOption(l *fault.List, key string, value any) bool {
	on, ok := value.(bool)
	l.Check(ok, key, value, "true or false")
	return on
}

func secondsOption(l *fault.List, key string, value any, otherwise float64) float64 {
	switch n := value.(type) {
	case int:
		return float64(n)
	case float64:
		return n
	}
	l.Add(key, value, "a number of seconds")
	return otherwise
}

func countOption(l *fault.List, key string, value any, into *int) {
	n, ok := value.(int)
	l.Check(ok, key, value, "an integer")
	if ok {
		*into = n
	}
}

func (*program) Name() string { return "code" }

// Concurrency is the number of the sandbox's workers: [Outside], for a call waits for its
// program, and how long that may take is the sandbox's to say.
func (p *program) Concurrency() int {
	if p.sandbox.Workers > 0 {
		return p.sandbox.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// LogTo says who is warned of weak isolation.
func (p *program) LogTo(log *slog.Logger) { p.log = log }

// Close ends the sandbox.
func (p *program) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pool == nil {
		return nil
	}
	return p.pool.Close()
}

// open is the judge, with its sandbox.
func (p *program) open() (*code.Judge, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.judge != nil {
		return p.judge, nil
	}
	pool, err := sandbox.Open(p.sandbox)
	if err != nil {
		return nil, err
	}
	if tier := pool.Tier(); p.log != nil && len(tier.Missing) > 0 {
		p.log.Warn("programs are isolated less than they could be", "tier", tier.Name, "strength", tier.Strength, "missing", tier.Missing)
	}
	p.pool, p.judge = pool, code.New(pool, p.options)
	return p.judge, nil
}

func (p *program) Verify(ctx context.Context, ex *data.Example, completion string) data.Verdict {
	j, err := p.open()
	if err != nil {
		return data.Verdict{Kind: data.Error, Reason: code.ReasonSandbox, Detail: err.Error(), Blame: data.BlameInfrastructure}
	}
	return j.Verify(ctx, ex, completion)
}

// Render implements [Renderer]: with think a reference answer follows an end of thoughts.
func (p *program) Render(answer string) string {
	if p.options.AfterThink && !strings.Contains(answer, "</think>") {
		answer = "</think>\n" + answer
	}
	return answer
}

// Explain says, a line a step, how the verdict on a completion comes about.
func (p *program) Explain(ex *data.Example, completion string) []string {
	j, err := p.open()
	if err != nil {
		return []string{err.Error()}
	}
	return j.Explain(context.Background(), ex, completion)
}
