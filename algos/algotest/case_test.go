package algotest_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
)

// lossFunc is a loss made of its parts, so that a test can break one of them.
type lossFunc struct {
	needs algos.Needs
	graph func(in algos.Inputs) algos.Output
}

func (l lossFunc) Needs() algos.Needs                 { return l.needs }
func (l lossFunc) Graph(in algos.Inputs) algos.Output { return l.graph(in) }

// register makes a preset of a loss; names are unique in the test binary.
func register(name string, l lossFunc) algos.Options {
	algos.RegisterLoss(algos.Part{Name: name, Paper: "none: for tests"}, func(algos.Values) algos.Loss { return l })
	algos.RegisterPreset(algos.Preset{Name: name, Paper: "none: for tests", Loss: name, Estimator: "grpo", Aggregation: "token-mean"})
	return algos.Options{Name: name}
}

// The right loss is PPO's surrogate with clip width 0.25 over a token mean.
const width = 0.25

func clippedCase(o algos.Options) algotest.Case {
	return algotest.Case{
		Algorithm: o,
		Oracle: func(in, at *algotest.Batch) float64 {
			return algotest.Aggregate("token-mean", in, func(i, t int) float64 {
				a, r := in.Advantages[i][t], math.Exp(at.LogProbs[i][t]-at.Old[i][t])
				if a > 0 && r > 1+width || a < 0 && r < 1-width {
					return -in.Weight(i, t) * a * (1 + math.Copysign(width, a))
				}
				return -in.Weight(i, t) * a * math.Exp(math.Max(-20, math.Min(20, in.LogProbs[i][t]-in.Old[i][t])))
			})
		},
		Edges: []float64{math.Log1p(-width), math.Log1p(width)},
	}
}

var needsOld = algos.Needs{Old: true, AdvantageScaled: true}

// ratioGraph is the clamped ratio, [N, T].
func ratioGraph(in algos.Inputs) *Node {
	return Exp(ClipScalar(Sub(in.LogProbs, in.Old), -20, 20))
}

// surrogateGraph is min(r*A, clip(r)*A), weighted.
func surrogateGraph(in algos.Inputs, ratio *Node) *Node {
	adv := in.Advantages
	zeros := ZerosLike(adv)
	high, low := AddScalar(zeros, 1+width), AddScalar(zeros, 1-width)
	j := Mul(ratio, adv)
	j = Where(And(GreaterThan(adv, zeros), GreaterThan(ratio, high)), Mul(high, adv), j)
	j = Where(And(LessThan(adv, zeros), LessThan(ratio, low)), Mul(low, adv), j)
	if in.Weights != nil {
		j = Mul(in.Weights, j)
	}
	return j
}

func outputOf(numerator, denominator *Node) algos.Output {
	return algos.Output{Terms: []algos.Term{{Name: "policy_loss", Numerator: numerator, Denominator: denominator}}}
}

func rightGraph(in algos.Inputs) algos.Output {
	return outputOf(in.Aggregate(Neg(surrogateGraph(in, ratioGraph(in)))))
}

func TestRightLossPasses(t *testing.T) {
	for _, f := range algotest.Check(clippedCase(register("right", lossFunc{needsOld, rightGraph}))) {
		t.Errorf("%s: %s", f.Check, f.Detail)
	}
}

