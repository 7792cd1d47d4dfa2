package evaluation

import (
	"encoding/json"
	"math"
	"slices"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/trainer/runlog"
)

// Problem is one problem with its judged completions, a line of the file.
type Problem struct {
	// Set is the split that it is of, ID the example's.
	Set string `json:"set"`
	ID  string `json:"id"`
	// Prompt is the text that the policy read, special tokens included.
	Prompt string `json:"prompt"`
	// Answers are the reference answers.
	Answers []string `json:"answers"`
	// Completions are in the order of their Sample.
	Completions []Completion `json:"completions"`
}

// Completion is one completion with its verdict.
type Completion struct {
	Sample int    `json:"sample"`
	Text   string `json:"completion"`
	// Verdict is correct, incorrect, undecided or error; Masked says that it is no fault
	// of the completion.
	Verdict string `json:"verdict"`
	Masked  bool   `json:"masked,omitempty"`
	// Reward is null where it is masked.
	Reward runlog.Reward `json:"reward"`
	// Extracted is the answer that was judged, cut to what people read.
	Extracted string `json:"extracted"`
	// Vote is the sample that gave the same answer first, -1 where there is no answer.
	Vote   int    `json:"vote"`
	Reason string `json:"reason"`
	// Tokens is the completion's length, its end-of-sequence token included.
	Tokens int `json:"tokens"`
	// Finish is eos, stop or length.
	Finish string `json:"finish"`
}

// NewProblem describes a problem of a set: rows are its completions, votes as
// [verifier.Rewards.Votes] gives them, prompt the text that the policy read.
func NewProblem(set, prompt string, ex *data.Example, rows []data.Row, votes []int) *Problem {
	p := &Problem{Set: set, ID: ex.ID, Prompt: prompt, Answers: slices.Clone(ex.Answers), Completions: make([]Completion, len(rows))}
	if p.Answers == nil {
		p.Answers = []string{}
	}
	for i := range rows {
		r := &rows[i]
		p.Completions[i] = Completion{
			Sample: i, Text: r.Rollout.Text, Verdict: r.Verdict.Kind.String(), Masked: r.Verdict.Masked(),
			Reward: runlog.Reward(r.Reward), Extracted: r.Verdict.Extracted, Vote: votes[i], Reason: r.Verdict.Reason,
			Tokens: r.Rollout.NumTokens(), Finish: r.Rollout.Finish.String(),
		}
	}
	return p
}

func (c *Completion) right() bool { return c.Verdict == data.Correct.String() && !c.Masked }

// counts are the completions of a problem that were judged, and those that are right.
func (p *Problem) counts() (judged, right int) {
	for i := range p.Completions {
		c := &p.Completions[i]
		if c.Masked {
			continue
		}
		judged++
		if c.right() {
			right++
		}
	}
	return judged, right
}

// ballots are the votes of the completions that were judged.
func (p *Problem) ballots() *ballots {
	b := &ballots{}
	votes := make([]int, len(p.Completions))
	for i := range p.Completions {
		switch c := &p.Completions[i]; {
		case c.Masked:
		case c.Vote < 0:
			b.none++
		default:
			votes[c.Vote]++
		}
	}
	for first, n := range votes {
		switch {
		case n == 0:
		case p.Completions[first].right():
			b.right = append(b.right, n)
		default:
			b.wrong = append(b.wrong, n)
		}
	}
	return b
}

// Header is the first line of the file: what its numbers depend on beside the problems.
type Header struct {
	// Version is that of the file's form.
	Version int `json:"rlvr_eval"`
	// Checkpoint names the weights, "" for those that a run starts from. Weights tells
	// others apart that have the same name.
	Checkpoint string `json:"checkpoint"`
	Weights    string `json:"weights"`
	Backend    string `json:"backend"`
	Seed       int64  `json:"seed"`
	// K is the number of completions of a problem.
	K                   int      `json:"k"`
	Temperature         float64  `json:"temperature"`
	MaxCompletionLength int      `json:"max_completion_length"`
	Stop                []string `json:"stop"`
	// Data and Reward are the config's sections.
	Data   json.RawMessage `json:"data"`
	Reward json.RawMessage `json:"reward"`
}

// version is that of the files that this package writes.
const version = 1

// valid reports that the numbers of a problem that was read can be worked with.
func (p *Problem) valid() bool {
	if p.ID == "" || len(p.Completions) == 0 {
		return false
	}
	for i := range p.Completions {
		c := &p.Completions[i]
		switch {
		case c.Sample != i, c.Tokens < 0, c.Vote < -1, c.Vote > i, math.IsInf(float64(c.Reward), 0):
			return false
		// A vote leads to a completion that votes for itself, and both are right or neither.
		case c.Vote >= 0 && (p.Completions[c.Vote].Vote != c.Vote || p.Completions[c.Vote].Masked != c.Masked || p.Completions[c.Vote].right() != c.right()):
			return false
		}
	}
	return true
}
