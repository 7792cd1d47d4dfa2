package trainer

import (
	"os"
	"os/exec"
	"testing"
)

// childEnv marks a process that a test has started to run a test alone.
const childEnv = "RLVR_TEST_CHILD"

func inChild() bool { return os.Getenv(childEnv) != "" }

// runChild runs one test of this package in a process of its own, with additions to
// the environment, and fails if it does.
func runChild(t *testing.T, test string, env ...string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"-test.run=^" + test + "$", "-test.count=1"}
	if *update {
		args = append(args, "-update")
	}
	cmd := exec.CommandContext(t.Context(), exe, args...)
	cmd.Env = append(append(os.Environ(), childEnv+"=1"), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s with %v: %v\n%s", test, env, err, out)
	}
}
