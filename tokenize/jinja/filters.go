package jinja

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// filters are the filters by name; see builtins for their parameters.
var filters map[string]*builtin

func init() { // map and select refer to the table
	filters = builtins("filter ", map[string]action{
		"capitalize":                      caseFilter(capitalize),
		"count":                           filterLength,
		"d default_value? boolean?":       filterDefault,
		"default default_value? boolean?": filterDefault,
		"dictsort":                        filterDictsort,
		"first":                           filterFirst,
		"float":                           filterFloat,
		"indent width? first? blank?":     filterIndent,
		"int":                             filterInt,
		"items":                           filterItems,
		"join d? attribute?":              filterJoin,
		"last":                            filterLast,
		"length":                          filterLength,
		"list":                            filterList,
		"lower":                           caseFilter(lower),
		"replace old new count?":          filterReplace,
		"reverse":                         filterReverse,
		"safe":                            filterSafe,
		"sort reverse? case_sensitive? attribute?": filterSort,
		"string": filterString,
		"title":  caseFilter(jinjaTitle),
		"tojson ensure_ascii? indent? separators? sort_keys?": filterToJSON,
		"trim chars?": filterTrim,
		"upper":       caseFilter(upper),
	})
	for name, do := range map[string]func(*run, Value, []Value, *Dict) Value{
		"map":        filterMap,
		"reject":     selecting(false, false),
		"rejectattr": selecting(true, false),
		"select":     selecting(false, true),
		"selectattr": selecting(true, true),
	} {
		filters[name] = &builtin{name: "filter " + name, rest: do}
	}
}

// unsafe is str of a value that is not from the filter safe: Python would give a safe
// string of it.
func (r *run) unsafe(v Value) string {
	if _, ok := v.(safe); ok {
		r.fail("of a value of type %s is not implemented", typeOf(v))
	}
	return r.str(v)
}

// text is a string, which counts.
func (r *run) text(s string) Value {
	r.charge(0, len(s))
	return s
}

func filterTrim(r *run, v Value, a []Value) Value {
	return stripMethod(strings.Trim, strings.TrimFunc)(r, r.unsafe(v), a)
}

func caseFilter(change func(*run, string) string) action {
	return func(r *run, v Value, _ []Value) Value { return r.text(change(r, r.unsafe(v))) }
}

func filterDefault(_ *run, v Value, a []Value) Value {
	switch {
	case v != undefined{} && (!truth(a[1]) || truth(v)):
		return v
	case a[0] == absent{}:
		return ""
	}
	return a[0]
}

func filterLength(r *run, v Value, _ []Value) Value {
	items, ok := elements(v)
	n := len(items)
	switch v := v.(type) {
	case string:
		r.charge(0, len(v))
		n, ok = utf8.RuneCountInString(v), true
	case *Dict:
		n, ok = v.Len(), true
	case undefined:
		ok = true
	}
	if !ok {
		return r.fail("a value of type %s has no length", typeOf(v))
	}
	return int64(n)
}

func filterString(r *run, v Value, _ []Value) Value {
	if isString(v) {
		return v
	}
	return r.str(v)
}

func filterSafe(r *run, v Value, _ []Value) Value {
	s := r.str(v)
	r.charge(0, len(s))
	return safe(s)
}

// plainNumber is text that Python's int() or float() reads.
var plainNumber = regexp.MustCompile(`^[-+]?[0-9]{1,15}(\.[0-9]{0,15})?$`)

func filterInt(r *run, v Value, _ []Value) Value {
	f, ok := number(v)
	if s, isText := v.(string); isText && plainNumber.MatchString(s) {
		parsed, err := strconv.ParseFloat(s, 64)
		f, ok = parsed, err == nil
	}
	if n, isInt := integer(v); isInt {
		return n
	}
	if !ok || math.Abs(f) >= 1<<62 {
		return r.fail("implemented for numbers and for decimal digits only")
	}
	return int64(f)
}

func filterFloat(r *run, v Value, _ []Value) Value {
	f, ok := number(v)
	if !ok {
		return r.fail("implemented for numbers only")
	}
	return f
}

func filterReplace(r *run, v Value, a []Value) Value {
	return r.replace(r.str(v), r.str(a[0]), r.str(a[1]), a[2])
}

// otherLineEnds are those that splitlines knows beside the newline.
const otherLineEnds = "\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029"

// filterIndent is Jinja2's: lines after the first, blank ones not.
func filterIndent(r *run, v Value, a []Value) Value {
	s, ok := v.(string)
	width := int(r.optional(a[0], 4))
	if !ok || strings.ContainsAny(s, otherLineEnds) || width < 0 || width > maxIndent {
		return r.fail("implemented for strings with newlines only, and for widths up to %d", maxIndent)
	}
	if !r.charge(0, (strings.Count(s, "\n")+1)*width) {
		return nil
	}
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		if i == 0 && truth(a[1]) || i > 0 && (line != "" || truth(a[2])) {
			lines[i] = strings.Repeat(" ", width) + line
		}
	}
	return r.text(strings.Join(lines, "\n"))
}
