//go:build linux

package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	Main()
	if os.Getenv(victimEnv) != "" {
		victim()
	}
	os.Exit(m.Run())
}

// python runs a program on a pool; it fails the test on an error.
func python(t testing.TB, p *Pool, source, stdin string) Result {
	t.Helper()
	r, err := p.Run(context.Background(), Program{Language: "python", Source: source, Stdin: []byte(stdin)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestLimits(t *testing.T) {
	o := oneWorker()
	p := pool(t, o, variant{})
	for _, c := range []struct {
		name, source string
		status       Status
		stdout       string
	}{
		{"input and output", "print(int(input())+1)", StatusOK, "42\n"},
		{"exception", "raise ValueError(1)", StatusExit, ""},
		{"status", "import sys; print(1); sys.exit(3)", StatusExit, "1\n"},
		{"syntax", "def", StatusCompile, ""},
		{"indentation", "def f():\npass", StatusCompile, ""},
		{"memory", "[0]*10**10", StatusMemory, ""},
		{"signal", "import os; os.kill(os.getpid(), 15)", StatusKilled, ""},
		{"output", "print('x'*10**8)", StatusOutput, strings.Repeat("x", o.OutputKB<<10)},
		{"output at the limit", fmt.Sprintf("import sys; sys.stdout.write('x'*%d)", o.OutputKB<<10), StatusOK, strings.Repeat("x", o.OutputKB<<10)},
		{"output over the limit", fmt.Sprintf("import sys; sys.stdout.write('x'*%d)", o.OutputKB<<10+1), StatusOutput, strings.Repeat("x", o.OutputKB<<10)},
		{"files", "open('a','wb').write(bytes(6<<20)); print(1)", StatusOK, "1\n"},
		{"too large a file", "open('a','wb').write(bytes(9<<20)); print(1)", StatusExit, ""},
		{"no program", "", StatusOK, ""},
	} {
		if r := python(t, p, c.source, "41\n"); r.Status != c.status || string(r.Stdout) != c.stdout {
			t.Errorf("%s: %s (%d), %.100q, %.300s; want %s, %.100q", c.name, r.Status, r.ExitCode, r.Stdout, r.Stderr, c.status, c.stdout)
		}
	}
}

func TestLimitsOfOneProgram(t *testing.T) {
	p := pool(t, oneWorker(), variant{})
	start := time.Now()
	r, err := p.Run(context.Background(), Program{Language: "python", Source: "print(1, flush=True)\nimport time; time.sleep(60)", Limits: Limits{WallSeconds: 0.5}})
	if err != nil || r.Status != StatusTimeout || string(r.Stdout) != "1\n" {
		t.Errorf("%+v, %v", r, err)
	}
	if d := time.Since(start); d < time.Second/2 || r.Wall < time.Second/2 {
		t.Errorf("ended after %v, says %v", d, r.Wall)
	}
	r, err = p.Run(context.Background(), Program{Language: "python", Source: "import time\nwhile time.process_time() < 0.3: pass", Limits: Limits{CPUSeconds: 0.2}})
	if err != nil || r.Status != StatusTimeout || r.CPU < 300*time.Millisecond {
		t.Errorf("more processor time than a fraction of a second: %+v, %v", r, err)
	}
}

func TestLargeInput(t *testing.T) {
	p := pool(t, oneWorker(), variant{})
	in := strings.Repeat("a line of input\n", 1<<20)
	r := python(t, p, "import sys; print(len(sys.stdin.read()))", in)
	if string(r.Stdout) != fmt.Sprintln(len(in)) {
		t.Errorf("%+v", r)
	}
	source := "x = '" + strings.Repeat("y", 3<<20) + "'\nprint(len(x))"
	if r := python(t, p, source, ""); string(r.Stdout) != fmt.Sprintln(3<<20) {
		t.Errorf("a long source: %s %.200s", r.Status, r.Stderr)
	}
}

func TestCancel(t *testing.T) {
	p := pool(t, oneWorker(), variant{})
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_, err := p.Run(ctx, Program{Language: "python", Source: "while True: pass"})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	if r := python(t, p, "print(1)", ""); r.Status != StatusOK {
		t.Errorf("the next program: %+v", r)
	}
}

// TestLateOrder: the order to end a program that floods its output often comes when
// the program has ended by itself, for want of a reader. It must not hit the next.
func TestLateOrder(t *testing.T) {
	for _, cold := range []bool{false, true} {
		p := pool(t, oneWorker(), variant{cold: cold})
		for range 30 {
			if r := python(t, p, "import os\nwhile True: os.write(1, bytes(40000))", ""); r.Status != StatusOutput {
				t.Fatalf("cold %v: %s %d", cold, r.Status, r.ExitCode)
			}
			if r := python(t, p, "print(1)", ""); r.Status != StatusOK {
				t.Fatalf("cold %v: the next: %s %d %s", cold, r.Status, r.ExitCode, r.Stderr)
			}
		}
	}
}

func TestManyAtATime(t *testing.T) {
	o := oneWorker()
	o.Workers = 4
	p := pool(t, o, variant{})
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 10 {
				want := fmt.Sprintf("%d %d\n", g, i)
				r, err := p.Run(context.Background(), Program{Language: "python", Source: "print(input())", Stdin: []byte(want)})
				if err != nil || string(r.Stdout) != want {
					t.Errorf("%+v, %v", r, err)
				}
			}
		})
	}
	all.Wait()
}

