package algos_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
)

// This file holds what the oracles of policy losses share. All is float64 and loops.

// perToken is a number for each token of a batch.
type perToken func(i, t int) float64

// where says for which tokens something holds.
type where func(i, t int) bool

// policy is a policy loss as its paper has it.
type policy struct {
	name    string
	options map[string]any
	mode    string
	// objective is J; see [algotest.Case.Oracle] about in and at.
	objective func(in, at *algotest.Batch) perToken
	// logRatio is what ppo_kl averages, with its sign; nil: logp-old, clamped.
	logRatio func(b *algotest.Batch) perToken
	// ratio is the one that metrics describe; nil: none does.
	ratio func(b *algotest.Batch) perToken
	// low and high say where the objective is clipped; nil: clip_ratio is not reported.
	low, high func(b *algotest.Batch) where
	// weight multiplies J beside the batch's weights; nil: 1.
	weight func(b *algotest.Batch) perToken
	// extra is added to the loss: terms beside the objective; nil: 0.
	extra func(in, at *algotest.Batch) float64
	// metrics are further ones.
	metrics func(b *algotest.Batch) map[string]float64
	// edges, perTokenAdvantages, golden, noGolden and identities are the case's.
	edges []float64
	// rowGradient says that the tokens of a response share one gradient, and with it
	// the mean of their weights.
	rowGradient bool
	// offPolicyOnly says that the gradient at ratio 1 is not REINFORCE's.
	offPolicyOnly      bool
	perTokenAdvantages bool
	golden, noGolden   string
	identities         []algotest.Identity
	change             func(c *algotest.Case)
}

func (p policy) algorithm() algos.Options { return algos.Options{Name: p.name, Options: p.options} }

// policyLoss is the loss without terms beside it.
func (p policy) policyLoss(in, at *algotest.Batch) float64 {
	j, w := p.objective(in, at), perToken(func(int, int) float64 { return 1 })
	if p.weight != nil {
		w = p.weight(at)
	}
	return algotest.Aggregate(p.mode, in, func(i, t int) float64 { return -in.Weight(i, t) * w(i, t) * j(i, t) })
}

func (p policy) loss(in, at *algotest.Batch) float64 {
	if p.extra == nil {
		return p.policyLoss(in, at)
	}
	return p.policyLoss(in, at) + p.extra(in, at)
}

func (p policy) report(b *algotest.Batch) map[string]float64 {
	logRatio := perToken(func(i, t int) float64 { return clamp(b.LogProbs[i][t]-b.Old[i][t], -20, 20) })
	if p.logRatio != nil {
		logRatio = p.logRatio(b)
	}
	m := map[string]float64{"policy_loss": p.policyLoss(b, b), "ppo_kl": -mean(b, logRatio)}
	if p.low != nil {
		low, high := p.low(b), p.high(b)
		m["clip_ratio/low_mean"], m["clip_ratio/high_mean"] = share(b, low), share(b, high)
		m["clip_ratio/region_mean"] = share(b, func(i, t int) bool { return low(i, t) || high(i, t) })
	}
	if p.ratio != nil {
		r := p.ratio(b)
		m["ratio/mean"], m["ratio/max"], m["ratio/min"] = mean(b, r), math.Inf(-1), math.Inf(1)
		each(b, func(i, t int) {
			m["ratio/max"], m["ratio/min"] = max(m["ratio/max"], r(i, t)), min(m["ratio/min"], r(i, t))
		})
	}
	if p.metrics != nil {
		maps.Copy(m, p.metrics(b))
	}
	return m
}

// run passes the loss through the suite. Each policy loss has REINFORCE's gradient
// where the ratio is 1.
func (p policy) run(t *testing.T) {
	t.Helper()
	t.Run(fmt.Sprint(p.name, p.options), func(t *testing.T) {
		c := algotest.Case{
			Algorithm: p.algorithm(), Oracle: p.loss, Metrics: p.report, Edges: p.edges,
			PerTokenAdvantages: p.perTokenAdvantages, Golden: p.golden, NoGolden: p.noGolden,
			Identities: slices.Clone(p.identities),
		}
		if p.weight == nil && p.extra == nil && !p.offPolicyOnly {
			c.Identities = append(c.Identities, p.onPolicy())
		}
		if p.change != nil {
			p.change(&c)
		}
		algotest.Run(t, c)
	})
}

func (p policy) onPolicy() algotest.Identity {
	return algotest.SameGradient("REINFORCE at ratio 1",
		"where old and current policy agree nothing is clipped, and the gradient is A times that of the log-probability",
		algos.Options{Name: "reinforce", Options: map[string]any{"loss_agg_mode": p.mode}},
		func(b *algotest.Batch) {
			b.Old = b.LogProbs
			if p.rowGradient {
				b.Weights = nil
			}
		})
}

