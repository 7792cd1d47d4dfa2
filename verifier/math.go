package verifier

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier/latex"
)

func init() {
	Register("math", "the mathematical answer of a completion (in a box, after \"answer\", the last formula or number) equals a reference answer", newMath)
}

// mathematics compares mathematical answers, see package latex. A reference answer is a bare
// answer or a worked solution with a box or "####". Reasons: match, mismatch, no_answer,
// unparsed (the answer is no formula), unproved (neither equality nor difference could
// be shown), fuel (the answer asks for too much work), crash, no_gold (no reference
// answer can be read). All but the last are the completion's fault.
type mathematics struct{ options latex.Options }

// newMath has the options
//
//	mode     strict (default: exact and symmetric) or math_verify (the conventions of
//	         Math-Verify 0.9.0, to compare with numbers published with it)
//	format   any (default) or boxed: an answer counts only in \boxed{}
//	think    true: an answer counts only after </think>. Default false.
//	letters  the letters of a multiple choice, such as ABCD: the answer is one of them.
//	         Default none.
func newMath(options map[string]any) (Verifier, error) {
	m := mathematics{}
	var l fault.List
	for _, key := range slices.Sorted(maps.Keys(options)) {
		m.option(&l, key, options[key])
	}
	return m, l.Err()
}

// option sets one option.
func (m *mathematics) option(l *fault.List, key string, value any) {
	text, isText := value.(string)
	switch key {
	case "mode":
		l.Check(text == "strict" || text == "math_verify", key, value, "strict, math_verify")
		if text == "math_verify" {
			m.options.Mode = latex.MathVerify
		}
	case "format":
		l.Check(text == "any" || text == "boxed", key, value, "any, boxed")
		m.options.BoxOnly = text == "boxed"
	case "think":
		think, ok := value.(bool)
		l.Check(ok, key, value, "true or false")
		m.options.AfterThink = think
	case "letters":
		ok := isText && text != "" && strings.Trim(strings.ToUpper(text), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
		l.Check(ok, key, value, "letters, such as ABCD")
		for _, r := range text {
			m.options.Letters = append(m.options.Letters, string(r))
		}
	default:
		l.Add(key, nil, "unknown option; %s", fault.OneOf(key, []string{"format", "letters", "mode", "think"}))
	}
}

func (mathematics) Name() string { return "math" }

// ByMeaning implements [ByMeaning].
func (mathematics) ByMeaning() bool { return true }

func (m mathematics) Verify(_ context.Context, ex *data.Example, completion string) data.Verdict {
	r := m.judge(ex, completion)
	v := data.Verdict{Extracted: r.Extracted, Reason: r.Reason}
	switch r.Outcome {
	case latex.Equal:
		v.Kind, v.Score = data.Correct, 1
		return v
	case latex.Undecided:
		v.Kind = data.Undecided
	case latex.Different:
		v.Kind = data.Incorrect
	}
	v.Blame = data.BlameCompletion
	if r.Fault == latex.FaultGold {
		v.Kind, v.Blame = data.Error, data.BlameGold
	}
	return v
}

// judge turns a panic into a verdict that blames the completion: what crashes its judge
// must not be better off than what is wrong.
func (m mathematics) judge(ex *data.Example, completion string) (r latex.Result) {
	defer func() {
		if p := recover(); p != nil {
			r = latex.Result{Outcome: latex.Undecided, Fault: latex.FaultCompletion, Reason: "crash", Rule: fmt.Sprint(p)}
		}
	}()
	return latex.Judge(ex.Answers, completion, &m.options)
}

// Explain says, a line a step, how the verdict on a completion comes about.
func (m mathematics) Explain(ex *data.Example, completion string) []string {
	r := m.judge(ex, completion)
	var out []string
	if r.Found != "" {
		out = append(out, "answer found: "+r.Found)
	}
	for _, side := range []struct{ name, text string }{{"answer", r.Extracted}, {"gold", r.Gold}} {
		if side.text == "" {
			continue
		}
		line := fmt.Sprintf("%s: %s", side.name, side.text)
		if tree, err := latex.Parse(side.text); err == nil && tree != side.text {
			line += ", read as " + tree
		}
		out = append(out, line)
	}
	if r.Rule != "" {
		out = append(out, "compared: "+r.Rule)
	}
	return out
}
