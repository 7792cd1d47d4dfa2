package configs

import (
	"github.com/rlvr-go/rlvr/checkpoints"
	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/tokenize"
	"github.com/rlvr-go/rlvr/trainer"
	"github.com/rlvr-go/rlvr/trainer/runlog"
	"github.com/rlvr-go/rlvr/verifier"
	"github.com/rlvr-go/rlvr/verifier/tasks"
)

// Config describes a whole run: the options of each package. It is read-only once
// loaded.
type Config struct {
	// Seed decides everything random: initial weights, the order of problems,
	// sampled tokens.
	Seed int64 `yaml:"seed"`
	// OutputDir is the run folder. Default: runs/ and the config file's name.
	OutputDir string `yaml:"output_dir"`
	// Backend is the compute backend: auto, go, xla:cpu, xla:cuda or xla:tpu.
	Backend string `yaml:"backend"`
	// Model is the policy to start from.
	Model model.Options `yaml:"model"`
	// Tokenizer describes the vocabulary of a model initialised at random; a
	// checkpoint folder brings its own.
	Tokenizer tokenize.Options `yaml:"tokenizer"`
	// Data names the problems.
	Data tasks.Options `yaml:"data"`
	// Reward names the verifier.
	Reward verifier.Options `yaml:"reward"`
	// Stages run one after another, each with the weights that the one before
	// it left.
	Stages []trainer.StageOptions `yaml:"stages"`
	// Eval configures every evaluation of the run.
	Eval trainer.EvalOptions `yaml:"eval"`
	// Checkpoint says when the run is saved.
	Checkpoint checkpoints.Options `yaml:"checkpoint"`
	// Logging says what the run reports.
	Logging runlog.Options `yaml:"logging"`
	// Bands are where metrics should be when the run is done again (rlvr train
	// --check-bands).
	Bands []runlog.Band `yaml:"bands"`
}

// Default is the config that a file is laid over. It has no stages and no output
// folder: both depend on the file.
func Default() *Config {
	return &Config{
		Seed:       42,
		Backend:    "auto",
		Model:      model.DefaultOptions(),
		Data:       tasks.DefaultOptions(),
		Reward:     verifier.DefaultOptions(),
		Eval:       trainer.DefaultEval(),
		Checkpoint: checkpoints.DefaultOptions(),
		Logging:    runlog.DefaultOptions(),
	}
}
