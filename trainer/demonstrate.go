package trainer

import (
	"fmt"
	"slices"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/tokenize"
)

// demonstrations turns problems into groups of one rollout that is the reference
// completion: what offline objectives train on. A conversation gives one rollout of
// all its turns, or one for each where the template renders earlier turns otherwise.
// Objectives that need pairs get a rollout of the chosen answer and one of the rejected.
func (t *Trainer) demonstrations(prompts []prompt, needs algos.Needs) ([]data.Group, error) {
	turn := demonstrate
	switch {
	case needs.Pairs:
		turn = demonstratePair
	case needs.Turns:
		turn = demonstrateTurns
	}
	var groups []data.Group
	for _, p := range prompts {
		of, err := turn(t.setup.Tokenizer, p)
		if err != nil {
			return nil, fmt.Errorf("trainer: problem %s: %w", p.example.ID, err)
		}
		for i := range of {
			if err := t.fits(&of[i]); err != nil {
				return nil, fmt.Errorf("trainer: problem %s: %w", p.example.ID, err)
			}
		}
		groups = append(groups, of...)
	}
	return groups, nil
}

// fits demands that a prompt and each of its completions have places in the model.
func (t *Trainer) fits(g *data.Group) error {
	limit := t.policy.Arch.MaxPositionEmbeddings
	for i := range g.Rollouts {
		if n := len(g.Prompt) + g.Rollouts[i].NumTokens(); n > limit {
			return fmt.Errorf("prompt and completion have %d tokens, the model has %d positions", n, limit)
		}
	}
	return nil
}

// checkDemonstrations demands that a stage finds in every training problem what it is to
// imitate, before anything is computed.
func (t *Trainer) checkDemonstrations(o *StageOptions) error {
	if !o.Offline() || o.Collected.Stage != "" {
		return nil
	}
	a, err := o.Resolve()
	if err != nil {
		return fmt.Errorf("trainer: stage %s: %w", o.Name, err)
	}
	_, err = t.demonstrations(t.train, a.Needs())
	return err
}

// demonstrateTurns turns a conversation into a group for each turn of the assistant, with
// the tokens of all before it as the prompt.
func demonstrateTurns(tok tokenize.Tokenizer, p prompt) ([]data.Group, error) {
	whole, err := demonstrate(tok, p)
	if err != nil || !p.example.Conversation() {
		return whole, err
	}
	var places []int // of the assistant's turns
	for i, m := range p.example.Messages {
		if m.Role == data.RoleAssistant {
			places = append(places, i)
		}
	}
	var out []data.Group
	for _, g := range whole {
		prompt := g.Prompt
		for _, s := range g.Rollouts[0].Segments {
			if s.Author == data.AuthorPolicy {
				one := demonstration(p.example, prompt, []data.Segment{s}, tok.Decode(s.Tokens, true))
				one.Turn = places[len(out)]
				out = append(out, one)
			}
			prompt = slices.Concat(prompt, s.Tokens)
		}
	}
	return out, nil
}

// demonstratePair turns a problem into the chosen and the rejected answer to it.
func demonstratePair(tok tokenize.Tokenizer, p prompt) ([]data.Group, error) {
	ex := p.example
	if ex.Chosen == nil {
		return nil, fmt.Errorf("it has no chosen and rejected answers to compare")
	}
	g := data.Group{Example: ex, Prompt: p.tokens}
	for i, m := range []*data.Message{ex.Chosen, ex.Rejected} {
		ids, err := answerIDs(tok, p, m)
		if err != nil {
			return nil, fmt.Errorf("%s answer: %w", []string{"chosen", "rejected"}[i], err)
		}
		g.Rollouts = append(g.Rollouts, data.Rollout{Sample: i, Segments: []data.Segment{{Tokens: ids}}, Text: m.Content, Finish: data.FinishEOS})
	}
	return []data.Group{g}, nil
}

// answerIDs are the tokens of an answer to a problem, with the one that ends it.
func answerIDs(tok tokenize.Tokenizer, p prompt, m *data.Message) ([]int32, error) {
	if len(p.example.Messages) == 0 || !tok.HasChatTemplate() {
		return ended(tok, m.Content)
	}
	chat := chatOf(p.example)
	chat.Messages = append(slices.Clone(chat.Messages), *m)
	turns, err := tokenize.TurnsOf(tok, chat)
	if err != nil {
		return nil, err
	}
	segments := turns[len(turns)-1].Segments
	return segments[len(segments)-1].Tokens, nil
}

// ended encodes a text and adds the token that ends a completion.
func ended(tok tokenize.Tokenizer, text string) ([]int32, error) {
	ids, err := tok.Encode(text)
	if err != nil {
		return nil, err
	}
	if len(tok.EOS()) == 0 {
		return nil, fmt.Errorf("the tokenizer names no token that ends a completion")
	}
	return append(slices.Clone(ids), tok.EOS()[0]), nil
}

// demonstrate turns one problem into demonstrations.
func demonstrate(tok tokenize.Tokenizer, p prompt) ([]data.Group, error) {
	text := p.example.Demonstration()
	if text == "" && !p.example.Conversation() {
		return nil, fmt.Errorf("it has neither completion nor answer to imitate")
	}
	if len(p.example.Messages) > 0 && tok.HasChatTemplate() {
		return demonstrateChat(tok, p.example, text)
	}
	ids, err := ended(tok, text)
	if err != nil {
		return nil, fmt.Errorf("completion: %w", err)
	}
	return []data.Group{demonstration(p.example, p.tokens, []data.Segment{{Tokens: ids}}, text)}, nil
}

// demonstrateChat gives the turns of the assistant in a chat, to which text, if any,
// is the last answer.
func demonstrateChat(tok tokenize.Tokenizer, ex *data.Example, text string) ([]data.Group, error) {
	chat := chatOf(ex)
	if !ex.Conversation() {
		chat.Messages = append(slices.Clone(chat.Messages), data.Message{Role: data.RoleAssistant, Content: text})
	}
	turns, err := tokenize.TurnsOf(tok, chat)
	if err != nil {
		return nil, err
	}
	groups := make([]data.Group, len(turns))
	for i, turn := range turns {
		last := turn.Segments[len(turn.Segments)-1].Tokens
		groups[i] = demonstration(ex, turn.Prompt, turn.Segments, tok.Decode(last, true))
	}
	return groups, nil
}

func demonstration(ex *data.Example, prompt []int32, segments []data.Segment, text string) data.Group {
	return data.Group{Example: ex, Prompt: prompt, Rollouts: []data.Rollout{{Segments: segments, Text: text, Finish: data.FinishEOS}}}
}
