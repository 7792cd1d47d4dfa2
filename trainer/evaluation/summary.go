package evaluation

import (
	"math"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/trainer/stats"
)

// Summary is what the completions of a set of problems say of a policy.
type Summary struct {
	// Name is the set's, or the category's.
	Name string `json:"name"`
	// Problems had a completion that was judged, and count; MaskedProblems had none.
	Problems       int `json:"problems"`
	MaskedProblems int `json:"masked_problems"`
	// K is the number of completions of a problem. MaskedCompletions are those that were
	// not judged.
	K                 int `json:"k"`
	MaskedCompletions int `json:"masked_completions"`
	// Avg is avg@K, between Low and High at 95 %; Pass is pass@K.
	Avg  float64 `json:"avg"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	Pass float64 `json:"pass"`
	// At are pass@k and maj@k for k = 1 to K.
	At []At `json:"at"`
	// MeanReward is the mean score of the verifier.
	MeanReward float64 `json:"mean_reward"`
	// MeanLength is in tokens, over all completions that were judged; MeanLengthRight and
	// MeanLengthWrong are over the right ones and the others, nil where there are none.
	MeanLength      float64  `json:"mean_length"`
	MeanLengthRight *float64 `json:"mean_length_right"`
	MeanLengthWrong *float64 `json:"mean_length_wrong"`
	// Clipped is the share cut by the length limit, NoAnswer the share without an
	// answer.
	Clipped  float64 `json:"clipped"`
	NoAnswer float64 `json:"no_answer"`
}

// At are the estimates from k completions.
type At struct {
	K int `json:"k"`
	// Problems have at least k completions that were judged; the others are not in the
	// means.
	Problems int    `json:"problems"`
	Pass     Value  `json:"pass"`
	Maj      *Value `json:"maj,omitempty"` // nil above 256 completions a problem
}

// Mean is avg@K with its interval.
func (s *Summary) Mean() Value { return Value{s.Avg, s.Low, s.High} }

// Summarize summarizes problems, each with up to k completions, k at least 1.
func Summarize(name string, k int, problems []*Problem) *Summary {
	s := &Summary{Name: name, K: k}
	var avg []float64
	lengths := tally{}
	for _, p := range problems {
		judged, right := p.counts()
		s.MaskedCompletions += len(p.Completions) - judged
		lengths.add(p)
		if judged == 0 {
			s.MaskedProblems++
			continue
		}
		s.Problems++
		avg = append(avg, float64(right)/float64(judged))
	}
	draws := &stats.Problems{}
	v := share(draws, avg)
	s.Avg, s.Low, s.High = v.Value, v.Low, v.High
	t := tabulate(problems, k)
	for i := range k {
		at := At{K: i + 1, Problems: len(t.pass[i]), Pass: share(draws, t.pass[i])}
		if k <= maxVotes {
			v := share(draws, t.maj[i])
			at.Maj = &v
		}
		s.At = append(s.At, at)
	}
	s.Pass = s.At[k-1].Pass.Value
	lengths.put(s)
	return s
}

// ShownK are the k that a table has room for: the powers of two and most.
func ShownK(most int) []int {
	var out []int
	for k := 1; k < most; k *= 2 {
		out = append(out, k)
	}
	return append(out, most)
}

// table is pass@k and maj@k of each problem that has k completions, by k-1.
type table struct{ pass, maj [][]float64 }

func tabulate(problems []*Problem, k int) *table {
	t := &table{make([][]float64, k), make([][]float64, k)}
	for _, p := range problems {
		pass, maj := p.estimates(k)
		for i := range pass {
			t.pass[i] = append(t.pass[i], pass[i])
			if maj != nil {
				t.maj[i] = append(t.maj[i], maj[i])
			}
		}
	}
	return t
}

// estimates are pass@1, pass@2, ... and the same of maj@k, up to k or the number of
// completions that were judged. maj is nil where k is above maxVotes.
func (p *Problem) estimates(k int) (pass, maj []float64) {
	judged, right := p.counts()
	most := min(judged, k)
	for i := range most {
		pass = append(pass, passAt(judged, right, i+1))
	}
	if k <= maxVotes && judged <= maxVotes {
		maj = p.ballots().majorities()[:most]
	}
	return pass, maj
}

// tally sums up completions.
type tally struct {
	rows, tokens             int
	rightRows, rightTokens   int
	truncated, withoutAnswer int
	reward                   float64
}

func (t *tally) add(p *Problem) {
	for i := range p.Completions {
		c := &p.Completions[i]
		if c.Masked {
			continue
		}
		t.rows++
		t.tokens += c.Tokens
		if r := float64(c.Reward); !math.IsNaN(r) {
			t.reward += r
		}
		if c.right() {
			t.rightRows++
			t.rightTokens += c.Tokens
		}
		if c.Finish == data.FinishLength.String() {
			t.truncated++
		}
		if c.Vote < 0 {
			t.withoutAnswer++
		}
	}
}

func (t *tally) put(s *Summary) {
	of := func(sum float64) float64 { return sum / float64(max(t.rows, 1)) }
	length := func(tokens, rows int) *float64 {
		if rows == 0 {
			return nil
		}
		m := float64(tokens) / float64(rows)
		return &m
	}
	s.MeanReward, s.MeanLength = of(t.reward), of(float64(t.tokens))
	s.Clipped, s.NoAnswer = of(float64(t.truncated)), of(float64(t.withoutAnswer))
	s.MeanLengthRight, s.MeanLengthWrong = length(t.rightTokens, t.rightRows), length(t.tokens-t.rightTokens, t.rows-t.rightRows)
}
