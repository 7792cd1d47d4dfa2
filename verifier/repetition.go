package verifier

import (
	"context"
	"strings"

	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("repetition", "a penalty for n-grams that the completion repeats (open-r1's get_repetition_penalty_reward, arXiv 2502.03373)", newRepetition)
}

// repetition scores max_penalty times the share of a completion's n-grams that were there
// before: 0 where none was, and for completions with less than ngram_size words. Case does
// not count. Reasons: match (nothing is repeated), repeated.
type repetition struct {
	size       int
	characters bool
	penalty    float64
}

// newRepetition has the options
//
//	ngram_size   default 3
//	max_penalty  what a completion that repeats itself all the time nears; 0 or less,
//	             default -1
//	unit         words (default: what white space separates) or characters, for scripts
//	             without spaces
func newRepetition(options map[string]any) (Verifier, error) {
	s := settings{given: options}
	const longest = 64
	r := &repetition{
		size: s.whole("ngram_size", 3, 1, longest), penalty: s.number("max_penalty", -1, -1e6, 0),
		characters: s.choice("unit", "words", "characters") == "characters",
	}
	return r, s.err()
}

func (*repetition) Name() string { return "repetition" }

func (*repetition) Goldless() bool { return true }

func (r *repetition) Verify(_ context.Context, _ *data.Example, completion string) data.Verdict {
	all, different := r.ngrams(completion)
	if all == different {
		return data.Verdict{Kind: data.Correct, Reason: "match"}
	}
	share := 1 - float64(different)/float64(all)
	return data.Verdict{Kind: data.Incorrect, Score: share * r.penalty, Reason: "repeated", Blame: data.BlameCompletion}
}

// ngrams counts a text's n-grams and those that differ.
func (r *repetition) ngrams(text string) (all, different int) {
	text = strings.ToLower(text)
	if !r.characters {
		text = strings.Join(strings.Fields(text), " ")
	}
	var starts []int // of the units
	if r.characters {
		for i := range text {
			starts = append(starts, i)
		}
	} else if text != "" {
		starts = append(starts, 0)
		for i := range len(text) {
			if text[i] == ' ' {
				starts = append(starts, i+1)
			}
		}
	}
	all = max(0, len(starts)-r.size+1)
	seen := map[string]struct{}{}
	for i := range all {
		end := len(text)
		if next := i + r.size; next < len(starts) {
			end = starts[next]
			if !r.characters {
				end-- // the space before the next word
			}
		}
		seen[text[starts[i]:end]] = struct{}{}
	}
	return all, len(seen)
}
