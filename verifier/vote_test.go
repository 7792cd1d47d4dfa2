package verifier_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier"
)

// votesBy are the votes on completions of a problem under a registered verifier.
func votesBy(t *testing.T, name string, ex data.Example, completions []string) []int {
	t.Helper()
	v, err := verifier.New(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	verdicts := make([]data.Verdict, len(completions))
	for i, c := range completions {
		verdicts[i] = v.Verify(t.Context(), &ex, c)
	}
	return verifier.RewardsOf(v, 1, time.Minute, 0).Votes(t.Context(), &ex, completions, verdicts)
}

func TestVotes(t *testing.T) {
	for _, c := range []struct {
		name, verifier string
		ex             data.Example
		completions    []string
		want           []int
	}{
		{"text", "exact", answers("a"), []string{"b", "a", " b ", "", "a"}, []int{0, 1, 0, verifier.NoVote, 1}},
		{"values", "number", answers("2.5"), []string{"7", "it is 2.50", "so 7.0", "2.5", "none"}, []int{0, 1, 0, 1, verifier.NoVote}},
		{"case", "word", answers("Paris"), []string{"Rome.", "paris", "It is ROME", "PARIS"}, []int{0, 1, 0, 1}},
		{
			"formulas", "math", answers("3"),
			[]string{`\boxed{\frac{1}{2}}`, `The answer is 0.5`, `\boxed{x+1}`, `\boxed{1+x}`, `\boxed{3}`, `\boxed{2+1}`},
			[]int{0, 0, 2, 2, 4, 4},
		},
		{"no reference", "number", answers(), []string{"7", "7"}, []int{verifier.NoVote, verifier.NoVote}},
	} {
		if got := votesBy(t, c.verifier, c.ex, c.completions); !slices.Equal(got, c.want) {
			t.Errorf("%s: votes %v, want %v", c.name, got, c.want)
		}
	}
}

// cutting shows the first 200 bytes of a completion as its answer.
type cutting struct{}

func (cutting) Name() string { return "cutting" }

func (cutting) Verify(_ context.Context, _ *data.Example, completion string) data.Verdict {
	return data.Verdict{Kind: data.Incorrect, Extracted: completion[:200] + "...", Blame: data.BlameCompletion}
}

// TestVotesOfLongAnswers: what was cut for people does not tell answers apart.
func TestVotesOfLongAnswers(t *testing.T) {
	long := strings.Repeat("long ", 60)
	completions := []string{long + "a", long + "b", long + "a"}
	verdicts := make([]data.Verdict, len(completions))
	for i, c := range completions {
		verdicts[i] = cutting{}.Verify(t.Context(), nil, c)
	}
	got := verifier.RewardsOf(cutting{}, 1, time.Minute, 0).Votes(t.Context(), &data.Example{}, completions, verdicts)
	if want := []int{0, 1, 0}; !slices.Equal(got, want) {
		t.Errorf("votes %v, want %v", got, want)
	}
}
