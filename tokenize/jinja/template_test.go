package jinja

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestErrors: an error has the line of its cause, and says what it is.
func TestErrors(t *testing.T) {
	for source, want := range map[string]string{
		"a\n{{ b c }}":                        `line 2: found "c", want '}}'`,
		"a\n{% if x %}\n{% for y in z %}\n":   "line 3: no endfor up to the end of the template",
		"{% if x %}\n{% nope %}":              `line 2: statement "nope" is not implemented`,
		"\n{{ 'a\n":                           `line 2: unexpected character '\''`,
		"\n{{ x | nope }}":                    `line 2: filter "nope" is not implemented`,
		"\n{{ x is nope }}":                   `line 2: test "nope" is not implemented`,
		"\n{{ f(*x) }}":                       "line 2: arguments by * and ** are not implemented",
		"\n{# x":                              "line 2: a comment without its end",
		"\n{{ (x\n]":                          `line 3: unexpected "]"`,
		"\n{{ x.y.z }}":                       "line 2: an undefined value is used: it has no attribute y",
		"{% set x = 1 %}\n{{ x() }}":          "line 2: x is no function but of type int",
		"{{\n[1] | sort(\nattribute='a.0')}}": "line 2: filter sort: an attribute that is a number is not implemented",
		"\n{{ 'x'.strip(1) }}":                "line 2: method strip: values of type str and int, want two str",
		"\n{{ 'x'.replace('a') }}":            "line 2: method replace: argument new is missing",
		"\n{{ 'x' | trim(y=1) }}":             "line 2: filter trim: an argument by a name that is none here",
		"{% macro f(x) %}\n{{ x + 1 }}{% endmacro %}\n{{ f() }}":                                             "line 2: an undefined value is used with +",
		"{% macro f(x) %}{% endmacro %}\n{{ f(1, x=2) }}":                                                    "line 2: macro f: two arguments for x",
		"\n{{ raise_exception('no') }}":                                                                      "line 2: the template refuses this chat: no",
		"{% set n = namespace(x=[]) %}{% for i in range(300) %}{% set n.x = [n.x] %}{% endfor %}\n{{ n.x }}": "line 2: a value nested more than 200 deep",
		"{% set x %}\n{{ 1 // 0 }}{% endset %}":                                                              "line 2: division by zero",
		"{% for a, b in [[1]] %}{% endfor %}":                                                                "line 1: 1 values for 2 names",
		"{% set x = [] %}\n{% set x.y = 1 %}":                                                                "line 2: an attribute y is set of what is no namespace",
		"\n{% for loop in x %}{% endfor %}":                                                                  "line 2: cannot assign to loop",
	} {
		_, err := render(source, nil, Options{})
		var placed *Error
		if err == nil || err.Error() != want || !errors.As(err, &placed) || placed.Line < 1 {
			t.Errorf("%q: %v, want %s", source, err, want)
		}
	}
}

// TestLiteral: what the template writes is mapped; what it compares with, and what
// variables hold, is not.
func TestLiteral(t *testing.T) {
	variables := map[string]Value{"v": "x", "l": []Value{"x", "y"}, "d": valueFor(t, json.RawMessage(`{"x":"x"}`))}
	mark := func(s string) string { return strings.ReplaceAll(s, "x", "<x>") }
	for source, want := range map[string]string{
		"x{{ v }}":                                                                        "<x>x",
		"{{ 'x' + v }}{{ v ~ 'x' }}":                                                      "<x>xx<x>",
		"{{ 'x' if v == 'x' else 'y' }}":                                                  "<x>",
		"{{ 'y' if n else 'x' }}{{ 'x' is eq(v) }}":                                       "<x>True",
		"{{ v or 'x' }}{{ n or 'x' }}":                                                    "x<x>",
		"{{ l | join('x') }}{{ 'x'.join(l) }}":                                            "x<x>yx<x>y",
		"{{ n | default('x') }}{{ 'x' | upper }}":                                         "<x><X>",
		"{% set y = 'x' %}{{ y }}{{ ['x', v] }}":                                          "<x>['<x>', 'x']",
		"{{ v.replace('x', 'y') }}{{ v | trim('x') }}":                                    "y",
		"{{ v.split('x') | length }}":                                                     "2",
		"{{ d['x'] }}{{ d.get('x') }}":                                                    "xx",
		"{% for y in ['x'] %}{{ y }}{% endfor %}":                                         "<x>",
		"{% for y in l if y == 'x' %}{{ y }}{% endfor %}":                                 "x",
		"{% if 'x' in v and v.startswith('x') and v is eq('x') %}x{% endif %}":            "<x>",
		"{% macro f(a, b='x') %}{{ a }}{{ b }}{% endmacro %}{{ f('x') }}":                 "<x><x>",
		"{% macro f(a) %}{{ a }}{% endmacro %}{% if f('x') == v %}{% else %}z{% endif %}": "z",
		"{% set y %}x{% endset %}{{ y }}{{ 'x' | length }}":                               "<x>3",
		"{% set n = namespace(a='x') %}{% set n.b = 'x' %}{{ n.a }}{{ n.b }}":             "<x><x>",
		"{{ {'x': 'x'} }}{{ ('x', 'x')[0] }}{{ 'x' * 2 }}{{ 'x'[0:] }}":                   "{'<x>': '<x>'}<x><x><x><x>",
	} {
		if got, err := render(source, variables, Options{Literal: mark}); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", source, got, err, want)
		}
	}
}

