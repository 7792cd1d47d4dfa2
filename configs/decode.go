package configs

import (
	"fmt"
	"math"
	"reflect"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"
)

// decode turns a complete tree into a Config. The tree was checked, so an error
// here is a difference between check and the decoder: a bug.
func decode(root *node) (*Config, error) {
	settings, _ := plain(root, configSchema).(map[string]any)
	v := viper.New()
	if err := v.MergeConfigMap(settings); err != nil {
		return nil, fmt.Errorf("configs: %w", err)
	}
	c := &Config{}
	err := v.UnmarshalExact(c, viper.DecodeHook(wholeNumbers), func(d *mapstructure.DecoderConfig) {
		d.TagName = "yaml"
		// Otherwise true is 1 and "7" is 7.
		d.WeaklyTypedInput = false
	})
	if err != nil {
		return nil, fmt.Errorf("configs: %w", err)
	}
	return c, nil
}

// wholeNumbers refuses 1.9 for an integer; mapstructure makes it 1.
func wholeNumbers(_, to reflect.Type, value any) (any, error) {
	if f, ok := value.(float64); ok && to.Kind() >= reflect.Int && to.Kind() <= reflect.Uint64 && f != math.Trunc(f) {
		return nil, fmt.Errorf("found %v, allowed: a whole number", f)
	}
	return value, nil
}

// verbatim hides a map from viper, which would put its keys into lower case.
type verbatim map[string]any

// plain is n as maps, slices and scalars.
func plain(n *node, s *schema) any {
	switch {
	case s.kind == kindFree:
		return verbatim(freeMap(n))
	case s.kind == kindSection:
		m := map[string]any{}
		for _, e := range n.entries {
			if isEmptyFree(e.value, s.field(e.key)) {
				continue // a nil map, as in a Config made by hand
			}
			m[e.key] = plain(e.value, s.field(e.key))
		}
		return m
	case s.kind == kindList:
		list := make([]any, len(n.items))
		for i, item := range n.items {
			list[i] = plain(item, s.elem)
		}
		return list
	}
	return scalar(n)
}

func isEmptyFree(n *node, s *schema) bool { return s.kind == kindFree && len(n.entries) == 0 }

// freeMap is a mapping whose keys the schema does not know.
func freeMap(n *node) map[string]any {
	m := make(map[string]any, len(n.entries))
	for _, e := range n.entries {
		m[e.key] = freeValue(e.value)
	}
	return m
}

func freeValue(n *node) any {
	switch n.kind {
	case yaml.MappingNode:
		return freeMap(n)
	case yaml.SequenceNode:
		list := make([]any, len(n.items))
		for i, item := range n.items {
			list[i] = freeValue(item)
		}
		return list
	}
	return scalar(n)
}

// scalar is a scalar's value: string, bool, int, float64 or nil. A date is the text
// it was written as.
func scalar(n *node) any {
	switch n.tag {
	case "!!str", "!!timestamp":
		return n.text
	case "!!null":
		return nil
	}
	var v any
	if err := n.yaml().Decode(&v); err != nil {
		return n.text
	}
	return v
}
