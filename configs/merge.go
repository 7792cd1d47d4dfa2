package configs

import "go.yaml.in/yaml/v3"

// merge lays over on top of base: mappings key by key, anything else replaced. An
// explicit null stays as a mark that the key goes back to its default (dropNulls).
func merge(base, over *node) *node {
	if base == nil {
		return over
	}
	if over.isBlank() && base.kind == yaml.MappingNode {
		return base
	}
	if base.kind != yaml.MappingNode || over.kind != yaml.MappingNode {
		return over
	}
	if renamed(base, over) {
		base = base.without(optionsKey)
	}
	out := *over
	out.entries = nil
	for _, e := range base.entries {
		if o := over.entry(e.key); o != nil {
			e = &entry{o.key, o.at, merge(e.value, o.value)}
		}
		out.entries = append(out.entries, e)
	}
	for _, e := range over.entries {
		if base.entry(e.key) == nil {
			out.entries = append(out.entries, e)
		}
	}
	return &out
}

const (
	nameKey    = "name"
	optionsKey = "options"
)

// selectors are the keys that name what "options" beside them belong to.
var selectors = []string{nameKey, "verifier", "task"}

// renamed reports that over names something else, so that the options inherited
// from base are not about it.
func renamed(base, over *node) bool {
	if base.get(optionsKey) == nil {
		return false
	}
	for _, key := range selectors {
		if is := over.get(key); is != nil && (base.get(key) == nil || base.get(key).text != is.text) {
			return true
		}
	}
	return false
}

// dropNulls takes out what an explicit null marked: the default is what remains.
// Maps whose content belongs to someone else keep theirs.
func dropNulls(n *node, s *schema) *node {
	switch {
	case s.kind == kindList && n.kind == yaml.SequenceNode:
		out := *n
		out.items = nil
		for _, item := range n.items {
			out.items = append(out.items, dropNulls(item, s.elem))
		}
		return &out
	case s.kind == kindSection && n.kind == yaml.MappingNode:
		out := *n
		out.entries = nil
		for _, e := range n.entries {
			if !e.value.isNull() {
				out.entries = append(out.entries, &entry{e.key, e.at, dropNulls(e.value, s.field(e.key))})
			}
		}
		return &out
	}
	return n
}
