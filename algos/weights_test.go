package algos_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
	"github.com/rlvr-go/rlvr/data"
)

func onBatch(f func(b *algotest.Batch)) func(*algotest.Batch, *rand.Rand) {
	return func(b *algotest.Batch, _ *rand.Rand) { f(b) }
}

// correction is a rollout correction written out.
type correction struct {
	level     string
	mask      bool
	low, high float64
	bypass    bool
}

// gap is the log-ratio of the trainer's policy to the sampler's, 0 where unknown.
func (c correction) gap(b *algotest.Batch, i, t int) float64 {
	start := b.Old
	if c.bypass {
		start = b.LogProbs
	}
	if r := b.Rollout[i][t]; !math.IsNaN(r) && !math.IsInf(r, 0) {
		return start[i][t] - r
	}
	return 0
}

func (c correction) ratio(b *algotest.Batch) perToken {
	gap := func(i, t int) float64 { return c.gap(b, i, t) }
	means := rowMeans(b, gap)
	return func(i, t int) float64 {
		switch c.level {
		case "sequence":
			return math.Exp(clamp(means[i]*float64(b.Trained(i)), -20, 20))
		case "geometric":
			return math.Exp(clamp(means[i], -20, 20))
		}
		return math.Exp(clamp(gap(i, t), -20, 20))
	}
}

func (c correction) weight(b *algotest.Batch) perToken {
	ratio := c.ratio(b)
	return func(i, t int) float64 {
		switch r := ratio(i, t); {
		case c.mask && (r < c.low || r > c.high):
			return 0
		default:
			return math.Min(r, c.high)
		}
	}
}

func (c correction) metrics(b *algotest.Batch) map[string]float64 {
	r, w := c.ratio(b), c.weight(b)
	m := map[string]float64{
		"rollout_corr/rollout_is_max":       math.Inf(-1),
		"rollout_corr/rollout_is_min":       math.Inf(1),
		"rollout_corr/rollout_is_oob_ratio": share(b, func(i, t int) bool { return r(i, t) < c.low || r(i, t) > c.high }),
		"rollout_corr/missing_ratio":        share(b, func(i, t int) bool { return math.IsNaN(b.Rollout[i][t] - b.Rollout[i][t]) }),
		"rollout_corr/rollout_is_mean":      mean(b, w),
		"rollout_corr/rollout_is_sq_mean":   mean(b, func(i, t int) float64 { return w(i, t) * w(i, t) }),
	}
	each(b, func(i, t int) {
		m["rollout_corr/rollout_is_max"] = max(m["rollout_corr/rollout_is_max"], r(i, t))
		m["rollout_corr/rollout_is_min"] = min(m["rollout_corr/rollout_is_min"], r(i, t))
	})
	return m
}

// corrected adds a rollout correction to a policy loss.
func (p policy) corrected(c correction, options map[string]any) policy {
	p.options, p.weight = with(p.options, options), c.weight
	metrics := p.metrics
	p.metrics = func(b *algotest.Batch) map[string]float64 {
		m := c.metrics(b)
		if metrics != nil {
			m = with2(m, metrics(b))
		}
		return m
	}
	p.golden, p.noGolden = "", "that of the loss"
	return p
}

func TestRolloutCorrection(t *testing.T) {
	tis := correction{level: "token", high: 1.05}
	p := grpoPolicy(nil).corrected(tis, map[string]any{"rollout_is": "token", "rollout_is_threshold": 1.05})
	p.identities = append(p.identities, same("where sampler and trainer agree all weights are 1", "grpo", nil, func(b *algotest.Batch) { b.Rollout = b.Old }))
	p.golden = "testdata/rollout_correction.json" // has cases with options of its own
	p.run(t)
	for _, level := range []string{"token", "sequence", "geometric"} {
		c := correction{level: level, mask: true, low: 0.96, high: 1.04}
		options := map[string]any{"rollout_is": level, "rollout_is_mode": "mask", "rollout_is_threshold": 1.04, "rollout_is_threshold_low": 0.96}
		p := grpoPolicy(nil).corrected(c, options)
		missing := func(b *algotest.Batch) {
			if b.T() < 100 {
				b.Rollout[0][0], b.Rollout[2][0] = math.NaN(), math.Inf(-1)
			}
		}
		p.change = func(c *algotest.Case) { c.Prepare = onBatch(missing) }
		p.run(t)
		c = correction{level: level, high: 1.02}
		grpoPolicy(nil).corrected(c, map[string]any{"rollout_is": level, "rollout_is_threshold": 1.02}).run(t)
	}
	sapoPolicy(1, 1.05, nil).corrected(tis, map[string]any{"rollout_is": "token", "rollout_is_threshold": 1.05}).run(t)
}

