package jinja

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// jsonStyle is how tojson writes; see Python's json.dumps.
type jsonStyle struct {
	ascii, sorted bool
	// indented says that each element has a line, indented by indent a level.
	indented       bool
	indent         string
	between, colon string
}

// maxIndent is the widest indent of a line.
const maxIndent = 64

// filterToJSON is transformers' tojson, which is json.dumps with ensure_ascii off.
func filterToJSON(r *run, v Value, a []Value) Value {
	style := jsonStyle{between: ", ", colon: ": ", ascii: truth(a[0]), sorted: truth(a[3])}
	if given(a[1]) {
		style.indented, style.between = true, ","
		if text, ok := a[1].(string); ok {
			style.indent = text
		} else {
			style.indent = strings.Repeat(" ", int(min(max(r.optional(a[1], 0), 0), maxIndent+1)))
		}
		if len(style.indent) > maxIndent {
			return r.fail("an indent of more than %d is not implemented", maxIndent)
		}
	}
	if given(a[2]) {
		separators, _ := elements(a[2])
		if len(separators) != 2 {
			return r.fail("the separators are not two")
		}
		style.between, style.colon = r.operands(separators[0], separators[1])
	}
	var out strings.Builder
	r.dump(&out, v, &style, 0)
	return out.String()
}

// dump writes a value as json.dumps does.
func (r *run) dump(out *strings.Builder, v Value, s *jsonStyle, depth int) {
	if !r.nested(depth) || !r.charge(0, depth*len(s.indent)) {
		return
	}
	switch v := v.(type) {
	case nil:
		out.WriteString("null")
	case bool:
		out.WriteString(strconv.FormatBool(v))
	case int64:
		out.WriteString(strconv.FormatInt(v, 10))
	case bigInt:
		out.WriteString(string(v))
	case float64:
		out.WriteString(dumpFloat(v))
	case string:
		if r.charge(0, 2*len(v)) {
			dumpString(out, v, s.ascii)
		}
	case []Value, tuple:
		items, _ := elements(v)
		r.dumpEach(out, s, depth, "[]", len(items), func(i int) { r.dump(out, items[i], s, depth+1) })
	case *Dict:
		keys := v.keys
		if s.sorted {
			keys = slices.Sorted(slices.Values(keys))
		}
		r.dumpEach(out, s, depth, "{}", len(keys), func(i int) {
			r.dump(out, keys[i], s, depth+1)
			out.WriteString(s.colon)
			r.dump(out, v.values[keys[i]], s, depth+1)
		})
	default:
		r.fail("a value of type %s is no JSON", typeOf(v))
	}
}

// dumpEach writes the elements of an array or an object.
func (r *run) dumpEach(out *strings.Builder, s *jsonStyle, depth int, brackets string, n int, element func(int)) {
	line := func(depth int) {
		if s.indented && n > 0 {
			out.WriteString("\n" + strings.Repeat(s.indent, depth))
		}
	}
	out.WriteByte(brackets[0])
	for i := 0; i < n && r.err == nil; i++ {
		if i > 0 {
			out.WriteString(s.between)
		}
		line(depth + 1)
		element(i)
	}
	line(depth)
	out.WriteByte(brackets[1])
}

func dumpFloat(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case math.IsNaN(f):
		return "NaN"
	}
	return reprFloat(f)
}

// dumpString writes a JSON string with json.dumps's escapes.
func dumpString(out *strings.Builder, s string, ascii bool) {
	out.WriteByte('"')
	from := 0
	for i, c := range s {
		if c >= 0x20 && c < 0x7f && c != '"' && c != '\\' || c >= 0x7f && !ascii {
			continue
		}
		escaped, ok := escapes[c]
		switch {
		case ok:
		case c == '"' || c == '\b' || c == '\f':
			escaped = map[rune]string{'"': `\"`, '\b': `\b`, '\f': `\f`}[c]
		case c < 0x10000:
			escaped = fmt.Sprintf(`\u%04x`, c)
		default:
			escaped = fmt.Sprintf(`\u%04x\u%04x`, 0xd800+(c-0x10000)>>10, 0xdc00+(c-0x10000)&0x3ff)
		}
		out.WriteString(s[from:i])
		out.WriteString(escaped)
		_, width := utf8.DecodeRuneInString(s[i:])
		from = i + width
	}
	out.WriteString(s[from:])
	out.WriteByte('"')
}
