package algos_test

import (
	"math"
	"slices"
	"testing"

	"github.com/rlvr-go/rlvr/algos/algotest"
)

// covariancesOf are (A - mean A) * (old - mean old).
func covariancesOf(b *algotest.Batch) perToken {
	a := mean(b, func(i, t int) float64 { return b.Advantages[i][t] })
	l := mean(b, func(i, t int) float64 { return b.Old[i][t] })
	return func(i, t int) float64 { return (b.Advantages[i][t] - a) * (b.Old[i][t] - l) }
}

// greatest marks the n tokens of the greatest x among those that count.
func greatest(b *algotest.Batch, n int, x perToken, counts where) where {
	var all []float64
	each(b, func(i, t int) {
		if counts(i, t) {
			all = append(all, x(i, t))
		}
	})
	slices.Sort(all)
	slices.Reverse(all)
	if n >= len(all) {
		return counts
	}
	bound := (all[n-1] + all[n]) / 2 // equal ones go together
	return func(i, t int) bool { return counts(i, t) && x(i, t) > bound }
}

func everywhere(int, int) bool { return true }

func TestKLCov(t *testing.T) {
	for _, c := range []struct {
		ratio, coef float64
		options     map[string]any
	}{
		{2e-4, 1, nil},
		{0.25, 0.5, map[string]any{"kl_cov_ratio": 0.25, "kl_cov_coef": 0.5}},
		{1, 2, map[string]any{"kl_cov_ratio": 1, "kl_cov_coef": 2}},
	} {
		held := func(b *algotest.Batch) where {
			return greatest(b, max(1, int(c.ratio*float64(b.Tokens()))), covariancesOf(b), everywhere)
		}
		p := policy{name: "kl_cov", options: c.options, mode: "token-mean", ratio: clampedRatio, perTokenAdvantages: true, golden: "testdata/kl_cov.json"}
		p.objective = func(in, at *algotest.Batch) perToken {
			hold := held(at)
			return func(i, t int) float64 {
				j := ratio(in, i, t) * in.Advantages[i][t]
				if hold(i, t) {
					j -= c.coef * math.Abs(logRatio(in)(i, t))
				}
				return j
			}
		}
		p.metrics = func(b *algotest.Batch) map[string]float64 {
			return map[string]float64{"kl_cov_ratio": share(b, held(b))}
		}
		p.run(t)
	}
}

func TestClipCov(t *testing.T) {
	for _, c := range []struct {
		share, low, high float64
		options          map[string]any
	}{
		{2e-4, 1, 5, nil},
		{0.1, -0.5, 1, map[string]any{"clip_cov_ratio": 0.1, "clip_cov_low": -0.5, "clip_cov_high": 1}},
		{1, 0.2, 9, map[string]any{"clip_cov_ratio": 1, "clip_cov_low": 0.2, "clip_cov_high": 9}},
	} {
		low, high := sides(clampedRatio, 0.8, 1.2)
		taken := func(b *algotest.Batch) where {
			cov := covariancesOf(b)
			dice := func(i, t int) float64 { return b.Old[i][t]*256 - math.Floor(b.Old[i][t]*256) }
			inBand := func(i, t int) bool { return cov(i, t) > c.low && cov(i, t) < c.high }
			drawn := greatest(b, max(1, int(c.share*float64(b.Tokens()))), dice, inBand)
			tooLow, tooHigh := low(b), high(b)
			return func(i, t int) bool { return drawn(i, t) && !tooLow(i, t) && !tooHigh(i, t) }
		}
		p := policy{name: "clip_cov", options: c.options, mode: "token-mean", ratio: clampedRatio, perTokenAdvantages: true, low: low, high: high, golden: "testdata/clip_cov.json"}
		p.objective = func(in, at *algotest.Batch) perToken {
			out := taken(at)
			return func(i, t int) float64 {
				if out(i, t) {
					return 0
				}
				return clipOf(in.Advantages[i][t], ratio(in, i, t), ratio(at, i, t), 0.8, 1.2)
			}
		}
		p.metrics = func(b *algotest.Batch) map[string]float64 {
			return map[string]float64{"clip_ratio/cov_mean": share(b, taken(b))}
		}
		p.offPolicyOnly = true // at ratio 1 the tokens taken out have no gradient
		p.identities = append(p.identities, same("where no token is in the band it is PPO", "grpo", map[string]any{"loss_agg_mode": "token-mean"},
			func(b *algotest.Batch) {
				for i := range b.Advantages {
					for t := range b.Advantages[i] {
						b.Advantages[i][t] = 0.5
					}
				}
			}))
		if c.low < 0 {
			p.identities = nil // a band that covariance 0 is in
		}
		p.run(t)
	}
}
