package jinja

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// methods are those of the types that have some; see builtins for their parameters.
var methods = map[string]map[string]*builtin{
	"str": builtins("method ", map[string]action{
		"strip *chars?":            stripMethod(strings.Trim, strings.TrimFunc),
		"lstrip *chars?":           stripMethod(strings.TrimLeft, strings.TrimLeftFunc),
		"rstrip *chars?":           stripMethod(strings.TrimRight, strings.TrimRightFunc),
		"split sep? maxsplit?":     splitMethod,
		"splitlines":               splitLinesMethod,
		"startswith *prefix":       affixMethod(strings.HasPrefix),
		"endswith *suffix":         affixMethod(strings.HasSuffix),
		"removeprefix *prefix":     removeMethod(strings.TrimPrefix),
		"removesuffix *suffix":     removeMethod(strings.TrimSuffix),
		"find *sub":                findMethod(inRunes(strings.Index)),
		"rfind *sub":               findMethod(inRunes(strings.LastIndex)),
		"count *sub":               findMethod(strings.Count),
		"replace *old *new count?": replaceMethod,
		"join *iterable":           joinMethod,
		"upper":                    caseFilter(upper),
		"lower":                    caseFilter(lower),
		"capitalize":               caseFilter(capitalize),
		"title":                    caseFilter(title),
	}),
	"dict": builtins("method ", map[string]action{
		"items": func(r *run, v Value, _ []Value) Value { return view(r.pairs(v)) },
		"keys":  func(r *run, v Value, _ []Value) Value { return view(r.items(v)) },
		"values": func(r *run, v Value, _ []Value) Value {
			var out view
			for _, pair := range r.pairs(v) {
				values, _ := elements(pair)
				out = append(out, values[1])
			}
			return out
		},
		"get *key *default?": getMethod,
	}),
}

func getMethod(r *run, v Value, a []Value) Value {
	d, _ := v.(*Dict)
	if found, ok := r.get(d, a[0]); ok {
		return found
	}
	if a[1] == (absent{}) {
		return nil
	}
	return a[1]
}

// operands are two texts.
func (r *run) operands(a, b Value) (string, string) {
	s, first := a.(string)
	t, second := b.(string)
	if !first || !second {
		r.fail("values of type %s and %s, want two str", typeOf(a), typeOf(b))
	}
	return s, t
}

func stripMethod(set func(s, cut string) string, space func(s string, f func(rune) bool) string) action {
	return func(r *run, v Value, a []Value) Value {
		if s, _ := v.(string); !given(a[0]) {
			r.charge(1, len(s))
			return r.text(space(s, isSpace))
		}
		s, cut := r.operands(v, a[0])
		if !r.charge(1, len(s)) {
			return nil
		}
		return r.text(set(s, cut))
	}
}

func affixMethod(has func(s, affix string) bool) action {
	return func(r *run, v Value, a []Value) Value {
		affixes, ok := a[0].(tuple)
		if !ok {
			affixes = tuple{a[0]}
		}
		return slices.ContainsFunc(affixes, func(affix Value) bool { return has(r.operands(v, affix)) })
	}
}

func removeMethod(remove func(s, affix string) string) action {
	return func(r *run, v Value, a []Value) Value { return r.text(remove(r.operands(v, a[0]))) }
}

func findMethod(index func(s, part string) int) action {
	return func(r *run, v Value, a []Value) Value {
		s, part := r.operands(v, a[0])
		if !r.charge(1, len(s)) {
			return nil
		}
		return int64(index(s, part))
	}
}

// inRunes counts characters instead of bytes.
func inRunes(index func(s, part string) int) func(s, part string) int {
	return func(s, part string) int {
		at := index(s, part)
		if at > 0 {
			at = utf8.RuneCountInString(s[:at])
		}
		return at
	}
}

