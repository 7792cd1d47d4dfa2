package algos

import (
	"strings"
	"testing"
)

// A preset may prefer k1; nothing is wrong with that while there is no divergence.
func TestNoWarningWithoutKL(t *testing.T) {
	presets["k1"] = Preset{Name: "k1", Paper: "none: for tests", Loss: "grpo", Estimator: "grpo", Aggregation: "token-mean", Options: map[string]any{"kl_estimator": "k1"}}
	defer delete(presets, "k1")
	for beta, want := range map[float64]int{0: 0, 0.1: 1} {
		a, err := Resolve(Options{Name: "k1", Options: map[string]any{"beta": beta}})
		if err != nil {
			t.Fatal(err)
		}
		if len(a.Warnings) != want {
			t.Errorf("beta %g: warnings %v", beta, a.Warnings)
		}
	}
}

// A preset that does not fit together is a programmer's error: one that says so,
// whatever the config.
func TestPresetThatDoesNotFit(t *testing.T) {
	right := Preset{Name: "unfit", Paper: "none: for tests", Loss: "grpo", Estimator: "grpo", Aggregation: "token-mean"}
	for _, c := range []struct {
		want   string
		change func(*Preset)
	}{
		{`no loss "x" is registered`, func(p *Preset) { p.Loss = "x" }},
		{`no estimator "x" is registered`, func(p *Preset) { p.Estimator = "x" }},
		{`no aggregation "x" is registered`, func(p *Preset) { p.Aggregation = "x" }},
		{`no shaper "x" is registered`, func(p *Preset) { p.Shapers = []string{"x"} }},
		{`no selector "x" is registered`, func(p *Preset) { p.Selectors = []string{"x"} }},
		{"no part has the option x", func(p *Preset) { p.Options = map[string]any{"x": 1} }},
		{"the vetted value of epsilon is not allowed", func(p *Preset) { p.Options = map[string]any{"epsilon": -0.1} }},
		{"the vetted value of epsilon is not allowed", func(p *Preset) { p.Options = map[string]any{"epsilon": 1} }}, // an int
		{"option mask_truncated_completions is declared twice", func(p *Preset) { p.Shapers = []string{"mask_truncated", "mask_truncated"} }},
	} {
		p := right
		c.change(&p)
		presets[p.Name] = p
		_, err := Resolve(Options{Name: p.Name})
		delete(presets, p.Name)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "algos: preset unfit: ") {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

// TestKind is what "rlvr list algorithms" says.
func TestKind(t *testing.T) {
	want := map[string]string{"grpo": "loss", "rank_grpo": "loss", "ktae": "advantages", "ppo": "advantages", "d3s": "selection", "entra": "reward", "dpo": "offline", "sft": "offline"}
	for _, p := range Presets() {
		if kind, ok := want[p.Name]; ok && p.Kind() != kind {
			t.Errorf("%s is of kind %q, want %q", p.Name, p.Kind(), kind)
		}
	}
}
