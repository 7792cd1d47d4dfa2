package algos_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
	"github.com/rlvr-go/rlvr/data"
)

// This file adds an objective that nobody should train with: it reads everything that
// the interfaces offer. That it is one file, parts, preset and proof together, is the
// point.
//
//	s_t = exp(mean over t's span of logp - old), gradient through logp_t only
//	J_t = tis * sigmoid(pos-neg) * attention * route * min(s*A, clip(s, 1-e, 1+e)*A)
//	e   = width * (mean entropy of the batch)
//
// plus a value loss and an entropy bonus; tokens with the id skip_token are left out.
// Advantages are per-token item rewards less the value prediction.

const testOnly = "none: for tests"

func init() {
	algos.RegisterLoss(algos.Part{
		Name: "test_spans", Paper: testOnly, Options: []algos.Option{
			algos.FloatOption("width", 0.1, "above 0", func(x float64) bool { return x > 0 }, "Clip width per nat of entropy."),
			algos.IntOption("skip_token", 3, "0 or more", func(x int) bool { return x >= 0 }, "Id of a token to leave out."),
		},
	}, func(v algos.Values) algos.Loss { return spanLoss{v.Float("width"), v.Int("skip_token")} })
	algos.RegisterEstimator(algos.Part{Name: "test_items", TokenAdvantages: true}, func(algos.Values) algos.Estimator { return itemEstimator{} })
	algos.RegisterShaper(algos.Part{Name: "test_halve"}, func(algos.Values) algos.Shaper { return halver{} })
	algos.RegisterSelector(algos.Part{Name: "test_mixed"}, func(algos.Values) algos.Selector { return mixed{} })
	algos.RegisterPreset(algos.Preset{
		Name: "test_spans", Paper: testOnly, Loss: "test_spans", Estimator: "test_items", Aggregation: "token-mean",
		Shapers: []string{"test_halve"}, Selectors: []string{"test_mixed"}, Options: map[string]any{"width": 0.25},
	})
}

type spanLoss struct {
	width float64
	skip  int
}

func (spanLoss) Needs() algos.Needs {
	return algos.Needs{
		Old: true, Rollout: true, Values: true, Entropy: true, EntropyGrad: true, TokenIDs: true,
		Features:   []string{"span", "attention_received", "routes/0"},
		Roles:      []string{"pos", "neg"},
		BatchStats: []algos.Stat{{Name: "mean_entropy", Compute: meanEntropy}},
	}
}

func meanEntropy(s *data.Scored) float64 {
	sum, n := 0.0, 0
	for _, r := range s.Rows {
		for t, trained := range r.Mask {
			if trained {
				sum += float64(r.Entropy[t])
				n++
			}
		}
	}
	return sum / math.Max(1, float64(n))
}

func (o spanLoss) Graph(in algos.Inputs) algos.Output {
	logp, old, adv, rollout := in.LogProbs, in.Old, in.Advantages, in.Rollout

	ratio := Mul(StopGradient(spanRatioGraph(in, Sub(logp, old))), Exp(Sub(logp, StopGradient(logp))))
	width := MulScalar(in.Stat["mean_entropy"], o.width)
	clipped := Min(Max(ratio, OneMinus(width)), OnePlus(width))
	surrogate := Min(Mul(ratio, adv), Mul(clipped, adv))

	tis := MinScalar(Exp(Sub(old, Where(IsFinite(rollout), rollout, old))), 2)
	contrast := Sigmoid(Sub(in.Feature["log_probs/pos"], in.Feature["log_probs/neg"]))
	odd := NotEqual(ModScalar(in.Feature["routes/0"], 2), ScalarZero(in.Mask.Graph(), in.Mask.DType()))
	route := AddScalar(MulScalar(ConvertDType(odd, in.Mask.DType()), -0.5), 1)
	kept := ConvertDType(NotEqual(in.TokenIDs, Scalar(in.TokenIDs.Graph(), in.TokenIDs.DType(), o.skip)), in.Mask.DType())
	weight := StopGradient(Mul(Mul(tis, contrast), Mul(Mul(in.Feature["attention_received"], route), kept)))
	if in.Weights != nil {
		weight = Mul(weight, in.Weights)
	}

	policy, denominator := in.Aggregate(Neg(Mul(weight, surrogate)))
	value := ReduceAllSum(MulScalar(Square(Sub(in.Values, in.Returns)), 0.5))
	return algos.Output{Terms: []algos.Term{
		{Name: "policy_loss", Numerator: policy, Denominator: denominator},
		{Name: "value_loss", Numerator: value, Denominator: MaxScalar(in.Denom.Tokens, 1)},
		{Name: "entropy_loss", Numerator: MulScalar(ReduceAllSum(in.Entropy), -0.01), Denominator: MaxScalar(in.Denom.Tokens, 1)},
	}}
}

