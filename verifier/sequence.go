package verifier

import (
	"context"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("sequence", "the items on the last line, in order, are those of a reference answer", newSequence)
}

// sequence compares lists. Items are what is between spaces, commas, semicolons, arrows
// (->) and brackets; case does not count. The last line of a completion, or of its
// <answer>, is the list; of a line with a colon, what follows it. Reasons: match,
// mismatch, empty (no item), no_gold (no reference answer has an item).
type sequence struct{}

func newSequence(options map[string]any) (Verifier, error) {
	return sequence{}, noOptions("sequence", options)
}

func (sequence) Name() string { return "sequence" }

func (sequence) Verify(_ context.Context, ex *data.Example, completion string) data.Verdict {
	line := lastLine(finalText(completion))
	said := items(line[strings.LastIndexByte(line, ':')+1:])
	golds := 0
	for _, answer := range ex.Answers {
		gold := items(answer)
		if len(gold) == 0 {
			continue
		}
		golds++
		if slices.Equal(said, gold) {
			return correct(strings.Join(said, " "))
		}
	}
	switch {
	case golds == 0:
		return noGold("")
	case len(said) == 0:
		return wrong("", "empty")
	}
	return wrong(strings.TrimSpace(line), "mismatch")
}

// items are the items of a list.
func items(list string) []string {
	return strings.FieldsFunc(strings.ToLower(strings.ReplaceAll(list, "->", " ")), func(r rune) bool {
		return strings.ContainsRune(" \t\r\n,;[](){}", r)
	})
}
