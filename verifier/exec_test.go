package verifier_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier"
	"github.com/rlvr-go/rlvr/verifier/verifiertest"
)

// commandMode is the environment variable that makes the test binary a reward command.
const commandMode = "RLVR_TEST_COMMAND"

func TestMain(m *testing.M) {
	if mode := os.Getenv(commandMode); mode != "" {
		rewardCommand(mode)
		return
	}
	os.Exit(m.Run())
}

// rewardCommand does what each completion says.
func rewardCommand(mode string) {
	switch mode {
	case "dead":
		fmt.Fprintln(os.Stderr, "no model here")
		os.Exit(3)
	case "deaf":
		time.Sleep(time.Minute)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var q struct {
			ID         uint64
			Completion string
			Answers    []string
			Example    map[string]any
		}
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(4)
		}
		word, rest, _ := strings.Cut(q.Completion, " ")
		misbehave(q.ID, word, rest)
		switch word {
		case "env":
			reply(q.ID, `"score": 0, "extracted": %q`, strings.Join(os.Environ(), " "))
		case "pid":
			reply(q.ID, `"score": 1, "extracted": "%d"`, os.Getpid())
		case "sleep":
			d, _ := time.ParseDuration(rest)
			time.Sleep(d)
			reply(q.ID, `"score": 1, "extracted": "%d"`, os.Getpid())
		case "request":
			raw, _ := json.Marshal(q)
			reply(q.ID, `"score": 1, "correct": false, "reason": "echo", "extracted": %q`, string(raw))
		case "say":
			for i := range 300 {
				fmt.Fprintln(os.Stderr, rest, i)
			}
			reply(q.ID, `"score": 1`)
		default:
			reply(q.ID, `"score": %s`, word)
		}
	}
}

func reply(id uint64, format string, args ...any) {
	fmt.Printf(`{"id": %d, `+format+"}\n", append([]any{id}, args...)...)
}

// misbehave breaks the protocol where the completion says so.
func misbehave(id uint64, word, rest string) {
	switch word {
	case "crash":
		os.Exit(3)
	case "once": // crashes the first time
		if _, err := os.Stat(rest); err != nil {
			_ = os.WriteFile(rest, nil, 0o600)
			os.Exit(3)
		}
	case "garbage":
		fmt.Println("hello")
	case "stranger":
		reply(id+7, `"score": 1`)
	case "nobody":
		fmt.Println(`{"score": 1}`)
	case "flood":
		for {
			fmt.Print(strings.Repeat("x", 1<<16))
		}
	case "twice":
		reply(id, `"score": 1`)
	case "slow":
		time.Sleep(time.Minute)
	case "closes":
		_ = os.Stdout.Close()
		time.Sleep(time.Minute)
	case "child": // leaves one behind that holds the output
		c := exec.Command(os.Args[0])
		c.Env, c.Stdout = []string{commandMode + "=deaf"}, os.Stdout
		if c.Start() == nil {
			_ = os.WriteFile(rest, []byte(strconv.Itoa(c.Process.Pid)), 0o600)
		}
		os.Exit(0)
	case "failed":
		reply(id, `"error": "out of memory"`)
	}
}

