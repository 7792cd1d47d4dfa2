package algos

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

const d3sPaper = "arXiv 2509.22115"

// StatProgress is the number among Scored.Stats that says how much of the stage is over,
// 0 at its first step, towards 1.
const StatProgress = "progress"

// d3s trains on the responses and tokens that say most (D3S, arXiv 2509.22115): with A the
// advantages of all responses, which are not normalised again,
//
//	of each prompt's responses the share d3s_samples whose advantages vary most,
//	of those of all prompts together the share d3s_batch_samples, likewise,
//	of the tokens of those the share d3s_tokens of greatest |A_t|*H_t, H the entropy
//
// and masks the others: denominators count what is kept. The n that vary most are some
// of the highest and the rest of the lowest; where splits vary alike, more of the highest.
// Shares go from their _start values to these in a straight line over the stage.
//
// Deviations: numbers are shares, rounded up, where the paper has counts; its start
// values are not published, by default there is no curriculum. A response whose tokens
// differ in advantage counts as their mean. Where the trainer asks before it has estimated
// advantages, the estimator runs on a copy; one that looks at masks is refused, as it would
// see others the second time.
type d3s struct {
	samples, batch, tokens    float64
	samplesStart, tokensStart float64
	estimator                 Estimator
}

// maskReaders are the estimators whose advantages change when tokens are masked.
var maskReaders = []string{"gae", "gdpo", "reinforce_pp", "reinforce_pp_baseline"}

func init() {
	share := func(x float64) bool { return x > 0 && x <= 1 }
	start := func(x float64) bool { return x >= 0 && x <= 1 }
	const shares, starts = "above 0, at most 1 (all)", "0 (no curriculum) to 1"
	RegisterSelector(Part{
		Name: "d3s", Paper: d3sPaper, Summary: "only responses and tokens that say most, fewer at first",
		Options: []Option{
			FloatOption("d3s_samples", 1, shares, share, "Share of each prompt's responses that is kept."),
			FloatOption("d3s_batch_samples", 1, shares, share, "Share of the responses so kept that is kept over all prompts."),
			FloatOption("d3s_tokens", 1, shares, share, "Share of the tokens of the responses kept that is kept."),
			FloatOption("d3s_samples_start", 0, starts, start, "d3s_samples at the start of the stage; 0: the same as at its end."),
			FloatOption("d3s_tokens_start", 0, starts, start, "d3s_tokens at the start of the stage; 0: the same as at its end."),
		},
		Contradictions: func(v Values, l *fault.List) {
			e := v.Text(estimatorOption)
			d := d3s{samples: v.Float("d3s_samples"), batch: v.Float("d3s_batch_samples"), tokens: v.Float("d3s_tokens"), samplesStart: v.Float("d3s_samples_start"), tokensStart: v.Float("d3s_tokens_start")}
			l.Check(!d.on() || !slices.Contains(maskReaders, e), estimatorOption, e, "one whose advantages do not depend on which tokens are kept, beside d3s: not %s", strings.Join(maskReaders, ", "))
		},
	}, func(v Values) Selector {
		return d3s{
			v.Float("d3s_samples"), v.Float("d3s_batch_samples"), v.Float("d3s_tokens"), v.Float("d3s_samples_start"), v.Float("d3s_tokens_start"),
			estimators.entries[v.Text(estimatorOption)].build(v),
		}
	})
	RegisterPreset(Preset{
		Name: "d3s", Paper: d3sPaper, Summary: "GRPO on responses of great variance and tokens of great entropy",
		Loss: "grpo", Estimator: "grpo", Aggregation: "seq-mean-token-mean", Selectors: []string{"d3s"},
		Options: map[string]any{"d3s_samples": 0.5, "d3s_tokens": 0.2},
	})
}

// on reports that anything may be left out.
func (d d3s) on() bool {
	return d.samples < 1 || d.batch < 1 || d.choosesTokens() || d.samplesStart > 0 && d.samplesStart < 1
}

func (d d3s) choosesTokens() bool { return d.tokens < 1 || d.tokensStart > 0 && d.tokensStart < 1 }

// Needs implements [Selector].
func (d d3s) Needs() Needs {
	if !d.on() {
		return Needs{}
	}
	n := d.estimator.Needs()
	n.Score = n.Score || d.choosesTokens()
	return n
}

// Select implements [Selector]. All groups are kept; it masks rows and tokens.
func (d d3s) Select(s *data.Scored) (keep []bool, refill int, err error) {
	keep = slices.Repeat([]bool{true}, len(s.Groups))
	if !d.on() || len(s.Rows) == 0 {
		return keep, 0, nil
	}
	samples, tokens, err := d.shares(s)
	if err != nil {
		return nil, 0, err
	}
	advantages, err := d.advantages(s)
	if err != nil {
		return nil, 0, err
	}
	mean := make([]float64, len(s.Rows))
	var kept []int // rows
	from := 0
	s.GroupRows(func(_ int, rows []data.Row) {
		var of []int
		for i := range rows {
			if scored(&rows[i]) && rows[i].NumTrained() > 0 {
				of = append(of, from+i)
				mean[from+i] = meanAdvantageOf(&rows[i], advantages[from+i])
			}
		}
		kept = append(kept, mostVaried(of, mean, samples)...)
		from += len(rows)
	})
	kept = mostVaried(kept, mean, d.batch)
	chosen := make([]bool, len(s.Rows))
	for _, i := range kept {
		chosen[i] = true
	}
	for i := range s.Rows {
		if !chosen[i] {
			s.Rows[i].Mask = make([]bool, len(s.Rows[i].Mask))
		}
	}
	if tokens < 1 {
		err = chooseTokens(s, advantages, tokens)
	}
	return keep, 0, err
}

