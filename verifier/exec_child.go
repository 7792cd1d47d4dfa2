package verifier

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// child is a place for a running command. One goroutine at a time uses it.
type child struct {
	command *command
	// failures counts those since the last good reply, last is the last one.
	failures  int
	last      *childError
	notBefore time.Time
	run       *running // nil while it does not run
}

// running is a process.
type running struct {
	cmd   *exec.Cmd
	in    *os.File
	lines chan line
	// done is closed to release the reader, exited when the process has ended.
	done, exited chan struct{}
	out, err     *os.File
	readers      sync.WaitGroup
	said         tail
}

// line is a line of standard output, or why there is none.
type line struct {
	text []byte
	err  error
}

// childError is a failure of a program with its reason code.
type childError struct {
	reason string
	// final says that another attempt would not help.
	final bool
	err   error
}

func (e *childError) Error() string { return e.err.Error() }

func (e *childError) Unwrap() error { return e.err }

// The wait before a failing command is started anew doubles from the first to the last.
const (
	firstBackoff = 50 * time.Millisecond
	lastBackoff  = 5 * time.Second
	// patience is the number of failures in a row that requests wait through. After that
	// they fail at once until the command is started again: the run is to end, not to
	// stand still.
	patience = 6
	// lastWords is how long a reply may still come after its program has ended: it is in
	// the pipe by then.
	lastWords = 200 * time.Millisecond
	// goodbye is how long a program may take to end once its standard input is closed.
	goodbye = 2 * time.Second
)

var errFlood = fmt.Errorf("a line of more than %d bytes on standard output", maxReply)

