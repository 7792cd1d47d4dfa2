package code

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// calls has the solution's functions called and compares what they return.
func (j *Judge) calls(ctx context.Context, t *Tests, solution string) (outcome, error) {
	calls, want := make([]wireCall, len(t.Calls)), make([]value, len(t.Calls))
	for i := range t.Calls {
		var err error
		if calls[i], want[i], err = t.Calls[i].wire(); err != nil {
			return outcome{}, fmt.Errorf("%w: calls %d: %w", errTests, i, err)
		}
	}
	answers, fatal, err := j.callAll(ctx, sourcesOf(t, solution), calls)
	if err != nil || fatal.reason != "" {
		return outcome{failure: fatal}, err
	}
	var o outcome
	for i, a := range answers {
		switch {
		case a.failure.reason != "":
			o.fail(a.failure)
		case near(want[i], a.value, t.Tolerance):
			o.pass()
		default:
			o.fail(failure{reason: ReasonWrong})
		}
	}
	return o, nil
}

// wire is the call in the form of the processes, and the value that it must return.
func (c *Call) wire() (wireCall, value, error) {
	args, kwargs := make([]any, len(c.Args)), map[string]any{}
	var err error
	for i, raw := range c.Args {
		if args[i], err = fromJSON(raw); err != nil {
			return nil, value{}, fmt.Errorf("args %d: %w", i, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Kwargs)) {
		if kwargs[name], err = fromJSON(c.Kwargs[name]); err != nil {
			return nil, value{}, fmt.Errorf("kwargs %s: %w", name, err)
		}
	}
	call, err := json.Marshal([]any{c.Function, args, kwargs})
	if err != nil {
		return nil, value{}, err
	}
	result, err := fromJSON(c.Result)
	if err != nil {
		return nil, value{}, fmt.Errorf("result: %w", err)
	}
	raw, err := json.Marshal(result)
	if err != nil {
		return nil, value{}, err
	}
	want, err := parseValue(raw)
	return call, want, err
}

// fromJSON makes the form of the processes of a value of a row, see [Call].
func fromJSON(raw json.RawMessage) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return nil, err
	}
	return toWire(tree)
}

// longInt is the number of digits from which an int is written in base 16.
const longInt = 300

func toWire(tree any) (any, error) {
	switch t := tree.(type) {
	case json.Number:
		return numberToWire(t.String())
	case []any:
		return listToWire("l", t)
	case map[string]any:
		if len(t) == 1 {
			for name, inner := range t {
				if name != "" && name[0] == '$' {
					return specialToWire(name, inner)
				}
			}
		}
		out := []any{"d"}
		for _, k := range slices.Sorted(maps.Keys(t)) {
			v, err := toWire(t[k])
			if err != nil {
				return nil, err
			}
			out = append(out, []any{k, v})
		}
		return out, nil
	default:
		return tree, nil
	}
}

func numberToWire(s string) (any, error) {
	if !bytes.ContainsAny([]byte(s), ".eE") {
		if len(s) < longInt {
			return json.Number(s), nil
		}
		n, err := parseInt(s, 10)
		if err != nil {
			return nil, err
		}
		return []any{"i", fmt.Sprintf("%#x", n.re.Num())}, nil
	}
	return floatToWire(s)
}

func floatToWire(s string) (any, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil, fmt.Errorf("found %.40q, allowed: a float", s)
	}
	switch n, _ := parseFloat(s); n.special {
	case "":
		return []any{"f", strconv.FormatFloat(f, 'x', -1, 64)}, nil
	default:
		return []any{"f", n.special}, nil
	}
}

func listToWire(tag string, items []any) (any, error) {
	out := []any{tag}
	for _, x := range items {
		v, err := toWire(x)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// specialToWire makes a value that JSON has no words for.
func specialToWire(name string, inner any) (any, error) {
	items, isList := inner.([]any)
	word, isText := inner.(string)
	switch {
	case name == "$tuple" && isList:
		return listToWire("t", items)
	case name == "$set" && isList:
		return listToWire("s", items)
	case name == "$float" && isText:
		return floatToWire(word)
	case name == "$bytes" && isText:
		return []any{"b", word}, nil
	case name == "$complex" && len(items) == 2:
		re, okRe := items[0].(json.Number)
		im, okIm := items[1].(json.Number)
		if okRe && okIm {
			return complexToWire(re.String(), im.String())
		}
	case name == "$dict" && isList:
		return dictToWire(items)
	}
	return nil, fmt.Errorf("found %s, allowed: $tuple, $set, $dict, $float, $complex or $bytes, with what belongs to it", name)
}

func complexToWire(re, im string) (any, error) {
	out := []any{"c"}
	for _, s := range []string{re, im} {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return nil, err
		}
		out = append(out, strconv.FormatFloat(f, 'x', -1, 64))
	}
	return out, nil
}

func dictToWire(items []any) (any, error) {
	out := []any{"d"}
	for _, x := range items {
		pair, ok := x.([]any)
		if !ok || len(pair) != 2 {
			return nil, fmt.Errorf("$dict: allowed: arrays of key and value")
		}
		k, err := toWire(pair[0])
		if err != nil {
			return nil, err
		}
		v, err := toWire(pair[1])
		if err != nil {
			return nil, err
		}
		out = append(out, []any{k, v})
	}
	return out, nil
}
