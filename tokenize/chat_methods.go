package tokenize

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ardanlabs/jinja"
)

// stringMethod is a method of str; named holds arguments by name.
type stringMethod func(r *chatRun, s string, args []jinja.Value, named []namedValue) (jinja.Value, error)

var stringMethods = map[string]stringMethod{
	"strip":        stripMethod(strings.Trim, strings.TrimFunc),
	"lstrip":       stripMethod(strings.TrimLeft, strings.TrimLeftFunc),
	"rstrip":       stripMethod(strings.TrimRight, strings.TrimRightFunc),
	"split":        splitMethod,
	"splitlines":   splitLinesMethod,
	"startswith":   affixMethod(strings.HasPrefix),
	"endswith":     affixMethod(strings.HasSuffix),
	"removeprefix": removeMethod(strings.TrimPrefix),
	"removesuffix": removeMethod(strings.TrimSuffix),
	"find":         findMethod(strings.Index),
	"rfind":        findMethod(strings.LastIndex),
	"count":        countMethod,
	"replace":      replaceMethod,
	"join":         joinMethod,
	"upper":        caseMethod(upper),
	"lower":        caseMethod(lower),
	"capitalize":   caseMethod(capitalize),
	"title":        caseMethod(title),
}

// oneString demands one argument, a string.
func oneString(args []jinja.Value, named []namedValue) (string, error) {
	if len(args) != 1 || len(named) > 0 || !args[0].IsString() {
		return "", errors.New("wants one str")
	}
	return args[0].AsString(), nil
}

func stripMethod(set func(s, cut string) string, space func(s string, f func(rune) bool) string) stringMethod {
	return func(r *chatRun, s string, args []jinja.Value, named []namedValue) (jinja.Value, error) {
		if err := r.charge(1, len(s)); err != nil {
			return jinja.Undefined(), err
		}
		if len(args) == 0 && len(named) == 0 || len(args) == 1 && args[0].IsNone() {
			return r.text(space(s, pySpace))
		}
		cut, err := oneString(args, named)
		if err != nil {
			return jinja.Undefined(), err
		}
		return r.text(set(s, cut))
	}
}

func affixMethod(has func(s, affix string) bool) stringMethod {
	return func(r *chatRun, s string, args []jinja.Value, named []namedValue) (jinja.Value, error) {
		if len(args) == 1 && r.markOf(args[0]) == markTuple {
			for _, affix := range args[0].AsList().Items {
				if !affix.IsString() {
					return jinja.Undefined(), errors.New("wants str or a tuple of them")
				}
				if has(s, affix.AsString()) {
					return jinja.NewBool(true), nil
				}
			}
			return jinja.NewBool(false), nil
		}
		affix, err := oneString(args, named)
		return jinja.NewBool(err == nil && has(s, affix)), err
	}
}

func removeMethod(remove func(s, affix string) string) stringMethod {
	return func(r *chatRun, s string, args []jinja.Value, named []namedValue) (jinja.Value, error) {
		affix, err := oneString(args, named)
		if err != nil {
			return jinja.Undefined(), err
		}
		return r.text(remove(s, affix))
	}
}

func findMethod(index func(s, part string) int) stringMethod {
	return func(r *chatRun, s string, args []jinja.Value, named []namedValue) (jinja.Value, error) {
		part, err := oneString(args, named)
		if err == nil {
			err = r.charge(1, len(s))
		}
		if err != nil {
			return jinja.Undefined(), err
		}
		at := index(s, part)
		if at > 0 {
			at = utf8.RuneCountInString(s[:at])
		}
		return jinja.NewInt(int64(at)), nil
	}
}

func countMethod(r *chatRun, s string, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	part, err := oneString(args, named)
	if err == nil {
		err = r.charge(1, len(s))
	}
	if err != nil {
		return jinja.Undefined(), err
	}
	return jinja.NewInt(int64(strings.Count(s, part))), nil
}