// Each of these losses is wrong in one way that somebody shipped. The suite must say
// so, under the rule that explains it.
func TestBrokenLossesAreCaught(t *testing.T) {
	for _, c := range []struct {
		name, rule string
		loss       lossFunc
	}{
		{"sign", "value", lossFunc{needsOld, func(in algos.Inputs) algos.Output {
			return outputOf(in.Aggregate(surrogateGraph(in, ratioGraph(in))))
		}}},
		{"undeclared input", "value", lossFunc{algos.Needs{AdvantageScaled: true}, rightGraph}},
		{"undeclared metric", "metrics", lossFunc{needsOld, func(in algos.Inputs) algos.Output {
			out := rightGraph(in)
			out.Metrics = []algos.Metric{{Name: "x", Numerator: ReduceAllSum(in.Mask), Denominator: in.Denom.Tokens}}
			return out
		}}},
		{"stopped gradient", "gradient", lossFunc{needsOld, func(in algos.Inputs) algos.Output {
			return outputOf(in.Aggregate(Neg(surrogateGraph(in, StopGradient(ratioGraph(in))))))
		}}},
		{"micro-batch mean", "micro-batches", lossFunc{needsOld, func(in algos.Inputs) algos.Output {
			return outputOf(ReduceAllSum(Neg(surrogateGraph(in, ratioGraph(in)))), MaxScalar(ReduceAllSum(in.Mask), 1))
		}}},
		{"mean over width", "padding", lossFunc{needsOld, func(in algos.Inputs) algos.Output {
			n, t := in.Mask.Shape().Dim(0), in.Mask.Shape().Dim(1)
			return outputOf(MulScalar(ReduceAllSum(Neg(surrogateGraph(in, ratioGraph(in)))), 1/float64(n*t)), OnesLike(in.Denom.Tokens))
		}}},
		{"neighbour's ratio", "row order", lossFunc{needsOld, func(in algos.Inputs) algos.Output {
			ratio := ratioGraph(in)
			n := ratio.Shape().Dim(0)
			up := Concatenate([]*Node{Slice(ratio, AxisRange(n-1), AxisRange()), Slice(ratio, AxisRange(0, n-1), AxisRange())}, 0)
			return outputOf(in.Aggregate(Neg(surrogateGraph(in, up))))
		}}},
		{"product with mask", "value", lossFunc{needsOld, func(in algos.Inputs) algos.Output {
			zeroByZero := Mul(Div(in.Old, in.Old), Neg(surrogateGraph(in, ratioGraph(in)))) // NaN where masked
			return outputOf(ReduceAllSum(Mul(zeroByZero, in.Mask)), MaxScalar(in.Denom.Tokens, 1))
		}}},
		{"empty rows counted", "empty completions", lossFunc{needsOld, func(in algos.Inputs) algos.Output {
			numerator, denominator := in.Aggregate(Neg(surrogateGraph(in, ratioGraph(in))))
			return outputOf(numerator, AddScalar(denominator, in.Mask.Shape().Dim(0)))
		}}},
		{"0/0", "nothing trained", lossFunc{needsOld, func(in algos.Inputs) algos.Output {
			numerator, _ := in.Aggregate(Neg(surrogateGraph(in, ratioGraph(in))))
			return outputOf(numerator, in.Denom.Tokens)
		}}},
		// The equation as the paper writes it. Where r*A and clip(r)*A are equal, min may
		// take its gradient from the clip, which has none.
		{"min and clip", "clip bounds", lossFunc{needsOld, func(in algos.Inputs) algos.Output {
			ratio, adv := ratioGraph(in), in.Advantages
			return outputOf(in.Aggregate(Neg(Min(Mul(ratio, adv), Mul(ClipScalar(ratio, 1-width, 1+width), adv)))))
		}}},
		{"no clamp", "extreme ratio", lossFunc{needsOld, func(in algos.Inputs) algos.Output {
			return outputOf(in.Aggregate(Neg(surrogateGraph(in, Exp(Sub(in.LogProbs, in.Old))))))
		}}},
		{"clamp too near", "extreme ratio", lossFunc{needsOld, func(in algos.Inputs) algos.Output {
			return outputOf(in.Aggregate(Neg(surrogateGraph(in, Exp(ClipScalar(Sub(in.LogProbs, in.Old), -10, 10))))))
		}}},
		{"scan of more than there is", "one token", lossFunc{needsOld, func(in algos.Inputs) algos.Output {
			if in.Mask.Shape().Dim(1) == 1 {
				in.Old = AddScalar(in.Old, 1)
			}
			return rightGraph(in)
		}}},
		{"trusts the sampler", "sampler log-probabilities", lossFunc{
			algos.Needs{Old: true, Rollout: true, AdvantageScaled: true}, func(in algos.Inputs) algos.Output {
				tis := Exp(Sub(in.Old, in.Rollout))
				return outputOf(in.Aggregate(Neg(Mul(tis, surrogateGraph(in, ratioGraph(in))))))
			},
		}},
		{"more than the advantage", "advantage scaled", lossFunc{needsOld, func(in algos.Inputs) algos.Output {
			return outputOf(in.Aggregate(Sub(in.LogProbs, surrogateGraph(in, ratioGraph(in)))))
		}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			failures := algotest.Check(clippedCase(register(c.name, c.loss)))
			i := slices.IndexFunc(failures, func(f algotest.Failure) bool { return f.Check == c.rule })
			if i < 0 {
				t.Fatalf("not caught by %q: %v", c.rule, failures)
			}
			if failures[i].Explanation == "" || failures[i].Detail == "" {
				t.Errorf("no explanation: %+v", failures[i])
			}
		})
	}
}

func TestWrongClaimsAreCaught(t *testing.T) {
	right := clippedCase(register("claims", lossFunc{needsOld, rightGraph}))
	for _, c := range []struct {
		name, rule string
		change     func(*algotest.Case)
	}{
		{"unknown preset", "resolve", func(c *algotest.Case) { c.Algorithm.Name = "nothing" }},
		{"golden missing", "golden", func(c *algotest.Case) { c.Golden = "testdata/none.json" }},
		{"golden of another loss", "golden", func(c *algotest.Case) { c.Golden = "../testdata/grpo.json" }},
		{"identity", "identity sft", func(c *algotest.Case) {
			c.Identities = []algotest.Identity{algotest.SameGradient("sft", "it is not", algos.Options{Name: "sft"}, nil)}
		}},
		{"metrics that nobody reports", "metrics", func(c *algotest.Case) {
			c.Metrics = func(*algotest.Batch) map[string]float64 { return map[string]float64{"x": 1} }
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			wrong := right
			c.change(&wrong)
			failures := algotest.Check(wrong)
			if len(failures) != 1 || failures[0].Check != c.rule {
				t.Fatalf("want one failure of %q, got %v", c.rule, failures)
			}
		})
	}
}

// A failure names the rule in words.
func ExampleCheck() {
	wrong := algotest.Case{
		Algorithm: algos.Options{Name: "sft"},
		Oracle:    func(*algotest.Batch, *algotest.Batch) float64 { return 0 },
	}
	f := algotest.Check(wrong)[0]
	fmt.Println(f.Check + ": " + strings.Split(f.Explanation, ":")[0])
	// Output: value: the loss of the graph is the oracle's
}
