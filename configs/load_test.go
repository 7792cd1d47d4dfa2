package configs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/verifier"
	"github.com/rlvr-go/rlvr/verifier/tasks"
)

// TestBadFiles loads every testdata/*.bad.yaml, named for its fault, and compares
// all lines of the error with the table testdata/bad.golden.
func TestBadFiles(t *testing.T) {
	t.Chdir("testdata")
	files, err := filepath.Glob("*.bad.yaml")
	if err != nil || len(files) < 60 {
		t.Fatalf("%d bad files, %v", len(files), err)
	}
	var out strings.Builder
	for _, file := range files {
		config, err := Load(file, nil)
		var e *Error
		if !errors.As(err, &e) || config != nil || len(e.Faults) == 0 {
			t.Errorf("%s: Load = %v, %v; want an *Error with faults", file, config, err)
			continue
		}
		fmt.Fprintf(&out, "== %s\n%s\n", file, e)
		for _, line := range strings.Split(e.Error(), "\n") {
			if !strings.Contains(line, ".yaml:") {
				t.Errorf("%s: a line names no file: %s", file, line)
			}
		}
	}
	const path = "bad.golden"
	got := withoutNames(out.String())
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); d != "" {
		t.Errorf("messages differ; run go test -update if that is meant (-want +got):\n%s", d)
	}
}

// withoutNames writes <algorithms>, <tasks> and <verifiers> for the lists of what is
// registered, so that a new one edits no golden.
func withoutNames(text string) string {
	var algorithms, ofTasks, verifiers []string
	for _, p := range algos.Presets() {
		algorithms = append(algorithms, p.Name)
	}
	for _, t := range tasks.List() {
		ofTasks = append(ofTasks, t.Name)
	}
	for _, v := range verifier.List() {
		verifiers = append(verifiers, v.Name)
	}
	return strings.NewReplacer("one of "+strings.Join(algorithms, ", "), "one of <algorithms>",
		"one of "+strings.Join(ofTasks, ", "), "one of <tasks>", "one of "+strings.Join(verifiers, ", "), "one of <verifiers>").Replace(text)
}

// goodFiles says of every testdata/*.good.yaml what makes it worth a file.
var goodFiles = map[string]map[string]any{
	"minimal": {
		"seed": 42, "output_dir": "runs/minimal.good", "backend": "auto", "model.path": "some/model", "stages.0.name": "grpo",
		"stages.0.steps": 100, "stages.1": nil,
	},
	"random_init": {"model.config.head_dim": 0, "tokenizer.chars": "0123456789+=", "stages.0.rollout.max_completion_length": 4},
	"stages": {
		"stages.0.name": "warm", "stages.1.name": "grpo",
		"stages.0.steps": 7, "stages.1.steps": 9,
		"stages.0.optim.learning_rate": 1e-3, "stages.1.optim.learning_rate": 1e-4,
		"stages.0.optim.adam_beta2": 0.99, "stages.1.optim.adam_beta2": 0.99,
		"stages.0.optim.warmup_steps": 20, "stages.1.optim.warmup_steps": 0,
		"stages.0.rollout.temperature": 1.0, // not inherited: nothing is sampled
		"stages.1.rollout.temperature": 0.7, "stages.1.rollout.max_completion_length": 8,
		"stages.1.algorithm.options.beta": 0.01, "stages.1.algorithm.options.epsilon": 0.2,
		"data.options.max_operand": 9,
	},
	"algorithm_for_all_stages": {
		"stages.0.algorithm.name": "grpo", "stages.0.algorithm.options.epsilon": 0.1, "stages.0.algorithm.options.beta": 0.0,
		"stages.1.algorithm.name": "reinforce", "stages.1.algorithm.options.epsilon": nil,
	},
	"base": {
		"seed": 11, "stages.0.steps": 3, "stages.0.optim.learning_rate": 2e-3, "stages.0.optim.weight_decay": 0.1,
		"output_dir": "runs/base.good", "logging.report_to.0": nil,
	},
	"base_keys_taken_back": {
		"model.path": "some/model", "model.config": nil, "tokenizer.chars": "",
		"stages.0.optim.learning_rate": 1e-6, "stages.0.optim.weight_decay": 0.1, "data.max_prompt_length": 16,
	},
	"base_same_twice":         {"seed": 11, "stages.0.steps": 1},
	"sections_empty":          {"stages.0.optim.learning_rate": 1e-6, "eval.num_generations": 1},
	"section_empty_over_base": {"stages.0.optim.weight_decay": 0.5},
	"anchors": {
		"output_dir": "some/model", "stages.0.optim.learning_rate": 1e-5, "stages.1.optim.learning_rate": 1e-5,
	},
	"numbers": {
		"seed": -7, "stages.0.steps": 1000, "stages.0.num_prompts_per_step": 16, "stages.0.eval_steps": 2,
		"stages.0.update.micro_batch_tokens": 65536, "stages.0.optim.learning_rate": 1e-6, "stages.0.optim.max_grad_norm": 0.5,
	},
	"text": {
		"model.path": "12", "output_dir": "runs/it's caf\u00e9", "stages.0.rollout.stop.0": "\n", "stages.0.rollout.stop.2": "null",
		"stages.0.rollout.stop.3": "1", "stages.0.rollout.stop.4": "yes",
	},
	"text_unquoted_words": {"output_dir": "yes"},
	"windows":             {"model.path": "some/model", "stages.0.steps": 4},
	"problem_files":       {"data.task": "", "data.train_files.1": "b.jsonl", "data.overlong_prompts": "drop"},
	"rewards": {
		"reward.verifier": "", "reward.rewards.0.name": "", "reward.rewards.0.weight": 0.2, "reward.rewards.0.options.max": 100,
		"reward.rewards.1.weight": 1.0, "reward.rewards.2.weight": 0.0,
		"reward.rewards.2.options.env": map[string]any{"Upper_Case": "1"}, "reward.rewards.2.options.command": []any{"sh", "-c", "exit 1"},
	},
	"sft_only":                     {"stages.0.algorithm.name": "sft", "stages.0.rollout.num_generations": 8},
	"vocab_size_as_tokenizer":      {"model.config.vocab_size": 14},
	"lengths_to_the_last_position": {"stages.0.rollout.top_k": 14},
}

