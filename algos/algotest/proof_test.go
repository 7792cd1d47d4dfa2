package algotest

import (
	"slices"
	"strings"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
)

// Without a proof each registered name is reported; a loss and an estimator of
// rewards must also state an identity and have a golden file.
func TestMissingProofs(t *testing.T) {
	all := map[string]proof{}
	for _, p := range algos.Parts() {
		all[p.Kind+" "+p.Name] = proof{identity: true, golden: true}
	}
	for _, p := range algos.Presets() {
		all["preset "+p.Name] = proof{}
	}
	if got := missing(all); len(got) != 0 {
		t.Errorf("all proved, but missing %q", got)
	}
	for _, c := range []struct {
		change func(map[string]proof)
		want   string
	}{
		{func(m map[string]proof) { delete(m, "loss grpo") }, "loss grpo: no test"},
		{func(m map[string]proof) { delete(m, "preset sft") }, "preset sft: no test"},
		{func(m map[string]proof) { delete(m, "aggregation token-mean") }, "aggregation token-mean: no test"},
		{func(m map[string]proof) { delete(m, "shaper mask_truncated") }, "shaper mask_truncated: no test"},
		{func(m map[string]proof) { m["loss grpo"] = proof{golden: true} }, "loss grpo: no identity"},
		{func(m map[string]proof) { m["estimator grpo"] = proof{identity: true} }, "estimator grpo: no golden file"},
		{func(m map[string]proof) { m["estimator constant"] = proof{} }, ""},
	} {
		some := map[string]proof{}
		for name, p := range all {
			some[name] = p
		}
		c.change(some)
		if got := strings.Join(missing(some), "; "); got != c.want {
			t.Errorf("missing %q, want %q", got, c.want)
		}
	}
	if got := missing(nil); !slices.Contains(got, "loss sft: no test") {
		t.Errorf("nothing proved, but missing only %q", got)
	}
}
