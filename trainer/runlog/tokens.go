package runlog

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"github.com/rlvr-go/rlvr/data"
)

// MaxSampleTokens is how many tokens of a completion a line of samples.jsonl describes,
// the first ones: a long completion must not make the file the largest of the run.
const MaxSampleTokens = 512

// SampleTokens are a completion's tokens with what is known of each. Arrays have a number
// a token, or are absent where nothing computed them.
type SampleTokens struct {
	// Text is what each token adds to the completion, special tokens as their text.
	Text []string `json:"text"`
	// Trained is 1 for the tokens that are trained, else 0; absent where all are.
	Trained []int `json:"trained,omitempty"`
	// LogProbs are the sampler's, OldLogProbs the trainer's at the start of the step,
	// RefLogProbs the reference policy's, all in nats.
	LogProbs    Numbers `json:"log_probs,omitempty"`
	OldLogProbs Numbers `json:"old_log_probs,omitempty"`
	RefLogProbs Numbers `json:"ref_log_probs,omitempty"`
	// Entropy is that of the policy's distribution at the start of the step, in nats.
	Entropy Numbers `json:"entropy,omitempty"`
	// NewLogProbs and NewEntropy are those after the step's updates
	// ([Options.ScoreCompletions]).
	NewLogProbs Numbers `json:"new_log_probs,omitempty"`
	NewEntropy  Numbers `json:"new_entropy,omitempty"`
	// Advantages are the estimator's, one number where all tokens have the same, Values a value head's predictions, Weights what
	// multiplies the loss of a token.
	Advantages Numbers `json:"advantages,omitempty"`
	Values     Numbers `json:"values,omitempty"`
	Weights    Numbers `json:"weights,omitempty"`
}

// Numbers are written with four significant digits, which is what a colour shows; one
// that is not finite is null.
type Numbers []float32

// MarshalJSON is an array of numbers and nulls.
func (n Numbers) MarshalJSON() ([]byte, error) {
	const digits = 4
	out := []byte{'['}
	for i, v := range n {
		if i > 0 {
			out = append(out, ',')
		}
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			out = append(out, "null"...)
			continue
		}
		short, err := strconv.ParseFloat(strconv.FormatFloat(float64(v), 'g', digits, 32), 64)
		if err != nil {
			return nil, err
		}
		text, err := json.Marshal(short)
		if err != nil {
			return nil, err
		}
		out = append(out, text...)
	}
	return append(out, ']'), nil
}

// UnmarshalJSON reads null as NaN.
func (n *Numbers) UnmarshalJSON(text []byte) error {
	var all []*float32
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	*n = make(Numbers, len(all))
	for i, v := range all {
		(*n)[i] = float32(math.NaN())
		if v != nil {
			(*n)[i] = *v
		}
	}
	return nil
}

// NewSampleTokens describes the tokens of a scored rollout; text is what each adds.
func NewSampleTokens(text []string, row *data.Row) *SampleTokens {
	n := min(len(text), len(row.Mask), MaxSampleTokens)
	s := &SampleTokens{
		Text:     text[:n],
		LogProbs: first(n, row.RolloutLogProbs), OldLogProbs: first(n, row.OldLogProbs), RefLogProbs: first(n, row.RefLogProbs),
		Entropy: first(n, row.Entropy), Advantages: joined(first(n, row.Advantages)), Values: first(n, row.Values), Weights: first(n, row.Weights),
	}
	if slices.Contains(row.Mask[:n], false) {
		s.Trained = make([]int, n)
		for i, trained := range row.Mask[:n] {
			if trained {
				s.Trained[i] = 1
			}
		}
	}
	return s
}

// SetNew adds what the policy says after the step's updates, [T] each.
func (s *SampleTokens) SetNew(logProbs, entropy []float32) {
	s.NewLogProbs, s.NewEntropy = first(len(s.Text), logProbs), first(len(s.Text), entropy)
}

// joined is one number of equal ones.
func joined(x Numbers) Numbers {
	if len(x) > 1 && !slices.ContainsFunc(x, func(v float32) bool { return v != x[0] }) {
		return x[:1]
	}
	return x
}

// first is the beginning of an array that has a number a token, nil of another.
func first[T float32 | float64](n int, x []T) Numbers {
	if len(x) < n {
		return nil
	}
	var out Numbers
	for _, v := range x[:n] {
		out = append(out, float32(v))
	}
	return out
}
