package algos

import (
	"fmt"
	"maps"
	"slices"
)

// Preset is a named objective: parts that belong together, with options that were
// checked against its paper. A config may override each of them.
type Preset struct {
	// Name is what algorithm.name says.
	Name string
	// Paper says where it comes from.
	Paper string
	// Summary is one line for `rlvr list algorithms`.
	Summary string
	// Loss names a registered loss.
	Loss string
	// Estimator and Aggregation are the defaults of the options
	// advantage_estimator and loss_agg_mode.
	Estimator, Aggregation string
	// Shapers and Selectors are applied in order.
	Shapers, Selectors []string
	// Options are vetted values where they differ from the parts' defaults.
	Options map[string]any
	// Offline objectives learn from given answers; nothing is sampled for them.
	Offline bool
}

var presets = map[string]Preset{}

// RegisterPreset makes a preset known. It is called from init and panics on a
// duplicate, a missing name or paper. The parts it names may register later.
func RegisterPreset(p Preset) {
	switch _, known := presets[p.Name]; {
	case known:
		panic(fmt.Sprintf("algos: preset %q is registered twice", p.Name))
	case p.Name == "":
		panic("algos: a preset without a name")
	case p.Paper == "":
		panic(fmt.Sprintf("algos: preset %q names no paper", p.Name))
	}
	presets[p.Name] = p
}

// Presets are all registered presets by name.
func Presets() []Preset {
	return slices.SortedFunc(maps.Values(presets), func(a, b Preset) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
}

// IsOffline reports that a preset learns from given answers; false of an unknown one.
func IsOffline(name string) bool { return presets[name].Offline }

func presetNames() []string { return slices.Sorted(maps.Keys(presets)) }
