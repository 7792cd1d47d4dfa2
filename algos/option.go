package algos

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Option declares one option of a part. Validation, `rlvr list algorithms` and the
// resolved config come from these tables, so that an option has one place.
type Option struct {
	// Name is the key below algorithm.options.
	Name string
	// Default is the value where neither config nor preset gives one. Its type is
	// the option's: float64, int, bool or string.
	Default any
	// Allowed says what is accepted, for people: "above 0".
	Allowed string
	// Help is one sentence about what the option does.
	Help string

	accepts func(value any) bool
	choices []string // of a ChoiceOption
}

// FloatOption declares an option that holds a finite number; whole numbers are
// accepted. ok is asked about finite numbers only.
func FloatOption(name string, value float64, allowed string, ok func(float64) bool, help string) Option {
	return Option{Name: name, Default: value, Allowed: allowed, Help: help, accepts: func(v any) bool {
		return !math.IsInf(v.(float64), 0) && !math.IsNaN(v.(float64)) && ok(v.(float64))
	}}
}

// IntOption declares an option that holds a whole number.
func IntOption(name string, value int, allowed string, ok func(int) bool, help string) Option {
	return Option{Name: name, Default: value, Allowed: allowed, Help: help, accepts: func(v any) bool { return ok(v.(int)) }}
}

// BoolOption declares an option that is true or false.
func BoolOption(name string, value bool, help string) Option {
	return Option{Name: name, Default: value, Allowed: "true or false", Help: help, accepts: func(any) bool { return true }}
}

// ChoiceOption declares an option that is one of a few words.
func ChoiceOption(name, value, help string, choices ...string) Option {
	allowed := "one of " + strings.Join(choices, ", ")
	return Option{Name: name, Default: value, Allowed: allowed, Help: help, choices: choices, accepts: func(v any) bool {
		return slices.Contains(choices, v.(string))
	}}
}

const compatName = "compat"

// CompatOption declares the option compat: whose conventions a part follows where
// programs differ from each other. peers are those that the part has a mode for; it is
// the one option that several parts of a preset may declare, and a part that has no
// mode for the peer chosen keeps its own conventions.
func CompatOption(peers ...string) Option {
	return ChoiceOption(compatName, "none", "Whose conventions hold where programs differ; none: the paper's, and what is safest where it is silent.",
		append([]string{"none"}, peers...)...)
}

// parse is v in the option's own type; false if v has another type or is out of
// range. Nothing is converted but a whole number to a float64 and back.
func (o *Option) parse(v any) (any, bool) {
	switch x := v.(type) {
	case int64:
		v = int(x)
	case uint64:
		if x > math.MaxInt {
			return nil, false
		}
		v = int(x)
	}
	switch o.Default.(type) {
	case float64:
		if i, ok := v.(int); ok {
			v = float64(i)
		}
		_, ok := v.(float64)
		return v, ok && o.accepts(v)
	case int:
		if f, ok := v.(float64); ok && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			v = int(f)
		}
		_, ok := v.(int)
		return v, ok && o.accepts(v)
	case bool:
		_, ok := v.(bool)
		return v, ok && o.accepts(v)
	default:
		_, ok := v.(string)
		return v, ok && o.accepts(v)
	}
}

// Values are the options of a resolved algorithm, which its parts are built from.
// Reading an option that the part did not declare is a programmer's error and
// panics.
type Values struct {
	of, usual map[string]any
}

// Float is the value of a [FloatOption].
func (v Values) Float(name string) float64 { return get[float64](v, name) }

// Int is the value of an [IntOption].
func (v Values) Int(name string) int { return get[int](v, name) }

// Bool is the value of a [BoolOption].
func (v Values) Bool(name string) bool { return get[bool](v, name) }

// Text is the value of a [ChoiceOption].
func (v Values) Text(name string) string { return get[string](v, name) }

// Has reports whether some part of the preset declares an option.
func (v Values) Has(name string) bool {
	_, ok := v.of[name]
	return ok
}

// Changed reports whether the value differs from the preset's own.
func (v Values) Changed(name string) bool { return v.of[name] != v.usual[name] }

func get[T any](v Values, name string) T {
	x, ok := v.of[name].(T)
	if !ok {
		panic(fmt.Sprintf("algos: option %q is not declared as %T", name, x))
	}
	return x
}
