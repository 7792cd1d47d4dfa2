package jinja

import (
	"strings"
)

// tests are what may stand after is, by name; see builtins for their parameters.
var tests = func() map[string]*builtin {
	table := builtins("test ", map[string]action{
		"in *seq":          comparing("in"),
		"odd":              remainder(2, 1),
		"even":             remainder(2, 0),
		"divisibleby *num": remainder(0, 0),
	})
	for operator, names := range map[string]string{
		"==": "== eq equalto", "!=": "!= ne", "<": "< lt lessthan", "<=": "<= le", ">": "> gt greaterthan", ">=": ">= ge",
	} {
		for name := range strings.FieldsSeq(names) {
			_, table[name] = define("test ", name+" *other", comparing(operator))
		}
	}
	for name, holds := range kinds {
		_, table[name] = define("test ", name, func(_ *run, v Value, _ []Value) Value { return holds(v) })
	}
	return table
}()

// kinds are the tests of what a value is.
var kinds = map[string]func(v Value) bool{
	"defined":   func(v Value) bool { return v != undefined{} },
	"undefined": func(v Value) bool { return v == undefined{} },
	"none":      func(v Value) bool { return v == nil },
	"true":      func(v Value) bool { return v == true },
	"false":     func(v Value) bool { return v == false },
	"boolean":   func(v Value) bool { return v == true || v == false },
	"integer":   isInteger,
	"float":     func(v Value) bool { return typeOf(v) == "float" },
	"number": func(v Value) bool {
		_, ok := number(v)
		return ok || isInteger(v)
	},
	"string":  isString,
	"mapping": func(v Value) bool { return typeOf(v) == "dict" },
	"iterable": func(v Value) bool {
		_, iterates := v.(*iterator)
		_, list := elements(v)
		return iterates || list || isSequence(v)
	},
	"sequence": isSequence,
}

func isInteger(v Value) bool { return typeOf(v) == "int" }

func isString(v Value) bool {
	_, ok := v.(safe)
	return ok || typeOf(v) == "str"
}

func isSequence(v Value) bool {
	switch v.(type) {
	case string, safe, undefined, []Value, tuple, span, *Dict:
		return true
	}
	return false
}

func comparing(operator string) action {
	return func(r *run, v Value, a []Value) Value { return r.compare(operator, v, a[0]) }
}

// remainder looks at the value modulo another, which is the argument if it is 0 here.
func remainder(modulus, want int64) action {
	return func(r *run, v Value, a []Value) Value {
		by := modulus
		if by == 0 {
			by, _ = integer(a[0])
		}
		n, ok := integer(v)
		if !ok {
			return r.fail("of a value of type %s", typeOf(v))
		}
		return r.integers("%", n, by) == want
	}
}
