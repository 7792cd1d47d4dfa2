package algos

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

// FeatureAttention is the feature that holds the mean attention that later tokens of
// the response pay to a token in the last layer, 0 for the last token, [T].
const FeatureAttention = "attention_received"

// StatVocabSize is the number among Scored.Stats that bounds entropies.
const StatVocabSize = "vocab_size"

// entra takes reward from right answers for what is redundant in them (ENTRA, arXiv
// 2601.07123): with importance_t = log p_t + entra_attention * attention received, S the
// share entra_share of a response's tokens of least importance, rounded down, and V the
// size of the vocabulary (attention received is the mean over the later tokens of the
// response and over heads, in the last layer, at the start of the step; 0 for the last token)
//
//	R -= entra_coef * Red where right    Red = mean over S of H_t/log V (policy)
//	                                     or H of the shares of ids in S / log |S| (ids)
//
// Wrong answers lose nothing, or the shortest of them would look best. An S of no token
// has Red 0, one of one token too by ids.
//
// Deviations: the abstract names importance, entropy and its bound; share, coefficient,
// rounding and the gate are our reading. There is no official code.
type entra struct {
	coef, share, attention float64
	ids                    bool
}

func init() {
	unit := func(x float64) bool { return x > 0 && x <= 1 }
	RegisterShaper(Part{
		Name: "entra", Paper: "arXiv 2601.07123", Summary: "less reward for right answers with redundant tokens",
		Options: []Option{
			FloatOption("entra_coef", 0, "0 (off) or more", notNegative, "What a right answer whose unimportant tokens are of greatest entropy loses; 0: off."),
			FloatOption("entra_share", 0.5, "above 0, at most 1", unit, "Share of a response's tokens, those of least importance, that are looked at."),
			FloatOption("entra_attention", 1, "0 (not read) or more", notNegative, "Weight of the attention received in a token's importance."),
			ChoiceOption("entra_entropy", "policy", "Entropy of the policy at each token, or of the shares of ids among them.", "policy", "ids"),
		},
		Contradictions: func(v Values, l *fault.List) {
			if v.Float("entra_coef") == 0 {
				for _, name := range []string{"entra_share", "entra_attention"} {
					l.Check(!v.Changed(name), name, v.Float(name), "nothing while entra_coef is 0")
				}
				l.Check(!v.Changed("entra_entropy"), "entra_entropy", v.Text("entra_entropy"), "nothing while entra_coef is 0")
			}
		},
	}, func(v Values) Shaper {
		return entra{v.Float("entra_coef"), v.Float("entra_share"), v.Float("entra_attention"), v.Text("entra_entropy") == "ids"}
	})
	RegisterPreset(Preset{
		Name: "entra", Paper: "arXiv 2601.07123", Summary: "GRPO with less reward for redundant tokens",
		Loss: "grpo", Estimator: "grpo", Aggregation: "seq-mean-token-mean", Shapers: []string{"entra"},
		Options: map[string]any{"entra_coef": 0.2},
	})
}

// Needs implements [Shaper].
func (e entra) Needs() Needs {
	n := Needs{Score: e.coef > 0}
	if e.coef > 0 && e.attention > 0 {
		n.Features = []string{FeatureAttention}
	}
	return n
}

// Shape implements [Shaper].
func (e entra) Shape(s *data.Scored) error {
	if e.coef == 0 || len(s.Rows) == 0 {
		return nil
	}
	bound := math.Log(s.Stats[StatVocabSize])
	if !e.ids && !(bound > 0) {
		return errors.New("algos: entra: the size of the vocabulary is not known")
	}
	for i := range s.Rows {
		if err := e.check(s, i); err != nil {
			return err
		}
	}
	addReward(s, "entra", func(r *data.Row) float64 {
		if !right(r) {
			return 0
		}
		return -e.coef * e.redundancy(r, bound)
	})
	return nil
}

// check demands what redundancy reads, of the rows it is asked about.
func (e entra) check(s *data.Scored, row int) error {
	r := &s.Rows[row]
	if !scored(r) || !right(r) || r.NumTrained() == 0 {
		return nil
	}
	err := checkLength(s, row, "old log-probabilities", len(r.OldLogProbs))
	if err == nil && e.attention > 0 {
		err = checkLength(s, row, "numbers "+FeatureAttention, len(r.Features[FeatureAttention]))
	}
	if err == nil && e.ids {
		err = checkLength(s, row, "token ids", r.Rollout.NumTokens())
	}
	if err == nil && !e.ids {
		err = checkLength(s, row, "entropies", len(r.Entropy))
	}
	if err != nil {
		return fmt.Errorf("%w, which entra reads", err)
	}
	return nil
}

// redundancy is Red of a response, 0 to 1.
func (e entra) redundancy(r *data.Row, bound float64) float64 {
	least := e.leastImportant(r)
	if len(least) == 0 {
		return 0
	}
	if e.ids {
		return e.idEntropy(r, least)
	}
	sum := 0.0
	for _, t := range least {
		sum += float64(r.Entropy[t])
	}
	return sum / float64(len(least)) / bound
}

// leastImportant are the trained tokens of S; of those as important the first.
func (e entra) leastImportant(r *data.Row) []int {
	var tokens []int
	for t, trained := range r.Mask {
		if trained {
			tokens = append(tokens, t)
		}
	}
	importance := func(t int) float64 {
		if e.attention == 0 {
			return float64(r.OldLogProbs[t])
		}
		return float64(r.OldLogProbs[t]) + e.attention*float64(r.Features[FeatureAttention][t])
	}
	slices.SortStableFunc(tokens, func(a, b int) int { return cmp.Compare(importance(a), importance(b)) })
	return tokens[:int(e.share*float64(len(tokens))+rounding)]
}

// idEntropy is the entropy of the shares of ids over its bound.
func (e entra) idEntropy(r *data.Row, least []int) float64 {
	if len(least) < 2 {
		return 0
	}
	ids, count := r.Rollout.Tokens(), map[int32]int{}
	for _, t := range least {
		count[ids[t]]++
	}
	var times []int
	for _, c := range count {
		times = append(times, c)
	}
	slices.Sort(times) // one order of summation
	h, n := 0.0, float64(len(least))
	for _, c := range times {
		h -= float64(c) / n * math.Log(float64(c)/n)
	}
	return h / math.Log(n)
}

// rounding keeps a product such as 0.1*30 from falling below the whole number it is.
const rounding = 1e-9
