package algos

import (
	"maps"
	"slices"

	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

// Algorithm is a resolved preset: what the trainer runs.
type Algorithm struct {
	// Name and Paper are the preset's.
	Name, Paper string
	// Offline objectives learn from given answers; nothing is sampled for them.
	Offline     bool
	Loss        Loss      // nil where nothing is trained
	Terms       []Loss    // added to Loss
	Weights     []Weigher // of tokens, before Loss
	Estimator   Estimator
	Aggregation Aggregation // nil where Loss is no sum of per-token losses
	Shapers     []Shaper
	Selectors   []Selector

	// Warnings are doubts about the options in force.
	Warnings []Warning

	settings []Setting
}

// Setting is an option of a resolved algorithm with its value.
type Setting struct {
	// Option's Default is the preset's vetted value.
	Option
	// Value is the value in force.
	Value any
	// Of is the part that reads it, such as "loss grpo".
	Of string
}

// Describe lists every option with its value: first those that choose a part, then
// those of the parts, in the order of their tables.
func (a *Algorithm) Describe() []Setting { return slices.Clone(a.settings) }

// Resolved is the same algorithm with every option written out.
func (a *Algorithm) Resolved() Options {
	o := Options{Name: a.Name, Options: make(map[string]any, len(a.settings))}
	for _, s := range a.settings {
		o.Options[s.Name] = s.Value
	}
	return o
}

// Needs is what the parts read together. AdvantageScaled is that of the loss and its
// terms.
func (a *Algorithm) Needs() Needs {
	if a.Loss == nil {
		return Needs{}
	}
	n := a.Loss.Needs()
	for _, t := range a.Terms {
		m := t.Needs()
		n.add(m)
		n.AdvantageScaled = n.AdvantageScaled && m.AdvantageScaled
	}
	for _, w := range a.Weights {
		n.add(w.Needs())
	}
	if a.bypass() {
		n.Old = false
	}
	n.add(a.Estimator.Needs())
	for _, s := range a.Shapers {
		n.add(s.Needs())
	}
	for _, s := range a.Selectors {
		n.add(s.Needs())
	}
	return n
}

// Graph builds the loss. The arrays of in are [N, T]; they are masked here, so that
// no loss sees what lies between and behind trained tokens, and in.Aggregate is set. It is
// a graph building function and panics on error.
func (a *Algorithm) Graph(in Inputs) Output {
	for _, x := range []**Node{
		&in.LogProbs, &in.Old, &in.Ref, &in.Rollout, &in.Values, &in.OldValues, &in.Returns,
		&in.Entropy, &in.Advantages, &in.Weights, &in.TokenIDs,
	} {
		if *x != nil {
			*x = Masked(in.Mask, *x)
		}
	}
	in.Feature = maps.Clone(in.Feature)
	for _, name := range slices.Sorted(maps.Keys(in.Feature)) {
		in.Feature[name] = Masked(in.Mask, in.Feature[name])
	}
	if a.Aggregation != nil {
		in.Aggregate = func(perToken *Node) (numerator, denominator *Node) {
			return a.Aggregation.Graph(perToken, in.Mask, in.Denom)
		}
	}
	if a.bypass() {
		in.Old = Where(IsFinite(in.Rollout), in.Rollout, StopGradient(in.LogProbs))
	}
	var weighing []Metric
	for _, w := range a.Weights {
		weight, metrics := w.Graph(in)
		if weight != nil {
			in.Weights = StopGradient(weighted(in, weight))
		}
		weighing = append(weighing, metrics...)
	}
	out := a.Loss.Graph(in)
	for _, t := range a.Terms {
		more := t.Graph(in)
		out.Terms = append(out.Terms, more.Terms...)
		out.Metrics = append(out.Metrics, more.Metrics...)
	}
	out.Metrics = append(out.Metrics, weighing...)
	return out
}

// bypass reports that the sampler's log-probabilities are the old ones.
func (a *Algorithm) bypass() bool {
	return slices.ContainsFunc(a.Weights, func(w Weigher) bool { c, ok := w.(rolloutCorrection); return ok && c.bypass })
}

// add makes n the union of n and m, but for AdvantageScaled.
func (n *Needs) add(m Needs) {
	n.Old = n.Old || m.Old
	n.Ref = n.Ref || m.Ref
	n.Rollout = n.Rollout || m.Rollout
	n.Values = n.Values || m.Values
	n.ValuesDetached = n.ValuesDetached || m.ValuesDetached
	n.Entropy = n.Entropy || m.Entropy
	n.EntropyGrad = n.EntropyGrad || m.EntropyGrad
	n.TokenIDs = n.TokenIDs || m.TokenIDs
	n.Pairs = n.Pairs || m.Pairs
	n.Turns = n.Turns || m.Turns
	n.Score = n.Score || m.Score
	n.Groups = n.Groups || m.Groups
	n.Features = union(n.Features, m.Features)
	n.Roles = union(n.Roles, m.Roles)
	for _, c := range m.Contrasts {
		if !slices.Contains(n.Contrasts, c) {
			n.Contrasts = append(slices.Clip(n.Contrasts), c)
		}
	}
	for _, s := range m.BatchStats {
		if !slices.ContainsFunc(n.BatchStats, func(have Stat) bool { return have.Name == s.Name }) {
			n.BatchStats = append(slices.Clip(n.BatchStats), s)
		}
	}
}

// FeatureNames are the features that the parts read, those of further models included.
func (n *Needs) FeatureNames() []string {
	out := slices.Clone(n.Features)
	for _, role := range n.Roles {
		out = append(out, "log_probs/"+role)
	}
	for _, c := range n.Contrasts {
		out = append(out, c.Feature)
	}
	return out
}

// Models are the roles whose models the trainer must have.
func (n *Needs) Models() []string {
	out := slices.Clone(n.Roles)
	for _, c := range n.Contrasts {
		out = union(out, []string{c.Positive, c.Negative})
	}
	return out
}

// union is a and what b has more, in order, in a new slice.
func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, x := range b {
		if !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}
