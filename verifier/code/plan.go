package code

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"sync"
)

// plan is what the oracle finds in tests without a solution.
type plan struct {
	word *oracleWord
	// host is the comparisons, where the host can make all of them; else nil.
	host []comparison
}

// comparison is an assert about one call's answer and nothing else.
type comparison struct {
	call int
	op   string
	want value
}

// plans keeps plans, by their tests: a problem has many completions.
type plans struct {
	mu  sync.Mutex
	all map[[sha256.Size]byte]*planned
}

type planned struct {
	mu   sync.Mutex
	plan *plan
	err  error
}

// maxPlans bounds the memory that plans take; beyond it they are made anew.
const maxPlans = 1 << 14

func (p *plans) of(t *Tests) (*planned, error) {
	text, err := json.Marshal(t)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errTests, err)
	}
	key := sha256.Sum256(text)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.all == nil || len(p.all) >= maxPlans {
		p.all = map[[sha256.Size]byte]*planned{}
	}
	if p.all[key] == nil {
		p.all[key] = &planned{}
	}
	return p.all[key], nil
}

// plan is the plan of the tests, made once.
func (j *Judge) plan(ctx context.Context, t *Tests) (*plan, error) {
	kept, err := j.plans.of(t)
	if err != nil {
		return nil, err
	}
	kept.mu.Lock()
	defer kept.mu.Unlock()
	if kept.plan == nil && kept.err == nil {
		word, _, err := j.ask(ctx, t, []map[string]any{})
		if err != nil {
			return nil, err // of the sandbox, or asked again: the tests' faults are found soon
		}
		kept.plan, kept.err = newPlan(word)
	}
	return kept.plan, kept.err
}

func newPlan(word *oracleWord) (*plan, error) {
	if len(word.Calls) == 0 {
		return nil, fmt.Errorf("%w: no call of the solution in them", errTests)
	}
	p := &plan{word: word}
	if !word.Complete || !word.Straight || len(word.Items) != len(word.Calls) {
		return p, nil
	}
	host := make([]comparison, len(word.Items))
	seen := map[int]bool{}
	for i, it := range word.Items {
		if it.Call == nil || seen[*it.Call] || *it.Call < 0 || *it.Call >= len(word.Calls) {
			return p, nil
		}
		seen[*it.Call] = true
		want, err := parseValue(it.Want)
		if err != nil {
			return p, nil //nolint:nilerr // the oracle compares what the host cannot read
		}
		host[i] = comparison{*it.Call, it.Op, want}
	}
	p.host = host
	return p, nil
}

// compare makes the comparisons.
func compare(host []comparison, answers []answer) outcome {
	var o outcome
	for _, c := range host {
		a := answers[c.call]
		switch {
		case a.failure.reason != "":
			o.fail(a.failure)
		case c.holds(a.value):
			o.pass()
		default:
			o.fail(failure{reason: ReasonWrong})
		}
	}
	return o
}

func (c *comparison) holds(got value) bool {
	switch c.op {
	case "==":
		return equal(c.want, got)
	case "true":
		return got.isTrue()
	case "false":
		return !got.isTrue()
	case "None":
		return got.kind == none
	default:
		return false
	}
}
