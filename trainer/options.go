package trainer

import (
	"math"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/sampler"
)

// StageOptions describe one stage of a run (an element of "stages"). Steps count
// on over stages; a stage starts with fresh optimizer state and its own
// learning-rate schedule, and with the weights that the stage before it left.
type StageOptions struct {
	// Name labels the stage in logs and metrics. Unique in the run.
	Name string `yaml:"name"`
	// Algorithm names the objective.
	Algorithm algos.Options `yaml:"algorithm"`
	// Collect makes the stage roll the policy out and keep the judged completions, for
	// later stages (Collected) and as a problem file in the run folder. Nothing is trained,
	// and there is no Algorithm.
	Collect bool `yaml:"collect"`
	// Collected names the completions that an offline stage learns from; none: the
	// training problems say what to imitate.
	Collected CollectedOptions `yaml:"collected"`
	// Roles are further models that the objective reads.
	Roles []RoleOptions `yaml:"roles"`
	// InitFrom is a checkpoint folder whose weights the stage starts from, or stage:NAME
	// for those that an earlier stage of the run left; empty keeps those of the stage
	// before (or the model's own).
	InitFrom string `yaml:"init_from"`
	// Steps is the number of optimizer rounds at most. A round samples (or reads)
	// NumPromptsPerStep prompts and makes NumIterations passes over them.
	Steps int `yaml:"steps"`
	// Until ends the stage early.
	Until UntilOptions `yaml:"until"`
	// NumPromptsPerStep is the number of prompts (not completions) of a step.
	NumPromptsPerStep int             `yaml:"num_prompts_per_step"`
	Rollout           sampler.Options `yaml:"rollout"`
	Optim             OptimOptions    `yaml:"optim"`
	Update            UpdateOptions   `yaml:"update"`
	Queue             QueueOptions    `yaml:"queue"`
	// EvalSteps is the number of steps between looks at the validation set; 0: never.
	EvalSteps int `yaml:"eval_steps"`
}

// UntilOptions end a stage once a validation metric reaches a value. Held-out test
// problems are never looked at for it.
type UntilOptions struct {
	// Metric is a metric name, such as "eval/validation/avg@1"; empty: run all steps.
	Metric string `yaml:"metric"`
	// Value is reached when the metric is at least this.
	Value float64 `yaml:"value"`
}

// OptimOptions configure AdamW with decoupled weight decay (Loshchilov and Hutter,
// arXiv 1711.05101) and its learning-rate schedule.
type OptimOptions struct {
	LearningRate float64 `yaml:"learning_rate"`
	// ValueLearningRate is that of the value head, under the same schedule; 0: as
	// LearningRate. Only for objectives that have one.
	ValueLearningRate float64 `yaml:"value_learning_rate"`
	// LRSchedulerType is constant, linear or cosine; the latter two fall towards
	// MinLRRatio of the learning rate, which the step after the stage's last would
	// have.
	LRSchedulerType string  `yaml:"lr_scheduler_type"`
	MinLRRatio      float64 `yaml:"min_lr_ratio"`
	// WarmupSteps is the number of steps over which the rate rises linearly.
	WarmupSteps int     `yaml:"warmup_steps"`
	WeightDecay float64 `yaml:"weight_decay"`
	Beta1       float64 `yaml:"adam_beta1"`
	Beta2       float64 `yaml:"adam_beta2"`
	Epsilon     float64 `yaml:"adam_epsilon"`
	// MaxGradNorm clips the global gradient norm; 0: no clipping.
	MaxGradNorm float64 `yaml:"max_grad_norm"`
}

