package verifier

import (
	"maps"
	"slices"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/verifier/registry"
)

// Constructor makes a verifier from its options.
type Constructor = registry.Constructor[Verifier]

// Info is a registered verifier as "rlvr list verifiers" shows it.
type Info = registry.Info

var known = registry.New[Verifier]("verifier")

// Register makes a verifier known under name; the summary is one line that says
// what it accepts and names its paper, if it has one. Called from init
// functions; panics on a duplicate or an empty argument.
func Register(name, summary string, build Constructor) { known.Register(name, summary, build) }

// New makes the verifier registered under name. Faults of the options have paths that
// start with "options", an unknown name is a fault of "verifier".
func New(name string, options map[string]any) (Verifier, error) { return known.Make(name, options) }

// List is every registered verifier, by name.
func List() []Info { return known.List() }

// noOptions is the options check of a verifier that has none.
func noOptions(name string, options map[string]any) error {
	var l fault.List
	for _, key := range sortedKeys(options) {
		l.Add(key, options[key], "no options: verifier %s has none", name)
	}
	return l.Err()
}

// sortedKeys are the keys of options in the order in which faults are reported.
func sortedKeys(options map[string]any) []string { return slices.Sorted(maps.Keys(options)) }
