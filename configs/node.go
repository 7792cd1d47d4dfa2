package configs

import (
	"fmt"
	"strconv"

	"go.yaml.in/yaml/v3"
)

const (
	// maxDepth bounds nesting: the deepest key of a config is six levels down.
	maxDepth = 32
	// maxNodes bounds what aliases of aliases can grow to.
	maxNodes = 100_000
)

// node is a YAML node reduced to what a config may hold (scalars, lists and
// mappings with text keys; aliases are expanded) that remembers where it was
// written. Nodes are shared and never changed once made.
type node struct {
	at place
	// path is the dotted path as written: for a top-level stage key that every
	// stage inherits it is the top-level one.
	path string
	kind yaml.Kind // ScalarNode, SequenceNode or MappingNode
	// tag and text are a scalar's type ("!!int") and source text.
	tag, text string
	items     []*node  // of a list
	entries   []*entry // of a mapping, in the order written
}

// entry is a key and its value.
type entry struct {
	key   string
	at    place // of the key
	value *node
}

// get is the value of a mapping's key; nil if there is none.
func (n *node) get(key string) *node {
	if e := n.entry(key); e != nil {
		return e.value
	}
	return nil
}

func (n *node) entry(key string) *entry {
	if n == nil || n.kind != yaml.MappingNode {
		return nil
	}
	for _, e := range n.entries {
		if e.key == key {
			return e
		}
	}
	return nil
}

// child is the mapping's value or the list's element that a path segment names.
func (n *node) child(segment string) *node {
	if n != nil && n.kind == yaml.SequenceNode {
		if i, err := strconv.Atoi(segment); err == nil && i >= 0 && i < len(n.items) {
			return n.items[i]
		}
		return nil
	}
	return n.get(segment)
}

// isNull reports an explicit null, isBlank a key with nothing after it.
func (n *node) isNull() bool  { return n.tag == "!!null" && n.text != "" }
func (n *node) isBlank() bool { return n.tag == "!!null" && n.text == "" }

// with is a mapping with a key's value set, the order of the others kept.
func (n *node) with(key string, at place, value *node) *node {
	out := *n
	out.entries = nil
	found := false
	for _, e := range n.entries {
		if e.key == key {
			e, found = &entry{key, at, value}, true
		}
		out.entries = append(out.entries, e)
	}
	if !found {
		out.entries = append(out.entries, &entry{key, at, value})
	}
	return &out
}

// without is a mapping without a key.
func (n *node) without(key string) *node {
	out := *n
	out.entries = nil
	for _, e := range n.entries {
		if e.key != key {
			out.entries = append(out.entries, e)
		}
	}
	return &out
}

// show is a scalar's source text, or what the node is: for "found ...".
func (n *node) show() any {
	switch {
	case n.kind == yaml.SequenceNode:
		return literal("a list")
	case n.kind == yaml.MappingNode:
		return literal("a mapping")
	case n.isBlank():
		return literal("nothing")
	case n.tag == "!!str":
		return n.text
	}
	return literal(n.text)
}

// literal is text that a fault shows without quotes.
type literal string

// join appends a segment to a dotted path.
func join(path, segment string) string {
	if path == "" {
		return segment
	}
	return path + "." + segment
}

// reader turns the yaml nodes of one file or override into nodes.
type reader struct {
	*report
	file string
	// override says that lines mean nothing.
	override bool
	count    int
	// open holds the anchors being expanded: one that holds itself never ends.
	open map[*yaml.Node]bool
}

func newReader(r *report, file string) *reader {
	return &reader{report: r, file: file, open: map[*yaml.Node]bool{}}
}

// read converts y; nil if it had to be given up, which was reported.
func (r *reader) read(y *yaml.Node, path string, depth int) *node {
	n := &node{at: r.place(y), path: path, kind: y.Kind}
	r.count++
	switch {
	case r.count > maxNodes: // parse reports it
		return nil
	case depth > maxDepth:
		return r.fault(n.at, path, nil, fmt.Sprintf("nested too deeply: at most %d levels", maxDepth))
	case y.Style&yaml.TaggedStyle != 0:
		return r.fault(n.at, path, y.Tag, "plain YAML without tags")
	case y.Kind == yaml.AliasNode:
		return r.readAlias(y, n.at, path, depth)
	case y.Kind == yaml.MappingNode:
		return r.readMapping(y, n, depth)
	case y.Kind == yaml.SequenceNode:
		return r.readList(y, n, depth)
	}
	n.tag, n.text = y.ShortTag(), y.Value
	return n
}

func (r *reader) place(y *yaml.Node) place {
	if r.override {
		return place{file: r.file}
	}
	return place{r.file, y.Line}
}

func (r *reader) readAlias(y *yaml.Node, at place, path string, depth int) *node {
	if y.Alias == nil || r.open[y.Alias] {
		return r.fault(at, path, literal("*"+y.Value), "an alias of something that does not contain it")
	}
	return r.read(y.Alias, path, depth)
}

func (r *reader) readList(y *yaml.Node, n *node, depth int) *node {
	r.open[y] = true
	defer delete(r.open, y)
	for i, item := range y.Content {
		if v := r.read(item, join(n.path, strconv.Itoa(i)), depth+1); v != nil {
			n.items = append(n.items, v)
		}
	}
	return n
}

func (r *reader) readMapping(y *yaml.Node, n *node, depth int) *node {
	r.open[y] = true
	defer delete(r.open, y)
	for i := 0; i+1 < len(y.Content); i += 2 {
		k := y.Content[i]
		at := r.place(k)
		switch {
		case k.ShortTag() == "!!merge":
			r.fault(at, n.path, literal("<<"), "no merge keys; name a base file under defaults, or write keys of all stages at the top level")
			continue
		case k.Kind != yaml.ScalarNode || k.ShortTag() == "!!null":
			r.fault(at, n.path, nil, "a key must be text")
			continue
		}
		if first := n.entry(k.Value); first != nil {
			r.fault(at, join(n.path, k.Value), nil, "given twice"+first.at.onLine())
			continue
		}
		if v := r.read(y.Content[i+1], join(n.path, k.Value), depth+1); v != nil {
			n.entries = append(n.entries, &entry{k.Value, at, v})
		}
	}
	return n
}
