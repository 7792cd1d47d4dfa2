package checkpoints

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/checkpoints/gguf"
)

// metadata reads the values of a GGUF file and remembers which were asked for, so
// that what nobody knows can be refused. Faults add up until err.
type metadata struct {
	file   *gguf.File
	asked  map[string]bool
	faults []error
}

func (m *metadata) fault(key, format string, args ...any) {
	m.faults = append(m.faults, fmt.Errorf("%s: "+format, append([]any{key}, args...)...))
}

func (m *metadata) err() error { return errors.Join(m.faults...) }

// read converts the value of a key; false where there is none, or a fault.
func read[T any](m *metadata, key string, convert func(gguf.Value) (T, error)) (T, bool) {
	m.asked[key] = true
	var none T
	v, ok := m.file.Value(key)
	if !ok {
		return none, false
	}
	x, err := convert(v)
	if err != nil {
		m.fault(key, "%w", err)
		return none, false
	}
	return x, true
}

// integer is the value of a key, or def.
func (m *metadata) integer(key string, def int) int {
	if x, ok := read(m, key, gguf.Value.Int); ok {
		return x
	}
	return def
}

// need is the value of a key that must be there and above 0.
func (m *metadata) need(key string) int {
	x, ok := read(m, key, gguf.Value.Int)
	if _, there := m.file.Value(key); !there {
		m.fault(key, "is missing")
	} else if ok && x < 1 {
		m.fault(key, "is %d, want at least 1", x)
	}
	return x
}

func (m *metadata) float(key string, def float32) float32 {
	if x, ok := read(m, key, gguf.Value.Float32); ok {
		return x
	}
	return def
}

func (m *metadata) boolean(key string, def bool) bool {
	if x, ok := read(m, key, gguf.Value.Bool); ok {
		return x
	}
	return def
}

func (m *metadata) text(key, def string) string {
	if x, ok := read(m, key, gguf.Value.Text); ok {
		return x
	}
	return def
}

// only demands that a number, where it is given, is one of the allowed ones: other
// values change what is computed and are not implemented.
func (m *metadata) only(key string, allowed ...float32) {
	v, ok := m.file.Value(key)
	m.asked[key] = true
	if !ok {
		return
	}
	x, err := v.Float32()
	if n, ierr := v.Int(); ierr == nil {
		x, err = float32(n), nil
	}
	switch {
	case err != nil:
		m.fault(key, "%w", err)
	case !slices.Contains(allowed, x):
		m.fault(key, "%v is not implemented", x)
	}
}

// refuseUnknown demands of every key with the prefix that it was asked for, is
// harmless, or is off.
func (m *metadata) refuseUnknown(prefix string, harmless ...string) {
	for _, key := range m.file.Keys() {
		name, ok := strings.CutPrefix(key, prefix)
		if !ok || m.asked[key] || slices.Contains(harmless, name) {
			continue
		}
		if v, _ := m.file.Value(key); !isOff(v) {
			m.fault(key, "is not implemented")
		}
	}
}

// isOff reports whether a value is nothing: 0, false or an empty string.
func isOff(v gguf.Value) bool {
	n, ierr := v.Int()
	x, ferr := v.Float32()
	b, berr := v.Bool()
	s, serr := v.Text()
	return ierr == nil && n == 0 || ferr == nil && x == 0 || berr == nil && !b || serr == nil && s == ""
}

// object is a JSON object whose fields keep their order.
type object []field

type field struct {
	name  string
	value any
}

// add appends a field.
func (o *object) add(name string, value any) { *o = append(*o, field{name, value}) }

// MarshalJSON writes the fields in their order.
func (o object) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, f := range o {
		if i > 0 {
			out = append(out, ',')
		}
		name, err := encodeJSON(f.name, "")
		if err != nil {
			return nil, err
		}
		value, err := encodeJSON(f.value, "")
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
		out = append(append(append(out, name...), ':'), value...)
	}
	return append(out, '}'), nil
}

// encodeJSON writes a value as Python does: <, > and & as they are.
func encodeJSON(v any, indent string) ([]byte, error) {
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return []byte(strings.TrimSuffix(out.String(), "\n")), nil
}
