package data

import (
	"cmp"
	"encoding/json"
)

// Role says who wrote a [Message].
type Role string

// The roles of a chat.
const (
	RoleSystem    Role = "system"
	RoleUser      Role = "user"
	RoleAssistant Role = "assistant"
	RoleTool      Role = "tool"
)

// Message is one turn of a chat.
type Message struct {
	Role Role `json:"role"`
	// Content is what was said; empty where a message of the assistant only calls
	// tools.
	Content string `json:"content"`
	// Raw is the whole message as its row has it, a compact JSON object with what a template
	// knows besides (tool_calls, reasoning_content, name, tool_call_id), its fields in
	// their order; nil: role and content alone.
	Raw json.RawMessage `json:"-"`
}

// MarshalJSON is Raw where there is one, else an object of role and content.
func (m Message) MarshalJSON() ([]byte, error) {
	if m.Raw != nil {
		return m.Raw, nil
	}
	type plain Message // without this method
	return json.Marshal(plain(m))
}

// Example is one problem: what the policy is asked and what counts as right.
//
//	Example{ID: "addition/12+07", Prompt: "12+07=", Answers: []string{"910"}}
type Example struct {
	// ID names the problem for logs and for the sampler's random numbers: unique
	// within its data set and the same in every run.
	ID string
	// Prompt is plain text that the policy continues. Exactly one of Prompt and
	// Messages is set.
	Prompt string
	// Messages is a chat that the tokenizer's template renders: one that the policy is
	// to answer, or a whole conversation, see Conversation.
	Messages []Message
	// Tools is a JSON array of the functions that may be called, for a chat's template, for
	// objectives and verifiers; nil: none.
	Tools json.RawMessage
	// Kwargs are further variables for the template, such as enable_thinking; a value
	// that is an array or an object is its JSON text, as json.RawMessage.
	Kwargs map[string]any
	// Answers are the reference answers; matching any of them is right.
	Answers []string
	// Completion is a demonstration to imitate (supervised fine-tuning); the first
	// answer is used where it is empty.
	Completion string
	// Chosen and Rejected are a better and a worse answer of the assistant, for learning
	// from preferences; both are nil, or neither. An answer to a Prompt is its Content.
	Chosen, Rejected *Message
	// Extra holds the further fields of a data row, for verifiers that need them.
	Extra map[string]any
}

// ToolNames are the names of Tools, each {"name": ...} or {"function": {"name": ...}}, in
// order; one that has none is left out.
func (e *Example) ToolNames() []string {
	var tools []struct {
		Name     string                `json:"name"`
		Function struct{ Name string } `json:"function"`
	}
	if json.Unmarshal(e.Tools, &tools) != nil {
		return nil
	}
	var out []string
	for _, t := range tools {
		if name := cmp.Or(t.Function.Name, t.Name); name != "" {
			out = append(out, name)
		}
	}
	return out
}

// Conversation says that Messages end with a turn of the assistant: a demonstration
// of every turn of the assistant in it, for supervised fine-tuning, and no problem to
// answer. There is no Completion then.
func (e *Example) Conversation() bool {
	return len(e.Messages) > 0 && e.Messages[len(e.Messages)-1].Role == RoleAssistant
}

// Demonstration is the text that supervised fine-tuning imitates.
func (e *Example) Demonstration() string {
	if e.Completion != "" || len(e.Answers) == 0 {
		return e.Completion
	}
	return e.Answers[0]
}
