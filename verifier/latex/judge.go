package latex

import (
	"errors"
	"fmt"
	"strings"
)

// Options say how answers are found and compared. The zero value is strict.
type Options struct {
	Mode Mode
	Extraction
	// Decimals is how many decimals MathVerify rounds numbers to; 0 means 6.
	Decimals int
	// AnyVariable lets variables match by position: f(x) = f(y) (MathVerify).
	AnyVariable bool
	// SetsAreRelations lets an inequality equal a gold set, and not just a set a gold
	// inequality (MathVerify; Strict always does).
	SetsAreRelations bool
}

// Fault says who is to blame for an outcome that is undecided.
type Fault uint8

// The faults.
const (
	FaultNone Fault = iota
	FaultCompletion
	FaultGold
)

// Result is what a judgement found. Its words are stable codes.
type Result struct {
	Outcome Outcome
	Fault   Fault
	// Reason is match, mismatch, no_answer (nothing to judge in the completion), no_gold
	// (no gold answer can be read), unparsed (the answer is no formula and no word of
	// the gold answer's), fuel (the answer asks for too much work) or unproved (equal or
	// not could not be shown).
	Reason string
	// Extracted is the answer that was judged, and Found where it stood.
	Extracted, Found string
	// Gold is the gold answer that decided, as it was read; Rule what decided.
	Gold, Rule string
}

// Judge compares the answer of a completion with gold answers, of which any will do.
// Gold answers may be bare formulas or whole solutions. Equal arguments give equal
// results.
func Judge(golds []string, completion string, o *Options) Result {
	f := &fuel{steps: maxSteps}
	best := Result{Outcome: Different, Fault: FaultGold, Reason: "no_gold"}
	preds, noPred := answersOf(completion, o, f, false)
	for _, gold := range golds {
		if ownWords(gold, completion, o) {
			return Result{Outcome: Equal, Reason: "match", Extracted: shorten(completion), Found: "the whole text", Gold: shorten(gold), Rule: "same text"}
		}
		answers, err := answersOf(gold, o, &fuel{steps: maxSteps}, true)
		if err != nil || len(answers) == 0 {
			continue
		}
		if noPred != nil {
			return noPred.result()
		}
		r := judgeOne(answers, preds, o)
		if r.Outcome == Different && o.Mode == Strict && percentOfBare(answers[0].reading, preds[0].reading) {
			r.Outcome, r.Fault, r.Reason, r.Rule = Equal, FaultNone, "match", "the percent sign is the unit of a bare number"
		}
		if r.Outcome == Equal {
			return r
		}
		if best.Reason == "no_gold" || r.Outcome == Undecided && best.Outcome == Different {
			best = r
		}
	}
	return best
}

// ownWords reports whether a completion is a short gold answer letter by letter, where
// it need not be in a box or after thoughts.
func ownWords(gold, completion string, o *Options) bool {
	return o.Mode == Strict && !o.BoxOnly && !o.AfterThink && len(completion) <= longestWhole && completion == gold && trimAnswer(gold) != ""
}

// answer is a candidate that was read.
type answer struct {
	span
	reading
}

// extractionError says why a completion has no answer.
type extractionError struct {
	reason, extracted, found string
}

func (e *extractionError) Error() string { return e.reason }

func (e *extractionError) result() Result {
	r := Result{Outcome: Different, Fault: FaultCompletion, Reason: e.reason, Extracted: e.extracted, Found: e.found}
	if e.reason == "fuel" {
		r.Outcome = Undecided
	}
	return r
}

// answersOf are the answers of a text: the best candidate, or in MathVerify the best
// one that is a formula, with what it is as text where none is.
func answersOf(text string, o *Options, f *fuel, gold bool) ([]answer, *extractionError) {
	if o.AfterThink && !gold {
		after, ok := afterThink(text)
		if !ok {
			return nil, &extractionError{reason: "no_answer"}
		}
		text = after
	}
	if gold && o.Mode == Strict && len(o.Letters) == 0 {
		if a, ok := wholeGold(text, f); ok {
			return []answer{a}, nil
		}
	}
	return firstReadable(candidatesOf(text, o, gold), o, f)
}

// candidatesOf are the places of a text where its answer may be, the best first: those
// after the thinking where there are any, and the whole of a short gold that has none.
func candidatesOf(text string, o *Options, gold bool) []ranked {
	found := candidates(text, &o.Extraction, o.Mode)
	if after, ok := afterThink(text); ok && o.Mode == Strict && !gold {
		if later := candidates(after, &o.Extraction, o.Mode); len(later) > 0 {
			found = later
		}
	}
	if len(found) == 0 && gold && len(text) <= longestWhole {
		found = []ranked{{rankWhole, span{end: len(text), parts: []string{text}, rule: "the whole text"}}}
	}
	return found
}

