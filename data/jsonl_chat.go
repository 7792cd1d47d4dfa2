package data

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// chatFields demands that what belongs to a chat stands beside messages.
func chatFields(fields []field, ex *Example) error {
	var faults []string
	for _, f := range fields {
		chat := slices.ContainsFunc(fields, func(g field) bool {
			return g.key == "messages" || slices.Contains([]string{"prompt", "chosen"}, g.key) && kind(g.raw) == "an array"
		})
		switch {
		case f.key == "chat_template_kwargs" && !chat && kind(f.raw) != "null":
			faults = append(faults, f.key+": for messages only")
		case (f.key == "completion" || f.key == "chosen" || f.key == "rejected") && ex.Conversation():
			faults = append(faults, f.key+": messages end with the assistant's turn, which is the demonstration")
		}
	}
	return joined(faults)
}

// joined is one error of several texts, nil if there are none.
func joined(faults []string) error {
	if len(faults) == 0 {
		return nil
	}
	return errors.New(strings.Join(faults, "; "))
}

// array reads an array.
func array(f field) ([]json.RawMessage, error) {
	if kind(f.raw) != "an array" {
		return nil, fmt.Errorf("%s: found %s, want an array", f.key, kind(f.raw))
	}
	var elements []json.RawMessage
	if err := unmarshal(f.raw, &elements); err != nil {
		return nil, fmt.Errorf("%s: %w", f.key, err)
	}
	return elements, nil
}

// objects demands an array of objects with text of whole characters.
func objects(f field) error {
	elements, err := array(f)
	if err != nil {
		return err
	}
	for i, raw := range elements {
		if _, err := object(raw); err != nil {
			return fmt.Errorf("%s[%d]: %w", f.key, i, err)
		}
	}
	return wholeText(f)
}

func wholeText(f field) error {
	if halfPair(f.raw) {
		return fmt.Errorf("%s: half of a surrogate pair", f.key)
	}
	return nil
}

// compact is valid JSON without white space between its parts, in memory of its own.
func compact(raw []byte) json.RawMessage {
	var out bytes.Buffer
	if json.Compact(&out, raw) != nil {
		return slices.Clone(raw)
	}
	return out.Bytes()
}

// tools is the functions that a chat may call, kept as they are.
func tools(f field) (json.RawMessage, error) {
	if kind(f.raw) == "null" {
		return nil, nil
	}
	if err := objects(f); err != nil {
		return nil, err
	}
	return compact(f.raw), nil
}

// kwargs are variables for the template. Arrays and objects stay JSON text, so that
// the order of their fields is kept.
func kwargs(f field) (map[string]any, error) {
	if kind(f.raw) == "null" {
		return nil, nil
	}
	if kind(f.raw) != "an object" {
		return nil, fmt.Errorf("%s: found %s, want an object", f.key, kind(f.raw))
	}
	fields, err := object(f.raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.key, err)
	}
	out := make(map[string]any, len(fields))
	for _, f := range fields {
		switch {
		case slices.Contains([]string{"messages", "tools", "documents", "add_generation_prompt"}, f.key):
			err = fmt.Errorf("%s: not a variable to choose", f.key)
		case f.raw[0] == '[' || f.raw[0] == '{':
			out[f.key], err = compact(f.raw), wholeText(f)
		case f.raw[0] == '"':
			out[f.key], err = text(f)
		default:
			out[f.key], err = anything(f)
		}
		if err != nil {
			return nil, fmt.Errorf("chat_template_kwargs: %w", err)
		}
	}
	return out, nil
}

// messages is a chat that the policy is to answer, or a whole conversation.
func messages(f field) ([]Message, error) {
	elements, err := array(f)
	if err != nil {
		return nil, err
	}
	if len(elements) == 0 {
		return nil, fmt.Errorf("%s: an empty array", f.key)
	}
	out := make([]Message, len(elements))
	var faults []string
	for i, raw := range elements {
		var err error
		if out[i], err = message(raw); err != nil {
			faults = append(faults, fmt.Sprintf("%s[%d]: %v", f.key, i, err))
		}
	}
	return out, joined(faults)
}

// message decodes a message. All its faults are in the error.
func message(raw []byte) (Message, error) {
	fields, err := object(raw)
	if err != nil {
		return Message{}, err
	}
	var m Message
	var faults []string
	calls, null, content, role := false, false, false, false
	for _, f := range fields {
		var err error
		switch f.key {
		case "role":
			role = true
			m.Role, err = roleOf(f)
		case "content":
			content = true
			if null = kind(f.raw) == "null"; !null {
				m.Content, err = text(f)
			}
		default:
			calls = calls || f.key == "tool_calls" && kind(f.raw) != "null"
			err = further(f)
		}
		if err != nil {
			faults = append(faults, err.Error())
		}
	}
	switch {
	case !role || !content && !calls:
		faults = append(faults, "needs role and content")
	case null && !calls:
		faults = append(faults, "content: found null, want text")
	}
	if len(faults) == 0 {
		faults = misplaced(fields, m.Role)
	}
	if len(fields) > 2 || !content || null {
		m.Raw = compact(raw)
	}
	return m, joined(faults)
}

// further checks a field of a message beside role and content.
func further(f field) error {
	null := kind(f.raw) == "null"
	switch f.key {
	case "name", "tool_call_id", "reasoning_content":
		if !null {
			_, err := text(f)
			return err
		}
	case "tool_calls":
		if !null {
			return objects(f)
		}
	default:
		return fmt.Errorf("unknown field %s", f.key)
	}
	return nil
}

// misplaced lists fields that a role does not have.
func misplaced(fields []field, role Role) []string {
	var faults []string
	for _, f := range fields {
		owner := map[string]Role{"tool_calls": RoleAssistant, "reasoning_content": RoleAssistant, "tool_call_id": RoleTool}[f.key]
		if owner != "" && owner != role && kind(f.raw) != "null" {
			faults = append(faults, fmt.Sprintf("%s: of a message of role %q only, not %q", f.key, owner, role))
		}
	}
	return faults
}

func roleOf(f field) (Role, error) {
	role, err := text(f)
	if err != nil {
		return "", err
	}
	switch r := Role(role); r {
	case RoleSystem, RoleUser, RoleAssistant, RoleTool:
		return r, nil
	default:
		return "", fmt.Errorf("role %q is none of system, user, assistant, tool", role)
	}
}

// halfPair says that JSON has an escape such as \ud800 for half of a character. The
// decoder would put U+FFFD there.
func halfPair(raw []byte) bool {
	for {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 || i+2 > len(raw) {
			return false
		}
		code, ok := unicodeEscape(raw[i:])
		switch {
		case !ok:
			raw = raw[i+2:]
		case !utf16.IsSurrogate(code):
			raw = raw[i+6:]
		default:
			second, ok := unicodeEscape(raw[i+6:])
			if !ok || utf16.DecodeRune(code, second) == '\ufffd' {
				return true
			}
			raw = raw[i+12:]
		}
	}
}

// unicodeEscape reads \uXXXX at the beginning of JSON text.
func unicodeEscape(raw []byte) (rune, bool) {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return 0, false
	}
	code, err := strconv.ParseUint(string(raw[2:6]), 16, 16)
	return rune(code), err == nil
}
