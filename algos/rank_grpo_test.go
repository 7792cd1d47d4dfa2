package algos_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
	"github.com/rlvr-go/rlvr/data"
)

const items = "spans/item"

func rankPolicy(low, high float64, n, longest int, options map[string]any) policy {
	p := policy{name: "rank_grpo", options: with(map[string]any{"beta": 0.0}, options), mode: "seq-mean-token-sum", rowGradient: true, logRatio: logRatio,
		perTokenAdvantages: true, noGolden: "its official code is no package; checked by hand"}
	official := options["compat"] == "official"
	if official {
		p.mode = "token-mean"
	}
	overflow := func(b *algotest.Batch) *algotest.Batch { // items from n on are one
		c := b.Clone()
		for i := range c.Feature[items] {
			for t := range c.Feature[items][i] {
				c.Feature[items][i][t] = math.Min(float64(n), c.Feature[items][i][t])
			}
		}
		return c
	}
	p.ratio = func(b *algotest.Batch) perToken {
		s := spanMeans(overflow(b), items, logRatio(b))
		return func(i, t int) float64 { return math.Exp(math.Min(10, s(i, t))) }
	}
	p.low, p.high = sides(p.ratio, 1-low, 1+high)
	p.objective = func(in, at *algotest.Batch) perToken {
		w, wAt := p.ratio(in), p.ratio(at)
		count := map[[2]int]float64{}
		c := overflow(in)
		key := func(i, t int) [2]int { return [2]int{i, int(c.Feature[items][i][t])} }
		each(in, func(i, t int) { count[key(i, t)]++ })
		return func(i, t int) float64 {
			j := clipOf(in.Advantages[i][t], w(i, t), wAt(i, t), 1-low, 1+high)
			if official {
				return j
			}
			return j / (count[key(i, t)] * float64(n))
		}
	}
	p.change = func(c *algotest.Case) { c.Prepare = randomSpans(items, longest) }
	p.offPolicyOnly = true // tokens share the gradients of their item, of which each has 1/n
	return p
}

func TestRankGRPO(t *testing.T) {
	rankPolicy(0.06, 0.08, 20, 3, nil).run(t)
	rankPolicy(0.06, 0.08, 2, 2, map[string]any{"num_items": 2}).run(t)
	p := rankPolicy(0.2, 0.28, 20, 4, map[string]any{"epsilon": 0.2, "epsilon_high": 0.28, "compat": "official", "loss_agg_mode": "token-mean"})
	p.edges = []float64{math.Log(0.8), math.Log(1.28)}
	p.run(t)
	// One item a response, of which one is asked for, is GSPO.
	p = rankPolicy(0.2, 0.28, 1, 1<<20, map[string]any{"epsilon": 0.2, "epsilon_high": 0.28, "num_items": 1})
	p.perTokenAdvantages = false
	p.identities = append(p.identities, same("one item is a response", "gspo", map[string]any{"epsilon": 0.2, "epsilon_high": 0.28}, unweighted))
	p.run(t)
}

// An item of two tokens and two of one, at g*n_k*N.
func TestRankGRPOByHand(t *testing.T) {
	o := algos.Options{Name: "rank_grpo", Options: map[string]any{"epsilon": 0.2, "epsilon_high": 0.28, "num_items": 4, "beta": 0}}
	spans := func(b *algotest.Batch) { b.Feature[items] = [][]float64{{0, 0, 1, 2, 0}} }
	const w = 0.904837 // exp of the mean of 0.1 and -0.3
	byHand(t, "rank_grpo", o, 1, []float64{w / 2, w / 2, 0, 1}, spans)
	byHand(t, "rank_grpo", o, -1, []float64{-w / 2, -w / 2, -1.648721, -1}, spans)
}

func TestRankEstimator(t *testing.T) {
	for _, mode := range []string{"own", "discounted"} {
		algotest.RunEstimator(t, algotest.EstimatorCase{
			Algorithm: algos.Options{Name: "rank_grpo", Options: map[string]any{"rank_return": mode}}, Estimator: "rank_grpo",
			Prepare: func(s *data.Scored, rng *rand.Rand) {
				for i := range s.Rows {
					r := &s.Rows[i]
					r.Verdict.Items = nil
					for range rng.IntN(4) {
						r.Verdict.Items = append(r.Verdict.Items, float64(rng.IntN(2)))
					}
					r.Features = map[string][]float32{items: make([]float32, len(r.Mask))}
					for t := range r.Mask {
						r.Features[items][t] = float32(t)
					}
				}
			},
			Oracle: func(s *data.Scored) [][]float64 {
				value := func(r *data.Row, k int) float64 {
					sum := 0.0
					for j := k; j < len(r.Verdict.Items); j++ {
						if mode == "own" && j == k {
							sum += r.Verdict.Items[j]
						}
						if mode == "discounted" {
							sum += r.Verdict.Items[j] / math.Log2(float64(j+2))
						}
					}
					return sum
				}
				out := make([][]float64, len(s.Rows))
				for i := range s.Rows {
					out[i] = make([]float64, len(s.Rows[i].Mask))
					for t := range out[i] {
						var x []float64
						for j := range s.Rows {
							if s.Rows[j].Group == s.Rows[i].Group && !math.IsNaN(s.Rows[j].Reward) {
								x = append(x, value(&s.Rows[j], t))
							}
						}
						if m, std := meanStd(x); len(x) > 1 && std > 1e-12 {
							out[i][t] = (value(&s.Rows[i], t) - m) / (std + 1e-4)
						}
					}
				}
				return out
			},
			Identities: []algotest.EstimatorIdentity{{Name: "by rank", Explanation: "a hit alters advantages at its own rank only", Check: func(e algos.Estimator) error {
				s := algotest.Rewards([]float64{1, 0})
				for i, hits := range [][]float64{{0, 1, 0}, {0, 0, 0}} {
					s.Rows[i].Verdict.Items = hits
					s.Rows[i].Mask = []bool{true, true, true, true}
					s.Rows[i].Features = map[string][]float32{items: {0, 1, 2, 3}}
				}
				if mode == "discounted" {
					return nil
				}
				got, err := algotest.Advantages(e, s)
				if want := fmt.Sprintf("[[0 %[1]v 0 0] [0 -%[1]v 0 0]]", 0.5/(math.Sqrt(0.5)+1e-4)); err == nil && fmt.Sprint(got) != want {
					err = fmt.Errorf("advantages %v, want %s", got, want)
				}
				return err
			}}},
			NoGolden: "its official code is no package",
		})
	}
}
