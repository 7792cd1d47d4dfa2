//go:build linux

package sandbox

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// systemPython is an interpreter that every user can read.
const systemPython = "/usr/bin/python3"

// TestPlainUser runs tests of this package as a user without any rights.
func TestPlainUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("every other test runs as a plain user here")
	}
	dir, err := os.MkdirTemp("", "plain-user")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	exe := filepath.Join(dir, "sandbox.test")
	// Not by this process: whatever it forks meanwhile would keep the file open for
	// writing, and it could not be run.
	if out, err := exec.Command("cp", os.Args[0], exe).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	tests := "^(TestTrap.*|TestLimits|TestHostileSample)$"
	if os.Getenv("RLVR_LONG") != "" {
		tests = "^(Test[^P].*|TestParentKilled)$"
	}
	cmd := exec.Command(exe, "-test.run", tests, "-test.v")
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/bin:/bin", "RLVR_LONG=" + os.Getenv("RLVR_LONG")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// TestHostileSample runs every tenth hostile program in the weaker tier, or all where
// there is time.
func TestHostileSample(t *testing.T) {
	t.Parallel()
	o := oneWorker()
	o.Python = systemPython
	p := pool(t, o, variant{noNamespaces: true})
	if p.Tier().Name != "B" {
		t.Fatalf("tier %+v", p.Tier())
	}
	programs, err := hostiles()
	if err != nil {
		t.Fatal(err)
	}
	for i, h := range programs {
		if i%10 != 0 && os.Getenv("RLVR_LONG") == "" {
			continue
		}
		r, err := p.Run(t.Context(), Program{Language: "python", Source: h.source, Limits: h.limits})
		if err != nil {
			t.Errorf("%s: %v", h.name, err)
		} else if problem := h.problem(&r); problem != "" {
			t.Errorf("%s: %s", h.name, problem)
		}
	}
}
