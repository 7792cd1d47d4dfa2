package configs

import (
	"path/filepath"
	"reflect"
	"strings"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/trainer"
	"github.com/rlvr-go/rlvr/verifier"
	"github.com/rlvr-go/rlvr/verifier/tasks"
)

// Load reads the config file at path, lays the overrides ("a.b=value", in order)
// over it, and checks everything. An error is an [*Error] with all faults.
func Load(path string, sets []string) (*Config, error) {
	c := &checker{report: &report{}}
	root := c.readFile(path, place{}, nil)
	if root == nil {
		return nil, c.err()
	}
	for _, arg := range sets {
		root = c.applySet(root, arg)
	}
	if root = c.check(root, fileSchema); root == nil {
		return nil, c.err()
	}
	root = dropNulls(c.layStages(root), configSchema)
	complete, err := underDefaults(root, defaultOutputDir(path))
	if err != nil {
		return nil, c.bug(path, err)
	}
	config, err := decode(complete)
	if err != nil {
		return nil, c.bug(path, err)
	}
	config.chooseVerifier()
	c.locate(root, config.validate(c.isBad))
	if err := c.err(); err != nil {
		return nil, err
	}
	if err := config.resolveAlgorithms(); err != nil {
		return nil, c.bug(path, err)
	}
	return config, nil
}

// chooseVerifier names the verifier of the task where the file names neither one nor
// rewards; problem files are compared exactly.
func (c *Config) chooseVerifier() {
	if c.Reward.Verifier != "" || len(c.Reward.Rewards) > 0 {
		return
	}
	c.Reward.Verifier = verifier.DefaultOptions().Verifier
	if task, err := tasks.New(c.Data.Task, c.Data.Options); err == nil {
		c.Reward.Verifier = task.Verifier()
	}
}

// resolveAlgorithms writes out every option of each algorithm: a run keeps its
// values even when a later version changes a preset.
func (c *Config) resolveAlgorithms() error {
	for i := range c.Stages {
		if c.Stages[i].Collect {
			continue
		}
		a, err := algos.Resolve(c.Stages[i].Algorithm)
		if err != nil {
			return err
		}
		c.Stages[i].Algorithm = a.Resolved()
	}
	return nil
}

// bug reports an error that no file should be able to cause, beside the faults
// that may explain it.
func (c *checker) bug(path string, err error) error {
	c.add(place{file: path}, "", nil, "%v", err)
	return c.err()
}

// defaultOutputDir is runs/ and the file's name without its extension.
func defaultOutputDir(path string) string {
	name := filepath.Base(path)
	return "runs/" + strings.TrimSuffix(name, filepath.Ext(name))
}

// underDefaults lays root over the defaults of Config, each stage over those of a stage
// and each reward over those of a reward.
func underDefaults(root *node, outputDir string) (*node, error) {
	config := Default()
	config.OutputDir = outputDir
	config.Reward.Verifier = "" // the task's, see chooseVerifier
	defaults, err := tree(reflect.ValueOf(*config), configSchema)
	if err != nil {
		return nil, err
	}
	stage, err := tree(reflect.ValueOf(trainer.DefaultStage()), stageSchema)
	if err != nil {
		return nil, err
	}
	one, err := tree(reflect.ValueOf(verifier.DefaultReward()), configSchema.field(rewardKey).field(rewardsKey).elem)
	if err != nil {
		return nil, err
	}
	root = root.with(stagesKey, root.get(stagesKey).at, eachOver(stage, root.get(stagesKey)))
	if section := root.get(rewardKey); section.get(rewardsKey) != nil {
		list := section.get(rewardsKey)
		root = root.with(rewardKey, section.at, section.with(rewardsKey, list.at, eachOver(one, list)))
	}
	return merge(defaults, root), nil
}

// eachOver lays each element of a list over defaults.
func eachOver(defaults, list *node) *node {
	out := *list
	out.items = nil
	for _, own := range list.items {
		out.items = append(out.items, merge(defaults, own))
	}
	return &out
}

// tree is a Go value as if it had been read from a file.
func tree(v reflect.Value, s *schema) (*node, error) {
	doc, err := encode(v, s)
	if err != nil {
		return nil, err
	}
	r := newReader(&report{}, "")
	return r.read(doc, "", 0), r.err()
}

// isBad reports that something at, above or below a path was at fault already.
func (c *checker) isBad(path string) bool {
	for _, p := range []string{path, trimIndex(path)} {
		for _, b := range c.bad {
			if b == p || strings.HasPrefix(b, p+".") || strings.HasPrefix(p, b+".") {
				return true
			}
		}
	}
	return false
}

// locate adds the faults of a validation with the places where their keys were
// written: for a key that was not, the section it belongs to.
func (c *checker) locate(root *node, err error) {
	for _, f := range fault.Of(err) {
		if c.isBad(f.Path) {
			continue
		}
		n, at, path := root, place{file: root.at.file}, ""
		for _, segment := range strings.Split(f.Path, ".") {
			child := n.child(segment)
			if child == nil {
				n, path = nil, join(path, segment)
				continue
			}
			at, path = child.at, child.path
			if e := n.entry(segment); e != nil {
				at = e.at
			}
			n = child
		}
		c.add(at, path, f.Value, "%s", f.Allowed)
	}
}
