package jinja

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// str is Python's str() of a value, as Jinja2 prints it.
func (r *run) str(v Value) string {
	switch v := v.(type) {
	case string:
		return v
	case safe:
		return string(v)
	case undefined:
		return ""
	}
	var out strings.Builder
	r.repr(&out, v, 0)
	return out.String()
}

// repr writes Python's repr() of a value.
func (r *run) repr(out *strings.Builder, v Value, depth int) {
	if !r.nested(depth) {
		return
	}
	switch v := v.(type) {
	case undefined:
		out.WriteString("Undefined")
	case nil:
		out.WriteString("None")
	case bool:
		out.WriteString(map[bool]string{true: "True", false: "False"}[v])
	case int64:
		out.WriteString(strconv.FormatInt(v, 10))
	case bigInt:
		out.WriteString(string(v))
	case float64:
		out.WriteString(reprFloat(v))
	case string:
		if r.charge(0, 2*len(v)) {
			reprString(out, v)
		}
	case []Value:
		r.reprList(out, v, "[", "]", depth)
	case tuple:
		if len(v) == 1 {
			r.reprList(out, v, "(", ",)", depth)
		} else {
			r.reprList(out, v, "(", ")", depth)
		}
	case *Dict:
		out.WriteByte('{')
		for i, key := range v.keys {
			if i > 0 {
				out.WriteString(", ")
			}
			r.repr(out, key, depth+1)
			out.WriteString(": ")
			r.repr(out, v.values[key], depth+1)
		}
		out.WriteByte('}')
	default:
		r.fail("printing a value of type %s is not implemented", typeOf(v))
	}
}

func (r *run) reprList(out *strings.Builder, items []Value, open, end string, depth int) {
	out.WriteString(open)
	for i, item := range items {
		if i > 0 {
			out.WriteString(", ")
		}
		r.repr(out, item, depth+1)
	}
	out.WriteString(end)
}

// escapes are those of repr and of JSON.
var escapes = map[rune]string{'\n': `\n`, '\r': `\r`, '\t': `\t`, '\\': `\\`}

// reprString writes Python's repr() of a string.
func reprString(out *strings.Builder, s string) {
	quote := '\''
	if strings.ContainsRune(s, '\'') && !strings.ContainsRune(s, '"') {
		quote = '"'
	}
	out.WriteRune(quote)
	for _, c := range s {
		escaped, ok := escapes[c]
		switch {
		case ok:
			out.WriteString(escaped)
		case c == quote:
			out.WriteString(`\` + string(c))
		case unicode.IsPrint(c):
			out.WriteRune(c)
		case c < 0x100:
			fmt.Fprintf(out, `\x%02x`, c)
		case c < 0x10000:
			fmt.Fprintf(out, `\u%04x`, c)
		default:
			fmt.Fprintf(out, `\U%08x`, c)
		}
	}
	out.WriteRune(quote)
}

// reprFloat is Python's repr() of a float: the shortest digits that give it back,
// with an exponent below 1e-4 and from 1e16 on, and always a point or an exponent.
func reprFloat(f float64) string {
	switch {
	case math.IsInf(f, 0):
		return strings.TrimPrefix(strings.ToLower(strconv.FormatFloat(f, 'g', -1, 64)), "+")
	case math.IsNaN(f):
		return "nan"
	}
	text := strconv.FormatFloat(f, 'e', -1, 64)
	_, exponent, _ := strings.Cut(text, "e")
	if n, err := strconv.Atoi(exponent); err == nil && n >= -4 && n < 16 {
		if text = strconv.FormatFloat(f, 'f', -1, 64); !strings.Contains(text, ".") {
			text += ".0"
		}
	}
	return text
}
