package algos_test

import (
	"math"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
)

// mixing is DHPO written out.
type mixing struct {
	low, high, seqLow, seqHigh float64
	weight                     float64 // of averaged mixing
	entropy, toSequence        bool
	form                       string
	options                    map[string]any
}

func (m mixing) weights(b *algotest.Batch) perToken {
	least, greatest := make([]float64, b.N()), make([]float64, b.N())
	for i := range least {
		least[i], greatest[i] = math.Inf(1), math.Inf(-1)
	}
	if m.entropy {
		each(b, func(i, t int) {
			least[i], greatest[i] = math.Min(least[i], b.Entropy[i][t]), math.Max(greatest[i], b.Entropy[i][t])
		})
	}
	return func(i, t int) float64 {
		switch {
		case !m.entropy:
			return m.weight
		case least[i] == greatest[i]:
			return 0.5
		}
		w := (b.Entropy[i][t] - least[i]) / (greatest[i] - least[i])
		if m.toSequence {
			w = 1 - w
		}
		return w
	}
}

func (m mixing) policy() policy {
	p := policy{name: "dhpo", options: m.options, mode: "seq-mean-token-mean", perTokenAdvantages: true, ratio: clampedRatio, noGolden: "there is no other implementation"}
	p.low, p.high = sides(clampedRatio, 1-m.low, 1+m.high)
	cut := func(in, at, low, high float64) float64 { // clip(x), its side decided at
		if at < low {
			return low
		}
		if at > high {
			return high
		}
		return in
	}
	p.objective = func(in, at *algotest.Batch) perToken {
		sAt, w := sequenceRatio(at), m.weights(at)
		return func(i, t int) float64 {
			a, r0, s0 := in.Advantages[i][t], ratio(at, i, t), sAt(i, t)
			r, s := ratio(in, i, t), tokenForm(in, at, sAt)(i, t)
			mix := func(r, s float64) float64 { return w(i, t)*r + (1-w(i, t))*s }
			if m.form == "mix-of-mins" {
				return mix(clipOf(a, r, r0, 1-m.low, 1+m.high), clipOf(a, s, s0, 1-m.seqLow, 1+m.seqHigh))
			}
			both := func(r, s float64) float64 {
				return mix(cut(r, r0, 1-m.low, 1+m.high), cut(s, s0, 1-m.seqLow, 1+m.seqHigh))
			}
			if m.form == "min-of-mixes" && mix(r0, s0)*a <= both(r0, s0)*a {
				return mix(r, s) * a
			}
			return both(r, s) * a
		}
	}
	p.metrics = func(b *algotest.Batch) map[string]float64 {
		s := sequenceRatio(b)
		return map[string]float64{
			"mix_weight/mean": mean(b, m.weights(b)),
			"clip_ratio/sequence_mean": share(b, func(i, t int) bool {
				a := b.Advantages[i][t]
				return a > 0 && s(i, t) > 1+m.seqHigh || a < 0 && s(i, t) < 1-m.seqLow
			}),
		}
	}
	return p
}

func TestDHPO(t *testing.T) {
	narrow := mixing{low: 0.2, high: 0.28, seqLow: 3e-4, seqHigh: 4e-4, weight: 0.5, form: "min-of-mixes"}
	narrow.policy().run(t)
	for _, form := range []string{"min-of-mixes", "mix-of-mins", "clipped-only"} {
		wide := mixing{low: 0.2, high: 0.28, seqLow: 0.05, seqHigh: 0.07, weight: 0.25, form: form, options: map[string]any{
			"sequence_epsilon": 0.05, "sequence_epsilon_high": 0.07, "mix_weight": 0.25, "mix_form": form,
		}}
		p := wide.policy()
		p.edges = []float64{math.Log(0.8), math.Log(1.28), math.Log(0.95), math.Log(1.07)}
		p.run(t)
		for _, toSequence := range []bool{false, true} {
			m := wide
			m.entropy, m.toSequence = true, toSequence
			m.options = map[string]any{"sequence_epsilon": 0.05, "sequence_epsilon_high": 0.07, "mix_form": form, "mixing": "entropy"}
			if toSequence {
				m.options["high_entropy"] = "sequence"
			}
			m.policy().run(t)
		}
	}
	for _, form := range []string{"min-of-mixes", "mix-of-mins"} {
		token := mixing{low: 0.2, high: 0.28, seqLow: 3e-4, seqHigh: 4e-4, weight: 1, form: form, options: map[string]any{"mix_weight": 1, "mix_form": form}}
		p := token.policy()
		p.identities = append(p.identities, same("with weight 1 it is GRPO", "grpo", map[string]any{"epsilon_high": 0.28}, nil))
		p.run(t)
		sequence := token
		sequence.weight, sequence.options = 0, map[string]any{"mix_weight": 0, "mix_form": form}
		p = sequence.policy()
		p.identities = append(p.identities, same("with weight 0 it is GSPO", "gspo_token", nil, nil))
		p.run(t)
	}
}

// Entropies that are all the same say nothing: half and half.
func TestDHPOFlatEntropy(t *testing.T) {
	flat := func(b *algotest.Batch) { b.Entropy = [][]float64{{0.7, 0.7, 0.7, 0.7, 9}} }
	o := algos.Options{Name: "dhpo", Options: map[string]any{"mixing": "entropy"}}
	byHand(t, "flat entropy", o, 1, []float64{0.552585, 0, 0, 0.5}, flat)
}

func TestDHPOByHand(t *testing.T) {
	o := algos.Options{Name: "dhpo"}
	byHand(t, "min-of-mixes", o, 1, []float64{0.552585, 0, 0, 0.5})
	byHand(t, "min-of-mixes", o, -1, []float64{-1.091528, -0.909351, -1.363303, -1.038942})
	o.Options = map[string]any{"mix_form": "mix-of-mins"}
	byHand(t, "mix-of-mins", o, 1, []float64{0.552585, 0.370409, 0, 0.5})
	byHand(t, "mix-of-mins", o, -1, []float64{-1.091528, -0.538942, -1.363303, -1.038942})
}
