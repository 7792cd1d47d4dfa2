package trainer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/sampler"
	"github.com/rlvr-go/rlvr/tokenize"
)

// prompt is a problem ready for the sampler.
type prompt struct {
	example *data.Example
	tokens  []int32
}

// encodePrompt renders and tokenizes a problem's prompt.
func encodePrompt(tok tokenize.Tokenizer, ex *data.Example) ([]int32, error) {
	text := ex.Prompt
	if len(ex.Messages) > 0 {
		var err error
		if text, err = tok.RenderChat(ex.Messages); err != nil {
			return nil, fmt.Errorf("problem %s: %w", ex.ID, err)
		}
	}
	ids, err := tok.Encode(text)
	if err != nil {
		return nil, fmt.Errorf("problem %s: prompt: %w", ex.ID, err)
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("problem %s: the prompt is empty", ex.ID)
	}
	return ids, nil
}

// demonstrations turns problems into groups of one rollout that is the reference
// completion: what offline objectives train on.
func demonstrations(tok tokenize.Tokenizer, prompts []prompt) ([]data.Group, error) {
	groups := make([]data.Group, len(prompts))
	for i, p := range prompts {
		text := p.example.Demonstration()
		ids, err := tok.Encode(text)
		if err != nil {
			return nil, fmt.Errorf("problem %s: completion: %w", p.example.ID, err)
		}
		ids = append(ids, tok.EOS()[0])
		groups[i] = data.Group{Example: p.example, Prompt: p.tokens, Rollouts: []data.Rollout{
			{Segments: []data.Segment{{Tokens: ids}}, Text: text, Finish: data.FinishEOS},
		}}
	}
	return groups, nil
}

// generate samples a group of completions for each prompt.
func (t *Trainer) generate(ctx context.Context, s *sampler.Sampler, prompts []prompt, generations int, d sampler.Draw) ([]data.Group, error) {
	in := make([]sampler.Prompt, len(prompts))
	groups := make([]data.Group, len(prompts))
	for i, p := range prompts {
		in[i] = sampler.Prompt{ID: promptID(p.example.ID), Tokens: p.tokens}
		groups[i] = data.Group{Example: p.example, Prompt: p.tokens, Rollouts: make([]data.Rollout, generations)}
	}
	err := s.Sample(ctx, t.policy, in, d, func(r sampler.Result) {
		groups[r.Prompt].Rollouts[r.Sample] = data.Rollout{
			Sample: r.Sample,
			Segments: []data.Segment{{Author: data.AuthorPolicy, Tokens: r.Tokens,
				RolloutLogProbs: r.LogProbs, TruncatedLogProbs: r.TruncatedLogProbs}},
			Text: t.stopper.text(r.Tokens), Finish: r.Finish, PolicyVersion: t.policy.Version,
		}
	})
	if err != nil {
		return nil, fmt.Errorf("trainer: %w", err)
	}
	return groups, nil
}

// stopStrings ends completions at strings (a sampler.Stopper) and cuts them off
// their text.
type stopStrings struct {
	tok  tokenize.Tokenizer
	stop []string
}

// Stop implements sampler.Stopper: it keeps the tokens up to the one that completes
// the earliest stop string.
func (s *stopStrings) Stop(tokens []int32, seen int) (keep int, stop bool) {
	for n := seen + 1; n <= len(tokens); n++ {
		if s.find(s.tok.Decode(tokens[:n])) >= 0 {
			return n, true
		}
	}
	return len(tokens), false
}

// text decodes a completion and cuts it at the earliest stop string. Padding that
// the policy sampled shows as U+FFFD: a verifier must not read over it.
func (s *stopStrings) text(tokens []int32) string {
	if i := slices.Index(tokens, s.tok.PadID()); i >= 0 {
		return s.tok.Decode(tokens[:i]) + "\uFFFD" + s.text(tokens[i+1:])
	}
	text := s.tok.Decode(tokens)
	if i := s.find(text); i >= 0 {
		text = text[:i]
	}
	return text
}

// find is the index of the earliest stop string in text, or -1.
func (s *stopStrings) find(text string) int {
	first := -1
	for _, stop := range s.stop {
		if i := strings.Index(text, stop); i >= 0 && (first < 0 || i < first) {
			first = i
		}
	}
	return first
}
