package algos

import (
	"fmt"
	"math"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

const ktaePaper = "arXiv 2505.16826"

// ktae adds to GRPO's advantage of a response, at each of its tokens, how much the
// token's id tells right answers to the problem from wrong ones (KTAE, arXiv 2505.16826,
// section 3): with a of the right and b of the wrong answers containing the id, c and d
// not, weights h1, h2, h3 (ktae_fisher, ktae_information, ktae_frequency)
//
//	F  = exp(-2p), p of Fisher's exact test, two-sided; 0 where p = 1
//	IG = bits that containing it tells about the answer
//	D  = asin sqrt(a/(a+c)) - asin sqrt(b/(b+d)) + h3*(tf/(tf'+1e-5) - tf'/(tf+1e-5))
//	A_t = A + ktae_scale*(2*sigmoid((h1*F + h2*IG)/(h1+h2)*D) - 1)
//
// tf and tf' are BM25 frequencies (k1 2, b 0.5) of the id's share of all tokens of right
// and of wrong answers. Groups all right or all wrong have GRPO's advantages.
//
// Deviations: right is what the verdict says, in the code a reward above 0. The paper's
// text has half of the code's scale: ktae_scale 0.5. What counts are the policy's own
// tokens. The test is exact; with compat official it is the code's in float32, which
// misses most tables of p = 1 and leaves ids 151643 (a pad token) out.
type ktae struct {
	base                           groupEstimator
	fisher, information, frequency float64
	scale                          float64
	official                       bool
}

// officialPad is the id that the official code leaves out.
const officialPad = 151643

func init() {
	RegisterEstimator(Part{
		Name: "ktae", Paper: ktaePaper, Summary: "GRPO's advantage plus how much a token tells right from wrong answers", TokenAdvantages: true,
		Options: []Option{
			FloatOption("ktae_fisher", 1, "0 or more", notNegative, "Weight of Fisher's exact test."),
			FloatOption("ktae_information", 1, "0 or more", notNegative, "Weight of the information gain."),
			FloatOption("ktae_frequency", 1, "0 or more", notNegative, "Weight of term frequencies in the direction."),
			FloatOption("ktae_scale", 1, "above 0", positive, "Greatest amount that is added or taken."),
			FloatOption("advantage_epsilon", 1e-4, "0 or more", notNegative, "Added to the standard deviation."),
			CompatOption("official"),
		},
		Contradictions: func(v Values, l *fault.List) {
			l.Check(v.Float("ktae_fisher")+v.Float("ktae_information") > 0, "ktae_fisher", v.Float("ktae_fisher"), "above 0 while ktae_information is 0: one of them must measure")
		},
	}, func(v Values) Estimator {
		return ktae{
			base:   groupEstimator{scale: "group", epsilon: v.Float("advantage_epsilon")},
			fisher: v.Float("ktae_fisher"), information: v.Float("ktae_information"), frequency: v.Float("ktae_frequency"),
			scale: v.Float("ktae_scale"), official: v.Text(compatName) == "official",
		}
	})
	RegisterPreset(Preset{
		Name: "ktae", Paper: ktaePaper, Summary: "clipped ratio, advantages with key tokens",
		Loss: "grpo", Estimator: "ktae", Aggregation: "seq-mean-token-mean",
	})
}

// Needs implements [Estimator].
func (ktae) Needs() Needs { return Needs{Groups: true} }

// Advantages implements [Estimator]. Rows without a reward (NaN) are masked and are no
// answers.
func (e ktae) Advantages(s *data.Scored) error {
	if err := e.base.Advantages(s); err != nil {
		return err
	}
	var err error
	s.GroupRows(func(_ int, rows []data.Row) {
		if err != nil {
			return
		}
		var added map[int32]float64
		if added, err = e.keyTokens(rows); err != nil {
			return
		}
		for i := range rows {
			if !scored(&rows[i]) {
				continue
			}
			for t, id := range rows[i].Rollout.Tokens() {
				rows[i].Advantages[t] += added[id]
			}
		}
	})
	return err
}

// counts are what the answers on one side of a group contain.
type counts struct {
	answers, tokens int
	containing      map[int32]int // answers with an id
	occurrences     map[int32]int
}

func (c *counts) share(id int32) float64 {
	return float64(c.occurrences[id]) / float64(max(1, c.tokens))
}

// keyTokens is what each id of a group adds to the advantage: nothing where all answers are
// right or all wrong, for then it tells them by no measure.
func (e ktae) keyTokens(rows []data.Row) (map[int32]float64, error) {
	var side [2]counts // right, wrong
	for k := range side {
		side[k] = counts{containing: map[int32]int{}, occurrences: map[int32]int{}}
	}
	for i := range rows {
		r := &rows[i]
		if !scored(r) {
			continue
		}
		tokens, own := r.Rollout.Tokens(), r.Rollout.AppendMask(nil)
		if len(tokens) != len(r.Mask) {
			return nil, fmt.Errorf("algos: a completion of group %d has %d tokens, its mask %d", r.Group, len(tokens), len(r.Mask))
		}
		good := right(r)
		if e.official {
			good = r.Reward > 0
		}
		c := &side[1]
		if good {
			c = &side[0]
		}
		c.answers++
		seen := map[int32]bool{}
		for t, id := range tokens {
			if !own[t] {
				continue
			}
			c.tokens++
			c.occurrences[id]++
			if !seen[id] {
				seen[id] = true
				c.containing[id]++
			}
		}
	}
	out := map[int32]float64{}
	for k := range side {
		for id := range side[k].occurrences {
			out[id] = e.value(id, &side[0], &side[1])
		}
	}
	if e.official {
		delete(out, officialPad)
	}
	return out, nil
}

// value is what an id adds.
func (e ktae) value(id int32, good, bad *counts) float64 {
	a, b := good.containing[id], bad.containing[id]
	t := table{a, b, good.answers - a, bad.answers - b}
	p := t.fisher()
	if e.official {
		p = t.officialFisher()
	}
	f := 0.0
	if p != 1 {
		f = math.Exp(-2 * p)
	}
	d := math.Asin(math.Sqrt(t.share(a, t.c))) - math.Asin(math.Sqrt(t.share(b, t.d)))
	average := float64(good.tokens+bad.tokens) / 2
	tf, other := termFrequency(good, id, average), termFrequency(bad, id, average)
	d += e.frequency * (tf/(other+1e-5) - other/(tf+1e-5))
	value := (e.fisher*f + e.information*t.information()) / (e.fisher + e.information) * d
	return e.scale * (2/(1+math.Exp(-value)) - 1)
}

// termFrequency is BM25's of an id's share of a side's tokens.
func termFrequency(c *counts, id int32, average float64) float64 {
	const k1, b = 2, 0.5
	share := c.share(id)
	return share * (k1 + 1) / (share + k1*(1-b+b*float64(c.tokens)/average))
}
