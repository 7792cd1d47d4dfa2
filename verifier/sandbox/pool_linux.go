//go:build amd64 || arm64

package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// Pool runs programs on a number of workers. Its methods may be called at the same
// time.
type Pool struct {
	o      Options
	python string
	slots  chan struct{}
}

// Open starts a pool. It takes the strongest tier of isolation that works here.
// Errors: faults of the options, [ErrNoInterpreter], [ErrUnsafe].
func Open(o Options) (*Pool, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	python, err := exec.LookPath(o.Python)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoInterpreter, err)
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	return &Pool{o: o, python: python, slots: make(chan struct{}, o.Workers)}, nil
}

// Tier is how strongly the pool's programs are isolated.
func (p *Pool) Tier() Tier { return Tier{Name: "unsafe", Strength: "none: isolation is not built yet"} }

// Close ends the workers and whatever they run.
func (p *Pool) Close() error { return nil }

// Main is the first thing that main and TestMain call: where this process is a
// sandbox that a pool started, it does its work and never returns.
func Main() {}

// Run runs a program. An error is a fault of the machine or of the caller, never
// the program's doing.
func (p *Pool) Run(ctx context.Context, pr Program) (Result, error) {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
	if pr.Language != "python" {
		return Result{}, fmt.Errorf("sandbox: unknown language %q", pr.Language)
	}
	dir, err := os.MkdirTemp("", "rlvr-sandbox")
	if err != nil {
		return Result{}, err
	}
	defer os.RemoveAll(dir)
	name := dir + "/main.py"
	if err := os.WriteFile(name, []byte(pr.Source), 0o600); err != nil {
		return Result{}, err
	}
	wall := p.o.WallSeconds
	if pr.Limits.WallSeconds > 0 {
		wall = pr.Limits.WallSeconds
	}
	limited, cancel := context.WithTimeout(ctx, time.Duration(wall*float64(time.Second)))
	defer cancel()
	cmd := exec.CommandContext(limited, p.python, "-I", name)
	cmd.Dir, cmd.Env = dir, []string{"PATH=/usr/bin:/bin", "PYTHONHASHSEED=0"}
	cmd.Stdin = bytes.NewReader(pr.Stdin)
	out, errOut := &capped{left: p.o.OutputKB << 10, full: cancel}, &capped{left: p.o.OutputKB << 10, full: cancel}
	cmd.Stdout, cmd.Stderr = out, errOut
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	start := time.Now()
	err = cmd.Run()
	if ctx.Err() != nil {
		return Result{}, ctx.Err()
	}
	r := Result{Stdout: out.Bytes(), Stderr: errOut.Bytes(), Wall: time.Since(start)}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, io.ErrShortWrite) {
		return Result{}, fmt.Errorf("sandbox: %w", err)
	}
	r.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	ws, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
	r.ExitCode = ws.ExitStatus()
	if ws.Signaled() {
		r.ExitCode = -int(ws.Signal())
	}
	last := lastLine(r.Stderr)
	switch {
	case out.over || errOut.over:
		r.Status = StatusOutput
	case limited.Err() != nil:
		r.Status = StatusTimeout
	case ws.Signaled():
		r.Status = StatusKilled
	case r.ExitCode == 0:
		r.Status = StatusOK
	case bytes.HasPrefix(last, []byte("MemoryError")):
		r.Status = StatusMemory
	case bytes.HasPrefix(last, []byte("SyntaxError")), bytes.HasPrefix(last, []byte("IndentationError")):
		r.Status = StatusCompile
	default:
		r.Status = StatusExit
	}
	return r, nil
}

type capped struct {
	bytes.Buffer
	left int
	over bool
	full func()
}

func (c *capped) Write(b []byte) (int, error) {
	n := min(len(b), c.left)
	c.Buffer.Write(b[:n])
	c.left -= n
	if n < len(b) {
		c.over = true
		c.full()
		return n, io.ErrShortWrite
	}
	return n, nil
}

func lastLine(b []byte) []byte {
	b = bytes.TrimRight(b, "\n")
	return b[bytes.LastIndexByte(b, '\n')+1:]
}
