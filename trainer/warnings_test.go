package trainer

import (
	"testing"

	"github.com/rlvr-go/rlvr/algos"
)

// TestWarnings: what a stage makes of an algorithm is doubted where it teaches nothing.
func TestWarnings(t *testing.T) {
	for _, c := range []struct {
		name        string
		options     map[string]any
		generations int
		want        string
	}{
		{"grpo", nil, 4, ""},
		{"grpo", nil, 1, "singleton-groups"},
		{"grpo", map[string]any{"compat": "verl"}, 1, ""}, // keeps the reward
		{"rloo", nil, 1, "singleton-groups"},
		{"rloo", map[string]any{"compat": "verl"}, 1, ""},
		{"reinforce_pp_baseline", nil, 1, "singleton-groups"},
		{"gpg", nil, 1, "singleton-groups"},
		{"rank_grpo", nil, 1, "singleton-groups"},
		{"reinforce_pp", nil, 1, ""},
		{"ppo", nil, 1, ""},
		{"sft", nil, 1, ""},
		{"gspo", map[string]any{"epsilon": 0.2}, 4, "sequence-epsilon"},
	} {
		o := kitStage("stage", c.name, 1)
		o.Algorithm.Options, o.Rollout.NumGenerations = c.options, c.generations
		a, err := algos.Resolve(o.Algorithm)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, w := range o.Warnings(a) {
			got += w.Name
		}
		if got != c.want {
			t.Errorf("%s %v, %d generations: warnings %q, want %q", c.name, c.options, c.generations, got, c.want)
		}
	}
}
