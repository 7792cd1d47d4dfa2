package verifier

import (
	"context"

	"github.com/rlvr-go/rlvr/data"
)

// ByMeaning is a verifier that may compare answers by what they mean and not by their
// text alone: 1/2 and 0.5. It judges by the example's Answers and nothing else of it, so
// that the answer of one completion can take the place of the reference for another.
type ByMeaning interface {
	Verifier
	// ByMeaning reports that it does.
	ByMeaning() bool
}

// NoVote is the vote of a completion without an answer.
const NoVote = -1

// Votes says which completions of a problem give the same answer, as a majority vote
// counts them: for each completion the index of the first one with its answer, or NoVote
// where it gave none or its verdict is masked. verdicts are those of the reward that says
// what is right.
//
// Two answers are the same where the extracted texts are, or where a verifier [ByMeaning]
// accepts one completion with the other's answer for reference. A right answer is never
// the same as a wrong one. An extracted text that was cut for people does not tell; then
// the whole completions are compared.
func (r *Rewards) Votes(ctx context.Context, ex *data.Example, completions []string, verdicts []data.Verdict) []int {
	v := r.list[r.right].judge.verifier
	m, ok := v.(ByMeaning)
	byMeaning := ok && m.ByMeaning()
	votes := make([]int, len(completions))
	seen := map[ballot]int{}
	var firsts []int
	for i := range completions {
		votes[i] = NoVote
		b, ok := ballotOf(&verdicts[i], completions[i])
		if !ok {
			continue
		}
		if first, ok := seen[b]; ok {
			votes[i] = first
			continue
		}
		votes[i] = i
		if byMeaning && !b.whole {
			votes[i] = same(ctx, v, ex, firsts, verdicts, completions, i)
		}
		seen[b] = votes[i]
		if votes[i] == i && !b.whole {
			firsts = append(firsts, i)
		}
	}
	return votes
}

// same is the first of the completions firsts whose answer is that of completion i, or i.
func same(ctx context.Context, v Verifier, ex *data.Example, firsts []int, verdicts []data.Verdict, completions []string, i int) int {
	for _, first := range firsts {
		if (verdicts[first].Kind == data.Correct) != (verdicts[i].Kind == data.Correct) {
			continue
		}
		other := *ex
		other.Answers = []string{verdicts[first].Extracted}
		if v.Verify(ctx, &other, completions[i]).Kind == data.Correct {
			return first
		}
	}
	return i
}

// ballot is what makes answers the same without a look at their meaning.
type ballot struct {
	right bool
	text  string
	// whole says that text is the completion.
	whole bool
}

// ballotOf is the ballot of a completion, if it gave an answer.
func ballotOf(v *data.Verdict, completion string) (ballot, bool) {
	right := v.Kind == data.Correct
	switch {
	case v.Masked(), v.Extracted == "" && !right:
		return ballot{}, false
	case v.Extracted == "" || len(v.Extracted) >= mostShown:
		return ballot{right, completion, true}, true
	}
	return ballot{right, v.Extracted, false}, true
}
