package tasks

import (
	"fmt"
	"slices"

	"github.com/rlvr-go/rlvr/configs/fault"
)

// What to do with prompts longer than the limit. They are never cut.
const (
	OverlongError = "error"
	OverlongDrop  = "drop"
)

// Options say where problems come from (config section "data"): a task, or files.
type Options struct {
	// Task is the name of a registered task.
	Task string `yaml:"task"`
	// Options are the task's own.
	Options map[string]any `yaml:"options"`
	// TrainFiles, ValidationFiles and TestFiles are JSONL problem files
	// ([data.DecodeJSONL]). A split without files is empty; train needs one.
	TrainFiles      []string `yaml:"train_files"`
	ValidationFiles []string `yaml:"validation_files"`
	TestFiles       []string `yaml:"test_files"`
	// SystemPrompt begins every chat that has no message of the system; empty: none.
	SystemPrompt string `yaml:"system_prompt"`
	// ChatTemplateKwargs are variables for the chat template beside those that a row
	// has, such as enable_thinking (TRL's and vLLM's name).
	ChatTemplateKwargs map[string]any `yaml:"chat_template_kwargs"`
	// MaxPromptLength is the most tokens a prompt may have. Default 512.
	MaxPromptLength int `yaml:"max_prompt_length"`
	// OverlongPrompts is what happens to longer ones: error refuses the run, drop
	// leaves them out and counts them.
	OverlongPrompts string `yaml:"overlong_prompts"`
}

// DefaultOptions name no problems; prompts of up to 512 tokens (verl's default),
// longer ones are an error.
func DefaultOptions() Options {
	return Options{MaxPromptLength: 512, OverlongPrompts: OverlongError}
}

// Validate reports every option out of range, those of the task included. It does
// not open files.
func (o *Options) Validate() error {
	var l fault.List
	files := len(o.TrainFiles) + len(o.ValidationFiles) + len(o.TestFiles)
	switch {
	case o.Task != "" && files > 0:
		l.Add("task", o.Task, "either a task or train_files, not both")
	case o.Task != "":
		_, err := New(o.Task, o.Options)
		for _, f := range fault.Of(err) {
			l.Add(f.Path, f.Value, "%s", f.Allowed)
		}
	case files == 0:
		l.Add("task", nil, "required: a task (%s), or train_files", fault.OneOf("", known.Names()))
	default:
		l.Check(len(o.TrainFiles) > 0, "train_files", nil, "required beside validation_files and test_files")
		l.Check(len(o.Options) == 0, "options", nil, "only beside a task")
	}
	o.checkFiles(&l)
	l.Check(o.MaxPromptLength >= 1, "max_prompt_length", o.MaxPromptLength, "at least 1")
	l.Check(o.OverlongPrompts == OverlongError || o.OverlongPrompts == OverlongDrop, "overlong_prompts", o.OverlongPrompts, "%s or %s", OverlongError, OverlongDrop)
	return l.Err()
}

// checkFiles demands that a file is named once: in two splits it would be trained
// on and tested with.
func (o *Options) checkFiles(l *fault.List) {
	var seen []string
	for _, name := range Splits {
		for i, path := range o.files(name) {
			at := fmt.Sprintf("%s_files.%d", name, i)
			l.Check(path != "", at, path, "the path of a JSONL file")
			l.Check(path == "" || !slices.Contains(seen, path), at, path, "a file that is named once")
			seen = append(seen, path)
		}
	}
}

// files are the problem files of a split.
func (o *Options) files(split string) []string {
	switch split {
	case Train:
		return o.TrainFiles
	case Validation:
		return o.ValidationFiles
	default:
		return o.TestFiles
	}
}

// Open makes the task that valid options describe; problem files are read here,
// and all their faults are in the error.
func Open(o Options) (Task, error) {
	open := func() (Task, error) { return New(o.Task, o.Options) }
	if o.Task == "" {
		open = func() (Task, error) { return openFiles(&o) }
	}
	task, err := open()
	if err != nil || o.SystemPrompt == "" && len(o.ChatTemplateKwargs) == 0 {
		return task, err
	}
	return &chats{Task: task, system: o.SystemPrompt, kwargs: o.ChatTemplateKwargs}, nil
}
