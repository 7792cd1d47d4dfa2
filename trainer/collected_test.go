package trainer

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/data"
)

// completionLine is a line of a stage's completions.
func completionLine(problem, verdict string, prompt, completion []int32) collected {
	return collected{Problem: problem, Verdict: verdict, PromptIDs: prompt, CompletionIDs: completion, Completion: fmt.Sprint(completion)}
}

// TestRegroup: equal completions of a problem count once, what could not be judged not at
// all, and a pair is the next right with the next wrong completion of one problem.
func TestRegroup(t *testing.T) {
	s, _ := kitSetup(t, openDevice(t, "go"), kitStage("sft", "sft", 1))
	tr := newTrainer(t, s)
	a, b := tr.train[0].example.ID, tr.train[1].example.ID
	p := []int32{3, 4}
	lines := []collected{
		completionLine(a, "correct", p, []int32{5}), completionLine(b, "incorrect", p, []int32{5}), completionLine(a, "correct", p, []int32{5}),
		completionLine(a, "incorrect", p, []int32{6}), completionLine(a, "correct", p, []int32{7, 8}), completionLine(a, "undecided", p, []int32{9}),
		completionLine(b, "incorrect", p, []int32{7}), completionLine(a, "incorrect", p, []int32{6}), completionLine(a, "incorrect", p, []int32{10}),
		completionLine(a, "incorrect", p, []int32{11}),
	}
	for keep, want := range map[string][]string{
		keepCorrect:   {a + " [5]", a + " [7 8]"},
		keepIncorrect: {a + " [6]", a + " [10]", a + " [11]", b + " [5]", b + " [7]"},
		keepPairs:     {a + " [5] [6]", a + " [7 8] [10]"},
	} {
		groups, err := tr.regroup(lines, keep)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, g := range groups {
			text := g.Example.ID
			for i, r := range g.Rollouts {
				if r.Sample != i || !cmp.Equal(g.Prompt, p) {
					t.Errorf("%s: %+v", keep, g)
				}
				text += fmt.Sprint(" ", r.Tokens())
			}
			got = append(got, text)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", keep, d)
		}
	}
	long := make([]int32, 64)
	for want, c := range map[string]collected{
		"not a training problem":      completionLine("?", "correct", p, p),
		"token 14":                    completionLine(a, "correct", p, []int32{14}),
		"token -1":                    completionLine(a, "correct", []int32{-1}, p),
		"2 tokens of prompt and 0":    completionLine(a, "correct", p, nil),
		"2 tokens of prompt and 64 o": completionLine(a, "correct", p, long),
	} {
		if _, err := tr.regroup([]collected{c}, keepCorrect); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one about %q", err, want)
		}
	}
}

// TestCollectorIsCutBack: what a killed run wrote after its last checkpoint goes, and a
// file that lacks what was saved is refused.
func TestCollectorIsCutBack(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, completionsFile)
	if err := os.WriteFile(path, []byte("saved\nlost\nlost too\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := openCollector(dir, 6)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.add(1, &data.Scored{}); err != nil || c.size != 6 || c.file.Close() != nil {
		t.Error(c.size, err)
	}
	if text, err := os.ReadFile(path); string(text) != "saved\n" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := openCollector(dir, 7); err == nil || !strings.Contains(err.Error(), "has 6 bytes, 7 were saved") {
		t.Errorf("error %v", err)
	}
}

// FuzzCollected: whatever lies in a stage's file is read or refused.
func FuzzCollected(f *testing.F) {
	f.Add(`{"problem":"p","verdict":"correct","prompt_ids":[1],"completion_ids":[2,3]}` + "\n")
	f.Add("{}\n\n")
	f.Add(`{"prompt_ids":[1e99]}`)
	f.Add("\xff")
	f.Fuzz(func(t *testing.T, text string) {
		lines, err := readCollected(strings.NewReader(text))
		if err != nil && lines != nil {
			t.Fatalf("%d lines beside %v", len(lines), err)
		}
	})
}
