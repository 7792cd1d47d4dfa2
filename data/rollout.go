package data

// Author says who produced the tokens of a [Segment].
type Author uint8

// The authors of segments. Only the policy's own tokens are trained.
const (
	AuthorPolicy Author = iota
	AuthorEnvironment
)

// Segment is a run of tokens by one author. A single-turn completion is one
// segment; tools and turns add segments, not types.
type Segment struct {
	Author Author
	// Tokens are the ids, [L].
	Tokens []int32
	// RolloutLogProbs are the sampler's log-probabilities of Tokens under the
	// untruncated distribution at the rollout temperature, [L]; nil unless the
	// author is the policy.
	RolloutLogProbs []float32
	// TruncatedLogProbs are those under the distribution really sampled from,
	// [L]; nil where nothing was truncated.
	TruncatedLogProbs []float32
}

// FinishReason says why a rollout ended.
type FinishReason uint8

// The finish reasons. A rollout cut by its length limit is truncated: its text is
// not what the policy would have said in the end.
const (
	FinishEOS FinishReason = iota
	FinishStop
	FinishLength
)

// String is the word used in samples.jsonl.
func (r FinishReason) String() string {
	switch r {
	case FinishEOS:
		return "eos"
	case FinishStop:
		return "stop"
	default:
		return "length"
	}
}

// Rollout is one sampled completion.
//
//	Rollout{Segments: []Segment{{Tokens: []int32{9, 1, 0, eos}, ...}}, Text: "910"}
type Rollout struct {
	// Sample is the index within the group, in [0, num_generations).
	Sample int
	// Segments in order; their tokens together are the completion.
	Segments []Segment
	// Routes are the experts that the sampler sent tokens to, of the prompt's tokens and
	// all of the completion's but the last, [P+L-1, sparse layers, experts per token];
	// nil where they were not kept.
	Routes []int32
	// Text is the completion as the verifier sees it, without end-of-sequence
	// tokens and without a matched stop string.
	Text string
	// Finish is why sampling ended.
	Finish FinishReason
	// PolicyVersion counts the optimizer steps of the policy that sampled it.
	PolicyVersion int
}

// NumTokens is the number of completion tokens over all segments.
func (r *Rollout) NumTokens() int {
	n := 0
	for i := range r.Segments {
		n += len(r.Segments[i].Tokens)
	}
	return n
}

// Tokens is the completion's ids over all segments, [L]. Do not modify it: it may
// be a segment's own.
func (r *Rollout) Tokens() []int32 {
	if len(r.Segments) == 1 {
		return r.Segments[0].Tokens
	}
	out := make([]int32, 0, r.NumTokens())
	for i := range r.Segments {
		out = append(out, r.Segments[i].Tokens...)
	}
	return out
}

// AppendMask appends L elements to mask, true where a token is the policy's own.
func (r *Rollout) AppendMask(mask []bool) []bool {
	for i := range r.Segments {
		for range r.Segments[i].Tokens {
			mask = append(mask, r.Segments[i].Author == AuthorPolicy)
		}
	}
	return mask
}

// RolloutLogProbs joins the segments' log-probabilities, [L], with zeros where
// the policy is not the author; nil when no segment has any (offline data). Do not
// modify them: they may be a segment's own.
func (r *Rollout) RolloutLogProbs() []float32 {
	if len(r.Segments) == 1 {
		return r.Segments[0].RolloutLogProbs
	}
	have := false
	out := make([]float32, 0, r.NumTokens())
	for i := range r.Segments {
		s := &r.Segments[i]
		if s.RolloutLogProbs == nil {
			out = append(out, make([]float32, len(s.Tokens))...)
			continue
		}
		have = true
		out = append(out, s.RolloutLogProbs...)
	}
	if !have {
		return nil
	}
	return out
}

// Group is the rollouts of one prompt.
type Group struct {
	Example *Example
	// Turn is the index in the example's messages of the turn that the rollout is, where
	// each turn of a conversation is a group of its own; 0: none.
	Turn int
	// Prompt is the prompt's token ids, [P].
	Prompt []int32
	// Rollouts are ordered by their Sample index.
	Rollouts []Rollout
}
