package fault_test

import (
	"strings"
	"testing"

	"github.com/rlvr-go/rlvr/configs/fault"
)

func TestClosest(t *testing.T) {
	keys := []string{"learning_rate", "steps", "top_k", "top_p", "seed", "save_steps"}
	for _, c := range []struct{ word, want, why string }{
		{"learnig_rate", "learning_rate", "a letter dropped"},
		{"learning_raet", "learning_rate", "two letters swapped"},
		{"learningrate", "learning_rate", "no underscore"},
		{"Learning-Rate", "learning_rate", "case and dashes do not count"},
		{"step", "steps", "a letter short"},
		{"setps", "steps", "a swap is one edit, also in a short word"},
		{"top_q", "top_k", "of equals the first"},
		{"sed", "seed", "short words may have one edit"},
		{"xyz", "", "nothing like it"},
		{"sd", "", "two edits are too many for a short word"},
		{"", "", "nothing to go by"},
		{strings.Repeat("learning_rate", 1e5), "", "hostile length"},
	} {
		if got := fault.Closest(c.word, keys); got != c.want {
			t.Errorf("Closest(%.20q) = %q, want %q: %s", c.word, got, c.want, c.why)
		}
	}
	if got := fault.Closest("a", nil); got != "" {
		t.Errorf("Closest among none = %q", got)
	}
}
