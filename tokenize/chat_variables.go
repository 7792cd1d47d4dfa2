package tokenize

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/tokenize/jinja"
)

// variables are what a template sees of a chat, and the size of the text in them, in
// bytes.
func (t *chatTemplate) variables(c *Chat) (map[string]jinja.Value, int, error) {
	if len(c.Messages) == 0 {
		return nil, 0, errors.New("chat template: a chat without messages")
	}
	size := len(c.Tools)
	messages := make([]jinja.Value, len(c.Messages))
	for i := range c.Messages {
		m := &c.Messages[i]
		size += len(m.Content) + len(m.Raw)
		var err error
		if messages[i], err = messageValue(m); err != nil {
			return nil, 0, fmt.Errorf("chat template: messages[%d]: %w", i, err)
		}
	}
	tools, err := toolsValue(c.Tools)
	if err != nil {
		return nil, 0, fmt.Errorf("chat template: %w", err)
	}
	set := map[string]jinja.Value{
		"messages": messages, "tools": tools, "documents": nil, "add_generation_prompt": c.AddGenerationPrompt,
	}
	out := maps.Clone(set)
	for name, text := range t.named {
		out[name] = text
	}
	for name, v := range c.Kwargs {
		if _, ours := set[name]; ours {
			return nil, 0, fmt.Errorf("chat template: %s is no argument for the template but what the chat sets", name)
		}
		if out[name], err = jinja.ValueOf(v); err != nil {
			return nil, 0, fmt.Errorf("chat template: argument %s: %w", name, err)
		}
		if s, ok := v.(string); ok {
			size += len(s)
		}
	}
	return out, size, nil
}

// toolsValue reads the tools of a chat, None where it has none.
func toolsValue(raw json.RawMessage) (jinja.Value, error) {
	if raw == nil {
		return nil, nil
	}
	v, err := jinja.ValueOf(raw)
	tools, ok := v.([]jinja.Value)
	if !ok {
		return nil, fmt.Errorf("tools: %w", errors.Join(err, errors.New("want a JSON array of objects")))
	}
	for i, tool := range tools {
		if _, ok := tool.(*jinja.Dict); !ok {
			return nil, fmt.Errorf("tools[%d] is no object", i)
		}
	}
	return tools, nil
}

// reasoningFields are the names of a message's reasoning in transformers, the one
// that counts first in front.
var reasoningFields = []string{"reasoning_content", "thinking", "reasoning"}

// messageValue is a message as a template sees it: fields that are null are left out,
// and reasoning is there by the names that templates read.
func messageValue(m *data.Message) (*jinja.Dict, error) {
	out := &jinja.Dict{}
	if m.Raw == nil {
		out.Set("role", string(m.Role))
		out.Set("content", m.Content)
		return out, nil
	}
	v, err := jinja.ValueOf(m.Raw)
	if err != nil {
		return nil, err
	}
	d, ok := v.(*jinja.Dict)
	if !ok {
		return nil, errors.New("no object")
	}
	var reasoning jinja.Value
	for _, field := range reasoningFields {
		if v, _ := d.Get(field); v != nil {
			reasoning = v
			out.Set("thinking", v)
			break
		}
	}
	for key, v := range d.All() {
		if v != nil {
			out.Set(key, v)
		}
	}
	if reasoning != nil {
		out.Set("reasoning_content", reasoning)
	}
	return out, nil
}
