package trainer

import (
	"fmt"
	"slices"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/tokenize"
)

// demonstrations turns problems into groups of one rollout that is the reference
// completion: what offline objectives train on. A conversation gives one rollout of
// all its turns, or one for each where the template renders earlier turns otherwise.
func (t *Trainer) demonstrations(prompts []prompt) ([]data.Group, error) {
	var groups []data.Group
	for _, p := range prompts {
		of, err := demonstrate(t.setup.Tokenizer, p)
		if err != nil {
			return nil, fmt.Errorf("trainer: problem %s: %w", p.example.ID, err)
		}
		for i := range of {
			n, limit := len(of[i].Prompt)+of[i].Rollouts[0].NumTokens(), t.policy.Arch.MaxPositionEmbeddings
			if n > limit {
				return nil, fmt.Errorf("trainer: problem %s: prompt and completion have %d tokens, the model has %d positions", p.example.ID, n, limit)
			}
		}
		groups = append(groups, of...)
	}
	return groups, nil
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
	ids, err := tok.Encode(text)
	if err != nil {
		return nil, fmt.Errorf("completion: %w", err)
	}
	if len(tok.EOS()) == 0 {
		return nil, fmt.Errorf("the tokenizer names no token that ends a completion")
	}
	ids = append(slices.Clone(ids), tok.EOS()[0])
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