// newCommand is the verifier exec with the test binary as its command.
func newCommand(t *testing.T, mode string, options map[string]any) verifier.Outside {
	t.Helper()
	all := map[string]any{
		"command": []any{os.Args[0]}, "env": map[string]any{commandMode: mode}, "timeout_ms": 5000, "gold": false,
	}
	for key, v := range options {
		all[key] = v
	}
	v := made(t, "exec", all).(verifier.Outside)
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

// TestExecFaults: whatever a command does wrong is the infrastructure's fault, and the
// next completion has its own verdict.
func TestExecFaults(t *testing.T) {
	for _, c := range []struct {
		completion, reason, detail string
		options                    map[string]any
	}{
		{"crash", "exec_crash", "exit status 3", nil},
		{"child " + t.TempDir() + "/pid", "exec_crash", "exit status 0", nil},
		{"closes", "exec_crash", "signal: killed", nil},
		{"garbage", "exec_garbage", `"hello\n" is no JSON object`, nil},
		{"NaN", "exec_garbage", "invalid character 'N'", nil},
		{"1e999", "exec_garbage", "allowed: a finite number", nil},
		{`"1"`, "exec_garbage", "allowed: a finite number", nil},
		{"stranger", "exec_id", "is not to request", nil},
		{"nobody", "exec_id", "is not to request", nil},
		{"flood", "exec_flood", "more than 1048576 bytes", nil},
		{"slow", "exec_slow", "no reply within 300ms", map[string]any{"timeout_ms": 300}},
		{"failed", "exec_error", "out of memory", nil},
	} {
		t.Run(c.completion, func(t *testing.T) {
			t.Parallel()
			v := newCommand(t, "on", c.options)
			got := v.Verify(t.Context(), &data.Example{}, c.completion)
			if got.Kind != data.Error || got.Blame != data.BlameInfrastructure || got.Reason != c.reason || !strings.Contains(got.Detail, c.detail) {
				t.Errorf("%+v, want %s with %q", got, c.reason, c.detail)
			}
			if got := v.Verify(t.Context(), &data.Example{}, "0.25"); got.Score != 0.25 || got.Kind != data.Incorrect || got.Masked() {
				t.Errorf("the next one: %+v", got)
			}
		})
	}
}

// TestExecExtraReply: a reply too many is never taken for that to the next request.
func TestExecExtraReply(t *testing.T) {
	v := newCommand(t, "on", nil)
	for range 5 {
		if got := v.Verify(t.Context(), &data.Example{}, "twice"); got.Score != 1 {
			t.Fatalf("%+v", got)
		}
		if got := v.Verify(t.Context(), &data.Example{}, "0.5"); got.Score != 0.5 {
			t.Fatalf("after a reply too many: %+v", got)
		}
	}
}

func TestExecRetries(t *testing.T) {
	file := t.TempDir() + "/crashed"
	if got := newCommand(t, "on", nil).Verify(t.Context(), &data.Example{}, "once "+file); got.Reason != "exec_garbage" {
		t.Errorf("the second attempt did not reach the command: %+v", got) // "once" is no number
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if got := newCommand(t, "on", map[string]any{"retries": 0}).Verify(t.Context(), &data.Example{}, "once "+file); got.Reason != "exec_crash" {
		t.Errorf("without retries: %+v", got)
	}
}

// TestExecBacksOff: a command that dies at once is not started in a busy loop, and does not
// keep a run waiting for ever.
func TestExecBacksOff(t *testing.T) {
	v := newCommand(t, "dead", map[string]any{"retries": 0})
	start := time.Now()
	for range 4 {
		got := v.Verify(t.Context(), &data.Example{}, "1")
		if got.Reason != "exec_crash" || !strings.Contains(got.Detail, "it said last: no model here") {
			t.Errorf("%+v", got)
		}
	}
	if took, least := time.Since(start), (50+100+200)*time.Millisecond; took < least {
		t.Errorf("4 starts in %v, want at least %v", took, least)
	}
	start = time.Now()
	for range 200 {
		if got := v.Verify(t.Context(), &data.Example{}, "1"); got.Reason != "exec_crash" || !got.Masked() {
			t.Errorf("%+v", got)
		}
	}
	if took := time.Since(start); took > 4*time.Second { // 0.4 + 0.8 and little more
		t.Errorf("200 verdicts of a command that is broken took %v", took)
	}
}

func TestExecDeaf(t *testing.T) {
	v := newCommand(t, "deaf", map[string]any{"timeout_ms": 200})
	if got := v.Verify(t.Context(), &data.Example{}, strings.Repeat("a", 1<<20)); got.Reason != "exec_slow" {
		t.Errorf("%+v", got)
	}
}

func TestExecRequest(t *testing.T) {
	ex := &data.Example{ID: "p/1", Prompt: "1+1=", Answers: []string{"2"}, Extra: map[string]any{"level": json.Number("3"), "prompt": "not this"}}
	got := newCommand(t, "on", nil).Verify(t.Context(), ex, "request <\u2028>\xff")
	want := `"Completion":"request \u003c\u2028\u003e` + "\ufffd" + `","Answers":["2"],"Example":{"id":"p/1","level":3,"prompt":"1+1="}}`
	if !strings.HasSuffix(got.Extracted, want) || got.Kind != data.Incorrect || got.Score != 1 || got.Reason != "echo" {
		t.Errorf("%+v, want %s", got, want)
	}
	if got := newCommand(t, "on", map[string]any{"gold": true}).Verify(t.Context(), &data.Example{}, "1"); got.Reason != "no_gold" || got.Blame != data.BlameGold {
		t.Errorf("without gold: %+v", got)
	}
	if got := newCommand(t, "on", nil).Verify(t.Context(), ex, "null"); got.Reason != "no_score" || got.Blame != data.BlameGold {
		t.Errorf("null: %+v", got)
	}
}

// TestExecHidesSecrets: of the environment a command gets what it is asked to be given.
func TestExecHidesSecrets(t *testing.T) {
	t.Setenv("SOME_API_TOKEN", "s3cret")
	t.Setenv("WANTED", "w4nted")
	got := newCommand(t, "on", map[string]any{"pass_env": []any{"WANTED"}}).Verify(t.Context(), &data.Example{}, "env").Extracted
	if strings.Contains(got, "s3cret") || strings.Contains(got, "SOME_API_TOKEN") {
		t.Errorf("the secret is passed on: %s", got)
	}
	for _, want := range []string{"PATH=", "WANTED=w4nted", commandMode + "=on"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
}

// TestExecWorkers: as many programs run as are wanted, at once, and Close ends them and
// what they left behind.
func TestExecWorkers(t *testing.T) {
	const workers, each = 4, 300 * time.Millisecond
	v := newCommand(t, "on", map[string]any{"workers": workers})
	j := verifier.NewJudge(v, 1, time.Nanosecond) // exec has limits of its own
	var completions []string
	for range 2 * workers {
		completions = append(completions, "sleep "+each.String())
	}
	start := time.Now()
	pids := map[string]bool{}
	for _, got := range j.Verdicts(t.Context(), jobs(completions...)) {
		if got.Kind != data.Correct {
			t.Errorf("%+v", got)
		}
		pids[got.Extracted] = true
	}
	if took := time.Since(start); len(pids) != workers || took >= 2*workers*each {
		t.Errorf("%d programs took %v", len(pids), took)
	}
	if err := v.Close(); err != nil {
		t.Error(err)
	}
	for pid := range pids {
		if n, err := strconv.Atoi(pid); err != nil || alive(n) {
			t.Errorf("program %s is still there", pid)
		}
	}
	if got := v.Verify(t.Context(), &data.Example{}, "1"); got.Kind != data.Correct {
		t.Errorf("after Close: %+v", got)
	}
}

// TestExecLeavesNoChildren: what a program started ends with it.
func TestExecLeavesNoChildren(t *testing.T) {
	file := t.TempDir() + "/pid"
	start := time.Now()
	v := newCommand(t, "on", map[string]any{"retries": 0})
	if got := v.Verify(t.Context(), &data.Example{}, "child "+file); got.Reason != "exec_crash" {
		t.Errorf("%+v", got)
	}
	if took := time.Since(start); took > 4*time.Second {
		t.Errorf("the end was noticed after %v", took)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, _ := strconv.Atoi(string(raw))
	for range 100 { // whoever adopted it has to reap it
		if !alive(pid) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("process %d is still there", pid)
}

// alive reports a process that is no zombie.
func alive(pid int) bool {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := bytes.Cut(raw, []byte(") "))
	return len(state) > 0 && state[0] != 'Z'
}

func TestExecCancelled(t *testing.T) {
	v := newCommand(t, "on", nil)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	if got := v.Verify(ctx, &data.Example{}, "slow"); !got.Masked() || time.Since(start) > 3*time.Second {
		t.Errorf("%+v after %v", got, time.Since(start))
	}
	if got := v.Verify(t.Context(), &data.Example{}, "0.5"); got.Score != 0.5 {
		t.Errorf("the next one: %+v", got)
	}
}

// lockedBuffer takes lines from several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestExecLogsStandardError(t *testing.T) {
	var log lockedBuffer
	o := verifier.Options{
		Rewards: []verifier.RewardOptions{{Name: "mine", Verifier: "exec", Weight: 1, Options: map[string]any{
			"command": []any{os.Args[0]}, "env": map[string]any{commandMode: "on"}, "gold": false,
		}}}, TimeoutMS: 2000, MaxFaultFraction: 0.1,
	}
	r, err := o.Open(slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	s := r.Start(t.Context(), 1)
	s.Add(0, verifier.Job{Example: &data.Example{}, Completion: "say hello"})
	if got := s.Scores(); got.Totals[0] != 1 {
		t.Errorf("%+v", got)
	}
	if err := r.Close(); err != nil { // reads what is left
		t.Error(err)
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 201 || !strings.Contains(lines[0], `reward=mine stderr="hello 0"`) || !strings.Contains(lines[200], "left out") {
		t.Errorf("%d lines, first %s, last %s", len(lines), lines[0], lines[len(lines)-1])
	}
}

func TestExecOptions(t *testing.T) {
	for want, options := range map[string]map[string]any{
		"options.command: required":                                      nil,
		`options.command: found "no-such-program", allowed: a program`:   {"command": "no-such-program -x"},
		"options.command: found [1], allowed: a list of texts":           {"command": []any{1}},
		"options.workers: found 0, allowed: a whole number from 1":       {"command": "sh", "workers": 0},
		"options.env: found map[A:1], allowed: a mapping":                {"command": "sh", "env": map[string]any{"A": 1}},
		`options.dir: found "/no/such", allowed: a folder`:               {"command": "sh", "dir": "/no/such"},
		"options.timout_ms: unknown option; one of command, dir, env, g": {"command": "sh", "timout_ms": 1},
	} {
		if _, err := verifier.New("exec", options); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v:\n%v, want\n%s", options, err, want)
		}
	}
}

// TestExecExample runs the script of docs/verifiers.md through the conformance suite.
func TestExecExample(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("python3 is not there to run docs/exec_reward.py")
	}
	v := made(t, "exec", map[string]any{"command": "python3 ../docs/exec_reward.py", "workers": 2}).(verifier.Outside)
	defer v.Close()
	ex := answers("42", "forty-two")
	verifiertest.Run(t, verifiertest.Suite{
		New: func() (verifier.Verifier, error) { return v, nil },
		Cases: []verifiertest.Case{
			row(ex, "so it is 42.", data.Correct, "match"),
			row(ex, "Forty-Two!", data.Correct, "match"),
			row(ex, "421", data.Incorrect, "mismatch"),
			row(ex, "42 or 43", data.Incorrect, "mismatch"),
			row(ex, "", data.Incorrect, "no_answer"),
			row(answers(), "42", data.Error, "no_gold"),
		},
	})
	if !slices.Contains(names(), "exec") {
		t.Error("exec is not listed")
	}
}