// TestValueOf: values of Go and JSON come out as Python prints them.
func TestValueOf(t *testing.T) {
	for _, c := range []struct {
		v    any
		want string // as {{ v }}|{{ v | tojson }}
	}{
		{nil, "None|null"},
		{true, "True|true"},
		{7, "7|7"},
		{int64(-7), "-7|-7"},
		{2.0, "2.0|2.0"},
		{"a\"\n", "a\"\n|\"a\\\"\\n\""},
		{[]any{1, nil, "x"}, "[1, None, 'x']|[1, null, \"x\"]"},
		{map[string]any{"z": 1, "a": []any{}}, "{'a': [], 'z': 1}|{\"a\": [], \"z\": 1}"},
		{json.Number("1e3"), "1000.0|1000.0"},
		{json.Number("1e999"), "inf|Infinity"},
		{json.RawMessage(`{"z": 1.50, "a": [-0, -0.0, 123456789012345678901234567890], "z": 2}`),
			`{'z': 2, 'a': [0, -0.0, 123456789012345678901234567890]}|{"z": 2, "a": [0, -0.0, 123456789012345678901234567890]}`},
	} {
		got, err := render("{{ v }}|{{ v | tojson }}", map[string]Value{"v": valueFor(t, c.v)}, Options{})
		if err != nil || got != c.want {
			t.Errorf("%v: %s, %v, want %s", c.v, got, err, c.want)
		}
	}
	deep := json.RawMessage(strings.Repeat("[", 300) + strings.Repeat("]", 300))
	for _, v := range []any{struct{}{}, []any{func() {}}, json.RawMessage(`{`), json.RawMessage(`1 2`), json.RawMessage(``), deep, map[string]any{"a": uint8(1)}} {
		if got, err := ValueOf(v); err == nil {
			t.Errorf("%v gives %v", v, got)
		}
	}
}

// TestTemplateIsShared: goroutines render one template, whose variables it cannot change.
func TestTemplateIsShared(t *testing.T) {
	template, err := Parse("{% set ns = namespace(n=0) %}{% for x in l %}{% set ns.n = ns.n + x %}{% endfor %}{{ ns.n }}{{ l | sort }}{{ l | reverse | list }}{{ l[::-1] }}{{ l }}{{ d | dictsort }}{{ d }}")
	if err != nil {
		t.Fatal(err)
	}
	variables := map[string]Value{"l": valueFor(t, json.RawMessage(`[3,1,2]`)), "d": valueFor(t, json.RawMessage(`{"b":1,"a":2}`))}
	const want = "6[1, 2, 3][2, 1, 3][2, 1, 3][3, 1, 2][('a', 2), ('b', 1)]{'b': 1, 'a': 2}"
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 50 {
				if got, err := template.Render(variables, Options{}); err != nil || got != want {
					t.Errorf("%s, %v", got, err)
				}
			}
		})
	}
	wait.Wait()
}

// FuzzRender: no template panics, and what one renders, it renders again.
func FuzzRender(f *testing.F) {
	names, err := filepath.Glob(filepath.Join("..", "testdata", "chat", "templates", "*.jinja"))
	if err != nil || len(names) == 0 {
		f.Fatal(names, err)
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(raw))
	}
	golden := readGoldens(f)
	for _, c := range golden.Cases {
		f.Add(c.Template)
	}
	variables := golden.variables(f)
	f.Fuzz(func(t *testing.T, source string) {
		template, err := Parse(source)
		if err != nil {
			return
		}
		got, err := template.Render(variables, Options{Now: goldenDate})
		if err != nil {
			return
		}
		if again, err := template.Render(variables, Options{Now: goldenDate}); err != nil || again != got {
			t.Fatalf("%q, then %q, %v", got, again, err)
		}
		same := func(s string) string { return s }
		if coded, err := template.Render(variables, Options{Now: goldenDate, Literal: same}); err != nil || coded != got {
			t.Fatalf("%q, with its literals mapped to themselves %q, %v", got, coded, err)
		}
	})
}
