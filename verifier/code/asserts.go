package code

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/rlvr-go/rlvr/verifier/sandbox"
)

// maxRounds is how often the oracle is asked about one solution. A round more is needed
// where an argument depends on an earlier answer.
const maxRounds = 16

// oracleWord is what the oracle says, see python/oracle.py.
type oracleWord struct {
	// Bad is what is wrong with the tests.
	Bad string `json:"bad"`
	// Foreign is an argument that is no plain data.
	Foreign string `json:"foreign"`
	// Calls are all calls that were seen, those without an answer included.
	Calls []wireCall `json:"calls"`
	// Items are the asserts, in the order of their evaluation.
	Items []item `json:"items"`
	// Live: every call had its answer, and the items are decided.
	Live bool `json:"live"`
	// Complete: every block of tests came to its end. Aborted is what ended one.
	Complete bool   `json:"complete"`
	Aborted  string `json:"aborted"`
	// Straight: no statement of the tests depends on a value.
	Straight bool `json:"straight"`
}

// item is an assert: decided (OK), or a comparison for the host (Call, Op, Want), or
// neither.
type item struct {
	OK     *bool           `json:"ok"`
	Raised string          `json:"raised"`
	Call   *int            `json:"call"`
	Op     string          `json:"op"`
	Want   json.RawMessage `json:"want"`
}

// asserts judges by Python asserts.
func (j *Judge) asserts(ctx context.Context, t *Tests, solution string) (outcome, error) {
	p, err := j.plan(ctx, t)
	if err != nil {
		return outcome{}, err
	}
	sources := sourcesOf(t, solution)
	calls := p.word.Calls
	for range maxRounds {
		answers, fatal, err := j.callAll(ctx, sources, calls)
		if err != nil || fatal.reason != "" {
			return outcome{failure: fatal}, err
		}
		if p.host != nil {
			return compare(p.host, answers), nil
		}
		word, failed, err := j.ask(ctx, t, transcript(calls, answers))
		if err != nil || failed.reason != "" {
			return outcome{failure: failed}, err
		}
		if word.Live {
			return decided(word, answers, len(p.word.Items)), nil
		}
		calls = word.Calls
	}
	return outcome{failure: failure{reason: ReasonWrong}}, nil
}

// decided is the oracle's last word.
func decided(word *oracleWord, answers []answer, planned int) outcome {
	o := outcome{total: planned}
	first := failure{reason: ReasonWrong}
	for _, a := range answers {
		if a.failure.reason != "" {
			first = a.failure
			break
		}
	}
	for _, it := range word.Items {
		switch {
		case it.OK != nil && *it.OK:
			o.pass()
		case it.Raised != "":
			o.fail(first)
		default:
			o.fail(failure{reason: ReasonWrong})
		}
	}
	if !word.Complete && o.failure.reason == "" {
		o.failure = first
	}
	return o
}

// transcript is the calls with their answers, for the oracle.
func transcript(calls []wireCall, answers []answer) []map[string]any {
	out := make([]map[string]any, len(calls))
	for i, a := range answers {
		out[i] = map[string]any{"call": calls[i]}
		switch {
		case a.raw != nil:
			out[i]["value"] = a.raw
		case a.raised:
			out[i]["raised"] = []string{a.failure.class}
		default:
			out[i]["died"] = true
		}
	}
	return out
}

// ask has the tests run with a transcript. failed is what the solution's answers did to
// the oracle; without a transcript that is the tests' own doing, and an error.
func (j *Judge) ask(ctx context.Context, t *Tests, transcript []map[string]any) (*oracleWord, failure, error) {
	functions := t.Functions
	if functions == nil {
		functions = []string{}
	}
	request := map[string]any{"prelude": t.Prelude, "tests": t.Asserts, "functions": functions, "transcript": transcript}
	r, records, err := j.exchange(ctx, &j.oracle, request)
	if err != nil {
		return nil, failure{}, err
	}
	word := &oracleWord{}
	if r.Status != sandbox.StatusOK || len(records) != 1 || json.Unmarshal(records[0], word) != nil {
		if len(transcript) == 0 {
			return nil, failure{}, fmt.Errorf("%w: they do not run to their end (%s): %.200s", errTests, r.Status, r.Stderr)
		}
		f := failure{reason: reasonOf(r.Status)}
		return nil, f, nil
	}
	switch {
	case word.Bad != "":
		return nil, failure{}, fmt.Errorf("%w: %s", errTests, word.Bad)
	case word.Foreign != "":
		return nil, failure{}, fmt.Errorf("%w: %s, and only plain data can be handed to a solution", errTests, word.Foreign)
	}
	return word, failure{}, nil
}
