package configs

import (
	"reflect"
	"strings"
)

// kind is what a key holds.
type kind uint8

const (
	kindText kind = iota
	kindInt
	kindFloat
	kindBool
	kindList    // of elem
	kindSection // of fields
	kindFree    // a mapping whose keys another package knows
)

// schema is a Go type as a config sees it.
type schema struct {
	kind   kind
	elem   *schema
	fields []field
	typ    reflect.Type
}

// field is a key of a section.
type field struct {
	key    string
	schema *schema
	index  int // in the Go struct
}

// schemaOf describes t. Only what options structs are made of is known; anything
// else panics, which the first test that loads a config sees.
func schemaOf(t reflect.Type) *schema {
	s := &schema{typ: t}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem())
	case reflect.String:
		s.kind = kindText
	case reflect.Int, reflect.Int64:
		s.kind = kindInt
	case reflect.Float64:
		s.kind = kindFloat
	case reflect.Bool:
		s.kind = kindBool
	case reflect.Slice:
		s.kind, s.elem = kindList, schemaOf(t.Elem())
	case reflect.Map:
		s.kind = kindFree
	case reflect.Struct:
		s.kind = kindSection
		for i := range t.NumField() {
			if key, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ","); key != "" && key != "-" {
				s.fields = append(s.fields, field{key, schemaOf(t.Field(i).Type), i})
			}
		}
	default:
		panic("configs: an options struct holds a " + t.String())
	}
	return s
}

// field is the schema of a section's key; nil if it has no such key.
func (s *schema) field(key string) *schema {
	if s == nil {
		return nil
	}
	for _, f := range s.fields {
		if f.key == key {
			return f.schema
		}
	}
	return nil
}

func (s *schema) keys() []string {
	keys := make([]string, len(s.fields))
	for i, f := range s.fields {
		keys[i] = f.key
	}
	return keys
}

// allowed is what a fault says of the type.
func (s *schema) allowed() string {
	switch s.kind {
	case kindText:
		return "text"
	case kindInt:
		return "a whole number"
	case kindFloat:
		return "a number"
	case kindBool:
		return "true or false"
	case kindList:
		if s.elem.kind == kindSection {
			return "a list of mappings"
		}
		return "a list, each " + s.elem.allowed()
	default:
		return "a mapping of keys to values"
	}
}

var (
	configSchema = schemaOf(reflect.TypeFor[Config]())
	stageSchema  = configSchema.field(stagesKey).elem
	// fileSchema is what a file may hold: Config, and every stage key but the name.
	fileSchema = &schema{kind: kindSection, fields: append(append([]field{}, configSchema.fields...), stageFields()...)}
)

// Keys that the code names.
const (
	stagesKey    = "stages"
	rolloutKey   = "rollout"
	algorithmKey = "algorithm"
	rewardKey    = "reward"
	rewardsKey   = "rewards"
)

// stageFields are the stage keys that may be written at the top level.
func stageFields() []field {
	var out []field
	for _, f := range stageSchema.fields {
		if f.key != nameKey {
			out = append(out, f)
		}
	}
	return out
}
