//go:build linux

package sandbox

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// belongings are what a process has that a leak would show.
type belongings struct {
	descriptors, mounts int
	children, folders   []string
	goroutines          int
}

func own(t *testing.T) belongings {
	t.Helper()
	runtime.GC() // files of earlier tests
	runtime.GC()
	var b belongings
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Skip(err)
	}
	b.descriptors, b.mounts = len(fds), strings.Count(string(mounts), "\n")
	b.children = children(os.Getpid())
	b.folders, _ = filepath.Glob(filepath.Join(os.TempDir(), initName+"-*"))
	b.goroutines = runtime.NumGoroutine()
	return b
}

// children are the processes below pid.
func children(pid int) []string {
	var out []string
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, s := range stats {
		text, _ := os.ReadFile(s)
		_, rest, _ := strings.Cut(string(text), ") ")
		if f := strings.Fields(rest); len(f) > 1 && f[1] == strconv.Itoa(pid) {
			id := filepath.Base(filepath.Dir(s))
			out = append(out, id)
			n, _ := strconv.Atoi(id)
			out = append(out, children(n)...)
		}
	}
	return out
}

// TestLeaks runs many programs, honest and not, and looks for what they left.
func TestLeaks(t *testing.T) {
	privateTemp(t)
	n := 300
	if os.Getenv("RLVR_LONG") != "" {
		n = 10_000
	}
	for _, v := range []variant{{}, {noNamespaces: true}} {
		o := oneWorker()
		o.Workers, o.Python = 2, "/usr/bin/python3"
		if v.noNamespaces {
			n /= 6
		}
		if p, err := open(o, v); err == nil { // what the process gets once: poller, caches
			p.Close()
		}
		before := own(t)
		p, err := open(o, v)
		if err != nil {
			t.Logf("%+v: no sandbox here: %v", v, err)
			continue
		}
		endure(t, p, n)
		r := python(t, p, `
import os
try:
    d = os.listdir("/proc")
except OSError:
    d = []
# os.listdir("/proc") if os.access("/proc", os.R_OK) and os.path.exists("/proc/self/stat") else []
print([p for p in d if p.isdigit() and p != str(os.getpid())], os.listdir("."))`, "")
		if !strings.HasPrefix(string(r.Stdout), "[] ['main.py'") {
			t.Errorf("in the sandbox: %s %s", r.Stdout, r.Stderr)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		var after belongings
		for range 50 { // goroutines take a moment to end
			after = own(t)
			if fmt.Sprint(after) == fmt.Sprint(before) {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		if fmt.Sprint(after) != fmt.Sprint(before) {
			t.Errorf("%+v: %d runs left something: before %+v, after %+v", v, n, before, after)
		}
	}
}

// privateTemp keeps the folders of other programs out of sight. Everybody may make
// folders there.
func privateTemp(t *testing.T) {
	t.Helper()
	dir, err := os.MkdirTemp("", "leaks")
	if err == nil {
		err = os.Chmod(dir, 0o1777)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	t.Setenv("TMPDIR", dir)
}

// endure gives a pool n programs, from two goroutines.
func endure(t *testing.T, p *Pool, n int) {
	t.Helper()
	programs := []Program{
		{Source: "print(1)"}, {Source: "open('x','w').write('y'*100000); import os; os.mkdir('d')"}, {Source: "1/0"}, {Source: "def"},
		{Source: "import os; os.abort()"}, {Source: "import threading, time\nthreading.Thread(target=time.sleep, args=(9,), daemon=True).start()"},
		{Source: "while True: print('x'*9999)"}, {Source: "import os\nfor i in range(60): os.pipe()"},
		{Source: "import time; time.sleep(60)", Limits: Limits{WallSeconds: 0.05}}, {Source: "import os; os.kill(os.getpid(), 9)"},
	}
	errs := make(chan error, 2)
	for g := range 2 {
		go func() {
			for i := g; i < n; i += 2 {
				pr := programs[i%len(programs)]
				pr.Language = "python"
				if _, err := p.Run(context.Background(), pr); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range 2 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// victimEnv makes the test program one that is to be killed.
const victimEnv = "RLVR_SANDBOX_VICTIM"

// victim runs programs that would never end.
func victim() {
	o := oneWorker()
	o.Python, o.Workers, o.WallSeconds, o.CPUSeconds = "/usr/bin/python3", 2, 600, 600
	p, err := open(o, variant{noNamespaces: os.Getenv(victimEnv)[0] == 'B', cold: strings.HasSuffix(os.Getenv(victimEnv), "cold")})
	if err != nil {
		fmt.Println("skip", err)
		os.Exit(0)
	}
	for range 2 {
		go p.Run(context.Background(), Program{Language: "python", Source: "while True: pass"}) //nolint:errcheck // it does not return
	}
	for range 1000 { // until there are two sandboxes with a program each
		if len(children(os.Getpid())) >= 4 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	fmt.Println("ready")
	time.Sleep(time.Hour)
}

// TestParentKilled: a pool that is killed with -9 leaves no process and no folder.
func TestParentKilled(t *testing.T) {
	privateTemp(t)
	for _, kind := range []string{"A", "B", "A cold", "B cold"} {
		before := own(t)
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), victimEnv+"="+kind)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		line, _ := bufio.NewReader(out).ReadString('\n')
		if line != "ready\n" {
			_ = cmd.Wait()
			t.Logf("%s: %s", kind, line)
			continue
		}
		below := children(cmd.Process.Pid)
		if len(below) < 4 {
			t.Errorf("%s: %d processes, want two sandboxes with a program each", kind, len(below))
		}
		if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		alive := func() (out []string) {
			for _, id := range below {
				if text, err := os.ReadFile("/proc/" + id + "/stat"); err == nil && !strings.Contains(string(text), ") Z ") {
					out = append(out, id)
				}
			}
			return out
		}
		for range 250 {
			if len(alive()) == 0 && slices.Equal(own(t).folders, before.folders) {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		if left := alive(); len(left) > 0 {
			t.Errorf("%s: processes %v are still there", kind, left)
		}
		if after := own(t); !slices.Equal(after.folders, before.folders) || after.mounts != before.mounts {
			t.Errorf("%s: before %+v, after %+v", kind, before, after)
		}
	}
}