// UpdateOptions say how a step's rollouts are turned into optimizer steps.
type UpdateOptions struct {
	// NumIterations is the number of passes over a step's rollouts (TRL's mu).
	NumIterations int `yaml:"num_iterations"`
	// MiniBatchPrompts is the number of prompts of one optimizer step; 0: all.
	MiniBatchPrompts int `yaml:"mini_batch_prompts"`
	// MicroBatchTokens is the most tokens of one forward and backward pass, padding
	// included; a device may cut finer (device.Device.PassTokens). Default 16,384.
	MicroBatchTokens int `yaml:"micro_batch_tokens"`
	// Packing lays several completions in a row ("packed", with a group's prompt
	// once for all its completions) or one completion a row ("padded").
	Packing string `yaml:"packing"`
	// RefModelSyncSteps is the number of steps after which the reference policy moves
	// towards the policy (TRL ref_model_sync_steps); 0: it stays as the stage began.
	RefModelSyncSteps int `yaml:"ref_model_sync_steps"`
	// RefModelMixupAlpha is how far it moves: reference = alpha*policy +
	// (1-alpha)*reference (TRL ref_model_mixup_alpha; TR-DPO, arXiv 2404.09656, eq. 1). 1
	// copies the policy. Default 0.6.
	RefModelMixupAlpha float64 `yaml:"ref_model_mixup_alpha"`
}

// EvalOptions configure evaluation (config section "eval").
type EvalOptions struct {
	// EvalOnStart evaluates the test set before the first step.
	EvalOnStart bool `yaml:"eval_on_start"`
	// NumGenerations is k, completions per problem.
	NumGenerations int `yaml:"num_generations"`
	// Temperature is 0 for greedy.
	Temperature float64 `yaml:"temperature"`
	// MaxCompletionLength is the most tokens of a completion; 0: the largest of the
	// stages that sample, or the sampler's default where none does.
	MaxCompletionLength int `yaml:"max_completion_length"`
	// MaxExamples cuts each set to its first problems; 0: all.
	MaxExamples int `yaml:"max_examples"`
}

// DefaultStage has every default of a stage.
func DefaultStage() StageOptions {
	return StageOptions{
		Steps: 100, NumPromptsPerStep: 32, Rollout: sampler.DefaultOptions(), EvalSteps: 10,
		Optim:  OptimOptions{LearningRate: 1e-6, LRSchedulerType: "constant", Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, MaxGradNorm: 1},
		Update: UpdateOptions{NumIterations: 1, MicroBatchTokens: 16384, Packing: "packed", RefModelMixupAlpha: 0.6},
	}
}

// Offline reports whether the stage's objective learns from given answers.
func (o *StageOptions) Offline() bool { return algos.IsOffline(o.Algorithm.Name) }

// DefaultEval is greedy, one completion a problem.
func DefaultEval() EvalOptions { return EvalOptions{EvalOnStart: true, NumGenerations: 1} }

// Resolve is the stage's algorithm; that of a stage with Collect has a name and no parts.
func (o *StageOptions) Resolve() (*algos.Algorithm, error) {
	if o.Collect {
		return &algos.Algorithm{Name: collectName}, nil
	}
	return algos.Resolve(o.Algorithm)
}

// Validate reports every option out of range.
func (o *StageOptions) Validate() error {
	var l fault.List
	l.Check(o.Name != "", "name", nil, "required: a name for the stage")
	if o.Collect {
		o.checkCollect(&l)
	} else if err := o.Algorithm.Validate(); err != nil {
		l.Merge("algorithm", err)
	} else {
		o.checkNeeds(&l)
	}
	l.Check(o.Steps >= 1, "steps", o.Steps, "at least 1")
	l.Check(o.NumPromptsPerStep >= 1, "num_prompts_per_step", o.NumPromptsPerStep, "at least 1")
	l.Check(o.EvalSteps >= 0, "eval_steps", o.EvalSteps, "0 (never) or more")
	l.Check(o.Until.Metric == "" || o.EvalSteps > 0, "until.metric", o.Until.Metric, "nothing while eval_steps is 0: the metric would never be looked at")
	l.Merge("rollout", o.Rollout.Validate())
	l.Merge("optim", o.Optim.Validate())
	l.Merge("update", o.Update.Validate())
	l.Merge("queue", o.Queue.Validate())
	l.Check(o.Queue.MaxStaleness == 0 || !o.Offline(), "queue.max_staleness", o.Queue.MaxStaleness, "0: %s samples no rollouts that could grow old", o.Algorithm.Name)
	if m := o.Update.MiniBatchPrompts; m > 0 {
		l.Check(o.NumPromptsPerStep%m == 0, "update.mini_batch_prompts", m, "a divisor of num_prompts_per_step (%d)", o.NumPromptsPerStep)
	}
	return l.Err()
}

