package code

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/rlvr-go/rlvr/verifier/sandbox"
)

// wireCall is a call as the processes know it: [name, [value, ...], {name: value}].
type wireCall = json.RawMessage

// answer is what became of a call.
type answer struct {
	// value is what was returned, raw as the process wrote it; raw is nil where nothing
	// was.
	value value
	raw   json.RawMessage
	// failure is set where nothing was returned; raised says that it was an exception
	// that a test may expect.
	failure failure
	raised  bool
}

// maxRuns is how often a solution that ends in the middle of its calls is started for the
// rest of them, where the share of passed tests counts. One that meets a limit is not: its
// other calls fail too, or each of them could cost as much.
const maxRuns = 8

// callAll has the solution's functions called, in order and in one process. fatal is set
// where the solution did not get as far as its first call.
func (j *Judge) callAll(ctx context.Context, sources []string, calls []wireCall) (answers []answer, fatal failure, err error) {
	answers = make([]answer, len(calls))
	from := 0
	for range maxRuns {
		next, fatal, err := j.callFrom(ctx, sources, calls, from, answers)
		if err != nil || fatal.reason != "" && from == 0 {
			return answers, fatal, err
		}
		if next >= len(calls) || fatal.reason != "" || !j.options.PassRate || limited(answers[next-1].failure.reason) {
			break
		}
		from = next
	}
	for i := range answers {
		if answers[i].raw == nil && answers[i].failure.reason == "" {
			answers[i].failure = failure{reason: ReasonRuntime}
		}
	}
	return answers, failure{}, nil
}

// callFrom has the calls made from one on, and fills in their answers. next is the call
// after the one during which the process ended.
func (j *Judge) callFrom(ctx context.Context, sources []string, calls []wireCall, from int, answers []answer) (next int, fatal failure, err error) {
	request := map[string]any{"sources": sources, "calls": calls, "from": from}
	r, records, err := j.exchange(ctx, &j.driver, request)
	if err != nil {
		return 0, failure{}, err
	}
	next = from
	for _, raw := range records {
		var rec struct {
			Call   *int            `json:"call"`
			Value  json.RawMessage `json:"value"`
			Raised []string        `json:"raised"`
			Phase  string          `json:"phase"`
		}
		if json.Unmarshal(raw, &rec) != nil {
			continue // the solution's own writing got in between
		}
		if rec.Call == nil {
			return next, phaseFailure(rec.Phase, rec.Raised), nil
		}
		i := *rec.Call
		if i != next || i >= len(answers) {
			// The driver answers each call once, in order.
			return next, failure{reason: ReasonTampered}, nil
		}
		answers[i] = answerOf(rec.Value, rec.Raised)
		next++
	}
	if r.Status == sandbox.StatusOK && next == len(calls) {
		return next, failure{}, nil
	}
	// What it did after its last answer counts against that answer.
	i := min(next, len(calls)-1)
	answers[i] = answer{failure: failure{reason: reasonOf(r.Status)}}
	return i + 1, failure{}, nil
}

// limited reports whether a process met a limit.
func limited(reason string) bool {
	return reason == ReasonTime || reason == ReasonMemory || reason == ReasonOutput
}

func answerOf(raw json.RawMessage, raised []string) answer {
	if len(raised) > 0 {
		return answer{failure: raisedFailure(raised[0]), raised: true}
	}
	v, err := parseValue(raw)
	if err != nil {
		return answer{failure: failure{reason: ReasonRuntime}}
	}
	return answer{value: v, raw: raw}
}

func phaseFailure(phase string, raised []string) failure {
	class := ""
	if len(raised) > 0 {
		class = raised[0]
	}
	if phase == "compile" {
		return failure{reason: ReasonCompile, class: class}
	}
	return raisedFailure(class)
}

func raisedFailure(class string) failure {
	if class == "MemoryError" {
		return failure{reason: ReasonMemory, class: class}
	}
	return failure{reason: ReasonRuntime, class: class}
}

// exchange runs one of the host's programs with a request, and gives the records that it
// wrote: the lines that begin with a random text which only that process was given.
func (j *Judge) exchange(ctx context.Context, p *program, request map[string]any) (sandbox.Result, []json.RawMessage, error) {
	var nonce [16]byte
	if _, err := rand.Read(nonce[:]); err != nil {
		return sandbox.Result{}, nil, fmt.Errorf("code: %w", err)
	}
	prefix := []byte(hex.EncodeToString(nonce[:]))
	request["nonce"] = string(prefix)
	stdin, err := json.Marshal(request)
	if err != nil {
		return sandbox.Result{}, nil, fmt.Errorf("code: %w", err)
	}
	source, err := p.text(ctx, j.runner)
	if err != nil {
		return sandbox.Result{}, nil, err
	}
	r, err := j.runner.Run(ctx, sandbox.Program{Language: "python", Source: source, Stdin: stdin})
	if err != nil {
		return sandbox.Result{}, nil, err
	}
	var records []json.RawMessage
	for line := range bytes.Lines(r.Stdout) {
		if rest, ok := bytes.CutPrefix(line, prefix); ok {
			records = append(records, json.RawMessage(bytes.TrimSpace(rest)))
		}
	}
	return r, records, nil
}

// sourcesOf are the texts that make the solution's module.
func sourcesOf(t *Tests, solution string) []string {
	switch {
	case t.Prelude == "":
		return []string{solution}
	case continues(solution):
		return []string{t.Prelude + "\n" + solution}
	}
	return []string{t.Prelude, solution}
}
