//go:build amd64 || arm64

package sandbox

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
)

// job is a program with its limits.
type job struct {
	source, stdin  []byte
	cpu, wall      time.Duration
	cpuSeconds     uint64
	most           int // bytes of output
	stdout, stderr int // descriptors
}

func (p *Pool) job(pr Program) *job {
	j := &job{source: []byte(pr.Source), stdin: pr.Stdin, most: p.o.OutputKB << 10}
	cpu, wall := p.o.CPUSeconds, p.o.WallSeconds
	if pr.Limits.CPUSeconds > 0 {
		cpu = pr.Limits.CPUSeconds
	}
	if pr.Limits.WallSeconds > 0 {
		wall = pr.Limits.WallSeconds
	}
	j.cpu, j.wall = time.Duration(cpu*float64(time.Second)), time.Duration(wall*float64(time.Second))
	j.cpuSeconds = wholeSeconds(cpu)
	return j
}

// outcome is a result, and whether its worker is fit for another program.
type outcome struct {
	Result
	reusable bool
}

// errIdle says that a worker had ended before it got the program.
var errIdle = errors.New("the sandbox had ended before")

// mercy is how long a server may take to end a program that is to be killed; after
// that the whole sandbox is killed.
const mercy = 2 * time.Second

// run gives the worker a program and waits for its end. The program has no part in
// saying how it ended: the server learns that from the kernel.
func (w *worker) run(ctx context.Context, l *language, j *job) (outcome, error) {
	var out outcome
	stdout, err := newCapture(j.most)
	if err != nil {
		return out, err
	}
	defer stdout.close()
	stderr, err := newCapture(j.most)
	if err != nil {
		return out, err
	}
	defer stderr.close()
	j.stdout, j.stderr = stdout.theirs, stderr.theirs
	begin := time.Now()
	end := begin.Add(j.wall)
	_ = w.control.SetReadDeadline(end)
	if err := w.send(j); err != nil {
		return out, fmt.Errorf("%w: %w", errIdle, err)
	}
	bell := &alarm{worker: w}
	stdout.start(bell.ring)
	stderr.start(bell.ring)
	defer context.AfterFunc(ctx, bell.ring)()
	reply, err := w.receive()
	bell.disarm()
	timedOut := false
	if errors.Is(err, os.ErrDeadlineExceeded) {
		timedOut = !time.Now().Before(end)
		reply, err = w.end()
	}
	out.Wall = time.Since(begin)
	if err == nil || errors.Is(err, errGone) {
		out.Stdout, out.Stderr = stdout.wait(), stderr.wait()
	}
	if ctx.Err() != nil {
		return out, ctx.Err()
	}
	var fault *faultError
	switch {
	case errors.As(err, &fault):
		return out, err
	case err != nil: // the sandbox went down with the program
		out.Status, out.ExitCode = StatusKilled, -int(syscall.SIGKILL)
	default:
		if err := out.read(reply); err != nil {
			return out, err
		}
		out.reusable = reply[0] == 'R'
		out.judge(l, j)
	}
	switch {
	case stdout.over || stderr.over:
		out.Status = StatusOutput
	case timedOut:
		out.Status = StatusTimeout
	}
	return out, nil
}

// alarm wakes the one who waits for a program, at most once and not after the wait.
type alarm struct {
	worker *worker
	mu     sync.Mutex
	off    bool
}

func (a *alarm) ring() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.off {
		_ = a.worker.control.SetReadDeadline(time.Unix(1, 0)) // long ago
	}
}

func (a *alarm) disarm() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.off = true
}

// end has the program killed, and reads how that went. The order may come too late,
// and is then about a program that is no more.
func (w *worker) end() ([]byte, error) {
	_ = w.control.SetDeadline(time.Now().Add(mercy))
	if _, err := w.control.Write(binary.LittleEndian.AppendUint64(nil, w.jobs)); err != nil {
		return nil, errGone
	}
	reply, err := w.receive()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		_ = w.process.Kill() // it may have ended
		return nil, errGone
	}
	_ = w.control.SetDeadline(time.Time{})
	return reply, err
}

// read takes the server's report: the status of wait and two times.
func (o *outcome) read(reply []byte) error {
	if len(reply) != 25 || reply[0] != 'R' && reply[0] != 'L' {
		return fmt.Errorf("a report of %d bytes", len(reply))
	}
	status := syscall.WaitStatus(binary.LittleEndian.Uint64(reply[1:]))
	user, system := binary.LittleEndian.Uint64(reply[9:]), binary.LittleEndian.Uint64(reply[17:])
	o.CPU = time.Duration(user+system) * time.Microsecond
	o.ExitCode = status.ExitStatus()
	if status.Signaled() {
		o.ExitCode = -int(status.Signal())
	}
	return nil
}

// outOfTime reports whether the program used up its processor time. The kernel's limit
// counts in ticks, the report does not, and on a busy virtual machine they differ: a
// signal of the limit counts as it is, and one that may be another's with half the time.
func (o *outcome) outOfTime(j *job) bool {
	return o.CPU >= j.cpu || o.ExitCode == -int(syscall.SIGXCPU) || o.ExitCode == -int(syscall.SIGKILL) && o.CPU >= j.cpu/2
}

// judge says how the program ended by itself.
func (o *outcome) judge(l *language, j *job) {
	switch {
	case o.outOfTime(j):
		o.Status = StatusTimeout
	case o.ExitCode < 0:
		o.Status = StatusKilled
	case o.ExitCode == 0:
		o.Status = StatusOK
	default:
		o.Status = l.status(o.Stderr)
	}
}
