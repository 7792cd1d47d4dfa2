package configs

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// checker compares what was written with the schema.
type checker struct{ *report }

// check is n without what does not fit s, each such thing reported. Nil if nothing
// of it fits.
func (c *checker) check(n *node, s *schema) *node {
	if n.isNull() && s.kind != kindFree {
		return n
	}
	switch s.kind {
	case kindSection:
		return c.checkSection(n, s)
	case kindList:
		return c.checkList(n, s)
	case kindFree:
		return c.checkFree(n, s)
	default:
		return c.checkScalar(n, s)
	}
}

func (c *checker) checkSection(n *node, s *schema) *node {
	out := *n
	out.entries = nil
	if n.isBlank() {
		out.kind = yaml.MappingNode
		return &out
	}
	if n.kind != yaml.MappingNode {
		return c.fault(n.at, n.path, n.show(), s.allowed())
	}
	for _, e := range n.entries {
		f := s.field(e.key)
		if f == nil {
			c.unknown(e, n.path, s)
			continue
		}
		if v := c.check(e.value, f); v != nil {
			out.entries = append(out.entries, &entry{e.key, e.at, v})
		}
	}
	return &out
}

func (c *checker) checkList(n *node, s *schema) *node {
	if n.kind != yaml.SequenceNode {
		return c.fault(n.at, n.path, n.show(), s.allowed())
	}
	out := *n
	out.items = nil
	for _, item := range n.items {
		if item.tag == "!!null" {
			c.fault(item.at, item.path, literal("nothing"), s.elem.allowed())
			continue
		}
		v := c.check(item, s.elem)
		if v == nil {
			// Elements are counted: one at fault keeps its place.
			v = &node{at: item.at, path: item.path, kind: yaml.MappingNode}
			if s.elem.kind != kindSection {
				continue
			}
		}
		out.items = append(out.items, v)
	}
	return &out
}

// checkFree looks at the shape only: the package that owns the keys checks them.
func (c *checker) checkFree(n *node, s *schema) *node {
	if n.tag == "!!null" {
		out := *n
		out.kind, out.tag = yaml.MappingNode, ""
		return &out
	}
	if n.kind != yaml.MappingNode {
		return c.fault(n.at, n.path, n.show(), s.allowed())
	}
	return n
}

// octal is a number that YAML 1.1 reads in base 8.
var octal = regexp.MustCompile(`^[-+]?0[0-9_]`)

func (c *checker) checkScalar(n *node, s *schema) *node {
	if n.kind != yaml.ScalarNode {
		return c.fault(n.at, n.path, n.show(), s.allowed())
	}
	ok, allowed := false, s.allowed()
	switch s.kind {
	case kindText:
		ok = n.tag == "!!str"
		if !ok && !n.isBlank() {
			allowed = "text (put it in quotes)"
		}
	case kindBool:
		ok = n.tag == "!!bool"
	case kindInt:
		_, ok = n.whole()
	case kindFloat:
		v, isNumber := n.number()
		ok = isNumber && !math.IsInf(v, 0) && !math.IsNaN(v)
		if isNumber {
			allowed = "a finite number"
		}
	case kindList, kindSection, kindFree: // not scalars
	}
	if n.isQuotedNumber() {
		allowed += ", without quotes"
	}
	if ok && octal.MatchString(n.text) && n.tag == "!!int" {
		ok, allowed = false, "a number without leading zeros"
	}
	if !ok {
		return c.fault(n.at, n.path, n.show(), allowed)
	}
	return n
}

// isQuotedNumber reports text that would be a number without its quotes.
func (n *node) isQuotedNumber() bool {
	bare := node{tag: (&yaml.Node{Kind: yaml.ScalarNode, Value: n.text}).ShortTag(), text: n.text}
	_, ok := bare.number()
	return ok && n.tag == "!!str"
}

// number is a scalar's value if it is a number.
func (n *node) number() (float64, bool) {
	if n.tag != "!!int" && n.tag != "!!float" {
		return 0, false
	}
	var v float64
	err := n.yaml().Decode(&v)
	return v, err == nil
}

// whole is a scalar's value if it is a whole number, "1e3" included.
func (n *node) whole() (int64, bool) {
	var v int64
	if n.tag == "!!int" {
		err := n.yaml().Decode(&v)
		return v, err == nil
	}
	// Above this a float64 does not hold every whole number.
	const exact = 1 << 53
	f, ok := n.number()
	if !ok || f != math.Trunc(f) || math.Abs(f) > exact {
		return 0, false
	}
	return int64(f), true
}

// yaml is the scalar as a yaml node.
func (n *node) yaml() *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: n.tag, Value: n.text}
}

// trimIndex takes "stages.3." off a path.
func trimIndex(path string) string {
	rest, ok := strings.CutPrefix(path, stagesKey+".")
	if !ok {
		return path
	}
	for i := range len(rest) {
		if rest[i] == '.' {
			if _, err := strconv.Atoi(rest[:i]); err == nil {
				return rest[i+1:]
			}
			break
		}
	}
	return path
}
