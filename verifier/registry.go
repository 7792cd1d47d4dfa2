package verifier

import (
	"fmt"
	"maps"
	"slices"

	"github.com/rlvr-go/rlvr/configs/fault"
)

// Constructor makes a verifier from its options as a configuration gives them
// (nil: all defaults). What is wrong with them is a [fault.Fault] for each key,
// its path relative to the options.
type Constructor func(options map[string]any) (Verifier, error)

// Info is a registered verifier as "rlvr list verifiers" shows it.
type Info struct{ Name, Summary string }

type entry struct {
	summary string
	build   Constructor
}

var registry = map[string]entry{}

// Register makes a verifier known under name; the summary is one line that says
// what it accepts and names its paper, if it has one. Called from init functions;
// panics on a duplicate or an empty argument.
func Register(name, summary string, build Constructor) {
	if name == "" || summary == "" || build == nil {
		panic(fmt.Sprintf("verifier: Register(%q): name, summary and constructor are required", name))
	}
	if _, ok := registry[name]; ok {
		panic(fmt.Sprintf("verifier: %q registered twice", name))
	}
	registry[name] = entry{summary, build}
}

// New makes the verifier registered under name. Faults of the options have paths
// that start with "options", an unknown name is a fault of "verifier".
func New(name string, options map[string]any) (Verifier, error) {
	var l fault.List
	e, ok := registry[name]
	if !ok {
		l.Add("verifier", name, "%s", fault.OneOf(name, names()))
		return nil, l.Err()
	}
	v, err := e.build(options)
	if err != nil {
		l.Merge("options", err)
		return nil, l.Err()
	}
	return v, nil
}

// List is every registered verifier, by name.
func List() []Info {
	out := make([]Info, 0, len(registry))
	for _, name := range names() {
		out = append(out, Info{name, registry[name].summary})
	}
	return out
}

func names() []string { return slices.Sorted(maps.Keys(registry)) }

// noOptions is the options check of a verifier that has none.
func noOptions(name string, options map[string]any) error {
	var l fault.List
	for _, key := range slices.Sorted(maps.Keys(options)) {
		l.Add(key, options[key], "no options: verifier %s has none", name)
	}
	return l.Err()
}