func TestGoodFiles(t *testing.T) {
	t.Chdir("testdata")
	files, err := filepath.Glob("*.good.yaml")
	if err != nil || len(files) != len(goodFiles) {
		t.Fatalf("%d good files, %d in the table, %v", len(files), len(goodFiles), err)
	}
	for _, file := range files {
		config, err := Load(file, nil)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		expect(t, file, config, goodFiles[strings.TrimSuffix(file, ".good.yaml")])
		if err := config.Validate(); err != nil {
			t.Errorf("%s: Validate of a loaded config: %v", file, err)
		}
		roundTrip(t, file, config)
	}
}

// expect compares values at dotted paths; nil is for a path that is not there.
func expect(t *testing.T, name string, config *Config, want map[string]any) {
	t.Helper()
	for path, w := range want {
		if got := valueAt(reflect.ValueOf(config), configSchema, path); !reflect.DeepEqual(got, w) {
			t.Errorf("%s: %s = %#v, want %#v", name, path, got, w)
		}
	}
}

// valueAt walks the Go structs; integers come back as int.
func valueAt(v reflect.Value, s *schema, path string) any {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if !v.IsValid() {
		return nil
	}
	if path == "" {
		if s != nil && s.kind == kindInt {
			return int(v.Int())
		}
		return v.Interface()
	}
	head, rest, _ := strings.Cut(path, ".")
	switch v.Kind() {
	case reflect.Struct:
		for _, f := range s.fields {
			if f.key == head {
				return valueAt(v.Field(f.index), f.schema, rest)
			}
		}
	case reflect.Map:
		return valueAt(v.MapIndex(reflect.ValueOf(head)), nil, rest)
	case reflect.Slice:
		var i int
		if _, err := fmt.Sscan(head, &i); err == nil && i < v.Len() {
			return valueAt(v.Index(i), s.elem, rest)
		}
	}
	return nil
}

// roundTrip checks that the resolved config loads back to the same.
func roundTrip(t *testing.T, name string, config *Config) {
	t.Helper()
	text, err := config.YAML()
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	again, err := Load(path, nil)
	if err != nil {
		t.Errorf("%s: the resolved config: %v\n%s", name, err, text)
		return
	}
	// The lists of an architecture, which has no defaults, are nil where its file
	// leaves them out, and empty where it spells them.
	if d := cmp.Diff(config, again, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("%s: the resolved config loads as another (-first +again):\n%s", name, d)
	}
	second, err := again.YAML()
	if err != nil || string(second) != string(text) {
		t.Errorf("%s: the resolved config is written in another way the second time: %v", name, err)
	}
}

func TestUnreadableFiles(t *testing.T) {
	dir := t.TempDir()
	large := filepath.Join(dir, "large.yaml")
	if err := os.WriteFile(large, []byte(strings.Repeat("#\n", maxFileBytes)), 0o644); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(dir, "secret.yaml")
	if err := os.WriteFile(secret, nil, 0); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, want string }{
		{filepath.Join(dir, "none.yaml"), "no such file"},
		{filepath.Join(dir, "none", "c.yaml"), "no such file"},
		{filepath.Join(large, "c.yaml"), "unreadable: not a directory"},
		{dir, "a folder, not a config file"},
		{"/dev/zero", "not a regular file"},
		{"nul\x00.yaml", "unreadable: invalid argument"},
		{large, "too large for a config: more than 1 MiB"},
		{secret, "no permission to read it"},
	} {
		if c.path == secret && os.Geteuid() == 0 {
			continue // root may read everything
		}
		_, err := Load(c.path, nil)
		var e *Error
		if !errors.As(err, &e) || err.Error() != printable(c.path)+": "+c.want {
			t.Errorf("Load(%q) = %v, want %s", c.path, err, c.want)
		}
	}
}
