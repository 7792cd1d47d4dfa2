package verifier

import (
	"context"
	"encoding/json"
	"math/big"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("json_format", "a JSON value, and nothing else, that the row's JSON schema allows", newJSONFormat)
}

// jsonFormat reads the field schema of a row: a JSON schema (an object, or its text) of
// the keywords
//
//	type (object, array, string, integer, number, boolean, null), properties, required,
//	additionalProperties (false), items, minItems, maxItems, minimum, maximum, enum, const
//
// and title and description, which say nothing. A completion, or its <answer>, is the
// value; a fence of three backquotes around it does not count. It is read strictly: no
// key twice, at most 16 KiB, 16 levels and numbers of 30 characters, compared exactly.
// Reasons: match, mismatch (the schema does not allow it), unparsed (no JSON, something
// beside it, or beyond a limit), empty, no_gold (no schema, or a keyword that is not
// among these).
type jsonFormat struct{}

func newJSONFormat(options map[string]any) (Verifier, error) {
	return jsonFormat{}, noOptions("json_format", options)
}

func (jsonFormat) Name() string { return "json_format" }

func (jsonFormat) Verify(_ context.Context, ex *data.Example, completion string) data.Verdict {
	s, ok := schemaOf(ex.Extra["schema"])
	if !ok {
		return noGold("the row needs schema, a JSON schema of the keywords that this verifier knows")
	}
	said := unfence(finalText(completion))
	if said == "" {
		return wrong("", "empty")
	}
	v, ok := parseJSON(said)
	if !ok {
		return wrong(said, "unparsed")
	}
	if !s.allows(v) {
		return wrong(said, "mismatch")
	}
	return correct(said)
}

// unfence takes the text out of a fence of three backquotes, if all of it is in one.
func unfence(text string) string {
	const fence = "```"
	inside, ok := strings.CutPrefix(text, fence)
	if !ok {
		return text
	}
	if inside, ok = strings.CutSuffix(inside, fence); !ok {
		return text
	}
	return strings.TrimSpace(strings.TrimPrefix(inside, "json"))
}

// schema is what a value must be.
type schema struct {
	kind               string
	properties         map[string]*schema
	required           []string
	closed             bool
	items              *schema
	minItems, maxItems int // -1: none
	minimum, maximum   *big.Rat
	enum               []jsonValue
}

// schemaOf reads a schema from a row's field.
func schemaOf(field any) (*schema, bool) {
	text, ok := field.(string)
	if !ok {
		if field == nil {
			return nil, false
		}
		raw, err := json.Marshal(field)
		if err != nil {
			return nil, false
		}
		text = string(raw)
	}
	v, ok := parseJSON(text)
	if !ok {
		return nil, false
	}
	return newSchema(v)
}

func newSchema(v jsonValue) (*schema, bool) {
	keywords, ok := v.(map[string]any)
	if !ok {
		return nil, false
	}
	s := &schema{minItems: -1, maxItems: -1}
	for key, x := range keywords {
		if !s.keyword(key, x) {
			return nil, false
		}
	}
	return s, true
}

// keyword takes in a keyword; false where it is unknown or ill-formed.
func (s *schema) keyword(key string, x jsonValue) (ok bool) {
	switch key {
	case "title", "description":
		return true
	case "type":
		s.kind, ok = x.(string)
		return ok && slices.Contains([]string{"object", "array", "string", "integer", "number", "boolean", "null"}, s.kind)
	case "properties":
		return s.setProperties(x)
	case "required":
		return s.setRequired(x)
	case "additionalProperties":
		open, isBool := x.(bool)
		s.closed = !open
		return isBool
	case "items":
		s.items, ok = newSchema(x)
		return ok
	case "minItems":
		s.minItems, ok = count(x)
		return ok
	case "maxItems":
		s.maxItems, ok = count(x)
		return ok
	case "minimum":
		s.minimum, ok = x.(*big.Rat)
		return ok
	case "maximum":
		s.maximum, ok = x.(*big.Rat)
		return ok
	case "enum":
		s.enum, ok = x.([]any)
		return ok && len(s.enum) > 0
	case "const":
		s.enum = []jsonValue{x}
		return true
	}
	return false
}

func (s *schema) setProperties(x jsonValue) bool {
	all, ok := x.(map[string]any)
	s.properties = make(map[string]*schema, len(all))
	for key, y := range all {
		if s.properties[key], ok = newSchema(y); !ok {
			return false
		}
	}
	return ok
}

func (s *schema) setRequired(x jsonValue) bool {
	all, ok := x.([]any)
	for _, y := range all {
		key, isText := y.(string)
		if !isText {
			return false
		}
		s.required = append(s.required, key)
	}
	return ok
}

// count is a number of items.
func count(x jsonValue) (int, bool) {
	r, ok := x.(*big.Rat)
	if !ok || !r.IsInt() || !r.Num().IsInt64() || r.Sign() < 0 {
		return 0, false
	}
	return int(r.Num().Int64()), true
}

// allows reports whether a value is one that the schema describes.
func (s *schema) allows(v jsonValue) bool {
	if s.enum != nil && !slices.ContainsFunc(s.enum, func(x jsonValue) bool { return sameJSON(x, v) }) {
		return false
	}
	switch x := v.(type) {
	case map[string]any:
		return s.is("object") && s.allowsObject(x)
	case []any:
		return s.is("array") && s.allowsArray(x)
	case *big.Rat:
		return (s.is("number") || s.kind == "integer" && x.IsInt()) &&
			(s.minimum == nil || x.Cmp(s.minimum) >= 0) && (s.maximum == nil || x.Cmp(s.maximum) <= 0)
	case string:
		return s.is("string")
	case bool:
		return s.is("boolean")
	}
	return s.is("null")
}

// is reports whether values of a kind are allowed.
func (s *schema) is(kind string) bool { return s.kind == "" || s.kind == kind }

func (s *schema) allowsObject(x map[string]any) bool {
	for _, key := range s.required {
		if _, ok := x[key]; !ok {
			return false
		}
	}
	for key, v := range x {
		p, known := s.properties[key]
		if known && !p.allows(v) || !known && s.closed {
			return false
		}
	}
	return true
}

func (s *schema) allowsArray(x []any) bool {
	if len(x) < s.minItems || s.maxItems >= 0 && len(x) > s.maxItems {
		return false
	}
	return s.items == nil || !slices.ContainsFunc(x, func(v any) bool { return !s.items.allows(v) })
}
