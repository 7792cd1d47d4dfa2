package configs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/model/device"
	"github.com/rlvr-go/rlvr/sampler"
	"github.com/rlvr-go/rlvr/tokenize"
	"github.com/rlvr-go/rlvr/trainer"
)

// Validate reports every option out of range and every contradiction, as faults
// with dotted paths ("stages.1.optim.learning_rate").
func (c *Config) Validate() error {
	return c.validate(func(string) bool { return false })
}

// validate skips contradictions with keys that are at fault already: their values
// are not what the user meant.
func (c *Config) validate(bad func(path string) bool) error {
	x := &validation{Config: c}
	x.sections()
	var own []string
	for _, f := range fault.Of(x.Err()) {
		own = append(own, f.Path)
	}
	x.good = func(paths ...string) bool {
		return !slices.ContainsFunc(paths, func(p string) bool { return bad(p) || slices.Contains(own, p) })
	}
	x.stageNames()
	x.vocabulary()
	x.evaluation()
	x.Merge(stagesKey, trainer.CheckReferences(c.Stages))
	for i := range c.Stages {
		x.stage(stagesKey+"."+strconv.Itoa(i), &c.Stages[i])
	}
	return x.Err()
}

// validation is a validation under way.
type validation struct {
	*Config
	fault.List
	// good reports that none of the keys is at fault.
	good func(paths ...string) bool
}

// sections checks each section alone.
func (x *validation) sections() {
	x.Check(x.OutputDir != "", "output_dir", nil, "required: the run folder")
	x.Check(slices.Contains(device.Names, x.Backend), "backend", x.Backend, "%s", strings.Join(device.Names, ", "))
	x.Merge("model", x.Model.Validate())
	x.tokenizer()
	x.Merge("data", x.Data.Validate())
	x.Merge("reward", x.Reward.Validate())
	x.Check(len(x.Stages) > 0, stagesKey, nil, "required: at least one stage")
	for i := range x.Stages {
		x.Merge(stagesKey+"."+strconv.Itoa(i), x.Stages[i].Validate())
	}
	x.Merge("eval", x.Eval.Validate())
	x.Merge("checkpoint", x.Checkpoint.Validate())
	x.Merge("logging", x.Logging.Validate())
	for i := range x.Bands {
		x.Merge("bands."+strconv.Itoa(i), x.Bands[i].Validate())
	}
}

// tokenizer is due with an architecture, and only then.
func (x *validation) tokenizer() {
	switch {
	case x.Model.Config != nil && x.Model.Path == "":
		x.Merge("tokenizer", x.Tokenizer.Validate())
	case x.Model.Config == nil && x.Tokenizer.Chars != "":
		x.Add("tokenizer.chars", x.Tokenizer.Chars, "nothing while model.path is given: a checkpoint brings its tokenizer")
	}
}

func (x *validation) stageNames() {
	first := map[string]int{}
	for i, s := range x.Stages {
		if j, ok := first[s.Name]; ok && s.Name != "" {
			x.Add(fmt.Sprintf("%s.%d.name", stagesKey, i), s.Name, "a name of its own, for stage %d is called so", j)
			continue
		}
		first[s.Name] = i
	}
}

// vocabulary compares the architecture with the tokenizer.
func (x *validation) vocabulary() {
	const key = "model.config.vocab_size"
	size := x.vocabSize()
	if size > 0 && x.good(key) {
		got := x.Model.Config.VocabSize
		x.Check(got == 0 || got == size, key, got, "%d, the tokenizer's, or absent", size)
	}
}

// vocabSize is the size of the vocabulary; 0 where a checkpoint or a faulty
// tokenizer hides it.
func (x *validation) vocabSize() int {
	if x.Model.Config == nil || x.Model.Path != "" || !x.good("tokenizer.chars") {
		return 0
	}
	t, err := tokenize.New(x.Tokenizer)
	if err != nil {
		return 0
	}
	return t.VocabSize()
}

const (
	promptKey     = "data.max_prompt_length"
	positionsKey  = "model.config.max_position_embeddings"
	evalLengthKey = "eval.max_completion_length"
)

// stage compares a stage at path with the other sections.
func (x *validation) stage(path string, s *trainer.StageOptions) {
	x.until(path+".until", s)
	if s.Offline() {
		return
	}
	completionKey, rowKey, topKKey := path+".rollout.max_completion_length", path+".update.micro_batch_tokens", path+".rollout.top_k"
	x.positions(completionKey, s.Rollout.MaxCompletionLength)
	if row := x.Data.MaxPromptLength + s.Rollout.MaxCompletionLength; x.good(promptKey, completionKey, rowKey) {
		x.Check(s.Update.MicroBatchTokens >= row, rowKey, s.Update.MicroBatchTokens,
			"at least %d, a row of %s (%d) and rollout.max_completion_length (%d)", row, promptKey, x.Data.MaxPromptLength, s.Rollout.MaxCompletionLength)
	}
	if size := x.vocabSize(); size > 0 && x.good(topKKey) {
		x.Check(s.Rollout.TopK <= size, topKKey, s.Rollout.TopK, "at most %d, the size of the vocabulary", size)
	}
}

// evaluation compares the completions of evaluation with the model. Without a limit
// of its own it takes that of the stages that sample, which is checked there.
func (x *validation) evaluation() {
	length := x.Eval.MaxCompletionLength
	if length == 0 && !slices.ContainsFunc(x.Stages, func(s trainer.StageOptions) bool { return !s.Offline() }) {
		length = sampler.DefaultOptions().MaxCompletionLength
	}
	x.positions(evalLengthKey, length)
}

// positions checks that a prompt and a completion of the length at key fit the
// model.
func (x *validation) positions(key string, length int) {
	arch := x.Model.Config
	if arch == nil || !x.good(key, promptKey, positionsKey) {
		return
	}
	most := arch.MaxPositionEmbeddings - x.Data.MaxPromptLength
	x.Check(length <= most, key, length, "at most %d: %s (%d) and this within max_position_embeddings (%d)",
		most, promptKey, x.Data.MaxPromptLength, arch.MaxPositionEmbeddings)
}

// until checks that a stage waits for a metric that evaluation produces.
func (x *validation) until(path string, s *trainer.StageOptions) {
	metric, value := path+".metric", path+".value"
	if s.Until.Metric == "" {
		if x.good(metric, value) {
			x.Check(s.Until.Value == 0, value, s.Until.Value, "nothing while until.metric is absent")
		}
		return
	}
	if !x.good(metric, "eval.num_generations") {
		return
	}
	want := fmt.Sprintf("eval/validation/avg@%d", x.Eval.NumGenerations)
	switch m := s.Until.Metric; {
	case strings.HasPrefix(m, "eval/test/"):
		x.Add(metric, m, "%s: test problems must not decide anything", want)
	case strings.HasPrefix(m, "eval/validation/avg@") && m != want:
		x.Add(metric, m, "%s, for eval.num_generations is %d", want, x.Eval.NumGenerations)
	case m != want:
		x.Add(metric, m, "%s", want)
	case len(x.Data.TrainFiles) > 0 && len(x.Data.ValidationFiles) == 0 && x.good("data.validation_files"):
		x.Add(metric, m, "nothing while data.validation_files is absent: there is no validation set")
	case x.good(value):
		x.Check(s.Until.Value > 0 && s.Until.Value <= 1, value, s.Until.Value, "above 0, at most 1: a share of right answers")
	}
}
