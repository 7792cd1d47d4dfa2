package configs

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// YAML is the resolved config: every key with its value, in the order of the Go
// structs, without sampling keys of stages that sample nothing. Loaded again it
// gives the same Config.
func (c *Config) YAML() ([]byte, error) {
	doc, err := encode(reflect.ValueOf(*c), configSchema)
	if err != nil {
		return nil, fmt.Errorf("configs: encode: %w", err)
	}
	for i, stage := range mappingValue(doc, stagesKey).Content {
		if c.Stages[i].Offline() {
			removeKeys(mappingValue(stage, rolloutKey), samplingKeys)
		}
	}
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(doc); err != nil {
		return nil, fmt.Errorf("configs: encode: %w", err)
	}
	return out.Bytes(), nil
}

// encode is v as a YAML node; nil where there is nothing to write (a nil section,
// an empty map).
func encode(v reflect.Value, s *schema) (*yaml.Node, error) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil, nil
		}
		v = v.Elem()
	}
	n := &yaml.Node{}
	switch s.kind {
	case kindSection:
		n.Kind = yaml.MappingNode
		for _, f := range s.fields {
			value, err := encode(v.Field(f.index), f.schema)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", f.key, err)
			}
			if value != nil {
				n.Content = append(n.Content, keyNode(f.key), value)
			}
		}
		return n, nil
	case kindList:
		n.Kind = yaml.SequenceNode
		if s.elem.kind != kindSection {
			n.Style = yaml.FlowStyle
		}
		for i := range v.Len() {
			item, err := encode(v.Index(i), s.elem)
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, item)
		}
		return n, nil
	case kindFree:
		if v.Len() == 0 {
			return nil, nil
		}
		return encodeFree(v.Interface())
	case kindText, kindInt, kindFloat, kindBool:
	}
	return n, n.Encode(v.Interface())
}

// encodeFree keeps the type of a whole float64: 1.0 must not come back as an int.
func encodeFree(value any) (*yaml.Node, error) {
	n := &yaml.Node{}
	switch v := value.(type) {
	case map[string]any:
		n.Kind = yaml.MappingNode
		for _, key := range slices.Sorted(maps.Keys(v)) {
			child, err := encodeFree(v[key])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			n.Content = append(n.Content, keyNode(key), child)
		}
		return n, nil
	case []any:
		n.Kind, n.Style = yaml.SequenceNode, yaml.FlowStyle
		for _, item := range v {
			child, err := encodeFree(item)
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, child)
		}
		return n, nil
	case float64:
		if err := n.Encode(v); err != nil {
			return nil, err
		}
		if !strings.ContainsAny(n.Value, ".enN") {
			n.Value += ".0"
		}
		n.Tag = ""
		return n, nil
	}
	return n, n.Encode(value)
}

func keyNode(key string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(key)
	return n
}

// mappingValue is the value of a key; an empty node if there is none.
func mappingValue(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return &yaml.Node{}
}

func removeKeys(n *yaml.Node, keys []string) {
	var kept []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		if !slices.Contains(keys, n.Content[i].Value) {
			kept = append(kept, n.Content[i], n.Content[i+1])
		}
	}
	n.Content = kept
}
