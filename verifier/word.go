package verifier

import (
	"context"
	"strings"
	"unicode"

	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("word", "the last word or number of the completion is that of a reference answer, case aside", newWord)
}

// word compares the last run of letters and digits of a completion, or of its <answer>,
// with that of each reference answer. Reasons: match, mismatch, empty (neither letter nor
// digit), no_gold.
type word struct{}

func newWord(options map[string]any) (Verifier, error) {
	return word{}, noOptions("word", options)
}

func (word) Name() string { return "word" }

// ByMeaning implements [ByMeaning].
func (word) ByMeaning() bool { return true }

func (word) Verify(_ context.Context, ex *data.Example, completion string) data.Verdict {
	said := lastWord(finalText(completion))
	golds := 0
	for _, answer := range ex.Answers {
		gold := lastWord(answer)
		if gold == "" {
			continue
		}
		golds++
		if strings.EqualFold(said, gold) {
			return correct(said)
		}
	}
	switch {
	case golds == 0:
		return noGold("")
	case said == "":
		return wrong("", "empty")
	}
	return wrong(said, "mismatch")
}

// lastWord is the last run of letters and digits.
func lastWord(text string) string {
	isPart := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	text = strings.TrimRightFunc(text, func(r rune) bool { return !isPart(r) })
	if i := strings.LastIndexFunc(text, func(r rune) bool { return !isPart(r) }); i >= 0 {
		text = strings.TrimLeftFunc(text[i:], func(r rune) bool { return !isPart(r) })
	}
	return text
}
