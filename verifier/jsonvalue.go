package verifier

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The limits of a JSON text that a policy wrote.
const (
	maxJSONBytes  = 16 << 10
	maxJSONDepth  = 16
	maxJSONDigits = 30 // of a number, its exponent included
)

// jsonValue is a JSON value: nil, bool, string, *big.Rat, []any or map[string]any.
type jsonValue = any

// jsonReader reads JSON (RFC 8259) strictly: nothing but one value, no key twice, all
// text UTF-8, and within the limits. Numbers are exact.
type jsonReader struct {
	text string
	at   int
}

// parseJSON is the value of a text; false where it is none or beyond a limit.
func parseJSON(text string) (jsonValue, bool) {
	if len(text) > maxJSONBytes || !utf8.ValidString(text) {
		return nil, false
	}
	r := jsonReader{text: text}
	v, ok := r.value(maxJSONDepth)
	return v, ok && r.peek() == 0 && r.at == len(text)
}

// peek is the next byte that is no white space, 0 at the end.
func (r *jsonReader) peek() byte {
	for r.at < len(r.text) && strings.IndexByte(" \t\r\n", r.text[r.at]) >= 0 {
		r.at++
	}
	if r.at == len(r.text) {
		return 0
	}
	return r.text[r.at]
}

// take goes past a text, if it is next.
func (r *jsonReader) take(text string) bool {
	r.peek()
	if !strings.HasPrefix(r.text[r.at:], text) {
		return false
	}
	r.at += len(text)
	return true
}

func (r *jsonReader) value(depth int) (jsonValue, bool) {
	switch c := r.peek(); {
	case depth == 0:
		return nil, false
	case c == '{':
		return r.object(depth - 1)
	case c == '[':
		return r.array(depth - 1)
	case c == '"':
		return r.str()
	case c == 't':
		return true, r.take("true")
	case c == 'f':
		return false, r.take("false")
	case c == 'n':
		return nil, r.take("null")
	}
	return r.number()
}

func (r *jsonReader) object(depth int) (jsonValue, bool) {
	out := map[string]any{}
	r.take("{")
	if r.take("}") {
		return out, true
	}
	for {
		if r.peek() != '"' {
			return nil, false
		}
		key, ok := r.str()
		if !ok || !r.take(":") {
			return nil, false
		}
		if _, twice := out[key]; twice {
			return nil, false
		}
		if out[key], ok = r.value(depth); !ok {
			return nil, false
		}
		if r.take("}") {
			return out, true
		}
		if !r.take(",") {
			return nil, false
		}
	}
}

func (r *jsonReader) array(depth int) (jsonValue, bool) {
	out := []any{}
	r.take("[")
	if r.take("]") {
		return out, true
	}
	for {
		v, ok := r.value(depth)
		if !ok {
			return nil, false
		}
		out = append(out, v)
		if r.take("]") {
			return out, true
		}
		if !r.take(",") {
			return nil, false
		}
	}
}

// str is a string; escapes are left to the standard library.
func (r *jsonReader) str() (string, bool) {
	begin := r.at
	for r.at++; r.at < len(r.text); r.at++ {
		switch r.text[r.at] {
		case '\\':
			r.at++
		case '"':
			r.at++
			var out string
			err := json.Unmarshal([]byte(r.text[begin:r.at]), &out)
			return out, err == nil
		}
	}
	return "", false
}

// number is an exact number whose exponent is small enough to be written out.
func (r *jsonReader) number() (jsonValue, bool) {
	begin := r.at
	for r.at < len(r.text) && strings.IndexByte("+-.eE0123456789", r.text[r.at]) >= 0 {
		r.at++
	}
	literal := r.text[begin:r.at]
	if len(literal) > maxJSONDigits || !json.Valid([]byte(literal)) {
		return nil, false
	}
	const largestExponent = 300
	if i := strings.IndexAny(literal, "eE"); i >= 0 {
		if e, err := strconv.Atoi(literal[i+1:]); err != nil || e > largestExponent || e < -largestExponent {
			return nil, false
		}
	}
	return new(big.Rat).SetString(literal)
}

// sameJSON reports whether two values are equal: the order of keys does not count, and
// 1.0 is 1.
func sameJSON(a, b jsonValue) bool {
	switch x := a.(type) {
	case *big.Rat:
		y, ok := b.(*big.Rat)
		return ok && x.Cmp(y) == 0
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !sameJSON(x[i], y[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for key, v := range x {
			w, ok := y[key]
			if !ok || !sameJSON(v, w) {
				return false
			}
		}
		return true
	}
	switch b.(type) {
	case *big.Rat, []any, map[string]any:
		return false
	}
	return a == b
}