// In bypass mode the sampler's log-probabilities stand for the old ones, and a token
// without one has ratio 1.
func TestBypass(t *testing.T) {
	p := grpoPolicy(map[string]any{"old_log_probs": "rollout"})
	p.noGolden = "that of grpo"
	objective := p.objective
	bypassed := func(b, at *algotest.Batch) *algotest.Batch {
		c := b.Clone()
		c.Old = c.Rollout
		for i := range c.Old {
			for t, x := range c.Old[i] {
				if math.IsNaN(x) || math.IsInf(x, 0) {
					c.Old[i][t] = at.LogProbs[i][t]
				}
			}
		}
		return c
	}
	p.objective = func(in, at *algotest.Batch) perToken { return objective(bypassed(in, at), bypassed(at, at)) }
	low, high := p.low, p.high
	p.low = func(b *algotest.Batch) where { return low(bypassed(b, b)) }
	p.high = func(b *algotest.Batch) where { return high(bypassed(b, b)) }
	p.ratio = func(b *algotest.Batch) perToken { return clampedRatio(bypassed(b, b)) }
	p.logRatio = func(b *algotest.Batch) perToken {
		d := logRatio(bypassed(b, b))
		return func(i, t int) float64 { return clamp(d(i, t), -20, 20) }
	}
	p.weight = func(*algotest.Batch) perToken { return func(int, int) float64 { return 1 } }
	p.identities = append(p.identities, same("it is the loss with the sampler's log-probabilities for the old ones", "grpo", nil,
		func(b *algotest.Batch) { b.Old = b.Rollout }))
	p.run(t)

	c := correction{level: "token", high: 1.1, bypass: true}
	algotest.Run(t, algotest.Case{
		Algorithm: algos.Options{Name: "reinforce", Options: map[string]any{
			"loss_agg_mode": "token-mean", "old_log_probs": "rollout", "rollout_is": "token", "rollout_is_threshold": 1.1}},
		Oracle: func(in, at *algotest.Batch) float64 {
			w := c.weight(at)
			return mean(in, func(i, t int) float64 {
				return -in.Weight(i, t) * w(i, t) * in.Advantages[i][t] * in.LogProbs[i][t]
			})
		},
		Metrics: func(b *algotest.Batch) map[string]float64 {
			w := c.weight(b)
			return with2(c.metrics(b), map[string]float64{"policy_loss": mean(b, func(i, t int) float64 {
				return -b.Weight(i, t) * w(i, t) * b.Advantages[i][t] * b.LogProbs[i][t]
			})})
		},
		NoGolden: "that of the loss",
	})
	a, err := algos.Resolve(algos.Options{Name: "grpo", Options: map[string]any{"old_log_probs": "rollout"}})
	if err != nil {
		t.Fatal(err)
	}
	if n := a.Needs(); n.Old || !n.Rollout {
		t.Errorf("bypass needs %+v", n)
	}
}

func TestOffPolicyMask(t *testing.T) {
	dropped := func(b *algotest.Batch) where {
		gap := rowMeans(b, func(i, t int) float64 {
			if r := b.Rollout[i][t]; !math.IsNaN(r) && !math.IsInf(r, 0) {
				return r - b.LogProbs[i][t]
			}
			return 0
		})
		return func(i, t int) bool { return b.Advantages[i][t] < 0 && gap[i] > 0.02 }
	}
	p := grpoPolicy(map[string]any{"off_policy_mask_threshold": 0.02})
	p.weight = func(b *algotest.Batch) perToken {
		drop := dropped(b)
		return func(i, t int) float64 {
			if drop(i, t) {
				return 0
			}
			return 1
		}
	}
	p.metrics = func(b *algotest.Batch) map[string]float64 {
		return map[string]float64{"off_policy_mask_ratio": share(b, dropped(b))}
	}
	p.golden = "testdata/off_policy_mask.json"
	p.identities = append(p.identities, same("good responses stay whatever the sampler says", "grpo", nil, func(b *algotest.Batch) {
		for i := range b.Advantages {
			for t := range b.Advantages[i] {
				b.Advantages[i][t] = math.Abs(b.Advantages[i][t])
			}
		}
	}))
	p.run(t)
}

func TestTopEntropy(t *testing.T) {
	kept := func(quantile float64) func(b *algotest.Batch) where {
		return func(b *algotest.Batch) where {
			var h []float64
			each(b, func(i, t int) { h = append(h, b.Entropy[i][t]) })
			slices.Sort(h)
			at := (1 - quantile) * float64(len(h)-1)
			k := int(at)
			threshold := h[k] + (at-float64(k))*(h[min(k+1, len(h)-1)]-h[k])
			return func(i, t int) bool { return b.Entropy[i][t] >= threshold }
		}
	}
	for _, quantile := range []float64{0.2, 0.5} {
		p := grpoPolicy(map[string]any{"top_entropy_quantile": quantile})
		p.weight = func(b *algotest.Batch) perToken {
			keep := kept(quantile)(b)
			return func(i, t int) float64 {
				if keep(i, t) {
					return 1
				}
				return 0
			}
		}
		p.metrics = func(b *algotest.Batch) map[string]float64 {
			return map[string]float64{"top_entropy_ratio": share(b, kept(quantile)(b))}
		}
		p.golden = "testdata/top_entropy.json"
		p.identities = append(p.identities, same("where all entropies are the same all tokens stay", "grpo", nil, func(b *algotest.Batch) {
			for i := range b.Entropy {
				for t := range b.Entropy[i] {
					b.Entropy[i][t] = 1
				}
			}
		}))
		p.run(t)
	}
	a, err := algos.Resolve(algos.Options{Name: "grpo", Options: map[string]any{"top_entropy_quantile": 0.2}})
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Needs().BatchStats[0].Compute(&data.Scored{}); got != 0 {
		t.Errorf("threshold of nothing: %v", got)
	}
}