func TestClose(t *testing.T) {
	p := pool(t, oneWorker(), variant{})
	running := make(chan Result, 1)
	go func() {
		r, _ := p.Run(context.Background(), Program{Language: "python", Source: "import time; time.sleep(0.3); print(1)"})
		running <- r
	}()
	time.Sleep(100 * time.Millisecond)
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if r := <-running; r.Status != StatusOK {
		t.Errorf("a program that ran: %+v", r)
	}
	if _, err := p.Run(context.Background(), Program{Language: "python"}); !errors.Is(err, ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}

// TestIdleDeath: a worker that ends between programs is nobody's fault.
func TestIdleDeath(t *testing.T) {
	p := pool(t, oneWorker(), variant{})
	python(t, p, "", "")
	_ = p.crews["python"].idle[0].process.Kill()
	time.Sleep(50 * time.Millisecond)
	if r := python(t, p, "print(1)", ""); r.Status != StatusOK {
		t.Errorf("%+v", r)
	}
}

// TestDeathWithProgram: one that ends while a program runs is the program's doing.
func TestDeathWithProgram(t *testing.T) {
	p := pool(t, oneWorker(), variant{})
	w := p.crews["python"].idle[0]
	time.AfterFunc(200*time.Millisecond, func() { _ = w.process.Kill() })
	if r := python(t, p, "print(1, flush=True)\nimport time; time.sleep(60)", ""); r.Status != StatusKilled || string(r.Stdout) != "1\n" {
		t.Errorf("%+v", r)
	}
}

func TestOpenErrors(t *testing.T) {
	o := DefaultOptions()
	o.Python = "no-such-python"
	if _, err := Open(o); !errors.Is(err, ErrNoInterpreter) || !strings.Contains(err.Error(), "no-such-python") {
		t.Errorf("%v", err)
	}
	o.Python = "/bin/false"
	if _, err := Open(o); !errors.Is(err, ErrNoInterpreter) {
		t.Errorf("%v", err)
	}
	p := pool(t, oneWorker(), variant{})
	b := *p.crews["python"].blueprint
	in := *b.interpreter
	in.command = []string{"/no/such/interpreter"}
	b.interpreter = &in
	if _, err := b.start(); err == nil || !strings.Contains(err.Error(), "/no/such/interpreter") {
		t.Errorf("%v", err)
	}
	if _, err := p.Run(context.Background(), Program{Language: "cobol"}); err == nil || !strings.Contains(err.Error(), "python") {
		t.Errorf("%v", err)
	}
}

// TestUnsafe runs an honest program without isolation.
func TestUnsafe(t *testing.T) {
	o := oneWorker()
	o.Unsafe = true
	p := pool(t, o, variant{})
	if p.Tier().Name != "unsafe" {
		t.Errorf("%+v", p.Tier())
	}
	for range 2 {
		r := python(t, p, "import os; print(os.listdir('.')); open('x','w').write('y')", "")
		if string(r.Stdout) != "['main.py']\n" {
			t.Errorf("%s %s %s", r.Status, r.Stdout, r.Stderr)
		}
	}
	if r := python(t, p, "while True: print('x'*1000)", ""); r.Status != StatusOutput {
		t.Errorf("%+v", r.Status)
	}
	folder := p.crews["python"].idle[0].folder
	p.Close()
	if _, err := os.Stat(folder); err == nil {
		t.Errorf("%s is still there", folder)
	}
}

func TestCaptureKeepsBytes(t *testing.T) {
	p := pool(t, oneWorker(), variant{})
	r := python(t, p, "import sys; sys.stdout.buffer.write(bytes(range(256)))", "")
	want := make([]byte, 256)
	for i := range want {
		want[i] = byte(i)
	}
	if !bytes.Equal(r.Stdout, want) {
		t.Errorf("%q", r.Stdout)
	}
}
