package jinja

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// maxHostile is how long a hostile template may take: its limits stop it within about
// a second on a free core, and the race detector and a busy machine are slower.
const maxHostile = 20 * time.Second

// maxHostileBytes is how much memory a hostile template may take from the system.
const maxHostileBytes = 1 << 30

// TestHostileTemplates are refused, at load or when they render, and soon.
func TestHostileTemplates(t *testing.T) {
	double := func(value, op string) string {
		return "{% set ns = namespace(x=" + value + ") %}{% for i in range(90) %}{% set ns.x = " + op + " %}{% endfor %}{{ ns.x | length }}"
	}
	for name, template := range map[string]string{
		"long range":         "{% for i in range(1000000000) %}{{ i }}{% endfor %}",
		"nested loops":       strings.Repeat("{% for i in range(99999) %}", 4) + strings.Repeat("{% endfor %}", 4),
		"empty loops":        "{% for i in range(99999) %}{% for i in range(99999) %}{% endfor %}{% endfor %}",
		"repeat":             "{{ 'ab' * 1000000000000 }}",
		"doubled text":       double("'ab'", "ns.x + ns.x"),
		"doubled by ~":       double("'ab'", "ns.x ~ ns.x"),
		"many ~":             "{% set x = 'ab' * 1000000 %}{{ x" + strings.Repeat(" ~ x", 99) + " }}",
		"doubled list":       double("[1]", "ns.x + ns.x"),
		"doubled by join":    double("'ab'", "[ns.x, ns.x] | join(ns.x)"),
		"doubled by replace": double("'ab'", "ns.x.replace('b', ns.x)"),
		"doubled by json":    double("'\"'", "ns.x | tojson"),
		"indents":            "{% set ns = namespace(x=[1]) %}{% for i in range(17) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{% for i in range(190) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x | tojson(indent=64) | length }}",
		"nested list":        "{% set ns = namespace(x=[]) %}{% for i in range(9999) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
		"equal lists":        "{% set ns = namespace(x=[], y=[]) %}{% for i in range(150) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
		"search":             "{% set x = 'a' * 9999999 %}{% for i in range(99999) %}{{ x.count('b') }}{{ x.find('b') }}{{ 'b' in x }}{{ x.strip('b') | length }}{% endfor %}",
		"split":              "{% set x = 'a' * 30000000 %}{{ x.split('a') | length }}",
		"fields":             "{% set x = 'a ' * 15000000 %}{{ x.split() | length }}",
		"slices":             "{% set x = 'a' * 9999999 %}{% for i in range(9999) %}{{ x[1:][1] }}{{ x[5] }}{% endfor %}",
		"set block":          "{% set ns = namespace(x='ab') %}{% for i in range(90) %}{% set y %}{{ ns.x }}{{ ns.x }}{% endset %}{% set ns.x = y %}{% endfor %}{{ ns.x }}",
		"endless macro":      "{% macro f(n) %}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}",
		"two macros":         "{% macro f() %}{{ g() }}{% endmacro %}{% macro g() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
		"macro tree":         "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(45) }}",
		"brackets":           "{{ " + strings.Repeat("(", 300000) + " }}",
		"lists":              "{{ " + strings.Repeat("[", 300000) + strings.Repeat("]", 300000) + " }}",
		"not":                "{{ " + strings.Repeat("not ", 200000) + "1 }}",
		"minus":              "{{ 1" + strings.Repeat(" - -1", 100000) + " }}",
		"minuses":            "{{ " + strings.Repeat("- ", 400000) + "1 }}",
		"ifs":                strings.Repeat("{% if 1 %}", 90000),
		"else":               "{{ " + strings.Repeat("1 if 0 else ", 80000) + "1 }}",
		"attributes":         "{{ a" + strings.Repeat(".b", 400000) + " }}",
		"filters":            "{{ a" + strings.Repeat("|trim", 200000) + " }}",
		"calls":              "{{ a" + strings.Repeat("()", 400000) + " }}",
		"commas":             "{{ " + strings.Repeat("{", 100000),
		"long":               strings.Repeat("x", maxSource+1),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			_, err := render(template, nil, Options{})
			if err == nil || strings.Contains(err.Error(), "panic") || !strings.Contains(err.Error(), "line ") {
				t.Errorf("error %v", err)
			}
			if len(fmt.Sprint(err)) > 3000 {
				t.Errorf("an error of %d bytes", len(fmt.Sprint(err)))
			}
			if d := time.Since(start); d > maxHostile {
				t.Errorf("took %v", d)
			}
			runtime.ReadMemStats(&after)
			if n := int64(after.Sys) - int64(before.Sys); n > maxHostileBytes {
				t.Errorf("took %d MiB from the system", n>>20)
			}
		})
	}
}