// Validate reports every option out of range.
func (o *OptimOptions) Validate() error {
	var l fault.List
	l.Check(o.LearningRate >= 0 && !math.IsInf(o.LearningRate, 0), "learning_rate", o.LearningRate, "a finite number, 0 or more")
	l.Check(o.ValueLearningRate >= 0 && !math.IsInf(o.ValueLearningRate, 0), "value_learning_rate", o.ValueLearningRate, "0 (as learning_rate) or a finite number above it")
	switch o.LRSchedulerType {
	case "constant", "linear", "cosine":
	default:
		l.Add("lr_scheduler_type", o.LRSchedulerType, "constant, linear or cosine")
	}
	l.Check(o.MinLRRatio >= 0 && o.MinLRRatio <= 1, "min_lr_ratio", o.MinLRRatio, "0 to 1")
	l.Check(o.WarmupSteps >= 0, "warmup_steps", o.WarmupSteps, "0 or more")
	l.Check(o.WeightDecay >= 0, "weight_decay", o.WeightDecay, "0 or more")
	l.Check(o.Beta1 >= 0 && o.Beta1 < 1, "adam_beta1", o.Beta1, "0 or more, below 1")
	l.Check(o.Beta2 >= 0 && o.Beta2 < 1, "adam_beta2", o.Beta2, "0 or more, below 1")
	l.Check(o.Epsilon > 0, "adam_epsilon", o.Epsilon, "above 0")
	l.Check(o.MaxGradNorm >= 0, "max_grad_norm", o.MaxGradNorm, "0 (off) or more")
	return l.Err()
}

// Validate reports every option out of range.
func (o *UpdateOptions) Validate() error {
	var l fault.List
	l.Check(o.NumIterations >= 1, "num_iterations", o.NumIterations, "at least 1")
	l.Check(o.MiniBatchPrompts >= 0, "mini_batch_prompts", o.MiniBatchPrompts, "0 (all) or more")
	l.Check(o.MicroBatchTokens >= 16, "micro_batch_tokens", o.MicroBatchTokens, "at least 16")
	l.Check(o.RefModelSyncSteps >= 0, "ref_model_sync_steps", o.RefModelSyncSteps, "0 (never) or more")
	l.Check(o.RefModelMixupAlpha > 0 && o.RefModelMixupAlpha <= 1, "ref_model_mixup_alpha", o.RefModelMixupAlpha, "above 0, at most 1 (a copy of the policy)")
	l.Check(o.Packing == "packed" || o.Packing == "padded", "packing", o.Packing, "packed or padded")
	return l.Err()
}

// Validate reports every option out of range.
func (o *EvalOptions) Validate() error {
	var l fault.List
	l.Check(o.NumGenerations >= 1, "num_generations", o.NumGenerations, "at least 1")
	l.Check(o.Temperature >= 0 && o.Temperature <= 100, "temperature", o.Temperature, "0 (greedy) to 100")
	l.Check(o.NumGenerations == 1 || o.Temperature > 0, "temperature", o.Temperature, "above 0 when num_generations is above 1 (greedy completions are all equal)")
	l.Check(o.MaxCompletionLength >= 0, "max_completion_length", o.MaxCompletionLength, "0 (as the stages) or more")
	l.Check(o.MaxExamples >= 0, "max_examples", o.MaxExamples, "0 (all) or more")
	return l.Err()
}
