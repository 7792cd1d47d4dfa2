package evaluation

import (
	"slices"

	"github.com/rlvr-go/rlvr/trainer/stats"
)

// Comparison is the difference of two evaluations on the problems that both have.
type Comparison struct {
	Name string `json:"name"`
	// Problems are in both, with the same reference answers and a judged completion each.
	// OnlyHere and OnlyThere are in one of them; Unlike have one id and other answers, or
	// could not be judged on a side.
	Problems  int `json:"problems"`
	OnlyHere  int `json:"only_here"`
	OnlyThere int `json:"only_there"`
	Unlike    int `json:"unlike"`
	// HereK and ThereK are the completions of a problem.
	HereK  int `json:"here_k"`
	ThereK int `json:"there_k"`
	// Differences are of avg, and of pass@k and maj@k for the k that both have.
	Differences []Difference `json:"differences"`
	// BothRight to NeitherRight count problems by which side is right: a side with more
	// right completions than others. P is the two-sided p-value of McNemar's exact test.
	BothRight    int     `json:"both_right"`
	HereRight    int     `json:"here_right"`
	ThereRight   int     `json:"there_right"`
	NeitherRight int     `json:"neither_right"`
	P            float64 `json:"mcnemar_p"`
	// Flips are the problems that HereRight and ThereRight count, in the order of the
	// problems.
	Flips []Flip `json:"flips"`
}

// Difference is that of one measure: the mean on either side, and of the paired
// differences the mean with its interval.
type Difference struct {
	Measure string  `json:"measure"`
	K       int     `json:"k"`
	Here    float64 `json:"here"`
	There   float64 `json:"there"`
	Value
}

// Flip is a problem that only one side gets right, with the right and all judged
// completions of both.
type Flip struct {
	ID          string `json:"id"`
	HereRight   int    `json:"here_right"`
	HereJudged  int    `json:"here_judged"`
	ThereRight  int    `json:"there_right"`
	ThereJudged int    `json:"there_judged"`
}

// pair is a problem on both sides.
type pair struct{ here, there *Problem }

// Compare compares two evaluations of one set: here less there.
func Compare(name string, here, there []*Problem) *Comparison {
	c := &Comparison{Name: name, Differences: []Difference{}, Flips: []Flip{}}
	others := map[string]*Problem{}
	for _, p := range there {
		others[p.ID] = p
		c.ThereK = max(c.ThereK, len(p.Completions))
	}
	var pairs []pair
	for _, p := range here {
		c.HereK = max(c.HereK, len(p.Completions))
		other, ok := others[p.ID]
		if !ok {
			c.OnlyHere++
			continue
		}
		delete(others, p.ID)
		judged, _ := p.counts()
		otherJudged, _ := other.counts()
		if judged == 0 || otherJudged == 0 || !slices.Equal(p.Answers, other.Answers) {
			c.Unlike++
			continue
		}
		pairs = append(pairs, pair{p, other})
	}
	c.Problems, c.OnlyThere = len(pairs), len(others)
	c.flips(pairs)
	c.differences(pairs)
	return c
}

// flips counts the problems by which side is right.
func (c *Comparison) flips(pairs []pair) {
	for _, p := range pairs {
		judged, right := p.here.counts()
		otherJudged, otherRight := p.there.counts()
		solved, otherSolved := 2*right > judged, 2*otherRight > otherJudged
		switch {
		case solved && otherSolved:
			c.BothRight++
		case !solved && !otherSolved:
			c.NeitherRight++
		default:
			if solved {
				c.HereRight++
			} else {
				c.ThereRight++
			}
			c.Flips = append(c.Flips, Flip{p.here.ID, right, judged, otherRight, otherJudged})
		}
	}
	c.P = stats.McNemar(c.HereRight, c.ThereRight)
}

// differences fills in the paired differences.
func (c *Comparison) differences(pairs []pair) {
	if len(pairs) == 0 {
		return
	}
	most := min(c.HereK, c.ThereK)
	draws := &stats.Problems{}
	put := func(measure string, k int, of func(p *Problem) (float64, bool)) {
		var here, there, gains []float64
		for _, p := range pairs {
			a, ok := of(p.here)
			b, also := of(p.there)
			if ok && also {
				here, there, gains = append(here, a), append(there, b), append(gains, a-b)
			}
		}
		if len(gains) > 0 {
			c.Differences = append(c.Differences, Difference{measure, k, mean(here), mean(there), difference(draws, gains)})
		}
	}
	put("avg", c.HereK, func(p *Problem) (float64, bool) {
		judged, right := p.counts()
		return float64(right) / float64(judged), true
	})
	// The estimates of a problem are all made at once.
	type both struct{ pass, maj []float64 }
	made := map[*Problem]both{}
	for _, p := range pairs {
		for _, side := range []*Problem{p.here, p.there} {
			pass, maj := side.estimates(most)
			made[side] = both{pass, maj}
		}
	}
	at := func(values []float64, k int) (float64, bool) {
		if k > len(values) {
			return 0, false
		}
		return values[k-1], true
	}
	for k := 2; k <= most; k++ {
		put("pass", k, func(p *Problem) (float64, bool) { return at(made[p].pass, k) })
		put("maj", k, func(p *Problem) (float64, bool) { return at(made[p].maj, k) })
	}
}