// spanRatioGraph is exp of the mean log-ratio over the trained tokens of each token's
// span, [N, T].
func spanRatioGraph(in algos.Inputs, logRatio *Node) *Node {
	span := in.Feature["span"]
	n, t := span.Shape().Dim(0), span.Shape().Dim(1)
	across := func(x *Node) *Node { return BroadcastToDims(InsertAxes(x, 1), n, t, t) } // [N, T, T]
	down := func(x *Node) *Node { return BroadcastToDims(InsertAxes(x, 2), n, t, t) }   // [N, T, T]
	same := LogicalAnd(Equal(across(span), down(span)), across(algos.IsTrained(in.Mask)))
	zeros := ZerosLike(across(logRatio))
	sum := ReduceSum(Where(same, across(logRatio), zeros), -1)     // [N, T]
	count := ReduceSum(Where(same, OnesLike(zeros), zeros), -1)    // [N, T]
	return Exp(ClipScalar(Div(sum, MaxScalar(count, 1)), -20, 20)) // [N, T]
}

// itemEstimator has an advantage for each token: the reward of the item that the
// token belongs to, less the value predicted there.
type itemEstimator struct{}

func (itemEstimator) Needs() algos.Needs {
	return algos.Needs{Values: true, Features: []string{"item_reward"}}
}

func (itemEstimator) Advantages(s *data.Scored) error {
	for i := range s.Rows {
		r := &s.Rows[i]
		if math.IsInf(r.Reward, 0) {
			return fmt.Errorf("row %d: reward %v", i, r.Reward)
		}
		r.Advantages, r.Returns = make([]float64, len(r.Mask)), make([]float32, len(r.Mask))
		if math.IsNaN(r.Reward) {
			r.Mask = make([]bool, len(r.Mask))
			continue
		}
		for t := range r.Mask {
			r.Returns[t] = r.Features["item_reward"][t]
			r.Advantages[t] = float64(r.Returns[t]) - float64(r.Values[t])
		}
	}
	return nil
}

// halver halves the weight of every token.
type halver struct{}

func (halver) Needs() algos.Needs { return algos.Needs{Features: []string{"rank"}} }

func (halver) Shape(s *data.Scored) error {
	for i := range s.Rows {
		s.Rows[i].Weights = make([]float32, len(s.Rows[i].Mask))
		for t := range s.Rows[i].Weights {
			s.Rows[i].Weights[t] = 0.5
		}
	}
	return nil
}

// mixed keeps groups whose rewards differ and asks for as many more.
type mixed struct{}

func (mixed) Needs() algos.Needs { return algos.Needs{} }

func (mixed) Select(s *data.Scored) (keep []bool, refill int, err error) {
	s.GroupRows(func(_ int, rows []data.Row) {
		differ := false
		for _, r := range rows {
			differ = differ || r.Reward != rows[0].Reward
		}
		keep = append(keep, differ)
		if !differ {
			refill++
		}
	})
	return keep, refill, nil
}

// spanOracle is the equation with loops.
func spanOracle(width float64, skip int32) func(in, at *algotest.Batch) float64 {
	return func(in, at *algotest.Batch) float64 {
		e := width * in.Stat["mean_entropy"]
		policy := algotest.Aggregate("token-mean", in, func(i, t int) float64 {
			if in.TokenIDs[i][t] == skip {
				return 0
			}
			sum, n := 0.0, 0.0
			for u, trained := range in.Mask[i] {
				if trained && in.Feature["span"][i][u] == in.Feature["span"][i][t] {
					sum += at.LogProbs[i][u] - at.Old[i][u]
					n++
				}
			}
			s := math.Exp(clamp(sum/n, -20, 20)) * math.Exp(in.LogProbs[i][t]-at.LogProbs[i][t])
			a, rollout := in.Advantages[i][t], in.Rollout[i][t]
			if math.IsNaN(rollout) || math.IsInf(rollout, 0) {
				rollout = in.Old[i][t]
			}
			weight := in.Weight(i, t) * math.Min(2, math.Exp(in.Old[i][t]-rollout)) * in.Feature["attention_received"][i][t]
			weight /= 1 + math.Exp(in.Feature["log_probs/neg"][i][t]-in.Feature["log_probs/pos"][i][t])
			if int(in.Feature["routes/0"][i][t])%2 == 1 {
				weight /= 2
			}
			return -weight * math.Min(s*a, math.Max(1-e, math.Min(1+e, s))*a)
		})
		return policy + algotest.Aggregate("token-mean", in, func(i, t int) float64 {
			d := in.Values[i][t] - in.Returns[i][t]
			return d*d/2 - 0.01*in.Entropy[i][t]
		})
	}
}