func splitMethod(r *chatRun, s string, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	bound, err := bind(args, named, "sep", "maxsplit")
	if err != nil {
		return jinja.Undefined(), err
	}
	most := int64(-1)
	if bound[1] != nil {
		var ok bool
		if most, ok = integer(*bound[1]); !ok {
			return jinja.Undefined(), errors.New("split: maxsplit is no integer")
		}
	}
	var parts []string
	switch {
	case bound[0] == nil || bound[0].IsNone():
		if most >= 0 {
			return jinja.Undefined(), errors.New("split at white space with maxsplit is not implemented")
		}
		if err := r.charge(1, 16*len(s)); err != nil { // there may be half as many parts as bytes
			return jinja.Undefined(), err
		}
		parts = strings.FieldsFunc(s, pySpace)
	case !bound[0].IsString() || bound[0].AsString() == "":
		return jinja.Undefined(), errors.New("split: the separator is no str, or empty")
	default:
		n := strings.Count(s, bound[0].AsString())
		if err := r.charge(n, len(s)+16*n); err != nil {
			return jinja.Undefined(), err
		}
		if most < 0 {
			most = int64(n)
		}
		parts = strings.SplitN(s, bound[0].AsString(), int(min(most, int64(n)))+1)
	}
	return r.texts(parts)
}

// texts makes a list of strings.
func (r *chatRun) texts(parts []string) (jinja.Value, error) {
	out := make([]jinja.Value, len(parts))
	for i, part := range parts {
		out[i] = jinja.NewString(part)
		if err := r.charge(1, 0); err != nil {
			return jinja.Undefined(), err
		}
	}
	return jinja.NewList(out), nil
}

func splitLinesMethod(r *chatRun, s string, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	if len(args)+len(named) > 0 || strings.ContainsAny(s, "\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029") {
		return jinja.Undefined(), errors.New("splitlines with arguments or with line ends other than a newline is not implemented")
	}
	if err := r.charge(strings.Count(s, "\n"), 16*len(s)); err != nil || s == "" {
		return jinja.NewList(nil), err
	}
	return r.texts(strings.Split(strings.TrimSuffix(s, "\n"), "\n"))
}

func replaceMethod(r *chatRun, s string, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	bound, err := bind(args, named, "old", "new", "count")
	if err != nil {
		return jinja.Undefined(), err
	}
	for _, v := range bound[:2] {
		if v == nil || !v.IsString() {
			return jinja.Undefined(), errors.New("replace wants two str")
		}
	}
	count := int64(-1)
	if bound[2] != nil {
		var ok bool
		if count, ok = integer(*bound[2]); !ok {
			return jinja.Undefined(), errors.New("replace: the count is no integer")
		}
	}
	return r.replace(s, bound[0].AsString(), bound[1].AsString(), count)
}

// replace counts the text before it makes it.
func (r *chatRun) replace(s, old, with string, count int64) (jinja.Value, error) {
	if err := r.charge(1, len(s)); err != nil {
		return jinja.Undefined(), err
	}
	found := int64(strings.Count(s, old))
	if count >= 0 {
		found = min(found, count)
	}
	if growth := int64(len(with) - len(old)); growth > 0 && found > int64(r.bytes)/growth {
		return jinja.Undefined(), errBudget
	}
	return r.text(strings.Replace(s, old, with, int(found)))
}

func joinMethod(r *chatRun, s string, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	if len(args) != 1 || len(named) > 0 {
		return jinja.Undefined(), errors.New("join wants one value")
	}
	items, err := r.items(args[0])
	if err != nil {
		return jinja.Undefined(), err
	}
	parts := make([]string, len(items))
	for i, item := range items {
		if !item.IsString() {
			return jinja.Undefined(), fmt.Errorf("join of a value of type %s", r.typeOf(item))
		}
		parts[i] = item.AsString()
	}
	return r.join(parts, s)
}

