package configs

import (
	"strings"
	"testing"
)

// TestShipped loads every recipe, and once more from its resolved form.
func TestShipped(t *testing.T) {
	recipes := Shipped()
	if len(recipes) == 0 {
		t.Fatal("no recipes")
	}
	for _, r := range recipes {
		if !strings.HasPrefix(r.Text, "# ") || r.Summary == "" || len(r.Summary) > 140 {
			t.Errorf("%s: the first line must be a comment that sums the recipe up: %q", r.Name, r.Summary)
		}
		config, err := Load(r.Name+".yaml", nil)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		roundTrip(t, r.Name, config)
	}
}

// TestQuickstart fixes what the documentation says of it.
func TestQuickstart(t *testing.T) {
	config, err := Load("quickstart.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "quickstart", config, map[string]any{
		"output_dir": "runs/quickstart", "backend": "auto", "stages.2": nil,
		"stages.0.name": "sft", "stages.0.until.metric": "eval/validation/avg@1",
		"stages.1.name": "grpo", "stages.1.rollout.num_generations": 8, "stages.1.algorithm.options.beta": 0.0,
		"eval.temperature": 0.0,
	})
}
