package verifier

import (
	"context"
	"regexp"
	"strings"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("format", "the completion has a form: a box, think and answer tags (open-r1's format_reward), or a pattern", newFormat)
}

// format looks at the form of a completion, not at what it says: score 1 or 0, and with
// think_answer_tags a quarter for each tag. Reasons: match, mismatch.
type format struct {
	score func(completion string) float64
}

// newFormat has one of the options
//
//	format   boxed (the last \boxed or \fbox is closed and not empty), think (TRL's
//	         think_format_reward: <think> at the start, once, and </think> after it),
//	         think_answer (open-r1's format_reward), think_answer_tags (open-r1's
//	         tag_count_reward)
//	pattern  a regular expression (RE2) that is found in the completion: \A and \z bind
//	         it to the ends, (?s) lets . match line ends
//
// Deviations: think_answer has each tag once and nothing after the last; open-r1's lets
// any text follow on further lines, and tags within tags. think has one </think>.
func newFormat(options map[string]any) (Verifier, error) {
	s := settings{given: options}
	names := []string{"boxed", "think", "think_answer", "think_answer_tags"}
	name, pattern := s.text("format", ""), s.text("pattern", "")
	f := &format{}
	switch {
	case name == "" && pattern == "":
		s.Add("format", nil, "required, or pattern: %s", fault.OneOf("", names))
	case name != "" && pattern != "":
		s.Add("pattern", pattern, "nothing beside format")
	case pattern != "":
		re, err := regexp.Compile(pattern)
		if err != nil {
			s.Add("pattern", pattern, "a regular expression (RE2): %v", err)
		}
		f.score = oneIf(func(text string) bool { return re.MatchString(text) })
	default:
		f.score = formats[name]
		s.Check(f.score != nil, "format", name, "%s", fault.OneOf(name, names))
	}
	return f, s.err()
}

// formats are the named ones.
var formats = map[string]func(completion string) float64{
	"boxed":             oneIf(boxed),
	"think":             oneIf(thinks),
	"think_answer":      oneIf(thinksAndAnswers),
	"think_answer_tags": countTags,
}

func oneIf(ok func(string) bool) func(string) float64 {
	return func(completion string) float64 {
		if ok(completion) {
			return 1
		}
		return 0
	}
}

func (*format) Name() string { return "format" }

func (*format) Goldless() bool { return true }

func (f *format) Verify(_ context.Context, _ *data.Example, completion string) data.Verdict {
	if score := f.score(completion); score < 1 {
		return data.Verdict{Kind: data.Incorrect, Score: score, Reason: "mismatch", Blame: data.BlameCompletion}
	}
	return data.Verdict{Kind: data.Correct, Score: 1, Reason: "match"}
}

// boxed reports that the last box is closed and holds something.
func boxed(text string) bool {
	at := -1
	for _, box := range []string{`\boxed{`, `\fbox{`} {
		if i := strings.LastIndex(text, box); i >= 0 {
			at = max(at, i+len(box))
		}
	}
	if at < 0 {
		return false
	}
	depth := 1
	for i := at; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++ // an escaped brace is none
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return strings.TrimSpace(text[at:i]) != ""
			}
		}
	}
	return false
}

// thinks reports thoughts at the start, and their end.
func thinks(text string) bool {
	return strings.HasPrefix(text, "<think>") && strings.Count(text, "<think>") == 1 && strings.Count(text, "</think>") == 1
}

// thinksAndAnswers reports thoughts and an answer with nothing around them.
func thinksAndAnswers(text string) bool {
	thoughts, ok := strings.CutPrefix(text, "<think>\n")
	if !ok || !strings.HasSuffix(text, "\n</answer>") {
		return false
	}
	for _, tag := range []string{"<think>", "</think>", "<answer>", "</answer>"} {
		if strings.Count(text, tag) != 1 {
			return false
		}
	}
	_, answer, ok := strings.Cut(thoughts, "\n</think>\n<answer>\n")
	return ok && len(answer) >= len("\n</answer>")
}

// countTags is a quarter for each tag that occurs once with its line ends.
func countTags(text string) float64 {
	score := 0.0
	for _, tag := range []string{"<think>\n", "\n</think>\n", "\n<answer>\n", "\n</answer>"} {
		if strings.Count(text, tag) == 1 {
			score += 0.25
		}
	}
	return score
}
