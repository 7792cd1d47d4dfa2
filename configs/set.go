package configs

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// applySet lays the override "a.b=value" over root.
func (r *report) applySet(root *node, arg string) *node {
	in := newReader(r, "--set "+oneLine(arg))
	in.override = true
	at := place{file: in.file}
	path, text, found := strings.Cut(arg, "=")
	path = strings.TrimSpace(path)
	segments := strings.Split(path, ".")
	for _, s := range segments {
		if !found || s == "" {
			r.add(at, "", nil, "write key=value, such as stages.0.steps=100 or seed=2")
			return root
		}
	}
	if segments[0] == defaultsKey {
		r.add(at, path, nil, "only in a file: the base is read before overrides are")
		return root
	}
	value := &node{at: at, path: path, kind: yaml.ScalarNode, tag: "!!null"}
	if strings.TrimSpace(text) != "" {
		if value = r.parse([]byte(text), in, path); value == nil {
			return root
		}
	}
	if out := r.setAt(root, segments, "", value); out != nil {
		return out
	}
	return root
}

// setAt lays value over what the segments name below n, which is at path. Nil if
// there is no such place, which was reported.
func (r *report) setAt(n *node, segments []string, path string, value *node) *node {
	if len(segments) == 0 {
		return merge(n, value)
	}
	head := segments[0]
	path = join(path, head)
	if n != nil && n.kind == yaml.SequenceNode {
		i, err := strconv.Atoi(head)
		if err != nil || i < 0 || i >= len(n.items) {
			r.add(value.at, path, nil, "no such element: there are %d, counted from 0", len(n.items))
			return nil
		}
		item := r.setAt(n.items[i], segments[1:], path, value)
		if item == nil {
			return nil
		}
		out := *n
		out.items = append(append(append([]*node{}, n.items[:i]...), item), n.items[i+1:]...)
		return &out
	}
	if _, err := strconv.Atoi(head); err == nil && n == nil {
		r.add(value.at, path, nil, "no such element: there is no list to take it from")
		return nil
	}
	below := r.setAt(n.get(head), segments[1:], path, value)
	if below == nil {
		return nil
	}
	over := &node{at: value.at, path: strings.TrimSuffix(strings.TrimSuffix(path, head), "."), kind: yaml.MappingNode}
	over = over.with(head, value.at, below)
	if n == nil || n.kind != yaml.MappingNode {
		return over
	}
	if renamed(n, over) {
		n = n.without(optionsKey)
	}
	return n.with(head, value.at, below)
}