// shares are d3s_samples and d3s_tokens at this point of the stage.
func (d d3s) shares(s *data.Scored) (samples, tokens float64, err error) {
	if d.samplesStart == 0 && d.tokensStart == 0 {
		return d.samples, d.tokens, nil
	}
	p, ok := s.Stats[StatProgress]
	if !ok || !(p >= 0 && p <= 1) {
		return 0, 0, errors.New("algos: d3s: a curriculum needs the progress of the stage, 0 to 1, which is not known")
	}
	at := func(start, end float64) float64 {
		if start == 0 {
			return end
		}
		return (1-p)*start + p*end
	}
	return at(d.samplesStart, d.samples), at(d.tokensStart, d.tokens), nil
}

// advantages are those of each token: the rows' own, or the estimator's where there are
// none yet.
func (d d3s) advantages(s *data.Scored) ([][]float64, error) {
	c := *s
	if slices.ContainsFunc(s.Rows, func(r data.Row) bool { return r.Advantages == nil }) {
		c.Rows = slices.Clone(s.Rows)
		if err := d.estimator.Advantages(&c); err != nil {
			return nil, err
		}
	}
	out := make([][]float64, len(c.Rows))
	for i := range c.Rows {
		out[i] = c.Rows[i].Advantages
		if err := checkLength(s, i, "advantages", len(out[i])); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// meanAdvantageOf is the mean over a row's trained tokens, of which it has some, exactly
// theirs where all are equal: a rounded mean would tell rows of other lengths apart.
func meanAdvantageOf(r *data.Row, advantages []float64) float64 {
	var trained []data.Row // with advantages for rewards
	for t, m := range r.Mask {
		if m {
			trained = append(trained, data.Row{Reward: advantages[t]})
		}
	}
	d := describeRewards(trained)
	if d.equal() {
		return d.low
	}
	return d.mean
}

// mostVaried is the share of rows, rounded up, whose advantages have the greatest
// variance, in their order: the h highest and the rest of the lowest, for the best h. Of
// rows that are alike the first count as higher; where all are, the first are kept.
func mostVaried(rows []int, mean []float64, share float64) []int {
	n := roundUp(share * float64(len(rows)))
	if n >= len(rows) {
		return rows
	}
	sorted := slices.Clone(rows)
	slices.SortStableFunc(sorted, func(i, j int) int { return cmp.Compare(mean[j], mean[i]) }) // highest first
	if mean[sorted[0]] == mean[sorted[len(sorted)-1]] {
		return rows[:n]
	}
	var best int
	var most float64
	for h := range n + 1 {
		var values []float64
		for _, i := range split(sorted, h, n) {
			values = append(values, mean[i])
		}
		if v := squares(values); v >= most*(1-ties) {
			best, most = h, max(v, most)
		}
	}
	out := slices.Clone(split(sorted, best, n))
	slices.Sort(out)
	return out
}

// split is the h first and n-h last.
func split(sorted []int, h, n int) []int {
	return slices.Concat(sorted[:h], sorted[len(sorted)-(n-h):])
}

// squares are the summed squares of the distances from the mean: the variance of as many
// numbers, times their number.
func squares(x []float64) float64 {
	mean, sum := 0.0, 0.0
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		d := v - mean
		sum += d * d
	}
	return sum
}

// chooseTokens keeps the share of trained tokens, rounded up, of greatest |A|*entropy, of
// those as great the first.
func chooseTokens(s *data.Scored, advantages [][]float64, share float64) error {
	type token struct {
		row, t int
		value  float64
	}
	var all []token
	for i := range s.Rows {
		r := &s.Rows[i]
		if r.NumTrained() == 0 {
			continue
		}
		if err := checkLength(s, i, "entropies", len(r.Entropy)); err != nil {
			return fmt.Errorf("%w, which d3s reads", err)
		}
		for t, trained := range r.Mask {
			if trained {
				all = append(all, token{i, t, math.Abs(advantages[i][t]) * float64(r.Entropy[t])})
			}
		}
		r.Mask = make([]bool, len(r.Mask))
	}
	slices.SortStableFunc(all, func(a, b token) int { return cmp.Compare(b.value, a.value) })
	for _, k := range all[:roundUp(share*float64(len(all)))] {
		s.Rows[k.row].Mask[k.t] = true
	}
	return nil
}

// roundUp is the smallest whole number that is not below x, but for rounding.
func roundUp(x float64) int { return int(math.Ceil(x - rounding)) }
