package configs

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/trainer"
)

// TestOptionsKeepTheirCase guards against viper, which puts keys of maps into
// lower case, splits them at dots and drops empty values.
func TestOptionsKeepTheirCase(t *testing.T) {
	want := map[string]any{
		"CamelCase": 1, "with.dot": "a", "UPPER": map[string]any{"Inner": []any{1.5, map[string]any{"Deep": true}}},
		"whole": 1.0, "none": nil, "empty": map[string]any{},
	}
	config := Default()
	config.OutputDir = "runs/x"
	config.Reward.Options = want
	root, err := tree(reflect.ValueOf(*config), configSchema)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decode(root)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got.Reward.Options); d != "" {
		t.Errorf("options (-want +got):\n%s", d)
	}
}

// TestDecodeIsStrict shows that the decoder would catch what check lets through.
func TestDecodeIsStrict(t *testing.T) {
	for _, text := range []string{"seed: 1.5", "seed: true", `seed: "7"`, "output_dir: 3", "eval: {eval_on_start: 1}"} {
		r := &report{}
		root := r.parse([]byte(text), newReader(r, ""), "")
		if c, err := decode(root); err == nil {
			t.Errorf("%s: decoded to %+v", text, c)
		}
	}
}

// TestDefaultLacksOnlyWhatAFileMustSay lists what has no default.
func TestDefaultLacksOnlyWhatAFileMustSay(t *testing.T) {
	var got []string
	for _, f := range fault.Of(Default().Validate()) {
		got = append(got, f.Path)
	}
	if d := cmp.Diff([]string{"output_dir", "model.path", "data.task", "stages"}, got); d != "" {
		t.Errorf("faults of Default (-want +got):\n%s", d)
	}
}

// TestValidateOfAConfigMadeByHand covers callers that do not load a file.
func TestValidateOfAConfigMadeByHand(t *testing.T) {
	c := Default()
	c.OutputDir, c.Model.Path, c.Data.Task = "runs/x", "some/model", "addition"
	stage := trainer.DefaultStage()
	stage.Name, stage.Algorithm.Name = "only", "grpo"
	stage.Until = trainer.UntilOptions{Metric: "eval/validation/avg@3", Value: 0.5}
	stage.Optim.LearningRate = -1
	c.Stages = []trainer.StageOptions{stage}
	want := "stages.0.optim.learning_rate: found -1, allowed: a finite number, 0 or more\n" +
		`stages.0.until.metric: found "eval/validation/avg@3", allowed: eval/validation/avg@1, for eval.num_generations is 1`
	if err := c.Validate(); err == nil || err.Error() != want {
		t.Errorf("Validate = %v, want %s", err, want)
	}
}

// TestBaseIsRelativeToItsFile loads from another folder.
func TestBaseIsRelativeToItsFile(t *testing.T) {
	abs, err := filepath.Abs("testdata/base.good.yaml")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	config, err := Load(abs, nil)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, abs, config, goodFiles["base"])
}

// TestCycleThroughALink is a cycle that names alone do not show.
func TestCycleThroughALink(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.yaml"), []byte("defaults: b.yaml\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a.yaml", filepath.Join(dir, "b.yaml")); err != nil {
		t.Skip(err)
	}
	_, err := Load(filepath.Join(dir, "a.yaml"), nil)
	if err == nil || !strings.Contains(err.Error(), "a file that does not come back to this one") {
		t.Errorf("Load = %v", err)
	}
}

// TestLongChainOfBases ends by itself; only a cycle does not.
func TestLongChainOfBases(t *testing.T) {
	dir := t.TempDir()
	names := strings.Fields("a b c d e f g h i j k l m n o p q r s t")
	for i, name := range names {
		text := "model: {path: m}\ndata: {task: addition}\nalgorithm: {name: grpo}\nsteps: 5\n"
		if i > 0 {
			text = "defaults: " + names[i-1] + ".yaml\n"
		}
		if err := os.WriteFile(filepath.Join(dir, name+".yaml"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	config, err := Load(filepath.Join(dir, "t.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "t.yaml", config, map[string]any{"stages.0.steps": 5, "output_dir": "runs/t"})
}

// FuzzLoad demands that any content and override give a config that survives its
// own YAML, or an *Error whose every line says something.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/*.yaml", "*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(content, "seed=1")
		}
	}
	f.Add([]byte("model: {path: m}\ndata: {task: addition}\nalgorithm: {name: grpo}\n"), "stages.0.optim={learning_rate: 1e-3}")
	f.Fuzz(func(t *testing.T, content []byte, set string) {
		path := filepath.Join(t.TempDir(), "fuzz.yaml")
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		config, err := Load(path, []string{set})
		if err == nil {
			roundTrip(t, path, config)
			return
		}
		var e *Error
		if !errors.As(err, &e) || len(e.Faults) == 0 {
			t.Fatalf("%T %v is no *Error with faults", err, err)
		}
		for i := range e.Faults {
			line := e.Faults[i].Error()
			if e.Faults[i].Allowed == "" || strings.ContainsAny(line, "\r\n") {
				t.Errorf("not one line that says what is allowed: %q", line)
			}
		}
	})
}
