//go:build linux

package sandbox

import (
	"io"
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
	if os.Geteuid() != 0 {
		t.Skip("every other test runs as a plain user here")
	}
	dir, err := os.MkdirTemp("", "plain-user")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	exe := filepath.Join(dir, "sandbox.test")
	if err := copyFile(os.Args[0], exe); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	tests := "^(TestTrap.*|TestLimits|TestSelfCheckSample)$"
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

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Close()
}

// TestSelfCheckSample runs every fifth hostile program in the weaker tier, or all
// where there is time.
func TestSelfCheckSample(t *testing.T) {
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
		if i%5 != 0 && os.Getenv("RLVR_LONG") == "" {
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