// same claims that another algorithm has the same gradient.
func same(explanation, name string, options map[string]any, prepare func(b *algotest.Batch)) algotest.Identity {
	return algotest.SameGradient(name, explanation, algos.Options{Name: name, Options: options}, prepare)
}

func unweighted(b *algotest.Batch) { b.Weights = nil }

func clamp(x, low, high float64) float64 { return math.Max(low, math.Min(high, x)) }

// each calls f for the trained tokens.
func each(b *algotest.Batch, f func(i, t int)) {
	for i := range b.Mask {
		for t, trained := range b.Mask[i] {
			if trained {
				f(i, t)
			}
		}
	}
}

func mean(b *algotest.Batch, x perToken) float64 { return algotest.Aggregate("token-mean", b, x) }

func share(b *algotest.Batch, cond func(i, t int) bool) float64 {
	return mean(b, func(i, t int) float64 {
		if cond(i, t) {
			return 1
		}
		return 0
	})
}

// rowMeans are the means of x over the trained tokens of each row, 0 if there are none.
func rowMeans(b *algotest.Batch, x perToken) []float64 {
	out := make([]float64, b.N())
	each(b, func(i, t int) { out[i] += x(i, t) })
	for i := range out {
		out[i] /= math.Max(1, float64(b.Trained(i)))
	}
	return out
}

func logRatio(b *algotest.Batch) perToken {
	return func(i, t int) float64 { return b.LogProbs[i][t] - b.Old[i][t] }
}

// clampedRatio is exp(logp-old), the log-ratio within +-20.
func clampedRatio(b *algotest.Batch) perToken {
	return func(i, t int) float64 { return ratio(b, i, t) }
}

// tokenForm is a detached ratio times own; cut to e^10, without a gradient beyond.
func tokenForm(in, at *algotest.Batch, detached perToken) perToken {
	return func(i, t int) float64 {
		if r := detached(i, t); r < math.Exp(10) {
			return r * own(in, at)(i, t)
		}
		return math.Exp(10)
	}
}

// own is exp(logp - sg(logp)): 1, with the gradient of the token's log-probability.
func own(in, at *algotest.Batch) perToken {
	return func(i, t int) float64 { return math.Exp(in.LogProbs[i][t] - at.LogProbs[i][t]) }
}

// clipOf is min(r*A, clip(r)*A) by cases: the side is decided by rAt, the derivative
// taken of rIn.
func clipOf(a, rIn, rAt, low, high float64) float64 {
	switch {
	case a > 0 && rAt > high:
		return high * a
	case a < 0 && rAt < low:
		return low * a
	}
	return rIn * a
}

// sides say where min(r*A, clip(r)*A) is clipped.
func sides(ratio func(b *algotest.Batch) perToken, lowBound, highBound float64) (low, high func(b *algotest.Batch) where) {
	low = func(b *algotest.Batch) where {
		r := ratio(b)
		return func(i, t int) bool { return b.Advantages[i][t] < 0 && r(i, t) < lowBound }
	}
	high = func(b *algotest.Batch) where {
		r := ratio(b)
		return func(i, t int) bool { return b.Advantages[i][t] > 0 && r(i, t) > highBound }
	}
	return low, high
}

// outside says where a ratio lies beyond bounds, whatever the advantage.
func outside(ratio func(b *algotest.Batch) perToken, lowBound, highBound float64) (low, high func(b *algotest.Batch) where) {
	low = func(b *algotest.Batch) where {
		r := ratio(b)
		return func(i, t int) bool { return r(i, t) < lowBound }
	}
	high = func(b *algotest.Batch) where {
		r := ratio(b)
		return func(i, t int) bool { return r(i, t) > highBound }
	}
	return low, high
}

// byHand checks gradients against numbers of the published formulas worked out apart
// from graph and oracle: one response with log-ratios 0.1, -0.3, 0.5 and 0 and one
// masked token.
func byHand(t *testing.T, what string, o algos.Options, advantage float64, want []float64, prepare ...func(b *algotest.Batch)) {
	t.Helper()
	const digits = 1e-6 // the tables have six digits
	r, err := algotest.NewRunner(o)
	if err != nil {
		t.Fatal(err)
	}
	a := advantage
	b := &algotest.Batch{
		LogProbs:   [][]float64{{-0.9, -1.3, -0.5, -1, 0}},
		Old:        [][]float64{{-1, -1, -1, -1, 0}},
		Advantages: [][]float64{{a, a, a, a, a}},
		Mask:       [][]bool{{true, true, true, true, false}},
		Feature:    map[string][][]float64{},
	}
	for _, f := range prepare {
		f(b)
	}
	got, err := r.Eval(b)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range append(slices.Clone(want), 0) {
		if g := -4 * got.LogProbs[0][i]; math.Abs(g-want) > digits {
			t.Errorf("%s, A=%g: token %d: gradient %v, want %v", what, a, i, g, want)
		}
	}
}
