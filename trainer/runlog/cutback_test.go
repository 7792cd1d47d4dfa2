package runlog

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func cutText(t *testing.T, text string, step int) (string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "metrics.jsonl")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	err := cutLines(path, step)
	got, errRead := os.ReadFile(path)
	if errRead != nil {
		t.Fatal(errRead)
	}
	return string(got), err
}

// TestCutLinesAnywhere: a process may be killed after any byte. What is left after
// cutting is the whole lines up to the step, whatever the step.
func TestCutLinesAnywhere(t *testing.T) {
	var lines []string
	for _, step := range []int{0, 1, 1, 2, 12} { // samples have several lines a step
		lines = append(lines, fmt.Sprintf(`{"step":%d,"stage":"s","loss":%d.5}`+"\n", step, step))
	}
	steps := []int{0, 1, 1, 2, 12}
	whole := strings.Join(lines, "")
	for size := range len(whole) + 1 {
		for _, step := range []int{-1, 0, 1, 2, 11, 12, 100} {
			want, written := "", 0
			for i, l := range lines {
				if written += len(l); written <= size && steps[i] <= step {
					want += l
				}
			}
			keep, err := keepLines(strings.NewReader(whole[:size]), step)
			if got := whole[:keep]; err != nil || got != want {
				t.Fatalf("%d bytes cut to step %d:\n%q, %v, want\n%q", size, step, got, err, want)
			}
		}
	}
}

func TestCutLinesDamage(t *testing.T) {
	line := func(step int) string { return fmt.Sprintf(`{"step":%d}`+"\n", step) }
	for _, tt := range []struct {
		name, text string
		want       string // "": left as it was, with an error
	}{
		{"rubbish at the end", line(1) + line(2) + "\x00\x00\n", line(1) + line(2)},
		{"rubbish, then later steps", line(1) + "{\"st\n" + line(9), line(1)},
		{"no step", line(1) + "{}\n" + line(9), line(1)},
		{"rubbish, then an early step", line(1) + "{\"st\n" + line(2), ""},
		{"a later step, then an early one", line(9) + line(2), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := cutText(t, tt.text, 5)
			if tt.want == "" {
				if err == nil || got != tt.text {
					t.Errorf("%q, %v, want an error and nothing cut", got, err)
				}
				return
			}
			if err != nil || got != tt.want {
				t.Errorf("%q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestCutBackOfNothing(t *testing.T) {
	d := openDir(t, filepath.Join(t.TempDir(), "run"), Fresh)
	if err := d.CutBack(0); err != nil {
		t.Error(err)
	}
}
