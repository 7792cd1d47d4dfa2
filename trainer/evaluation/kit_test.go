package evaluation

import (
	"fmt"
	"math/rand/v2"

	"github.com/rlvr-go/rlvr/trainer/runlog"
)

// answered makes a problem whose completions gave answers: "+" marks those that are right,
// "" is no answer, "!" was not judged.
func answered(id string, answers ...string) *Problem {
	p := &Problem{Set: "test", ID: id, Prompt: "?", Answers: []string{"a"}}
	first := map[string]int{}
	for i, a := range answers {
		c := Completion{Sample: i, Text: a, Verdict: "incorrect", Extracted: a, Vote: -1, Reason: "mismatch", Tokens: 10 + i, Finish: "eos"}
		switch {
		case a == "!":
			c.Verdict, c.Masked = "error", true
		case a != "":
			if _, ok := first[a]; !ok {
				first[a] = i
			}
			c.Vote = first[a]
		}
		if a != "" && a[0] == '+' {
			c.Verdict, c.Reward, c.Reason = "correct", 1, "match"
		}
		p.Completions = append(p.Completions, c)
	}
	return p
}

// sided makes problems of one completion, "1" for a right one.
func sided(verdicts string) []*Problem {
	var out []*Problem
	for i, v := range verdicts {
		p := answered(fmt.Sprint("p", i), "x")
		if v == '1' {
			p.Completions[0].Verdict, p.Completions[0].Reward = "correct", runlog.Reward(1)
		}
		out = append(out, p)
	}
	return out
}

// newStream is a stream of random numbers that no code outside of the tests uses.
func newStream(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 999)) }
