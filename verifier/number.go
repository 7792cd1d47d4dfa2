package verifier

import (
	"context"
	"math/big"
	"regexp"
	"strings"

	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("number", "the last number of the completion equals that of a reference answer", newNumber)
}

// number compares the last number that is written in a completion with the last one
// of each reference answer, exactly: 1,234.50 is 1234.5, and 0.33 is not 1/3. Numbers
// in digits count, with a sign, thousands separators and a fraction; others (3e4,
// "twelve") do not. Reasons: match, mismatch, no_answer (no number was said), too_long
// (it has more than maxDigits), no_gold (no reference answer has a number).
type number struct{}

// maxDigits bounds the work on a number that a policy wrote.
const maxDigits = 1000

// numberPattern is a number without its sign, which depends on what is before it.
var numberPattern = regexp.MustCompile(`\d+(?:,\d{3})*(?:\.\d+)?`)

func newNumber(options map[string]any) (Verifier, error) {
	return number{}, noOptions("number", options)
}

func (number) Name() string { return "number" }

// ByMeaning implements [ByMeaning].
func (number) ByMeaning() bool { return true }

func (number) Verify(_ context.Context, ex *data.Example, completion string) data.Verdict {
	said := lastNumber(completion)
	golds := 0
	for _, answer := range ex.Answers {
		gold := lastNumber(answer)
		if gold == "" || len(gold) > maxDigits {
			continue
		}
		golds++
		if said != "" && len(said) <= maxDigits && value(said).Cmp(value(gold)) == 0 {
			return data.Verdict{Kind: data.Correct, Score: 1, Extracted: said, Reason: "match"}
		}
	}
	wrong := data.Verdict{Kind: data.Incorrect, Extracted: said, Reason: "mismatch", Blame: data.BlameCompletion}
	switch {
	case golds == 0:
		return data.Verdict{Kind: data.Error, Reason: "no_gold", Blame: data.BlameGold}
	case said == "":
		wrong.Reason = "no_answer"
	case len(said) > maxDigits:
		wrong.Reason, wrong.Extracted = "too_long", ""
	}
	return wrong
}

// lastNumber is the last number in a text, without thousands separators; "" where it
// has none.
func lastNumber(text string) string {
	// The last run of characters that numbers are made of holds the last number; one
	// that begins before the last longestRun of them has too many digits anyway.
	const longestRun = 4 * maxDigits
	end := strings.LastIndexAny(text, "0123456789") + 1
	begin := end
	for begin > max(0, end-longestRun) && strings.IndexByte("0123456789,.", text[begin-1]) >= 0 {
		begin--
	}
	all := numberPattern.FindAllStringIndex(text[begin:end], -1)
	if len(all) == 0 {
		return ""
	}
	at := all[len(all)-1]
	found := strings.ReplaceAll(text[begin+at[0]:begin+at[1]], ",", "")
	if negative(text[:begin+at[0]]) {
		return "-" + found
	}
	return found
}

// negative reports whether a text ends in a minus that is a sign: nothing that could
// be subtracted from stands before it.
func negative(before string) bool {
	rest, ok := strings.CutSuffix(before, "-")
	if !ok {
		rest, ok = strings.CutSuffix(before, "\u2212")
	}
	if !ok {
		return false
	}
	trimmed := strings.TrimRight(rest, " \t\n")
	if trimmed == "" {
		return true
	}
	if strings.IndexByte("0123456789)]}", trimmed[len(trimmed)-1]) >= 0 {
		return false // a difference
	}
	return len(rest) > len(trimmed) || strings.IndexByte("([{=:$*,", rest[len(rest)-1]) >= 0
}

// value is the exact value of a number that lastNumber found.
func value(number string) *big.Rat {
	v, ok := new(big.Rat).SetString(number)
	if !ok {
		return new(big.Rat)
	}
	return v
}
