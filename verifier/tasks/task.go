package tasks

import (
	"fmt"
	"slices"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier/registry"
)

// The splits of a task.
const (
	Train      = "train"
	Validation = "validation"
	Test       = "test"
)

// Splits are the splits of every task.
var Splits = []string{Train, Validation, Test}

// Task is a source of problems. It is safe for concurrent use.
type Task interface {
	// Name is the name it is registered under ("files" for problem files).
	Name() string
	// Split is the problems of a split in an order that is the same in every run;
	// empty where the task has none for it: a benchmark may have no problems to train
	// on, only to evaluate with. The slice is the caller's. Any name but those of [Splits] is an error.
	Split(name string) ([]data.Example, error)
	// Verifier is the name of the verifier that fits the problems.
	Verifier() string
}

// Constructor makes a task from its options.
type Constructor = registry.Constructor[Task]

// Info is a registered task as "rlvr list tasks" shows it.
type Info = registry.Info

var known = registry.New[Task]("task")

// Register makes a task known under name; the summary is one line. Called from init
// functions; panics on a duplicate or an empty argument.
func Register(name, summary string, build Constructor) { known.Register(name, summary, build) }

// New makes the task registered under name. Faults of the options have paths that
// start with "options", an unknown name is a fault of "task".
func New(name string, options map[string]any) (Task, error) { return known.Make(name, options) }

// List is every registered task, by name.
func List() []Info { return known.List() }

// split picks the split called name.
func split(task, name string, of map[string][]data.Example) ([]data.Example, error) {
	if !slices.Contains(Splits, name) {
		return nil, fmt.Errorf("tasks: %s has no split %q: %s", task, name, fault.OneOf(name, Splits))
	}
	return slices.Clone(of[name]), nil
}