// join counts the text before it makes it.
func (r *chatRun) join(parts []string, with string) (jinja.Value, error) {
	for _, part := range parts {
		if err := r.charge(1, len(part)+len(with)); err != nil {
			return jinja.Undefined(), err
		}
	}
	return jinja.NewString(strings.Join(parts, with)), nil
}

func caseMethod(change func(string) (string, error)) stringMethod {
	return func(r *chatRun, s string, args []jinja.Value, named []namedValue) (jinja.Value, error) {
		if len(args)+len(named) > 0 {
			return jinja.Undefined(), errors.New("wants no arguments")
		}
		out, err := change(s)
		if err != nil {
			return jinja.Undefined(), err
		}
		return r.text(out)
	}
}

// errCase: Python maps some letters to several and knows final sigmas.
var errCase = errors.New("upper and lower case beyond ASCII are not implemented")

func ascii(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool { return c >= utf8.RuneSelf }) < 0
}

func upper(s string) (string, error) {
	if !ascii(s) {
		return "", errCase
	}
	return strings.ToUpper(s), nil
}

// lower maps each letter to one, but for two that Python treats otherwise.
func lower(s string) (string, error) {
	if strings.ContainsAny(s, "\u0130\u03a3") {
		return "", errCase
	}
	return strings.ToLower(s), nil
}

func capitalize(s string) (string, error) {
	if !ascii(s) {
		return "", errCase
	}
	if s == "" {
		return s, nil
	}
	return strings.ToUpper(s[:1]) + strings.ToLower(s[1:]), nil
}

func title(s string) (string, error) {
	if !ascii(s) {
		return "", errCase
	}
	inside := false
	return strings.Map(func(c rune) rune {
		was := inside
		if inside = unicode.IsLetter(c); inside && !was {
			return unicode.ToUpper(c)
		}
		return unicode.ToLower(c)
	}, s), nil
}

// dictMethod is a method of dict.
type dictMethod func(r *chatRun, d *jinja.Dict, args []jinja.Value, named []namedValue) (jinja.Value, error)

var dictMethods = map[string]dictMethod{
	"items":  viewMethod(func(key string, v jinja.Value) []jinja.Value { return []jinja.Value{jinja.NewString(key), v} }),
	"keys":   viewMethod(func(key string, _ jinja.Value) []jinja.Value { return []jinja.Value{jinja.NewString(key)} }),
	"values": viewMethod(func(_ string, v jinja.Value) []jinja.Value { return []jinja.Value{v} }),
	"get":    getMethod,
}

// The methods that Jinja2's sandbox forbids, and some that nobody uses.
var (
	unsafeDictMethods = []string{"clear", "copy", "fromkeys", "pop", "popitem", "setdefault", "update"}
	unsafeListMethods = []string{"append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse", "sort"}
)

// viewMethod lists the entries of a dict; two values of an entry are a tuple.
func viewMethod(entry func(key string, v jinja.Value) []jinja.Value) dictMethod {
	return func(r *chatRun, d *jinja.Dict, args []jinja.Value, named []namedValue) (jinja.Value, error) {
		if len(args)+len(named) > 0 {
			return jinja.Undefined(), errors.New("wants no arguments")
		}
		out := make([]jinja.Value, d.Len())
		for i, key := range d.Keys {
			values := entry(key, d.Data[key])
			out[i] = values[0]
			if len(values) > 1 {
				var err error
				if out[i], err = r.list(values, markTuple); err != nil {
					return jinja.Undefined(), err
				}
			}
		}
		return r.list(out, markView)
	}
}

func getMethod(_ *chatRun, d *jinja.Dict, args []jinja.Value, named []namedValue) (jinja.Value, error) {
	if len(args) < 1 || len(args) > 2 || len(named) > 0 {
		return jinja.Undefined(), errors.New("get wants one or two values")
	}
	if args[0].IsString() {
		if v, ok := d.Get(args[0].AsString()); ok {
			return v, nil
		}
	}
	if len(args) == 2 {
		return args[1], nil
	}
	return jinja.None(), nil
}
