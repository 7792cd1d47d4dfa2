package configs

import (
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/rlvr-go/rlvr/algos"
)

// layStages turns the top-level stage keys into defaults of every stage. A file
// without stages has one, made of its top-level stage keys.
func (c *checker) layStages(root *node) *node {
	shared := &node{at: place{file: root.at.file}, kind: yaml.MappingNode}
	rest := *root
	rest.entries = nil
	for _, e := range root.entries {
		switch {
		case e.key == stagesKey:
		case configSchema.field(e.key) != nil:
			rest.entries = append(rest.entries, e)
		default:
			shared.entries = append(shared.entries, e)
		}
	}
	list := &node{at: root.at, path: stagesKey, kind: yaml.SequenceNode}
	at := root.at
	if written := root.entry(stagesKey); written == nil || written.value.isNull() {
		list.items = []*node{c.named(c.sampling(shared, shared))}
	} else {
		at = written.at
		list.at = written.at
		for _, own := range written.value.items {
			stage := merge(shared, own)
			list.items = append(list.items, c.named(c.sampling(stage, own)))
		}
		c.unreached(shared, list)
	}
	return rest.with(stagesKey, at, list)
}

// named gives a stage without a name that of its algorithm.
func (c *checker) named(stage *node) *node {
	algorithm := stage.get(algorithmKey).child(nameKey)
	switch {
	case stage.get(nameKey) != nil:
		return stage
	case algorithm == nil: // the algorithm will be missed, its name need not be
		c.bad = append(c.bad, join(stage.path, nameKey))
		return stage
	}
	name := *algorithm
	name.path = join(stage.path, nameKey)
	return stage.with(nameKey, algorithm.at, &name)
}

// samplingKeys are the rollout keys that an offline stage has no use for: all but
// the length, which an aggregation may divide by.
var samplingKeys = slices.DeleteFunc(stageSchema.field(rolloutKey).keys(), func(key string) bool { return key == "max_completion_length" })

// sampling takes the sampling keys that an offline stage inherits away from it, and
// reports those that it has of its own: they would do nothing.
func (c *checker) sampling(stage, own *node) *node {
	rollout := stage.entry(rolloutKey)
	algorithm := stage.get(algorithmKey).child(nameKey)
	if rollout == nil || algorithm == nil || !algos.IsOffline(algorithm.text) {
		return stage
	}
	kept := rollout.value
	for _, key := range samplingKeys {
		e := own.get(rolloutKey).entry(key)
		if e != nil && !e.value.isNull() {
			c.fault(e.at, e.value.path, e.value.show(), "nothing: "+algorithm.text+" learns from given answers, no completions are sampled for it")
		}
		kept = kept.without(key)
	}
	return stage.with(rolloutKey, rollout.at, kept)
}

// unreached reports overrides of top-level stage keys that no stage takes up.
func (c *checker) unreached(shared, stages *node) {
	for _, e := range shared.entries {
		for _, leaf := range leaves(e.value) {
			reached := slices.ContainsFunc(stages.items, func(s *node) bool { return slices.Contains(leaves(s), leaf) })
			if c.isOverride(leaf.at) && !reached {
				c.fault(leaf.at, leaf.path, leaf.show(), "nothing here, for no stage takes it up; override "+ofEach(leaf.path, len(stages.items)))
			}
		}
	}
}

// ofEach names a key of each of n stages.
func ofEach(path string, n int) string {
	out := join(join(stagesKey, "0"), path)
	if n > 1 {
		out += " to " + join(join(stagesKey, strconv.Itoa(n-1)), path)
	}
	return out
}

// leaves are the scalars and lists at the ends of a tree of mappings.
func leaves(n *node) []*node {
	if n.kind != yaml.MappingNode {
		return []*node{n}
	}
	var out []*node
	for _, e := range n.entries {
		out = append(out, leaves(e.value)...)
	}
	return out
}
