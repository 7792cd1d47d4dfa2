package data

import "encoding/json"

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
	Role    Role   `json:"role"`
	Content string `json:"content"`
	// Raw is the whole message as its row has it, a JSON object with whatever a
	// template knows besides (tool_calls, reasoning_content, name), its fields in
	// their order; nil: role and content alone.
	Raw json.RawMessage `json:"-"`
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
	// Messages is a chat that the tokenizer's template renders.
	Messages []Message
	// Answers are the reference answers; matching any of them is right.
	Answers []string
	// Completion is a demonstration to imitate (supervised fine-tuning); the first
	// answer is used where it is empty.
	Completion string
	// Extra holds the further fields of a data row, for verifiers that need them.
	Extra map[string]any
}

// Demonstration is the text that supervised fine-tuning imitates.
func (e *Example) Demonstration() string {
	if e.Completion != "" || len(e.Answers) == 0 {
		return e.Completion
	}
	return e.Answers[0]
}
