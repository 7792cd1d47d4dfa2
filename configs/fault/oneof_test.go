package fault_test

import (
	"testing"

	"github.com/rlvr-go/rlvr/configs/fault"
)

func TestOneOf(t *testing.T) {
	for _, c := range []struct {
		found string
		names []string
		want  string
	}{
		{"exakt", []string{"exact", "latex"}, "one of exact, latex; did you mean exact?"},
		{"sandbox", []string{"exact", "latex"}, "one of exact, latex"},
		{"", []string{"exact"}, "one of exact"},
		{"exact", nil, "nothing: there are none"},
	} {
		if got := fault.OneOf(c.found, c.names); got != c.want {
			t.Errorf("OneOf(%q, %q) = %q, want %q", c.found, c.names, got, c.want)
		}
	}
}
