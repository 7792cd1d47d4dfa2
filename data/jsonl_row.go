package data

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// decodeExample decodes one line of a problem file. All faults of the line are in
// the error, which is one line of text.
func decodeExample(text []byte) (Example, error) {
	fields, err := object(text)
	if err != nil {
		return Example{}, err
	}
	var ex Example
	var pair pair
	var faults []string
	note := func(err error) {
		if err != nil {
			faults = append(faults, err.Error())
		}
	}
	for _, f := range fields {
		switch f.key {
		case "prompt":
			if kind(f.raw) == "an array" {
				ex.Messages, err = messages(f)
			} else {
				ex.Prompt, err = nonEmpty(f)
			}
		case "messages":
			ex.Messages, err = messages(f)
		case "answer":
			ex.Answers, err = answers(f)
		case "id":
			ex.ID, err = id(f)
		case "completion":
			ex.Completion, err = nonEmpty(f)
		case "chosen":
			pair.chosen, err = side(f)
		case "rejected":
			pair.rejected, err = side(f)
		case "tools":
			ex.Tools, err = tools(f)
		case "chat_template_kwargs":
			ex.Kwargs, err = kwargs(f)
		default:
			if ex.Extra == nil {
				ex.Extra = map[string]any{}
			}
			ex.Extra[f.key], err = anything(f)
		}
		note(err)
	}
	note(onePrompt(fields))
	note(chatFields(fields, &ex))
	if len(faults) == 0 {
		note(pair.into(&ex))
	}
	if len(faults) > 0 {
		return Example{}, errors.New(strings.Join(faults, "; "))
	}
	return ex, nil
}

// onePrompt demands exactly one of prompt and messages.
func onePrompt(fields []field) error {
	has := func(key string) bool {
		return slices.ContainsFunc(fields, func(f field) bool { return f.key == key })
	}
	switch {
	case has("prompt") && has("messages"):
		return errors.New("prompt and messages exclude each other")
	case !has("prompt") && !has("messages") && !(has("chosen") && has("rejected")):
		keys := make([]string, len(fields))
		for i, f := range fields {
			keys[i] = f.key
		}
		return fmt.Errorf("needs prompt or messages, has %s", list(keys))
	}
	return nil
}

// list shows at most a few keys.
func list(keys []string) string {
	const most = 8
	if len(keys) == 0 {
		return "no fields"
	}
	if len(keys) > most {
		keys = append(slices.Clone(keys[:most]), "...")
	}
	return strings.Join(keys, ", ")
}

// field is one member of a JSON object.
type field struct {
	key string
	raw json.RawMessage
}

// object splits a JSON object into its fields in their order. Unlike
// json.Unmarshal it refuses a key that is there twice.
func object(text []byte) ([]field, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	open, err := dec.Token()
	if err != nil {
		return nil, notJSON(err)
	}
	if open != json.Delim('{') {
		return nil, fmt.Errorf("found %s, want an object", kind(text))
	}
	var out []field
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, notJSON(err)
		}
		f := field{key: fmt.Sprint(key)}
		if err := dec.Decode(&f.raw); err != nil {
			return nil, notJSON(err)
		}
		if slices.ContainsFunc(out, func(g field) bool { return g.key == f.key }) {
			return nil, fmt.Errorf("field %s is there twice", f.key)
		}
		out = append(out, f)
	}
	if _, err := dec.Token(); err != nil {
		return nil, notJSON(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the object")
	}
	return out, nil
}

func notJSON(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("it ends in the middle")
	}
	return fmt.Errorf("not JSON: %w", err)
}

// kind names the type of a JSON value.
func kind(raw []byte) string {
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "text"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	default:
		return "a number"
	}
}

// unmarshal decodes valid JSON; numbers keep their literal.
func unmarshal(raw []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	return dec.Decode(into)
}

func anything(f field) (any, error) {
	var v any
	if err := unmarshal(f.raw, &v); err != nil {
		return nil, fmt.Errorf("%s: %w", f.key, err)
	}
	return v, nil
}

func text(f field) (string, error) {
	if f.raw[0] != '"' {
		return "", fmt.Errorf("%s: found %s, want text", f.key, kind(f.raw))
	}
	var s string
	if err := unmarshal(f.raw, &s); err != nil {
		return "", fmt.Errorf("%s: %w", f.key, err)
	}
	if halfPair(f.raw) {
		return "", fmt.Errorf("%s: half of a surrogate pair", f.key)
	}
	return s, nil
}

func nonEmpty(f field) (string, error) {
	s, err := text(f)
	if err == nil && s == "" {
		err = fmt.Errorf("%s: empty", f.key)
	}
	return s, err
}

// id is text or the literal of an integer.
func id(f field) (string, error) {
	if kind(f.raw) != "a number" {
		return nonEmpty(f)
	}
	if bytes.ContainsAny(f.raw, ".eE") {
		return "", fmt.Errorf("id: found %s, want text or an integer", f.raw)
	}
	return string(f.raw), nil
}

// answers is text, a number's literal, or an array of these.
func answers(f field) ([]string, error) {
	if kind(f.raw) != "an array" {
		s, err := answer(f.key, f.raw)
		return []string{s}, err
	}
	var elements []json.RawMessage
	if err := unmarshal(f.raw, &elements); err != nil {
		return nil, fmt.Errorf("answer: %w", err)
	}
	if len(elements) == 0 {
		return nil, errors.New("answer: an empty array")
	}
	out := make([]string, len(elements))
	for i, raw := range elements {
		s, err := answer(fmt.Sprintf("answer[%d]", i), raw)
		if err != nil {
			return nil, err
		}
		out[i] = s
	}
	return out, nil
}

func answer(where string, raw []byte) (string, error) {
	switch k := kind(raw); k {
	case "text":
		return text(field{where, raw})
	case "a number":
		return string(raw), nil
	default:
		return "", fmt.Errorf("%s: found %s, want text, a number or an array of these", where, k)
	}
}
