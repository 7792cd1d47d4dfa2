package jinja

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
)

// ValueOf makes a value of one of Go: nil, a bool, an int, an int64, a float64, a
// string, a []any, a map[string]any, whose keys are sorted, a json.Number, or JSON text
// as json.RawMessage, whose fields keep their order and whose numbers stay exact.
func ValueOf(v any) (Value, error) { return valueOf(v, 0) }

func valueOf(v any, depth int) (Value, error) {
	if depth > maxNested {
		return nil, fmt.Errorf("nested more than %d deep", maxNested)
	}
	switch v := v.(type) {
	case nil, bool, string, int64, float64:
		return v, nil
	case int:
		return int64(v), nil
	case json.Number:
		return numberOf(v.String())
	case json.RawMessage:
		return parseJSON(v)
	case []any:
		items := make([]Value, len(v))
		for i := range v {
			var err error
			if items[i], err = valueOf(v[i], depth+1); err != nil {
				return nil, err
			}
		}
		return items, nil
	case map[string]any:
		out := &Dict{}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			value, err := valueOf(v[key], depth+1)
			if err != nil {
				return nil, err
			}
			out.Set(key, value)
		}
		return out, nil
	}
	return nil, fmt.Errorf("a value of Go type %T", v)
}

// numberOf reads a number as Python's json does: an integer of any size where there is
// neither a point nor an exponent, else a float.
func numberOf(text string) (Value, error) {
	if strings.ContainsAny(text, ".eE") {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil && !math.IsInf(f, 0) {
			return nil, err
		}
		return f, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err == nil:
		return n, nil
	case !errors.Is(err, strconv.ErrRange):
		return nil, err
	}
	return bigInt(text), nil
}

func parseJSON(raw []byte) (Value, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	v, err := decode(dec, 0)
	if err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("not JSON: text after the value")
	}
	return v, nil
}

func decode(dec *json.Decoder, depth int) (Value, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch {
	case depth > maxNested:
		return nil, fmt.Errorf("nested more than %d deep", maxNested)
	case token == json.Delim('['):
		items := []Value{}
		for dec.More() {
			v, err := decode(dec, depth+1)
			if err != nil {
				return nil, err
			}
			items = append(items, v)
		}
		_, err := dec.Token()
		return items, err
	case token == json.Delim('{'):
		out := &Dict{}
		for dec.More() {
			key, err := dec.Token()
			if err != nil {
				return nil, err
			}
			v, err := decode(dec, depth+1)
			if err != nil {
				return nil, err
			}
			out.Set(fmt.Sprint(key), v)
		}
		_, err := dec.Token()
		return out, err
	}
	return valueOf(token, depth)
}
