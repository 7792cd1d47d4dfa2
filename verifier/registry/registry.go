// Package registry holds what a config may name: verifiers and tasks, each made from
// its own options.
package registry

import (
	"fmt"
	"maps"
	"slices"

	"github.com/rlvr-go/rlvr/configs/fault"
)

// Constructor makes a thing from its options as a configuration gives them (nil:
// all defaults). What is wrong with them is a [fault.Fault] for each key, its path
// relative to the options.
type Constructor[T any] func(options map[string]any) (T, error)

// Info is a registered thing as "rlvr list" shows it.
type Info struct{ Name, Summary string }

// Registry is a set of named constructors.
type Registry[T any] struct {
	kind    string
	entries map[string]entry[T]
}

type entry[T any] struct {
	summary string
	build   Constructor[T]
}

// New makes an empty registry; kind is the config key that names one of its things.
func New[T any](kind string) *Registry[T] {
	return &Registry[T]{kind: kind, entries: map[string]entry[T]{}}
}

// Register makes a thing known under name; the summary is one line. Called from init
// functions; panics on a duplicate or an empty argument.
func (r *Registry[T]) Register(name, summary string, build Constructor[T]) {
	if name == "" || summary == "" || build == nil {
		panic(fmt.Sprintf("%s: Register(%q): name, summary and constructor are required", r.kind, name))
	}
	if _, ok := r.entries[name]; ok {
		panic(fmt.Sprintf("%s: %q registered twice", r.kind, name))
	}
	r.entries[name] = entry[T]{summary, build}
}

// Make makes the thing registered under name. Faults of the options have paths that
// start with "options", an unknown name is a fault of the kind.
func (r *Registry[T]) Make(name string, options map[string]any) (T, error) {
	var none T
	var l fault.List
	e, ok := r.entries[name]
	if !ok {
		l.Add(r.kind, name, "%s", fault.OneOf(name, r.Names()))
		return none, l.Err()
	}
	made, err := e.build(options)
	if err != nil {
		l.Merge("options", err)
		return none, l.Err()
	}
	return made, nil
}

// List is everything registered, by name.
func (r *Registry[T]) List() []Info {
	out := make([]Info, 0, len(r.entries))
	for _, name := range r.Names() {
		out = append(out, Info{name, r.entries[name].summary})
	}
	return out
}

// Names are the registered names, sorted.
func (r *Registry[T]) Names() []string { return slices.Sorted(maps.Keys(r.entries)) }
