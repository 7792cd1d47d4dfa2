package verifier

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/rlvr-go/rlvr/data"
)

// This file holds what the rewards exec and http have in common: the JSON objects that
// are exchanged with a program or a service, and the options about their meaning.

// request asks for a verdict.
type request struct {
	// ID comes back in the reply of a command.
	ID         uint64   `json:"id"`
	Completion string   `json:"completion"`
	Answers    []string `json:"answers"`
	// Example is the problem as a row of a problem file.
	Example map[string]any `json:"example"`
}

// newRequest is the request for a verdict on a completion, a line of JSON. Bytes that are
// not UTF-8 become U+FFFD.
func newRequest(id uint64, ex *data.Example, completion string) ([]byte, error) {
	row := maps.Clone(ex.Extra)
	if row == nil {
		row = map[string]any{}
	}
	row["id"] = ex.ID
	if ex.Prompt != "" {
		row["prompt"] = ex.Prompt
	}
	if len(ex.Messages) > 0 {
		row["messages"] = ex.Messages
	}
	answers := ex.Answers
	if answers == nil {
		answers = []string{}
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(request{ID: id, Completion: completion, Answers: answers, Example: row})
	return out.Bytes(), err
}

// reply is the answer to a request.
type reply struct {
	ID *uint64 `json:"id"`
	// Score is the reward; null: this example cannot be judged.
	Score json.RawMessage `json:"score"`
	// Correct says whether the completion is right; by the threshold where absent.
	Correct   *bool  `json:"correct"`
	Reason    string `json:"reason"`
	Extracted string `json:"extracted"`
	// Error says that there is no verdict, and why.
	Error string `json:"error"`
}

// maxReply bounds a reply in bytes, maxQuoted what an error shows of one.
const (
	maxReply  = 1 << 20
	maxQuoted = 80
)

// parseReply reads a reply.
func parseReply(text []byte) (*reply, error) {
	r := &reply{}
	if trimmed := bytes.TrimSpace(text); len(trimmed) == 0 || trimmed[0] != '{' {
		return nil, fmt.Errorf("the reply %.*q is no JSON object", maxQuoted, text)
	}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("the reply %.*q: %w", maxQuoted, text, err)
	}
	if r.Error == "" && r.Score == nil {
		return nil, fmt.Errorf("the reply %.*q has neither score nor error", maxQuoted, text)
	}
	return r, nil
}

// meaning are the options about what replies mean.
type meaning struct {
	gold      bool
	threshold float64
}

// newMeaning reads the options
//
//	gold       true (default): verdicts rest on the reference answers, which must pass the
//	           self-test where this reward says what is right; false: on the completion
//	threshold  from which score on a completion is correct, where replies do not say so
//	           themselves; default 1
func newMeaning(s *settings) meaning {
	const most = 1e9
	return meaning{gold: s.flag("gold", true), threshold: s.number("threshold", 1, -most, most)}
}

// reasonCode is what a reason must look like.
var reasonCode = regexp.MustCompile(`^[a-z][a-z0-9_]{1,39}$`)

// ownReasons are the judge's own reasons.
var ownReasons = []string{ReasonTimeout, ReasonPanic, ReasonCancelled, ReasonBadScore, ReasonStuck}

var errNoVerdict = errors.New("there is no verdict")

// verdict is what a reply says.
func (m meaning) verdict(r *reply) (data.Verdict, error) {
	if r.Error != "" {
		return data.Verdict{}, fmt.Errorf("%w: %.500s", errNoVerdict, r.Error)
	}
	v := data.Verdict{Reason: "scored", Extracted: r.Extracted}
	if reasonCode.MatchString(r.Reason) && !slices.Contains(ownReasons, r.Reason) {
		v.Reason = r.Reason
	}
	if string(r.Score) == "null" {
		v.Kind, v.Blame = data.Error, data.BlameGold
		if v.Reason == "scored" {
			v.Reason = "no_score"
		}
		return v, nil
	}
	if err := json.Unmarshal(r.Score, &v.Score); err != nil {
		return data.Verdict{}, fmt.Errorf("score: found %.*s, allowed: a finite number or null", maxQuoted, r.Score)
	}
	v.Kind, v.Blame = data.Incorrect, data.BlameCompletion
	if r.Correct != nil && *r.Correct || r.Correct == nil && v.Score >= m.threshold {
		v.Kind, v.Blame = data.Correct, data.BlameNone
	}
	return v, nil
}
