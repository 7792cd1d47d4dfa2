package tokenize

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// field is a member of a JSON object, its value as the file spells it.
type field struct {
	name  string
	value json.RawMessage
}

// checkJSON says where a file is no JSON in UTF-8. What follows may then walk it
// without looking for faults: eleven megabytes are checked once, not at each level.
func checkJSON(raw []byte) error {
	if !utf8.Valid(raw) {
		return errors.New("not UTF-8")
	}
	if json.Valid(raw) {
		return nil
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	return errors.New("not JSON")
}

// object gives the fields of a valid JSON value in their order, and reports whether
// it is an object.
func object(raw []byte) ([]field, bool) {
	i := skipSpace(raw, 0)
	if i >= len(raw) || raw[i] != '{' {
		return nil, false
	}
	var out []field
	for i = skipSpace(raw, i+1); raw[i] != '}'; i = skipSpace(raw, i) {
		if raw[i] == ',' {
			i = skipSpace(raw, i+1)
		}
		end := valueEnd(raw, i)
		name := unquote(raw[i:end])
		i = skipSpace(raw, skipSpace(raw, end)+1) // over the colon
		end = valueEnd(raw, i)
		out = append(out, field{name, raw[i:end]})
		i = end
	}
	return out, true
}

// array calls f for each element of a valid JSON value until f returns false, and
// reports whether it is an array.
func array(raw []byte, f func(value json.RawMessage) bool) bool {
	i := skipSpace(raw, 0)
	if i >= len(raw) || raw[i] != '[' {
		return false
	}
	for i = skipSpace(raw, i+1); raw[i] != ']'; i = skipSpace(raw, i) {
		if raw[i] == ',' {
			i = skipSpace(raw, i+1)
		}
		end := valueEnd(raw, i)
		if !f(raw[i:end]) {
			return true
		}
		i = end
	}
	return true
}

func skipSpace(raw []byte, i int) int {
	for i < len(raw) && (raw[i] == ' ' || raw[i] == '\n' || raw[i] == '\t' || raw[i] == '\r') {
		i++
	}
	return i
}

// valueEnd is where the value that starts at raw[i] ends.
func valueEnd(raw []byte, i int) int {
	switch raw[i] {
	case '"':
		return stringEnd(raw, i)
	case '{', '[':
		for depth := 0; ; i++ {
			switch raw[i] {
			case '"':
				i = stringEnd(raw, i) - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
	}
	for i < len(raw) && !strings.ContainsRune(",]} \n\t\r", rune(raw[i])) {
		i++
	}
	return i
}

func stringEnd(raw []byte, i int) int {
	for i++; raw[i] != '"'; i++ {
		if raw[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// unquote is the text of a valid JSON string.
func unquote(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return "" // a valid string never fails
	}
	return s
}

// isNull reports that a value is absent or null.
func isNull(raw []byte) bool { return len(raw) == 0 || string(raw) == "null" }

// refusals collects what a file holds that is not implemented, one text a field.
type refusals struct{ texts []string }

// add notes that the field at path holds value, where only want is implemented.
func (r *refusals) add(path string, value json.RawMessage, want string, args ...any) {
	r.texts = append(r.texts, fmt.Sprintf("%s is %s, implemented is only %s", path, showRaw(value), fmt.Sprintf(want, args...)))
}

// addText is add for a value that is a text.
func (r *refusals) addText(path, value, want string) {
	r.texts = append(r.texts, fmt.Sprintf("%s is %q, implemented is only %s", path, value, want))
}

// fault notes what is wrong with the field at path.
func (r *refusals) fault(path, format string, args ...any) {
	r.texts = append(r.texts, path+": "+fmt.Sprintf(format, args...))
}

func (r *refusals) err() error {
	if len(r.texts) == 0 {
		return nil
	}
	return errors.New("not implemented: " + strings.Join(r.texts, "; "))
}

// fields decodes the object at path into targets, pointers by the names of fields;
// a *json.RawMessage takes a value as it is. Names that are missing and nulls leave
// their targets alone; a name without a target is refused unless its value is null.
func (r *refusals) fields(path string, raw json.RawMessage, targets map[string]any) {
	fields, ok := object(raw)
	if !ok {
		r.add(cmp.Or(path, tokenizerFile), raw, "an object")
		return
	}
	for _, f := range fields {
		at := f.name
		if path != "" {
			at = path + "." + f.name
		}
		target, known := targets[f.name]
		switch {
		case isNull(f.value):
		case !known:
			r.add(at, f.value, "null")
		default:
			if raw, ok := target.(*json.RawMessage); ok {
				*raw = f.value // without a copy: it may have megabytes
			} else if err := json.Unmarshal(f.value, target); err != nil {
				r.add(at, f.value, "%s", kindOf(target))
			}
		}
	}
}

// kindOf says what a target of fields takes.
func kindOf(target any) string {
	switch target.(type) {
	case *bool:
		return "true or false"
	case *string, **string:
		return "a text"
	case *int32, *int:
		return "an integer"
	case *float64:
		return "a number"
	}
	return "another kind"
}

// showRaw is a JSON value for a message, cut to a readable length.
func showRaw(v json.RawMessage) string {
	const limit = 80
	if isNull(v) {
		return "null"
	}
	text := string(v[:min(len(v), 4*limit)])
	var compact bytes.Buffer
	if len(v) <= 4*limit && json.Compact(&compact, v) == nil {
		text = compact.String()
	}
	if len(text) > limit {
		return strings.ToValidUTF8(text[:limit], "") + "..."
	}
	return text
}
