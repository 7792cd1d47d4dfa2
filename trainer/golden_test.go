package trainer

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files from what the code gives now")

// compareGolden compares text with a file of testdata, or writes it with -update.
func compareGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("no golden file yet: %v; go test -run %s -update writes it", err, t.Name())
	}
	if diff := firstDifference(string(want), got); diff != "" {
		t.Errorf("%s: %s", path, diff)
	}
}

// firstDifference is the first line in which two texts differ; empty if none does.
func firstDifference(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(a), len(b)) {
		line := func(lines []string) string {
			if i < len(lines) {
				return lines[i]
			}
			return "(end)"
		}
		if line(a) != line(b) {
			return fmt.Sprintf("line %d\nwant %s\ngot  %s", i+1, line(a), line(b))
		}
	}
	return ""
}

// goldenFile is the file of a kernel: each adds the products of a matrix in an
// order of its own.
func goldenFile(kernel string) string {
	return filepath.Join("testdata", "losses", fmt.Sprintf("tiny_grpo.%s-%s.txt", runtime.GOARCH, kernel))
}

// TestGoldenRun makes ten steps on the pure-Go backend and compares loss, reward and
// gradient norm in every digit. A change that is not meant to change numbers must
// leave the files alone; one that is shows the difference in review.
//
// It runs in children, one for each matrix kernel that this processor has, and with
// fewer and more processors, which must not matter.
func TestGoldenRun(t *testing.T) {
	if inChild() {
		compareGolden(t, goldenFile(kernel()), goldenRun(t))
		return
	}
	ran := false
	for _, env := range kernelEnvs {
		path := goldenFile(env.kernel)
		if _, err := os.Stat(path); err != nil && !*update {
			t.Logf("kernel %s has no golden file %s yet: on a machine that has it, -update writes it", env.kernel, path)
			continue
		}
		if !supported(env.kernel) {
			t.Logf("this processor or build does not have kernel %s", env.kernel)
			continue
		}
		runChild(t, "TestGoldenRun", env.env...)
		ran = true
	}
	for _, processors := range []string{"1", "7"} {
		runChild(t, "TestGoldenRun", "GOMAXPROCS="+processors)
	}
	if !ran {
		t.Skip("no kernel of this machine has a golden file")
	}
}

// goldenRun is five steps of sft and five of grpo with four updates each, a line a
// step.
func goldenRun(t *testing.T) string {
	sft, rl := kitStage("sft", "sft", 5), severalUpdates(5)
	s, rec := kitSetup(t, openDevice(t, "go"), sft, rl)
	verify(evenStart).judgeBy(&s)
	s.Test, s.Validation = nil, nil
	runAll(t, s)
	var b strings.Builder
	b.WriteString("step stage loss reward grad_norm entropy\n")
	for _, r := range rec.steps {
		fmt.Fprintf(&b, "%d %s", r.Step, r.Stage)
		for _, name := range []string{"loss", "reward", "grad_norm", "entropy"} {
			word := "-"
			if v, ok := r.Values[name]; ok {
				word = strconv.FormatFloat(v, 'g', -1, 64)
			}
			b.WriteString(" " + word)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
