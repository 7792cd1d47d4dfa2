package tokenize

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ardanlabs/jinja"
)

// filter is a filter; args begin with the value.
type filter func(r *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error)

var filters map[string]filter

func init() { // map and select refer to the table
	filters = map[string]filter{
		"abs":        filterAbs,
		"capitalize": caseFilter(capitalize),
		"count":      filterLength,
		"d":          filterDefault,
		"default":    filterDefault,
		"dictsort":   filterDictsort,
		"first":      filterFirst,
		"float":      filterFloat,
		"indent":     filterIndent,
		"int":        filterInt,
		"items":      filterItems,
		"join":       filterJoin,
		"last":       filterLast,
		"length":     filterLength,
		"list":       filterList,
		"lower":      caseFilter(lower),
		"map":        filterMap,
		"reject":     selecting(false, false),
		"rejectattr": selecting(true, false),
		"replace":    filterReplace,
		"reverse":    filterReverse,
		"safe":       filterSafe,
		"select":     selecting(false, true),
		"selectattr": selecting(true, true),
		"sort":       filterSort,
		"string":     filterString,
		"title":      caseFilter(jinjaTitle),
		"tojson":     filterToJSON,
		"trim":       filterTrim,
		"unique":     filterUnique,
		"upper":      caseFilter(upper),
	}
}

// opFilter applies a filter. Arguments: its name, the number of values by position,
// these, and 'name', value in turn.
func opFilter(r *chatRun, _ int, args []jinja.Value) (jinja.Value, error) {
	name, n := args[0].AsString(), int(args[1].AsInt())
	return r.filter(name, args[2:2+n], pairs(args, 2+n))
}

func (r *chatRun) filter(name string, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	f := filters[name]
	if f == nil {
		return jinja.Undefined(), fmt.Errorf("filter %q is not implemented", name)
	}
	if err := r.charge(1, 0); err != nil {
		return jinja.Undefined(), err
	}
	out, err := f(r, args, named)
	if err != nil {
		return jinja.Undefined(), fmt.Errorf("filter %s: %w", name, err)
	}
	return out, nil
}

func filterToJSON(r *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	bound, err := bind(args, named, "x", "ensure_ascii", "indent", "separators", "sort_keys")
	if err != nil {
		return jinja.Undefined(), err
	}
	style := jsonStyle{between: ", ", colon: ": "}
	style.ascii = bound[1] != nil && bound[1].IsTruthy()
	style.sorted = bound[4] != nil && bound[4].IsTruthy()
	if bound[2] != nil && !bound[2].IsNone() {
		n, ok := integer(*bound[2])
		switch {
		case bound[2].IsString() && len(bound[2].AsString()) <= 64:
			style.indent = bound[2].AsString()
		case ok && n <= 64:
			style.indent = strings.Repeat(" ", max(int(n), 0))
		default:
			return jinja.Undefined(), errors.New("the indent is no integer or str, or too long")
		}
		style.indented, style.between = true, ","
	}
	if bound[3] != nil && !bound[3].IsNone() {
		items, err := r.items(*bound[3])
		if err != nil || len(items) != 2 || !items[0].IsString() || !items[1].IsString() {
			return jinja.Undefined(), errors.New("the separators are not two str")
		}
		style.between, style.colon = items[0].AsString(), items[1].AsString()
	}
	var out strings.Builder
	if err := r.dump(&out, args[0], &style, 0); err != nil {
		return jinja.Undefined(), err
	}
	return r.text(out.String())
}

func filterTrim(r *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	bound, err := bind(args, named, "value", "chars")
	if err != nil {
		return jinja.Undefined(), err
	}
	s, err := r.unsafe(args[0])
	if err != nil {
		return jinja.Undefined(), err
	}
	chars := []jinja.Value{}
	if bound[1] != nil {
		chars = append(chars, *bound[1])
	}
	return stringMethods["strip"](r, s, chars, nil)
}

// unsafe is str of a value that is not from the filter safe: Python would give a safe
// string of it.
func (r *chatRun) unsafe(v jinja.Value) (string, error) {
	if _, ok := opaqueName(v, markupName); ok {
		return "", fmt.Errorf("of a value of type %s is not implemented", r.typeOf(v))
	}
	return r.str(v)
}

func caseFilter(change func(string) (string, error)) filter {
	return func(r *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error) {
		if _, err := bind(args, named, "s"); err != nil {
			return jinja.Undefined(), err
		}
		s, err := r.unsafe(args[0])
		if err == nil {
			s, err = change(s)
		}
		if err != nil {
			return jinja.Undefined(), err
		}
		return r.text(s)
	}
}

// jinjaTitle begins words after white space, hyphens and open brackets only.
func jinjaTitle(s string) (string, error) {
	if !ascii(s) {
		return "", errCase
	}
	start := true
	return strings.Map(func(c rune) rune {
		up := start
		start = pySpace(c) || strings.ContainsRune("-({[<", c)
		if up {
			return []rune(strings.ToUpper(string(c)))[0]
		}
		return []rune(strings.ToLower(string(c)))[0]
	}, s), nil
}

func filterDefault(_ *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	bound, err := bind(args, named, "value", "default_value", "boolean")
	if err != nil {
		return jinja.Undefined(), err
	}
	if args[0].IsUndefined() || bound[2] != nil && bound[2].IsTruthy() && !args[0].IsTruthy() {
		if bound[1] == nil {
			return jinja.NewString(""), nil
		}
		return *bound[1], nil
	}
	return args[0], nil
}

