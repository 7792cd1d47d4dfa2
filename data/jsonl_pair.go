package data

import (
	"errors"
	"fmt"
	"slices"
)

// answerOf is one of the two answers of a preference, as its row has it: text or
// messages.
type answerOf struct {
	text     string
	messages []Message
}

// pair is a preference; nil is an answer that the row does not have.
type pair struct{ chosen, rejected *answerOf }

// side reads an answer.
func side(f field) (*answerOf, error) {
	if kind(f.raw) == "an array" {
		m, err := messages(f)
		return &answerOf{messages: m}, err
	}
	s, err := nonEmpty(f)
	return &answerOf{text: s}, err
}

// into puts the answers into an example that has its prompt, or takes the prompt that two
// chats share.
func (p pair) into(ex *Example) error {
	switch {
	case p.chosen == nil && p.rejected == nil:
		return nil
	case p.rejected == nil:
		return errors.New("chosen: without rejected")
	case p.chosen == nil:
		return errors.New("rejected: without chosen")
	case (p.chosen.messages == nil) != (p.rejected.messages == nil):
		return errors.New("chosen and rejected: one is text, the other messages")
	case ex.Prompt == "" && ex.Messages == nil:
		return p.shared(ex)
	}
	var err error
	if ex.Chosen, err = p.chosen.message("chosen", ex); err != nil {
		return err
	}
	ex.Rejected, err = p.rejected.message("rejected", ex)
	return err
}

// message is an answer to the prompt of an example.
func (a *answerOf) message(key string, ex *Example) (*Message, error) {
	switch {
	case a.messages == nil:
		return &Message{Role: RoleAssistant, Content: a.text}, nil
	case ex.Messages == nil:
		return nil, fmt.Errorf("%s: found messages, want text: the prompt is text", key)
	case len(a.messages) != 1:
		return nil, fmt.Errorf("%s: found %d messages, want one of the assistant", key, len(a.messages))
	case a.messages[0].Role != RoleAssistant:
		return nil, fmt.Errorf("%s: found a message of role %q, want one of the assistant", key, a.messages[0].Role)
	}
	return &a.messages[0], nil
}

// shared takes two chats that differ in their last message apart.
func (p pair) shared(ex *Example) error {
	a, b := p.chosen.messages, p.rejected.messages
	n := len(a) - 1
	switch {
	case a == nil:
		return errors.New("needs prompt or messages beside chosen and rejected")
	case n < 1 || len(b) != len(a) || !slices.EqualFunc(a[:n], b[:n], sameMessage):
		return errors.New("chosen and rejected: without a prompt they must be chats that differ in their last message only")
	case a[n].Role != RoleAssistant || b[n].Role != RoleAssistant:
		return errors.New("chosen and rejected: the last message must be the assistant's")
	case a[n-1].Role == RoleAssistant:
		return errors.New("chosen and rejected: before the last message there is one of the assistant, which nothing answers")
	}
	ex.Messages, ex.Chosen, ex.Rejected = a[:n:n], &a[n], &b[n]
	return nil
}

func sameMessage(a, b Message) bool {
	return a.Role == b.Role && a.Content == b.Content && string(a.Raw) == string(b.Raw)
}
