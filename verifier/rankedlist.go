package verifier

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

func init() {
	Register("ranked_list", "a list, an item a line, compared with the reference list rank by rank (Rank-GRPO): rewards of items, and their discounted sum", newRankedList)
}

// rankedList gives each rank of a list a reward, for objectives that use them (Rank-GRPO,
// ICLR 2026). The first reference answer is the ideal list of k items, best first. With
// rel_j the relevance of the item at rank j,
//
//	Items = rel_1 ... rel_k
//	Score = sum_j rel_j/log2(j+1) / (the same of the ideal list) * k/max(k, items said)
//
// An item that is not in the ideal list, or that was said before, has relevance 0; a rank
// without an item too. Every item after rank k has -0.1, as in the official code, or
// nothing would teach a list to end; the score has the last factor for them. The score is 1 only for a right list. Items are lines, case and white space
// around them aside. Reasons: match, mismatch, short, long, empty, no_gold.
type rankedList struct{ binary bool }

// overflow is the reward of an item beyond the last rank.
const overflow = -0.1

// newRankedList has the option
//
//	gain  graded (default): the best item has relevance 1, the next (k-1)/k, the last
//	      1/k, so that the order of the ideal list is right. binary: every item of the
//	      ideal list has relevance 1, in any order, as in the paper.
func newRankedList(options map[string]any) (Verifier, error) {
	v := rankedList{}
	var l fault.List
	for _, key := range sortedKeys(options) {
		if key != "gain" {
			l.Add(key, nil, "unknown option; %s", fault.OneOf(key, []string{"gain"}))
			continue
		}
		gain, _ := options[key].(string)
		l.Check(gain == "graded" || gain == "binary", key, options[key], "graded, binary")
		v.binary = gain == "binary"
	}
	return v, l.Err()
}

func (rankedList) Name() string { return "ranked_list" }

func (v rankedList) Verify(_ context.Context, ex *data.Example, completion string) data.Verdict {
	var ideal []string
	if len(ex.Answers) > 0 {
		ideal = lines(ex.Answers[0], math.MaxInt)
	}
	k := len(ideal)
	if k == 0 {
		return noGold("")
	}
	// Some items more than asked for are enough to know that the list is too long.
	const more = 1000
	said := lines(completion, k+more)
	rel, gain, best := make([]float64, k), 0.0, 0.0
	for j := range k {
		discount := 1 / math.Log2(float64(j+2))
		best += v.relevance(j, k) * discount
		if j >= len(said) || slices.Contains(said[:j], said[j]) {
			continue
		}
		if rank := slices.Index(ideal, said[j]); rank >= 0 {
			rel[j] = v.relevance(rank, k)
			gain += rel[j] * discount
		}
	}
	for range len(said) - k {
		rel = append(rel, overflow)
	}
	out := data.Verdict{Kind: data.Incorrect, Items: rel, Extracted: shorten(strings.Join(said, "\n")), Blame: data.BlameCompletion}
	out.Score = gain / best * float64(k) / float64(max(k, len(said)))
	switch {
	case len(said) == 0:
		out.Reason = "empty"
	case len(said) < k:
		out.Reason = "short"
	case len(said) > k:
		out.Reason = "long"
	case v.right(said, ideal):
		out.Kind, out.Blame, out.Reason, out.Score = data.Correct, data.BlameNone, "match", 1
	default:
		out.Reason = "mismatch"
	}
	return out
}

// relevance is that of the item at a rank, from 0, of an ideal list of k.
func (v rankedList) relevance(rank, k int) float64 {
	if v.binary {
		return 1
	}
	return float64(k-rank) / float64(k)
}

// right reports whether a list of k items is one that is asked for.
func (v rankedList) right(said, ideal []string) bool {
	if v.binary {
		said, ideal = slices.Clone(said), slices.Clone(ideal)
		slices.Sort(said)
		slices.Sort(ideal)
	}
	return slices.Equal(said, ideal)
}

// lines are the first lines of a text that have something on them, lower case, without
// white space around.
func lines(text string, most int) []string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.ToLower(strings.TrimSpace(line)); line != "" {
			if out = append(out, line); len(out) >= most {
				break
			}
		}
	}
	return out
}
