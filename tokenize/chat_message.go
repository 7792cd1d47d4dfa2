package tokenize

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/ardanlabs/jinja"

	"github.com/rlvr-go/rlvr/data"
)

// reasoningFields are the names of a message's reasoning in transformers, the one
// that counts first in front.
var reasoningFields = []string{"reasoning_content", "thinking", "reasoning"}

// messageValue is a message as a template sees it: fields that are null are left out,
// and reasoning is there by the names that templates read.
func messageValue(m *data.Message) (jinja.Value, error) {
	in := jinja.NewDict()
	if m.Raw == nil {
		in.AsDict().Set("role", jinja.NewString(string(m.Role)))
		in.AsDict().Set("content", jinja.NewString(m.Content))
		return in, nil
	}
	in, err := jsonValue(m.Raw)
	if err != nil {
		return in, err
	}
	if !in.IsDict() {
		return in, errors.New("no object")
	}
	d := in.AsDict()
	out := jinja.NewDict()
	reasoning := jinja.None()
	for _, field := range reasoningFields {
		if v, ok := d.Get(field); ok && !v.IsNone() {
			reasoning = v
			out.AsDict().Set("thinking", v)
			break
		}
	}
	for _, key := range d.Keys {
		if v := d.Data[key]; !v.IsNone() {
			out.AsDict().Set(key, v)
		}
	}
	if !reasoning.IsNone() {
		out.AsDict().Set("reasoning_content", reasoning)
	}
	return out, nil
}

// jsonValue reads JSON with its fields in order and its numbers exact.
func jsonValue(raw []byte) (jinja.Value, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	v, err := decodeValue(dec, 0)
	if err != nil {
		return v, fmt.Errorf("not JSON: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return v, errors.New("not JSON: text after the value")
	}
	return v, nil
}

func decodeValue(dec *json.Decoder, depth int) (jinja.Value, error) {
	if depth > maxValueNested {
		return jinja.None(), fmt.Errorf("nested more than %d deep", maxValueNested)
	}
	token, err := dec.Token()
	if err != nil {
		return jinja.None(), err
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '[' {
			return decodeList(dec, depth)
		}
		return decodeDict(dec, depth)
	default:
		return goValue(t, depth)
	}
}

func decodeList(dec *json.Decoder, depth int) (jinja.Value, error) {
	var items []jinja.Value
	for dec.More() {
		v, err := decodeValue(dec, depth+1)
		if err != nil {
			return v, err
		}
		items = append(items, v)
	}
	_, err := dec.Token()
	return jinja.NewList(items), err
}

func decodeDict(dec *json.Decoder, depth int) (jinja.Value, error) {
	out := jinja.NewDict()
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return out, err
		}
		v, err := decodeValue(dec, depth+1)
		if err != nil {
			return v, err
		}
		out.AsDict().Set(fmt.Sprint(key), v)
	}
	_, err := dec.Token()
	return out, err
}

// goValue converts a value of Go. The keys of a map are sorted; JSON text, as
// json.RawMessage, keeps their order.
func goValue(v any, depth int) (jinja.Value, error) {
	if depth > maxValueNested {
		return jinja.None(), fmt.Errorf("nested more than %d deep", maxValueNested)
	}
	switch v := v.(type) {
	case nil:
		return jinja.None(), nil
	case bool:
		return jinja.NewBool(v), nil
	case string:
		return jinja.NewString(v), nil
	case int:
		return jinja.NewInt(int64(v)), nil
	case int64:
		return jinja.NewInt(v), nil
	case float64:
		return jinja.NewFloat(v), nil
	case json.Number:
		return numberValue(v.String())
	case json.RawMessage:
		return jsonValue(v)
	case []any:
		items := make([]jinja.Value, len(v))
		for i := range v {
			var err error
			if items[i], err = goValue(v[i], depth+1); err != nil {
				return jinja.None(), err
			}
		}
		return jinja.NewList(items), nil
	case map[string]any:
		out := jinja.NewDict()
		for _, key := range slices.Sorted(maps.Keys(v)) {
			value, err := goValue(v[key], depth+1)
			if err != nil {
				return jinja.None(), err
			}
			out.AsDict().Set(key, value)
		}
		return out, nil
	}
	return jinja.None(), fmt.Errorf("a value of Go type %T", v)
}

// numberValue reads a number as Python's json does: an integer of any size where
// there is neither a point nor an exponent, else a float.
func numberValue(text string) (jinja.Value, error) {
	if strings.ContainsAny(text, ".eE") {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil && !math.IsInf(f, 0) {
			return jinja.None(), err
		}
		return jinja.NewFloat(f), nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err == nil:
		return jinja.NewInt(n), nil
	case !errors.Is(err, strconv.ErrRange):
		return jinja.None(), err
	}
	return opaque(integerName + text), nil
}
