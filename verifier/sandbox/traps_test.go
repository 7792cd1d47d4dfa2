//go:build linux

package sandbox

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// The traps that a first prototype of this package fell into.

const readStatus = "print(open('/proc/self/status').read())"

// TestTrapThreads: privileges belong to threads. A sandbox that drops them on another
// thread than the one that becomes the program is open, now and then.
func TestTrapThreads(t *testing.T) {
	for _, cold := range []bool{false, true} {
		p := pool(t, oneWorker(), variant{cold: cold})
		for range 5 {
			r := python(t, p, readStatus, "")
			for _, want := range []string{"NoNewPrivs:\t1\n", "Seccomp:\t2\n", "CapEff:\t0000000000000000\n", "CapPrm:\t0000000000000000\n",
				"CapInh:\t0000000000000000\n", "CapBnd:\t0000000000000000\n", "CapAmb:\t0000000000000000\n"} {
				if !strings.Contains(string(r.Stdout), want) {
					t.Errorf("cold %v: no %q in %s %s", cold, want, r.Stdout, r.Stderr)
				}
			}
			w := p.crews["python"].idle // another sandbox for the next
			p.crews["python"].idle = nil
			w[0].kill()
		}
	}
}

// TestTrapAddressSpace: a limit of memory that is set in a process of Go crashes its
// runtime sometimes. Programs have it, and all of many start.
func TestTrapAddressSpace(t *testing.T) {
	for _, cold := range []bool{false, true} {
		o := oneWorker()
		p := pool(t, o, variant{cold: cold})
		want := fmt.Sprintln(o.MemoryMB << 20)
		for range 40 {
			if r := python(t, p, "import resource; print(resource.getrlimit(resource.RLIMIT_AS)[1])", ""); string(r.Stdout) != want {
				t.Fatalf("cold %v: %s %s %s", cold, r.Status, r.Stdout, r.Stderr)
			}
		}
	}
}

// TestTrapRoot: a root parent has to name the user in the new namespace, or exec
// drops the capabilities that build the sandbox; and root must not be who programs
// are on the host.
func TestTrapRoot(t *testing.T) {
	p := pool(t, oneWorker(), variant{})
	if p.Tier().Name != "A" {
		t.Skipf("tier %s", p.Tier().Name)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.crews["python"].idle[0].process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	want := os.Geteuid()
	if want == 0 {
		want = nobody
	}
	if line := fmt.Sprintf("Uid:\t%d\t%[1]d\t%[1]d\t%[1]d\n", want); !strings.Contains(string(status), line) {
		t.Errorf("no %q in %s", line, status)
	}
}

// TestTrapClone3: its flags are out of a filter's sight. It does not exist, and
// threads come from clone.
func TestTrapClone3(t *testing.T) {
	p := pool(t, oneWorker(), variant{})
	r := python(t, p, hostilePrelude+`
import threading
t = threading.Thread(target=lambda: print("thread", flush=True)); t.start(); t.join()
print(call("clone3", ctypes.create_string_buffer(64), 64))`, "")
	if string(r.Stdout) != "thread\n-38\n" {
		t.Errorf("%s %s %s", r.Status, r.Stdout, r.Stderr)
	}
}

// TestTrapExitStatus: status 0 is an end, not a pass.
func TestTrapExitStatus(t *testing.T) {
	p := pool(t, oneWorker(), variant{})
	r := python(t, p, "import os\nos._exit(0)\nprint('done')", "")
	if r.Status != StatusOK || len(r.Stdout) != 0 {
		t.Errorf("%+v", r)
	}
}

// TestMounts: everything that a program sees is read-only, but for its folder.
func TestMounts(t *testing.T) {
	p := pool(t, oneWorker(), variant{})
	if p.Tier().Name != "A" {
		t.Skipf("tier %s", p.Tier().Name)
	}
	r := python(t, p, "print(open('/proc/self/mountinfo').read())", "")
	if r.Status != StatusOK {
		t.Skipf("no /proc here: %s", r.Stderr)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(r.Stdout)), "\n") {
		f := strings.Fields(line)
		point, options := f[4], ","+f[5]+","
		if readOnly := strings.Contains(options, ",ro,"); readOnly == (point == "/tmp") {
			t.Errorf("%s is mounted %s", point, options)
		}
		if !strings.Contains(options, ",nosuid,") || !strings.HasPrefix(point, "/dev/") && !strings.HasSuffix(point, ".pth") && !strings.Contains(options, ",nodev,") {
			t.Errorf("%s is mounted %s", point, options)
		}
	}
}