// firstReadable reads candidates in their order: the first in Strict, the first formula in
// MathVerify, or else the first text.
func firstReadable(found []ranked, o *Options, f *fuel) ([]answer, *extractionError) {
	var fallback *answer
	for i := range found {
		a, err := readSpan(&found[i].span, o, f)
		switch {
		case errors.Is(err, errFuel):
			return nil, &extractionError{"fuel", shorten(found[i].text()), found[i].rule}
		case errors.Is(err, errEmpty):
			if o.Mode == Strict {
				return nil, &extractionError{"no_answer", "", found[i].rule}
			}
		case o.Mode == Strict || a.formula:
			return []answer{a}, nil
		case fallback == nil:
			fallback = &a
		}
	}
	if fallback == nil {
		return nil, &extractionError{reason: "no_answer"}
	}
	return []answer{*fallback}, nil
}

// wholeGold reads a gold answer that is a formula or a word, and no solution that ends
// in one.
func wholeGold(text string, f *fuel) (answer, bool) {
	if len(text) > 2000 || strings.Contains(text, `\boxed`) || strings.Contains(text, `\fbox`) || strings.Contains(text, "####") {
		return answer{}, false
	}
	r, err := read(text, f)
	if err != nil || !r.formula && plainText(trimAnswer(text)) == "" {
		return answer{}, false
	}
	return answer{span{end: len(text), parts: []string{text}, rule: "the whole text"}, r}, true
}

// readSpan reads a candidate; several parts are the items of a list.
func readSpan(s *span, o *Options, f *fuel) (answer, error) {
	if s.rule == "letter" {
		return answer{*s, reading{nodes: []*node{{op: opText, name: s.parts[0]}}, formula: true}}, nil
	}
	text := s.text()
	if o.Mode == MathVerify {
		text = normalizeLikeMathVerify(text)
	}
	if len(s.parts) == 1 {
		r, err := read(text, f)
		return answer{*s, r}, err
	}
	var items []*node
	for _, part := range s.parts {
		r, err := read(part, f)
		if err != nil {
			return answer{}, err
		}
		n := r.nodes[0]
		if n.op == opList || n.op == opSet && o.Mode == MathVerify {
			items = append(items, n.args...)
		} else {
			items = append(items, n)
		}
	}
	return answer{*s, reading{nodes: []*node{build(opList, items...)}, formula: true}}, nil
}

// judgeOne compares one gold answer with the completion's.
func judgeOne(golds, preds []answer, o *Options) Result {
	c := &comparer{
		fuel: &fuel{steps: maxSteps}, mode: o.Mode, decimals: o.Decimals,
		anyVariable: o.AnyVariable, setsAreRelations: o.SetsAreRelations,
	}
	if c.decimals == 0 {
		c.decimals = 6
	}
	g, p := &golds[0], &preds[0]
	out := c.compareReadings(g.reading, p.reading)
	r := Result{Outcome: out, Extracted: shorten(p.text()), Found: p.rule, Gold: shorten(g.text()), Rule: c.rule}
	switch {
	case out == Equal:
		r.Reason = "match"
	case out == Undecided && c.fuel.steps < 0:
		r.Reason, r.Fault = "fuel", FaultCompletion
	case out == Undecided:
		r.Reason, r.Fault = "unproved", FaultCompletion
	case !p.formula && g.formula:
		r.Reason, r.Fault = "unparsed", FaultCompletion
	default:
		r.Reason, r.Fault = "mismatch", FaultCompletion
	}
	return r
}

// percentOfBare reports whether a completion adds a percent sign to the number that the
// gold answer leaves bare: "what percent ...?" has the gold answer 10. The other way
// round is wrong, since a gold answer of 10 percent is a tenth.
func percentOfBare(gold, pred reading) bool {
	g, p := gold.nodes[0], pred.nodes[0]
	return g.op == opNum && p.op == opPct && p.args[0].op == opNum && g.rat.Cmp(p.args[0].rat) == 0 && g.dec == p.args[0].dec
}

// shorten keeps a text short enough for a log.
func shorten(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}

// Compare says whether two bare answers mean the same.
func Compare(a, b string, o *Options) Outcome {
	f := &fuel{steps: maxSteps}
	x, err1 := read(a, f)
	y, err2 := read(b, f)
	if err1 != nil || err2 != nil {
		return Undecided
	}
	return judgeOne([]answer{{reading: x}}, []answer{{reading: y}}, o).Outcome
}

// Parse is the tree that a text is read as, in parentheses, for people; an error where
// it is no formula.
func Parse(text string) (string, error) {
	r, err := read(text, &fuel{steps: maxSteps})
	if err != nil {
		return "", fmt.Errorf("latex: %w", err)
	}
	if !r.formula {
		return "", fmt.Errorf("latex: %q: %w", shorten(text), errSyntax)
	}
	return r.nodes[0].String(), nil
}