// ask writes a request and waits for a line in reply. After an error the program does not
// run.
func (p *child) ask(ctx context.Context, request []byte, limit time.Duration) ([]byte, error) {
	if err := p.ready(ctx); err != nil {
		return nil, err
	}
	r := p.run
	wrote := make(chan struct{})
	go func() {
		defer close(wrote)
		_, _ = r.in.Write(request) // a program that reads nothing gives no reply
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	exited := r.exited
	for {
		select {
		case l := <-r.lines:
			if l.err != nil {
				return nil, p.failLine(l.err)
			}
			select {
			case <-wrote:
				return l.text, nil
			case <-timer.C:
			}
			return nil, p.fail("exec_slow", fmt.Errorf("the request was not read within %v", limit))
		case <-exited:
			exited = nil
			timer.Reset(min(limit, lastWords))
		case <-timer.C:
			if exited == nil {
				return nil, p.failLine(io.EOF)
			}
			err := p.fail("exec_slow", fmt.Errorf("no reply within %v", limit))
			err.final = true
			return nil, err
		case <-ctx.Done():
			p.kill() // its reply would be taken for that to the next request
			return nil, ctx.Err()
		}
	}
}

// failLine says why there is no line.
func (p *child) failLine(err error) error {
	if errors.Is(err, errFlood) {
		return p.fail("exec_flood", err)
	}
	r := p.run
	select {
	case <-r.exited:
	case <-time.After(lastWords): // it closed its output and lives on
		killGroup(r.cmd)
		<-r.exited
	}
	return p.fail("exec_crash", fmt.Errorf("it ended (%v) without a reply", r.cmd.ProcessState))
}

// fail ends the program and notes the failure.
func (p *child) fail(reason string, err error) *childError {
	said := ""
	if r := p.run; r != nil {
		p.kill()
		said = r.said.text()
	}
	p.failures++
	p.notBefore = time.Now().Add(backoff(p.failures, firstBackoff, lastBackoff))
	p.last = &childError{reason: reason, err: fmt.Errorf("command %s: %w%s", p.command.args[0], err, said)}
	return p.last
}

// backoff is the wait after some failures in a row.
func backoff(failures int, first, last time.Duration) time.Duration {
	const most = 20 // doublings, which do not overflow
	return min(last, first<<min(failures-1, most))
}

// ready starts the program unless it runs.
func (p *child) ready(ctx context.Context) error {
	if p.run != nil {
		return nil
	}
	if wait := time.Until(p.notBefore); wait > 0 {
		if p.failures >= patience {
			return &childError{reason: p.last.reason, final: true, err: p.last.err}
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	r, err := p.command.start()
	if err != nil {
		return p.fail("exec_start", err)
	}
	p.run = r
	return nil
}

// kill ends the program at once, and what it started.
func (p *child) kill() {
	if p.run == nil {
		return
	}
	killGroup(p.run.cmd)
	p.run.release()
	p.run = nil
}

// end lets the program end by itself, for a while.
func (p *child) end() {
	if p.run == nil {
		return
	}
	_ = p.run.in.Close()
	select {
	case <-p.run.exited:
	case <-time.After(goodbye):
	}
	p.kill()
}

// start runs the command.
func (c *command) start() (*running, error) {
	cmd := exec.Command(c.args[0], c.args[1:]...)
	cmd.Dir, cmd.Env = c.dir, c.env
	ownGroup(cmd)
	r := &running{cmd: cmd, lines: make(chan line), done: make(chan struct{}), exited: make(chan struct{})}
	var theirs [3]*os.File
	var errs [3]error
	theirs[0], r.in, errs[0] = os.Pipe()
	r.out, theirs[1], errs[1] = os.Pipe()
	r.err, theirs[2], errs[2] = os.Pipe()
	err := errors.Join(errs[:]...)
	if err == nil {
		// Files, not writers: the process is waited for, not those who inherit its output.
		cmd.Stdin, cmd.Stdout, cmd.Stderr = theirs[0], theirs[1], theirs[2]
		err = cmd.Start()
	}
	for _, f := range theirs {
		_ = f.Close()
	}
	if err != nil {
		for _, f := range []*os.File{r.in, r.out, r.err} {
			_ = f.Close()
		}
		return nil, err
	}
	go func() {
		defer close(r.exited)
		_ = cmd.Wait()
	}()
	r.readers.Go(func() { readLines(r.out, r.lines, r.done) })
	r.readers.Go(func() { c.logLines(r.err, &r.said) })
	return r, nil
}

// release frees what a process that has ended or was killed leaves behind.
func (r *running) release() {
	close(r.done)
	<-r.exited
	_ = r.in.Close()
	_ = r.out.Close()
	_ = r.err.Close()
	r.readers.Wait()
}

// readLines hands on each line until there are no more or done is closed.
func readLines(in io.Reader, lines chan<- line, done <-chan struct{}) {
	buffered := bufio.NewReaderSize(in, 1<<16)
	for {
		var l line
		for {
			part, err := buffered.ReadSlice('\n')
			if l.text = append(l.text, part...); len(l.text) > maxReply {
				l.err = errFlood
			} else if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
				l.err = io.EOF
			}
			if l.err != nil || err == nil {
				break
			}
		}
		select {
		case lines <- l:
		case <-done:
			return
		}
		if l.err != nil {
			return
		}
	}
}

const (
	// mostLogged bounds the lines of a process's standard error that are logged, and
	// mostLine each of them in bytes; the rest is read and dropped.
	mostLogged = 200
	mostLine   = 2000
)

// logLines logs what a process writes to standard error.
func (c *command) logLines(in io.Reader, said *tail) {
	buffered := bufio.NewReaderSize(in, mostLine)
	for n := 0; ; n++ {
		text, more, err := buffered.ReadLine()
		shown := strings.ToValidUTF8(string(bytes.TrimRight(text, " \t\r")), "?")
		for more && err == nil {
			_, more, err = buffered.ReadLine()
		}
		if shown != "" {
			said.add(shown)
			switch {
			case n < mostLogged:
				c.log.Warn("reward command says", "stderr", shown)
			case n == mostLogged:
				c.log.Warn("reward command says more, which is left out")
			}
		}
		if err != nil {
			return
		}
	}
}

// tail keeps the last line that was said.
type tail struct {
	mu   sync.Mutex
	last string
}

func (t *tail) add(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = text
}

// text is the last line as the end of a message.
func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last == "" {
		return ""
	}
	return "; it said last: " + strings.TrimSpace(t.last)
}
