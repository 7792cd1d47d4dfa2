package trainer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/sampler"
	"github.com/rlvr-go/rlvr/tokenize"
	"github.com/rlvr-go/rlvr/verifier"
)

// prompt is a problem ready for the sampler.
type prompt struct {
	example *data.Example
	tokens  []int32
}

// encodePrompt renders and tokenizes a problem's prompt: of a conversation, what its
// last turn answers.
func encodePrompt(tok tokenize.Tokenizer, ex *data.Example) (ids []int32, err error) {
	if len(ex.Messages) > 0 {
		chat := chatOf(ex)
		if ex.Conversation() {
			chat.Messages = chat.Messages[:len(chat.Messages)-1]
		}
		chat.AddGenerationPrompt = true
		ids, err = tok.EncodeChat(chat)
	} else {
		ids, err = tok.EncodePrompt(ex.Prompt)
	}
	if err != nil {
		return nil, fmt.Errorf("problem %s: prompt: %w", ex.ID, err)
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("problem %s: the prompt is empty", ex.ID)
	}
	return ids, nil
}

func chatOf(ex *data.Example) *tokenize.Chat {
	return &tokenize.Chat{Messages: ex.Messages, Tools: ex.Tools, Kwargs: ex.Kwargs}
}

// generator samples completions with one set of options.
type generator struct {
	sampler     *sampler.Sampler
	generations int
	stop        *stopStrings
}

func (t *Trainer) newGenerator(o sampler.Options) (*generator, error) {
	g := &generator{generations: o.NumGenerations, stop: &stopStrings{tok: t.setup.Tokenizer, stop: o.Stop}}
	var stopper sampler.Stopper
	if len(o.Stop) > 0 {
		stopper = g.stop
	}
	var err error
	g.sampler, err = sampler.New(t.setup.Device, t.policy.Arch, o, t.setup.Tokenizer.EOS(), stopper)
	return g, err
}

// generate samples a group of completions for each prompt, and gives each to the rewards
// as soon as it is there. The caller closes the scoring.
func (t *Trainer) generate(ctx context.Context, g *generator, prompts []prompt, d sampler.Draw, rewards *verifier.Rewards) ([]data.Group, *verifier.Scoring, error) {
	in := make([]sampler.Prompt, len(prompts))
	groups := make([]data.Group, len(prompts))
	n := g.generations
	rollouts, segments := make([]data.Rollout, len(prompts)*n), make([]data.Segment, len(prompts)*n)
	for i, p := range prompts {
		in[i] = sampler.Prompt{ID: promptID(p.example.ID), Tokens: p.tokens}
		groups[i] = data.Group{Example: p.example, Prompt: p.tokens, Rollouts: rollouts[i*n : (i+1)*n : (i+1)*n]}
	}
	scoring := rewards.Start(ctx, len(rollouts))
	err := g.sampler.Sample(ctx, t.policy, in, d, func(r sampler.Result) {
		i := r.Prompt*n + r.Sample
		segments[i] = data.Segment{Author: data.AuthorPolicy, Tokens: r.Tokens, RolloutLogProbs: r.LogProbs, TruncatedLogProbs: r.TruncatedLogProbs}
		rollouts[i] = data.Rollout{
			Sample: r.Sample, Segments: segments[i : i+1 : i+1],
			Routes: r.Routes, Text: g.stop.text(r.Tokens), Finish: r.Finish, PolicyVersion: t.policy.Version,
		}
		scoring.Add(i, verifier.Job{Example: prompts[r.Prompt].example, Completion: rollouts[i].Text})
	})
	if err != nil {
		scoring.Close()
		return nil, nil, fmt.Errorf("trainer: %w", err)
	}
	return groups, scoring, nil
}

// stopStrings ends completions at strings (a sampler.Stopper) and cuts them off
// their text.
type stopStrings struct {
	tok  tokenize.Tokenizer
	stop []string
}

// Stop implements sampler.Stopper: it keeps the tokens up to the one that completes
// the earliest stop string. It looks at the new tokens and at as many before them as
// a stop string may begin in, so that a completion costs no more than its length.
func (s *stopStrings) Stop(tokens []int32, seen int) (keep int, stop bool) {
	from := s.reach(tokens[:seen])
	if s.find(s.tok.Decode(tokens[from:], false)) < 0 {
		return len(tokens), false
	}
	for n := seen + 1; n < len(tokens); n++ {
		if s.find(s.tok.Decode(tokens[from:n], false)) >= 0 {
			return n, true
		}
	}
	return len(tokens), true
}

// reach is the index of a token from which the text is as long as a stop string.
func (s *stopStrings) reach(tokens []int32) int {
	longest := 0
	for _, stop := range s.stop {
		longest = max(longest, len(stop))
	}
	for n := longest; n < len(tokens); n *= 2 { // a token may decode to nothing
		if from := len(tokens) - n; len(s.tok.Decode(tokens[from:], false)) >= longest {
			return from
		}
	}
	return 0
}

// text decodes a completion without the token that ended it and cuts it at the
// earliest stop string. Other special tokens that the policy sampled are in the text:
// a verifier must not read over them.
func (s *stopStrings) text(tokens []int32) string {
	if n := len(tokens); n > 0 && slices.Contains(s.tok.EOS(), tokens[n-1]) {
		tokens = tokens[:n-1]
	}
	text := s.tok.Decode(tokens, false)
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
