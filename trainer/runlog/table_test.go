package runlog

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCompletions(t *testing.T) {
	samples := []Sample{
		{Prompt: "12+07=", Completion: "910", Answer: "910", Reward: 1, Verdict: "correct", Reason: "match", Finish: "eos"},
		{Prompt: "Say\nhi <|im_end|>", Completion: strings.Repeat("ha ", 60) + "end", Answer: "hi", Reward: 0.25, Verdict: "incorrect", Reason: "mismatch", Finish: "length"},
		{Prompt: "\u65e5\u672c", Completion: "\x1b[31m", Answer: "", Reward: Reward(math.NaN()), Verdict: "error", Reason: "panic", Finish: "stop"},
	}
	for _, most := range []int{80, 100, 300} {
		lines := completions(samples, most)
		for _, l := range lines {
			if width(l) > most {
				t.Errorf("%d columns: %q takes %d", most, l, width(l))
			}
		}
	}
	golden(t, "completions.txt", completions(samples, 80))
}

func TestLayoutNarrow(t *testing.T) {
	columns := []column{{title: "a", shrinks: true, cells: []string{strings.Repeat("x", 50)}}, {title: "b", cells: []string{strings.Repeat("y", 20)}}}
	got := layout(columns, 10) // narrower than what must stay
	want := []string{"a         b", "--------  " + strings.Repeat("-", 20), "xxx...xx  " + strings.Repeat("y", 20)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLayoutRagged(t *testing.T) {
	got := layout([]column{{title: "a", cells: []string{"1", "2"}}, {title: "", cells: []string{"x"}}}, 80)
	if diff := cmp.Diff([]string{"a", "-  -", "1  x", "2"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
