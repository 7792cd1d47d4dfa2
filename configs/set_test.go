package configs

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSet(t *testing.T) {
	for _, c := range []struct {
		name, file string
		sets       []string
		want       map[string]any
	}{
		{"a scalar", "minimal", []string{"seed=7"}, map[string]any{"seed": 7}},
		{"the last one wins", "minimal", []string{"seed=7", "seed=8"}, map[string]any{"seed": 8}},
		{"values are YAML", "minimal", []string{"steps=1e3", "rollout.stop=['#', \"\\n\"]", "eval.eval_on_start=false"},
			map[string]any{"stages.0.steps": 1000, "stages.0.rollout.stop.1": "\n", "eval.eval_on_start": false}},
		{"an equals sign in the value", "minimal", []string{"output_dir=runs/a=b"}, map[string]any{"output_dir": "runs/a=b"}},
		{"spaces around the key", "minimal", []string{" seed = 9 "}, map[string]any{"seed": 9}},
		{"a section is merged", "stages", []string{"stages.0.optim={weight_decay: 0.5}"},
			map[string]any{"stages.0.optim.weight_decay": 0.5, "stages.0.optim.warmup_steps": 20}},
		{"a key of one stage", "stages", []string{"stages.1.optim.learning_rate=1e-3"},
			map[string]any{"stages.0.optim.learning_rate": 1e-3, "stages.1.optim.learning_rate": 1e-3}},
		{"a top-level stage key is a default: a stage's own key wins", "stages", []string{"steps=70"},
			map[string]any{"stages.0.steps": 70, "stages.1.steps": 9}},
		{"a top-level stage key that no file has", "stages", []string{"eval_steps=3"},
			map[string]any{"stages.0.eval_steps": 3, "stages.1.eval_steps": 3}},
		{"null takes a key back to its default", "numbers", []string{"seed=null", "optim=~"},
			map[string]any{"seed": 42, "stages.0.optim.max_grad_norm": 1.0}},
		{"another algorithm takes no options over", "algorithm_for_all_stages", []string{"stages.0.algorithm.name=reinforce"},
			map[string]any{"stages.0.algorithm.name": "reinforce", "stages.0.algorithm.options.epsilon": nil}},
		{"an option", "minimal", []string{"algorithm.options.epsilon_high=0.28"}, map[string]any{"stages.0.algorithm.options.epsilon_high": 0.28}},
		{"stages anew", "stages", []string{"stages=[{algorithm: {name: grpo}, steps: 2}]"},
			map[string]any{"stages.0.steps": 2, "stages.0.optim.adam_beta2": 0.99, "stages.1": nil}},
		{"over a base", "base", []string{"optim.weight_decay=0.2"},
			map[string]any{"stages.0.optim.weight_decay": 0.2, "stages.0.optim.learning_rate": 2e-3}},
	} {
		config, err := Load("testdata/"+c.file+".good.yaml", c.sets)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		expect(t, c.name, config, c.want)
	}
}

func TestSetFaults(t *testing.T) {
	for _, c := range []struct {
		file, set string
		want      string // "" where the file has no part in it
	}{
		{"minimal", "seed", "--set seed: write key=value, such as stages.0.steps=100 or seed=2"},
		{"minimal", "=1", "--set =1: write key=value, such as stages.0.steps=100 or seed=2"},
		{"minimal", "optim..lr=1", "--set optim..lr=1: write key=value, such as stages.0.steps=100 or seed=2"},
		{"minimal", "steps=", "--set steps=: steps: found nothing, allowed: a whole number"},
		{"minimal", "steps=0", "--set steps=0: steps: found 0, allowed: at least 1"},
		{"minimal", "steps=1.5", "--set steps=1.5: steps: found 1.5, allowed: a whole number"},
		{"minimal", "sed=1", "--set sed=1: sed: unknown key; did you mean seed?"},
		{"minimal", "optim.lr=1", "--set optim.lr=1: optim.lr: unknown key; lr is optim.learning_rate"},
		{"minimal", "ppo_epochs=4", "--set ppo_epochs=4: ppo_epochs: unknown key; verl's ppo_epochs is update.num_iterations"},
		{"minimal", "seed=[1", "--set seed=[1: not YAML: did not find expected ',' or ']'"},
		{"minimal", "seed=1\n---\n2", `--set "seed=1\n---\n2": a second YAML document (---); a config is one`},
		{"minimal", "seed.x=1", "--set seed.x=1: seed: found a mapping, allowed: a whole number"},
		{"minimal", "defaults=base.yaml", "--set defaults=base.yaml: defaults: only in a file: the base is read before overrides are"},
		{"minimal", "stages.0.steps=1", "--set stages.0.steps=1: stages.0: no such element: there is no list to take it from"},
		{"stages", "stages.2.steps=1", "--set stages.2.steps=1: stages.2: no such element: there are 2, counted from 0"},
		{"stages", "stages.-1.steps=1", "--set stages.-1.steps=1: stages.-1: no such element: there are 2, counted from 0"},
		{"stages", "stages.warm.steps=1", "--set stages.warm.steps=1: stages.warm: no such element: there are 2, counted from 0"},
		{"stages", "stages.0.rollout.top_k=3", "--set stages.0.rollout.top_k=3: stages.0.rollout.top_k: found 3, allowed: nothing: sft learns from given answers, no completions are sampled for it"},
		{"stages", "until.value=0.4", "--set until.value=0.4: until.value: found 0.4, allowed: nothing while until.metric is absent"},
		{"algorithm_for_all_stages", "algorithm.options.beta=1", "--set algorithm.options.beta=1: algorithm.options.beta: found 1, allowed: nothing here, for no stage takes it up; override stages.0.algorithm.options.beta to stages.1.algorithm.options.beta"},
		{"minimal", "seed={a: 1, a: 2}", "--set seed={a: 1, a: 2}: seed: found a mapping, allowed: a whole number\n--set seed={a: 1, a: 2}: seed.a: given twice"},
	} {
		_, err := Load("testdata/"+c.file+".good.yaml", []string{c.set})
		if err == nil {
			t.Errorf("%s: no error, want %s", c.set, c.want)
			continue
		}
		got := strings.Split(err.Error(), "\n")
		if d := cmp.Diff(strings.Split(c.want, "\n"), got, sortLines); d != "" {
			t.Errorf("--set %s on %s (-want +got):\n%s", c.set, c.file, d)
		}
	}
}

var sortLines = cmp.Transformer("sorted", func(lines []string) map[string]bool {
	m := map[string]bool{}
	for _, l := range lines {
		m[l] = true
	}
	return m
})

// TestFaultsOfFilesAndOverridesComeTogether also fixes their order: the file, its
// bases, the overrides.
func TestFaultsOfFilesAndOverridesComeTogether(t *testing.T) {
	t.Chdir("testdata")
	_, err := Load("base_with_faults.bad.yaml", []string{"seed=x", "sed=1"})
	want := []string{
		"base_with_faults.bad.yaml:2: steps: found 0, allowed: at least 1",
		"parts/faulty.yaml:5: optim.lr: unknown key; lr is optim.learning_rate",
		"parts/faulty.yaml:7: checkpoint.keep_last: found -1, allowed: 0 (all) or more",
		`--set seed=x: seed: found "x", allowed: a whole number`,
		"--set sed=1: sed: unknown key; did you mean seed?",
	}
	if err == nil {
		t.Fatal("no error")
	}
	if d := cmp.Diff(want, strings.Split(err.Error(), "\n")); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