func filterLength(r *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	if _, err := bind(args, named, "obj"); err != nil {
		return jinja.Undefined(), err
	}
	v := args[0]
	switch {
	case v.IsString():
		return jinja.NewInt(int64(utf8.RuneCountInString(v.AsString()))), r.charge(0, len(v.AsString()))
	case v.IsList():
		return jinja.NewInt(int64(v.AsList().Len())), nil
	case v.IsDict() && r.markOf(v) == 0:
		return jinja.NewInt(int64(v.AsDict().Len())), nil
	case v.IsUndefined():
		return jinja.NewInt(0), nil
	}
	return jinja.Undefined(), fmt.Errorf("a value of type %s has no length", r.typeOf(v))
}

func filterString(r *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	if _, err := bind(args, named, "object"); err != nil {
		return jinja.Undefined(), err
	}
	if isString(args[0]) {
		return args[0], nil
	}
	s, err := r.str(args[0])
	return jinja.NewString(s), err
}

// filterSafe makes a string that is printed as it is. Python's + would escape what is
// added to it, so that nothing but printing, joining and tests take it here.
func filterSafe(r *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	if _, err := bind(args, named, "value"); err != nil {
		return jinja.Undefined(), err
	}
	s, err := r.str(args[0])
	if err != nil || s == "" {
		return jinja.NewString(""), err
	}
	return opaque(markupName + s), r.charge(0, len(s))
}

func filterList(r *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	if _, err := bind(args, named, "value"); err != nil {
		return jinja.Undefined(), err
	}
	items, err := r.items(args[0])
	return jinja.NewList(slices.Clone(items)), err
}

func filterInt(_ *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	if _, err := bind(args, named, "value"); err != nil {
		return jinja.Undefined(), err
	}
	n, isInt := integer(args[0])
	switch {
	case isInt:
		return jinja.NewInt(n), nil
	case args[0].IsFloat() && math.Abs(args[0].AsFloat()) < 1<<62:
		return jinja.NewInt(int64(args[0].AsFloat())), nil
	case args[0].IsString() && plainNumber.MatchString(args[0].AsString()):
		if f, err := strconv.ParseFloat(args[0].AsString(), 64); err == nil && math.Abs(f) < 1<<53 {
			return jinja.NewInt(int64(f)), nil
		}
	}
	return jinja.Undefined(), errors.New("implemented for numbers and for decimal digits only")
}

// plainNumber is text that Python's int() or float() reads.
var plainNumber = regexp.MustCompile(`^[-+]?[0-9]{1,15}(\.[0-9]{0,15})?$`)

func filterFloat(_ *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	if _, err := bind(args, named, "value"); err != nil {
		return jinja.Undefined(), err
	}
	if _, isInt := integer(args[0]); isInt || args[0].IsFloat() {
		return jinja.NewFloat(number(args[0])), nil
	}
	return jinja.Undefined(), errors.New("implemented for numbers only")
}

func filterAbs(r *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	if _, err := bind(args, named, "x"); err != nil {
		return jinja.Undefined(), err
	}
	n, isInt := integer(args[0])
	switch {
	case isInt && n != math.MinInt64:
		return jinja.NewInt(max(n, -n)), nil
	case args[0].IsFloat():
		return jinja.NewFloat(math.Abs(args[0].AsFloat())), nil
	}
	return jinja.Undefined(), fmt.Errorf("of a value of type %s", r.typeOf(args[0]))
}

func filterReplace(r *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	bound, err := bind(args, named, "s", "old", "new", "count")
	if err != nil {
		return jinja.Undefined(), err
	}
	texts := make([]string, 3)
	for i := range texts {
		if bound[i] == nil {
			return jinja.Undefined(), errors.New("wants what to replace and with what")
		}
		if texts[i], err = r.str(*bound[i]); err != nil {
			return jinja.Undefined(), err
		}
	}
	count := int64(-1)
	if bound[3] != nil && !bound[3].IsNone() {
		var ok bool
		if count, ok = integer(*bound[3]); !ok {
			return jinja.Undefined(), errors.New("the count is no integer")
		}
	}
	return r.replace(texts[0], texts[1], texts[2], count)
}

// filterIndent is Jinja2's: lines after the first, blank ones not.
func filterIndent(r *chatRun, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	bound, err := bind(args, named, "s", "width", "first", "blank")
	if err != nil {
		return jinja.Undefined(), err
	}
	if !args[0].IsString() {
		return jinja.Undefined(), fmt.Errorf("of a value of type %s", r.typeOf(args[0]))
	}
	s := args[0].AsString()
	indent := "    "
	if bound[1] != nil {
		n, ok := integer(*bound[1])
		if !ok || n > 64 || n < 0 {
			return jinja.Undefined(), errors.New("a width that is no integer up to 64 is not implemented")
		}
		indent = strings.Repeat(" ", int(n))
	}
	first := bound[2] != nil && bound[2].IsTruthy()
	blank := bound[3] != nil && bound[3].IsTruthy()
	if strings.ContainsAny(s, "\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029") {
		return jinja.Undefined(), errors.New("line ends other than a newline are not implemented")
	}
	if err := r.charge(0, (strings.Count(s, "\n")+1)*len(indent)); err != nil {
		return jinja.Undefined(), err
	}
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		if i > 0 && (line != "" || blank) {
			lines[i] = indent + line
		}
	}
	out := strings.Join(lines, "\n")
	if first {
		out = indent + out
	}
	return r.text(out)
}