func TestObjectiveInOneFile(t *testing.T) {
	const width, skip = 0.3, 7
	algotest.Run(t, algotest.Case{
		Algorithm: algos.Options{Name: "test_spans", Options: map[string]any{"width": width, "skip_token": skip}},
		Oracle:    spanOracle(width, skip),
		Prepare: func(b *algotest.Batch, rng *rand.Rand) {
			for i := range b.Mask {
				for u := range b.Mask[i] {
					b.Feature["span"][i][u] = float64(u / 3)
					b.Feature["attention_received"][i][u] = float64(float32(rng.Float64()))
					b.Feature["routes/0"][i][u] = float64(rng.IntN(8))
				}
			}
		},
		PerTokenAdvantages: true,
		NoLong:             "compares each token with each",
		NoGolden:           "no other program has it",
		Identities: []algotest.Identity{{
			Name: "batch statistic", Explanation: "the clip width follows the entropy of the whole step",
			Check: func(r *algotest.Runner, random func(uint64) *algotest.Batch) error {
				b := random(1)
				if _, err := r.Eval(b); err != nil {
					return err
				}
				if want := algotest.Aggregate("token-mean", b, func(i, t int) float64 { return b.Entropy[i][t] }); math.Abs(b.Stat["mean_entropy"]-want) > 1e-6 { // float32 entropies
					return fmt.Errorf("mean_entropy is %v, want %v", b.Stat["mean_entropy"], want)
				}
				return nil
			},
		}},
	})
	algotest.RunEstimator(t, algotest.EstimatorCase{
		Algorithm: algos.Options{Name: "test_spans"}, Estimator: "test_items",
		Prepare: func(s *data.Scored, _ *rand.Rand) {
			for i := range s.Rows {
				r := &s.Rows[i]
				r.Features = map[string][]float32{"item_reward": make([]float32, len(r.Mask))}
				r.Values = make([]float32, len(r.Mask))
				for t := range r.Mask {
					r.Features["item_reward"][t], r.Values[t] = float32(r.Reward)+float32(t), 0.5
				}
			}
		},
		Oracle: func(s *data.Scored) [][]float64 {
			out := make([][]float64, len(s.Rows))
			for i, r := range s.Rows {
				out[i] = make([]float64, len(r.Mask))
				for t := range out[i] {
					out[i][t] = float64(float32(r.Reward)+float32(t)) - 0.5
				}
			}
			return out
		},
		Identities: []algotest.EstimatorIdentity{{Name: "per token", Explanation: "each token is judged by its own item", Check: func(e algos.Estimator) error {
			s := algotest.Rewards([]float64{1})
			s.Rows[0].Features, s.Rows[0].Values = map[string][]float32{"item_reward": {2, -1}}, []float32{0.5, 0.5}
			got, err := algotest.Advantages(e, s)
			if err == nil && fmt.Sprint(got) != "[[1.5 -1.5]]" {
				err = fmt.Errorf("advantages %v", got)
			}
			return err
		}}},
		NoGolden: "no other program has it",
	})
	algotest.RunShaper(t, algotest.ShaperCase{
		Name: "test_halve", Algorithm: algos.Options{Name: "test_spans"},
		Scored: func() *data.Scored { return algotest.Rewards([]float64{1, 0}) },
		Want: func(s *data.Scored) {
			s.Rows[0].Weights, s.Rows[1].Weights = []float32{0.5, 0.5}, []float32{0.5, 0.5}
		},
	})
	algotest.RunSelector(t, algotest.SelectorCase{
		Name: "test_mixed", Algorithm: algos.Options{Name: "test_spans"},
		Scored: algotest.Rewards([]float64{1, 0}, []float64{1, 1}, []float64{0, 0, 1}, []float64{0}),
		Keep:   []bool{true, false, true, false}, Refill: 2,
	})
}

// An algorithm asks for what its parts need together.
func TestNeedsOfAllParts(t *testing.T) {
	a, err := algos.Resolve(algos.Options{Name: "test_spans"})
	if err != nil {
		t.Fatal(err)
	}
	n := a.Needs()
	if got, want := fmt.Sprint(n.Features, n.Roles), "[span attention_received routes/0 item_reward rank] [pos neg]"; got != want {
		t.Errorf("features and roles %s, want %s", got, want)
	}
	if !n.Values || !n.TokenIDs || n.Ref || len(n.BatchStats) != 1 {
		t.Errorf("needs %+v", n)
	}
}
