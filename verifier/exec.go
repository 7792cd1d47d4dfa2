package verifier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("exec", "a command of yours in any language: JSON lines on its standard input, replies on its standard output", newExec)
}

// execution asks long-lived programs that run the same command. A program gets one
// request at a time, a line of JSON ([request]), and answers it with a line ([reply]).
// Whatever goes wrong between is the fault of the infrastructure and never a score of 0;
// the program is ended then and started anew, later and later while it keeps failing;
// after some failures in a row requests do not wait for that.
// Reasons, beside those of replies: exec_start (it cannot be started), exec_crash (it
// ended), exec_garbage (what it wrote is no reply), exec_id (the reply is to something
// else), exec_flood (a reply has no end), exec_slow, exec_error (it says that it failed).
type execution struct {
	command
	meaning
	timeout time.Duration
	retries int
	// idle holds the programs that nobody asks.
	idle chan *child
	ids  atomic.Uint64
}

// command is what is run.
type command struct {
	args []string
	dir  string
	env  []string
	log  *slog.Logger
}

// passed are the environment variables that a command gets without asking: none of them
// holds a secret.
var passed = []string{"PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TEMP", "TMP", "VIRTUAL_ENV", "SystemRoot"}

// newExec has the options
//
//	command     the program and its arguments: a list, or a text that is cut at white space
//	workers     how many programs run at once, default 1
//	timeout_ms  for a reply, the start of the program included, default 10000
//	retries     how often a request is repeated with a new program after a failure other
//	            than exec_slow and exec_error, default 1
//	dir         the folder that it runs in, default this one
//	env         a mapping of environment variables to set
//	pass_env    a list of environment variables to pass on beside the usual ones (PATH,
//	            HOME, LANG, ...): no others are, for they may hold secrets
//
// and those of [newMeaning].
func newExec(options map[string]any) (Verifier, error) {
	s := settings{given: options}
	const mostWorkers, mostRetries = 256, 10
	e := &execution{command: command{args: s.texts("command"), dir: s.text("dir", ""), log: slog.New(slog.DiscardHandler)}, meaning: newMeaning(&s)}
	workers := s.whole("workers", 1, 1, mostWorkers)
	e.timeout = time.Duration(s.whole("timeout_ms", 10_000, 1, maxTimeoutMS)) * time.Millisecond
	e.retries = s.whole("retries", 1, 0, mostRetries)
	for _, name := range append(append([]string{}, passed...), s.texts("pass_env")...) {
		if value, ok := os.LookupEnv(name); ok {
			e.env = append(e.env, name+"="+value)
		}
	}
	e.env = append(e.env, s.pairs("env")...)
	if len(e.args) == 0 || e.args[0] == "" {
		s.Add("command", nil, "required: a list of the program and its arguments")
	} else if _, err := exec.LookPath(e.args[0]); err != nil && !errors.Is(err, exec.ErrDot) && e.dir == "" {
		s.Add("command", e.args[0], "a program that is there (%v)", err)
	}
	if e.dir != "" {
		info, err := os.Stat(e.dir)
		s.Check(err == nil && info.IsDir(), "dir", e.dir, "a folder")
	}
	e.idle = make(chan *child, workers)
	for range workers {
		e.idle <- &child{command: &e.command}
	}
	return e, s.err()
}

func (*execution) Name() string { return "exec" }

// Goldless implements [Goldless].
func (e *execution) Goldless() bool { return !e.gold }

// Concurrency implements [Outside].
func (e *execution) Concurrency() int { return cap(e.idle) }

// LogTo implements [Outside]: what programs write to standard error is logged.
func (e *execution) LogTo(log *slog.Logger) { e.log = log }

// Close implements [Outside]: it ends the programs. A later verdict starts them anew.
func (e *execution) Close() error {
	var all sync.WaitGroup
	for range cap(e.idle) {
		p := <-e.idle
		all.Go(func() {
			p.end()
			e.idle <- p
		})
	}
	all.Wait()
	return nil
}

// Verify asks a program that nobody else asks.
func (e *execution) Verify(ctx context.Context, ex *data.Example, completion string) data.Verdict {
	if e.gold && len(ex.Answers) == 0 {
		return data.Verdict{Kind: data.Error, Reason: "no_gold", Blame: data.BlameGold}
	}
	var p *child
	select {
	case p = <-e.idle:
	case <-ctx.Done():
		return cancelled()
	}
	defer func() { e.idle <- p }()
	for attempt := 0; ; attempt++ {
		v, err := e.ask(ctx, p, ex, completion)
		var f *childError
		switch {
		case err == nil:
			return v
		case ctx.Err() != nil:
			return cancelled()
		case errors.As(err, &f) && f.final || attempt == e.retries:
			reason := "exec_error"
			if f != nil {
				reason = f.reason
			}
			return broken(reason, err.Error())
		}
	}
}

// ask makes one attempt.
func (e *execution) ask(ctx context.Context, p *child, ex *data.Example, completion string) (data.Verdict, error) {
	id := e.ids.Add(1)
	line, err := newRequest(id, ex, completion)
	if err != nil {
		return data.Verdict{}, &childError{reason: "exec_error", final: true, err: err}
	}
	text, err := p.ask(ctx, line, e.timeout)
	if err != nil {
		return data.Verdict{}, err
	}
	r, err := parseReply(text)
	if err != nil {
		return data.Verdict{}, p.fail("exec_garbage", fmt.Errorf("%w; standard output is for replies, anything else belongs on standard error", err))
	}
	if r.ID == nil || *r.ID != id {
		return data.Verdict{}, p.fail("exec_id", fmt.Errorf("the reply %.*q is not to request %d", maxQuoted, text, id))
	}
	v, err := e.verdict(r)
	switch {
	case errors.Is(err, errNoVerdict):
		return v, &childError{reason: "exec_error", final: true, err: err}
	case err != nil:
		return v, p.fail("exec_garbage", err)
	}
	p.failures = 0
	return v, nil
}
