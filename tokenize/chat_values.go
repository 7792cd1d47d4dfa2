package tokenize

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ardanlabs/jinja"
)

// str is Python's str() of a value, as Jinja2 prints it.
func (r *chatRun) str(v jinja.Value) (string, error) {
	switch {
	case v.IsString():
		return v.AsString(), nil
	case v.IsUndefined():
		return "", nil
	}
	if text, ok := opaqueName(v, markupName); ok {
		return text, nil
	}
	var out strings.Builder
	if err := r.repr(&out, v, 0); err != nil {
		return "", err
	}
	return out.String(), r.charge(0, out.Len())
}

// repr writes Python's repr() of a value.
func (r *chatRun) repr(out *strings.Builder, v jinja.Value, depth int) error {
	if depth > maxValueNested {
		return fmt.Errorf("a value nested more than %d deep", maxValueNested)
	}
	if err := r.charge(1, textSize(v)); err != nil {
		return err
	}
	switch {
	case v.IsUndefined():
		out.WriteString("Undefined")
	case v.IsNone():
		out.WriteString("None")
	case v.IsBool() && v.AsBool():
		out.WriteString("True")
	case v.IsBool():
		out.WriteString("False")
	case v.IsInt():
		out.WriteString(strconv.FormatInt(v.AsInt(), 10))
	case v.IsFloat():
		out.WriteString(pyFloat(v.AsFloat()))
	case v.IsString():
		reprString(out, v.AsString())
	case v.IsList() && r.markOf(v) != markView:
		return r.reprList(out, v, depth)
	case v.IsDict() && r.markOf(v) == 0:
		out.WriteByte('{')
		for i, key := range v.AsDict().Keys {
			if i > 0 {
				out.WriteString(", ")
			}
			reprString(out, key)
			out.WriteString(": ")
			if err := r.repr(out, v.AsDict().Data[key], depth+1); err != nil {
				return err
			}
		}
		out.WriteByte('}')
	default:
		if digits, ok := opaqueName(v, integerName); ok {
			out.WriteString(digits)
			return nil
		}
		return fmt.Errorf("printing a value of type %s is not implemented", r.typeOf(v))
	}
	return nil
}

// textSize is the length of a string, and of a dict's keys.
func textSize(v jinja.Value) int {
	switch {
	case v.IsString():
		return len(v.AsString())
	case v.IsDict():
		n := 0
		for _, key := range v.AsDict().Keys {
			n += len(key)
		}
		return n
	}
	return 0
}

func (r *chatRun) reprList(out *strings.Builder, v jinja.Value, depth int) error {
	open, end := "[", "]"
	if r.markOf(v) == markTuple {
		open, end = "(", ")"
		if v.AsList().Len() == 1 {
			end = ",)"
		}
	}
	out.WriteString(open)
	for i, item := range v.AsList().Items {
		if i > 0 {
			out.WriteString(", ")
		}
		if err := r.repr(out, item, depth+1); err != nil {
			return err
		}
	}
	out.WriteString(end)
	return nil
}

// reprString writes Python's repr() of a string.
func reprString(out *strings.Builder, s string) {
	quote := '\''
	if strings.ContainsRune(s, '\'') && !strings.ContainsRune(s, '"') {
		quote = '"'
	}
	out.WriteRune(quote)
	for _, c := range s {
		switch {
		case c == quote || c == '\\':
			out.WriteByte('\\')
			out.WriteRune(c)
		case c == '\n':
			out.WriteString(`\n`)
		case c == '\r':
			out.WriteString(`\r`)
		case c == '\t':
			out.WriteString(`\t`)
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

// pyFloat is Python's repr() of a float: the shortest digits that give it back,
// with an exponent below 1e-4 and from 1e16 on, and always a point or an exponent.
func pyFloat(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
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

// jsonStyle is how tojson writes; see Python's json.dumps.
type jsonStyle struct {
	ascii, sorted bool
	// indented says that each element has a line, indented by indent a level.
	indented       bool
	indent         string
	between, colon string
}

// dump writes a value as json.dumps does.
func (r *chatRun) dump(out *strings.Builder, v jinja.Value, s *jsonStyle, depth int) error {
	if depth > maxValueNested {
		return fmt.Errorf("a value nested more than %d deep", maxValueNested)
	}
	if err := r.charge(1, depth*len(s.indent)+textSize(v)); err != nil {
		return err
	}
	switch {
	case v.IsNone():
		out.WriteString("null")
	case v.IsBool():
		out.WriteString(strconv.FormatBool(v.AsBool()))
	case v.IsInt():
		out.WriteString(strconv.FormatInt(v.AsInt(), 10))
	case v.IsFloat():
		out.WriteString(jsonFloat(v.AsFloat()))
	case v.IsString():
		dumpString(out, v.AsString(), s.ascii)
	case v.IsList() && r.markOf(v) != markView:
		items := v.AsList().Items
		return dumpEach(out, s, depth, "[]", len(items), func(i int) error {
			return r.dump(out, items[i], s, depth+1)
		})
	case v.IsDict() && r.markOf(v) == 0:
		d := v.AsDict()
		keys := d.Keys
		if s.sorted {
			keys = d.OrderedKeys()
			sort.Strings(keys)
		}
		return dumpEach(out, s, depth, "{}", len(keys), func(i int) error {
			dumpString(out, keys[i], s.ascii)
			out.WriteString(s.colon)
			return r.dump(out, d.Data[keys[i]], s, depth+1)
		})
	default:
		if digits, ok := opaqueName(v, integerName); ok {
			out.WriteString(digits)
			return nil
		}
		return fmt.Errorf("a value of type %s is no JSON", r.typeOf(v))
	}
	return nil
}

// dumpEach writes the elements of an array or an object.
func dumpEach(out *strings.Builder, s *jsonStyle, depth int, brackets string, n int, element func(int) error) error {
	out.WriteByte(brackets[0])
	for i := range n {
		if i > 0 {
			out.WriteString(s.between)
		}
		if s.indented {
			out.WriteString("\n" + strings.Repeat(s.indent, depth+1))
		}
		if err := element(i); err != nil {
			return err
		}
	}
	if s.indented && n > 0 {
		out.WriteString("\n" + strings.Repeat(s.indent, depth))
	}
	out.WriteByte(brackets[1])
	return nil
}

func jsonFloat(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case math.IsNaN(f):
		return "NaN"
	}
	return pyFloat(f)
}

// dumpString writes a JSON string with json.dumps's escapes.
func dumpString(out *strings.Builder, s string, ascii bool) {
	out.WriteByte('"')
	from := 0
	for i := 0; i < len(s); {
		c, width := utf8.DecodeRuneInString(s[i:])
		var escaped string
		switch {
		case c == '"':
			escaped = `\"`
		case c == '\\':
			escaped = `\\`
		case c == '\n':
			escaped = `\n`
		case c == '\r':
			escaped = `\r`
		case c == '\t':
			escaped = `\t`
		case c == '\b':
			escaped = `\b`
		case c == '\f':
			escaped = `\f`
		case c < 0x20, ascii && c >= 0x7f && c < 0x10000:
			escaped = fmt.Sprintf(`\u%04x`, c)
		case ascii && c >= 0x10000:
			escaped = fmt.Sprintf(`\u%04x\u%04x`, 0xd800+(c-0x10000)>>10, 0xdc00+(c-0x10000)&0x3ff)
		}
		if escaped != "" {
			out.WriteString(s[from:i])
			out.WriteString(escaped)
			from = i + width
		}
		i += width
	}
	out.WriteString(s[from:])
	out.WriteByte('"')
}