func splitMethod(r *run, v Value, a []Value) Value {
	s, _ := v.(string)
	most := r.optional(a[1], -1)
	separator, ok := a[0].(string)
	switch {
	case !given(a[0]) && most >= 0:
		return r.fail("at white space with maxsplit is not implemented")
	case given(a[0]) && (!ok || separator == ""):
		return r.fail("the separator is no str, or empty")
	case !given(a[0]) && r.charge(len(s)/2, 16*len(s)): // there may be half as many parts as bytes
		return listOf(strings.FieldsFunc(s, isSpace))
	case !r.charge(0, len(s)):
		return nil
	}
	n := int64(strings.Count(s, separator))
	if most >= 0 {
		n = min(n, most)
	}
	if !r.charge(int(n), 16*int(n)) {
		return nil
	}
	return listOf(strings.SplitN(s, separator, int(n)+1))
}

func splitLinesMethod(r *run, v Value, _ []Value) Value {
	s, _ := v.(string)
	if strings.ContainsAny(s, otherLineEnds) {
		return r.fail("with line ends other than a newline is not implemented")
	}
	if n := strings.Count(s, "\n"); s == "" || !r.charge(n, len(s)+16*n) {
		return []Value{}
	}
	return listOf(strings.Split(strings.TrimSuffix(s, "\n"), "\n"))
}

func replaceMethod(r *run, v Value, a []Value) Value {
	s, old := r.operands(v, a[0])
	_, with := r.operands(v, a[1])
	return r.replace(s, old, with, a[2])
}

// replace counts the text before it makes it.
func (r *run) replace(s, old, with string, count Value) Value {
	most := r.optional(count, -1)
	if !r.charge(1, len(s)) {
		return nil
	}
	found := strings.Count(s, old)
	if most >= 0 {
		found = int(min(int64(found), most))
	}
	if !r.charge(0, len(s)+found*max(len(with)-len(old), 0)) {
		return nil
	}
	return strings.Replace(s, old, with, found)
}

func joinMethod(r *run, v Value, a []Value) Value {
	s, _ := v.(string)
	return r.join(r.items(a[0]), s)
}

// join puts strings together; it counts the text before it makes it.
func (r *run) join(items []Value, with string) Value {
	parts := make([]string, len(items))
	for i, item := range items {
		var ok bool
		if parts[i], ok = item.(string); !ok {
			return r.fail("join of a value of type %s", typeOf(item))
		}
		if !r.charge(1, len(parts[i])+len(with)) {
			return nil
		}
	}
	return strings.Join(parts, with)
}

// ascii demands it: Python maps some letters to several.
func ascii(r *run, s string) string {
	if strings.IndexFunc(s, func(c rune) bool { return c >= utf8.RuneSelf }) >= 0 {
		r.fail("upper and lower case beyond ASCII are not implemented")
	}
	return s
}

func upper(r *run, s string) string { return strings.ToUpper(ascii(r, s)) }

// lower maps each letter to one, but for two that Python treats otherwise.
func lower(r *run, s string) string {
	if strings.ContainsAny(s, "\u0130\u03a3") {
		r.fail("lower case of \u0130 and \u03a3 is not implemented")
	}
	return strings.ToLower(s)
}

func capitalize(r *run, s string) string {
	if s = strings.ToLower(ascii(r, s)); s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// title begins words after all that is no letter.
func title(r *run, s string) string {
	return words(ascii(r, s), func(c rune) bool { return !unicode.IsLetter(c) })
}

// jinjaTitle begins words after white space, hyphens and open brackets only.
func jinjaTitle(r *run, s string) string {
	return words(ascii(r, s), func(c rune) bool { return isSpace(c) || strings.ContainsRune("-({[<", c) })
}

// words writes the letter after each end of a word in upper case, others in lower case.
func words(s string, ends func(rune) bool) string {
	start := true
	return strings.Map(func(c rune) rune {
		was := start
		if start = ends(c); was {
			return unicode.ToUpper(c)
		}
		return unicode.ToLower(c)
	}, s)
}
