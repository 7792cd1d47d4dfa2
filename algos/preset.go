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
	// Terms name registered terms that are added to the loss. Online presets have kl
	// and entropy beside them, and weights for rollout correction, the off-policy
	// mask and top entropy.
	Terms []string
	// Estimator and Aggregation are the defaults of the options
	// advantage_estimator and loss_agg_mode. A loss that is no sum of per-token losses has
	// no Aggregation, nor the option.
	Estimator, Aggregation string
	// Shapers and Selectors are applied in order.
	Shapers, Selectors []string
	// Options are vetted values where they differ from the parts' defaults.
	Options map[string]any
	// Offline objectives learn from given answers; nothing is sampled for them.
	Offline bool
}

// Kind says where the preset differs from GRPO: "offline", "reward", "selection",
// "advantages" or "loss".
func (p *Preset) Kind() string {
	switch {
	case p.Offline:
		return "offline"
	case len(p.Shapers) > 0:
		return "reward"
	case len(p.Selectors) > 0:
		return "selection"
	case p.Loss != p.Name && p.Estimator != "grpo":
		return "advantages"
	}
	return "loss"
}

// These are parts of every online preset, in the order in which they apply. All are off
// by default.
var (
	policyTerms     = []string{"kl", "entropy"}
	policyWeights   = []string{"rollout_correction", "off_policy_mask", "top_entropy"}
	policyShapers   = []string{"kl_reward", "overlong", "length_penalty", "mask_truncated", "rejection"} // rewards first, then masks
	policySelectors = []string{"filter_groups"}
)

// terms are the names of all terms of the preset.
func (p *Preset) terms() []string {
	if p.Offline {
		return p.Terms
	}
	return slices.Concat(p.Terms, policyTerms)
}

// weights are the names of all weights of the preset.
func (p *Preset) weights() []string {
	if p.Offline {
		return nil
	}
	return policyWeights
}

// shapers are the names of all shapers of the preset.
func (p *Preset) shapers() []string { return p.with(p.Shapers, policyShapers) }

// selectors are the names of all selectors of the preset.
func (p *Preset) selectors() []string { return p.with(p.Selectors, policySelectors) }

// with is own and, where the preset is online and has not got them, those of every
// policy.
func (p *Preset) with(own, policy []string) []string {
	if p.Offline {
		return own
	}
	missing := slices.DeleteFunc(slices.Clone(policy), func(name string) bool { return slices.Contains(own, name) })
	return slices.Concat(own, missing)
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
