package configs

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/trainer"
	"github.com/rlvr-go/rlvr/trainer/runlog"
	"github.com/rlvr-go/rlvr/verifier"
)

var update = flag.Bool("update", false, "rewrite the golden files under testdata")

// TestConfigKeys makes a new key, another type or another default a line that a
// reviewer sees.
func TestConfigKeys(t *testing.T) {
	const path = "testdata/keys.golden"
	config := Default()
	config.Model.Config = &model.Arch{}
	config.Stages = []trainer.StageOptions{trainer.DefaultStage()}
	config.Stages[0].Roles = []trainer.RoleOptions{{}}
	config.Reward.Rewards = []verifier.RewardOptions{verifier.DefaultReward()}
	config.Bands = []runlog.Band{{}}
	var out strings.Builder
	for _, line := range keyLines(reflect.ValueOf(*config), configSchema, "") {
		fmt.Fprintln(&out, line)
	}
	if *update {
		if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(out.String(), "\n")); d != "" {
		t.Errorf("the keys differ from %s; run go test -update if that is meant (-want +got):\n%s", path, d)
	}
}

// keyLines is "path: type = default" for each key below s.
func keyLines(v reflect.Value, s *schema, path string) []string {
	v = reflect.Indirect(v)
	switch {
	case s.kind == kindSection:
		var out []string
		for _, f := range s.fields {
			out = append(out, keyLines(v.Field(f.index), f.schema, join(path, f.key))...)
		}
		return out
	case s.kind == kindList && s.elem.kind == kindSection:
		return keyLines(v.Index(0), s.elem, path+"[]")
	case s.kind == kindFree:
		return []string{path + ": map"}
	}
	value, err := encode(v, s)
	if err != nil {
		panic(err)
	}
	text, err := yaml.Marshal(value)
	if err != nil {
		panic(err)
	}
	return []string{fmt.Sprintf("%s: %s = %s", path, v.Type(), strings.TrimSpace(string(text)))}
}

// TestStageKeysAreNoConfigKeys guards the rule that a top-level key is either.
func TestStageKeysAreNoConfigKeys(t *testing.T) {
	for _, f := range stageFields() {
		if configSchema.field(f.key) != nil || f.key == defaultsKey {
			t.Errorf("%s is a key of a stage and of the config: at the top level it would be ambiguous", f.key)
		}
	}
}

// TestPeerWords finds hints that name a key which does not exist, and words that
// are keys themselves, so that their hint would never show.
func TestPeerWords(t *testing.T) {
	var known []string
	for _, paths := range keyPaths {
		known = append(known, paths...)
	}
	for _, p := range algos.Parts() {
		for _, o := range p.Options {
			known = append(known, "algorithm.options."+o.Name)
		}
	}
	known = append(known, "algorithm.options.loss_agg_mode", "algorithm.options.advantage_estimator")
	for word, hint := range peerWords {
		if slices.Contains(known, word) {
			t.Errorf("%s is a key here, yet has a hint", word)
		}
		for _, w := range strings.FieldsFunc(hint, func(r rune) bool { return strings.ContainsRune(" ,;:()", r) }) {
			_, after, found := strings.Cut(w, ".")
			ours := configSchema.field(strings.Split(w, ".")[0]) != nil || stageSchema.field(strings.Split(w, ".")[0]) != nil
			isTheirs := strings.HasSuffix(w, word)
			if found && after != "" && ours && !isTheirs && !slices.Contains(known, w) {
				t.Errorf("the hint for %s names %s, which is no key: %s", word, w, hint)
			}
		}
	}
}
