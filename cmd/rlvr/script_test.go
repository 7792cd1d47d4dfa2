package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rlvr-go/rlvr/model/device"
	"github.com/rlvr-go/rlvr/verifier/sandbox"
)

func TestMain(m *testing.M) {
	sandbox.Main()
	testscript.Main(m, map[string]func(){"rlvr": main})
}

// TestScripts runs testdata/script. Beside testscript's own, its commands are
// those of [scriptCommands]; each script finds tiny.yaml in its folder, and the
// condition xla holds where an XLA CPU plugin is found, in the folder $PLUGINS, and
// sandbox where there are Python and a sandbox. Tiny
// checkpoints with goldens are in the folder $TINY_MODELS.
func TestScripts(t *testing.T) {
	plugin, _ := device.FindPlugin("cpu")
	if absolute, err := filepath.Abs(plugin); err == nil && plugin != "" {
		plugin = absolute
	}
	models, err := filepath.Abs(filepath.Join("..", "..", "model", "testdata"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:  filepath.Join("testdata", "script"),
		Cmds: scriptCommands,
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "xla":
				return plugin != "", nil
			case "sandbox":
				return sandboxWorks(), nil
			case "cgo":
				return device.ThisBuild().XLA, nil
			}
			return false, errors.New("unknown condition " + cond)
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("PLUGINS", filepath.Dir(plugin))
			env.Setenv("TINY_MODELS", models)
			env.Setenv("HF_HUB_OFFLINE", "1") // a test must not wait for the network
			env.Setenv("HF_HOME", filepath.Join(env.WorkDir, "hf"))
			env.Setenv("RLVR_PJRT_DIR", filepath.Join(env.WorkDir, "pjrt"))
			tiny, err := os.ReadFile(filepath.Join("testdata", "tiny.yaml"))
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(env.WorkDir, "tiny.yaml"), tiny, 0o644)
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// sandboxWorks reports whether programs can be run here.
func sandboxWorks() bool {
	p, err := sandbox.Open(sandbox.DefaultOptions())
	if err != nil {
		return false
	}
	return p.Close() == nil
}

var scriptCommands = map[string]func(*testscript.TestScript, bool, []string){
	"exits":        scriptExits,
	"waitfor":      scriptWaitFor,
	"interrupts":   scriptInterrupts,
	"interruptsat": scriptInterruptsAt,
}

// scriptExits runs "exits CODE PROGRAM ARG...": the program must end with the code.
func scriptExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARG...")
	}
	got := exitStatus(ts, ts.Exec(args[1], args[2:]...))
	if want := args[0]; strconv.Itoa(got) != want {
		ts.Fatalf("exit code %d, want %s", got, want)
	}
}

func exitStatus(ts *testscript.TestScript, err error) int {
	if err == nil {
		return 0
	}
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		ts.Fatalf("%v", err)
	}
	return exit.ExitCode()
}

// scriptPatience is far more than anything here takes on a busy machine.
const scriptPatience = time.Minute

// scriptWaitFor runs "waitfor FILE": waits until the file has a line.
func scriptWaitFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: waitfor FILE")
	}
	path := ts.MkAbs(args[0])
	for end := time.Now().Add(scriptPatience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if text, err := os.ReadFile(path); err == nil && bytes.ContainsRune(text, '\n') {
			return
		}
	}
	ts.Fatalf("%s has no line after %v", args[0], scriptPatience)
}

// scriptInterrupts runs "interrupts TEXT ARG...": starts rlvr with the arguments,
// interrupts it once it has printed the text, and expects code 130. What it printed
// is in the files interrupted.out and interrupted.err.
func scriptInterrupts(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: interrupts TEXT ARG...")
	}
	out := &watched{text: args[0], seen: make(chan struct{})}
	interrupt(ts, out, out.seen, args[1:])
}

// scriptInterruptsAt runs "interruptsat FILE ARG...": the same once the file has a line.
func scriptInterruptsAt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: interruptsat FILE ARG...")
	}
	seen := make(chan struct{})
	go func() {
		for end := time.Now().Add(scriptPatience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			if text, err := os.ReadFile(ts.MkAbs(args[0])); err == nil && bytes.ContainsRune(text, '\n') {
				close(seen)
				return
			}
		}
	}()
	interrupt(ts, &watched{done: true}, seen, args[1:])
}

// interrupt starts rlvr and interrupts it once seen is closed.
func interrupt(ts *testscript.TestScript, out *watched, seen <-chan struct{}, args []string) {
	exe, err := os.Executable()
	ts.Check(err)
	errOut := &bytes.Buffer{}
	child := exec.Command(exe, args...)
	child.Args[0] = "rlvr"
	child.Dir = ts.Getenv("WORK")
	child.Stdout, child.Stderr = out, errOut
	ts.Check(child.Start())
	select {
	case <-seen:
		ts.Check(child.Process.Signal(os.Interrupt))
	case <-time.After(scriptPatience):
		ts.Check(child.Process.Kill())
	}
	code := exitStatus(ts, child.Wait())
	ts.Check(os.WriteFile(ts.MkAbs("interrupted.out"), out.all, 0o644))
	ts.Check(os.WriteFile(ts.MkAbs("interrupted.err"), errOut.Bytes(), 0o644))
	if code != exitInterrupted {
		ts.Fatalf("exit code %d, want %d; output:\n%s%s", code, exitInterrupted, out.all, errOut)
	}
}

// watched keeps what is written and closes seen when that first holds the text.
type watched struct {
	all  []byte
	text string
	seen chan struct{}
	done bool
}

func (w *watched) Write(p []byte) (int, error) {
	w.all = append(w.all, p...)
	if !w.done && bytes.Contains(w.all, []byte(w.text)) {
		w.done = true
		close(w.seen)
	}
	return len(p), nil
}
