package algos_test

import (
	"math"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
)

// klOf are the estimators by name: value, and the function whose derivative is taken.
func klOf(estimator string, atMost float64) func(in, at *algotest.Batch, i, t int) float64 {
	u := func(b *algotest.Batch, i, t int) float64 { return b.LogProbs[i][t] - b.Ref[i][t] }
	k3 := func(b *algotest.Batch, i, t int) float64 {
		u := clamp(u(b, i, t), -20, 20)
		return math.Min(atMost, math.Exp(-u)+u-1)
	}
	switch estimator {
	case "k1":
		return func(in, _ *algotest.Batch, i, t int) float64 { return u(in, i, t) }
	case "k2":
		return func(in, _ *algotest.Batch, i, t int) float64 { return u(in, i, t) * u(in, i, t) / 2 }
	case "abs":
		return func(in, _ *algotest.Batch, i, t int) float64 { return math.Abs(u(in, i, t)) }
	case "k3+":
		return func(in, at *algotest.Batch, i, t int) float64 {
			return k3(at, i, t) + (u(in, i, t)*u(in, i, t)-u(at, i, t)*u(at, i, t))/2
		}
	}
	return func(in, _ *algotest.Batch, i, t int) float64 { return k3(in, i, t) }
}

// withKL adds the KL term to a policy loss.
func (p policy) withKL(beta float64, kl func(in, at *algotest.Batch, i, t int) float64, options map[string]any) policy {
	p.options = with(p.options, options)
	p.extra = func(in, at *algotest.Batch) float64 {
		return algotest.Aggregate(p.mode, in, func(i, t int) float64 { return beta * kl(in, at, i, t) })
	}
	metrics := p.metrics
	p.metrics = func(b *algotest.Batch) map[string]float64 {
		m := map[string]float64{"kl": mean(b, func(i, t int) float64 { return kl(b, b, i, t) })}
		if metrics != nil {
			m = with2(m, metrics(b))
		}
		return m
	}
	p.golden, p.noGolden = "", "that of grpo"
	return p
}

func with2(a, b map[string]float64) map[string]float64 {
	for name, x := range b {
		a[name] = x
	}
	return a
}

// grpoPolicy is GRPO's loss.
func grpoPolicy(options map[string]any) policy {
	p := policy{name: "grpo", options: options, mode: "seq-mean-token-mean", ratio: clampedRatio}
	p.low, p.high = sides(clampedRatio, 0.8, 1.2)
	p.objective = func(in, at *algotest.Batch) perToken {
		return func(i, t int) float64 {
			return clipOf(in.Advantages[i][t], ratio(in, i, t), ratio(at, i, t), 0.8, 1.2)
		}
	}
	return p
}

func TestKL(t *testing.T) {
	for _, estimator := range []string{"k1", "k2", "k3", "k3+", "abs"} {
		kl := klOf(estimator, math.Inf(1))
		p := grpoPolicy(nil).withKL(0.3, kl, map[string]any{"beta": 0.3, "kl_estimator": estimator})
		if estimator == "k3" {
			p.golden = "testdata/kl.json" // has cases with options of its own
		}
		if estimator == "k3+" {
			p.identities = append(p.identities, same("the gradient is that of k2", "grpo", map[string]any{"beta": 0.3, "kl_estimator": "k2"}, nil))
		}
		p.run(t)
		corrected := func(in, at *algotest.Batch, i, t int) float64 { return ratio(in, i, t) * kl(in, at, i, t) }
		grpoPolicy(nil).withKL(0.3, corrected, map[string]any{"beta": 0.3, "kl_estimator": estimator, "kl_bias_correction": true}).run(t)
	}
	// verl's bound on k3.
	far := grpoPolicy(nil).withKL(1, klOf("k3", 10), map[string]any{"beta": 1, "compat": "verl"})
	prepare := func(b *algotest.Batch) {
		for i := range b.Ref {
			b.Ref[i][0] = b.LogProbs[i][0] + 2 + 0.25*float64(i%8) // k3 from 4.4 to 39
		}
	}
	far.change = func(c *algotest.Case) { c.Prepare = onBatch(prepare) }
	far.run(t)
}

// The same term beside every policy loss: KL is no matter of its file.
func TestKLBesideOtherLosses(t *testing.T) {
	kl := klOf("k2", math.Inf(1))
	options := map[string]any{"beta": 0.1, "kl_estimator": "k2"}
	for _, p := range []policy{
		gspoPolicy("gspo", 3e-4, 4e-4, nil), sapoPolicy(1, 1.05, nil), cispoPolicy(-9, 1.2, nil), gmpoPolicy(0.4, 0.4, nil),
		kpoPolicy(3e-4, 4e-4, 1e-6, 1, true, false, nil), minproPolicy(-9, 1.2, false, nil), aspoPolicy(0.2, 0.2, 0.4, 0.8, 3, nil),
	} {
		p.withKL(0.1, kl, options).run(t)
	}
}

// k1 in the loss has no gradient in expectation.
func TestKLWarning(t *testing.T) {
	a, err := algos.Resolve(algos.Options{Name: "grpo", Options: map[string]any{"beta": 0.1, "kl_estimator": "k1"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Warnings) != 1 || a.Warnings[0].Name != "kl-k1-in-loss" {
		t.Errorf("warnings %v", a.Warnings)
	}
}

// At the reference itself no estimator pulls, abs neither.
func TestKLAtReference(t *testing.T) {
	for _, estimator := range []string{"k2", "k3", "k3+", "abs"} {
		o := algos.Options{Name: "grpo", Options: map[string]any{"beta": 5, "kl_estimator": estimator}}
		byHand(t, estimator, o, 0, []float64{0, 0, 0, 0}, func(b *algotest.Batch) { b.Ref = b.LogProbs })
	}
}
