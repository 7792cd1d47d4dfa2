package runlog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"

	"github.com/rlvr-go/rlvr/data"
)

// Sample is one completion with its verdict, a line of samples.jsonl.
type Sample struct {
	Step  int    `json:"step"`
	Stage string `json:"stage"`
	// ID is the example's.
	ID         string `json:"id"`
	Prompt     string `json:"prompt"`
	Completion string `json:"completion"`
	// Answer is the first reference answer.
	Answer string `json:"answer"`
	// Reward is null for a row that could not be scored (NaN).
	Reward  Reward `json:"reward"`
	Verdict string `json:"verdict"`
	Reason  string `json:"reason"`
	Finish  string `json:"finish"`
	// Tokens are nil where nothing is known of them.
	Tokens *SampleTokens `json:"tokens,omitempty"`
}

// Reward is a number that is null in JSON when it is not finite.
type Reward float64

// MarshalJSON is the number in its shortest digits, or null.
func (r Reward) MarshalJSON() ([]byte, error) {
	if f := float64(r); !math.IsNaN(f) && !math.IsInf(f, 0) {
		return json.Marshal(f)
	}
	return []byte("null"), nil
}

// UnmarshalJSON reads null as NaN.
func (r *Reward) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*r = Reward(math.NaN())
		return nil
	}
	return json.Unmarshal(text, (*float64)(r))
}

// NewSample describes a scored rollout of the example ex; prompt is its text as the
// policy read it.
func NewSample(step int, stage, prompt string, ex *data.Example, row *data.Row) Sample {
	s := Sample{
		Step: step, Stage: stage, ID: ex.ID, Prompt: prompt, Completion: row.Rollout.Text,
		Reward: Reward(row.Reward), Verdict: row.Verdict.Kind.String(), Reason: row.Verdict.Reason,
		Finish: row.Rollout.Finish.String(),
	}
	if len(ex.Answers) > 0 {
		s.Answer = ex.Answers[0]
	}
	return s
}

// encode is the sample as one line of JSON.
func (s *Sample) encode() ([]byte, error) {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false) // "<eos>" is to be read by people
	if err := enc.Encode(s); err != nil {
		return nil, fmt.Errorf("runlog: sample of %s: %w", s.ID, err)
	}
	return line.Bytes(), nil
}
