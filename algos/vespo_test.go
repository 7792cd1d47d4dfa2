package algos_test

import (
	"math"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
	"github.com/rlvr-go/rlvr/configs/fault"
)

func vespoPolicy(kPos, lambdaPos, kNeg, lambdaNeg float64, options map[string]any) policy {
	p := policy{name: "vespo", options: options, mode: "token-mean"}
	p.ratio = func(b *algotest.Batch) perToken {
		sums := make([]float64, b.N())
		each(b, func(i, t int) { sums[i] += clamp(logRatio(b)(i, t), -20, 20) })
		return func(i, _ int) float64 { return math.Exp(clamp(sums[i], math.Log(1e-8), 20)) }
	}
	phi := func(b *algotest.Batch) perToken {
		w := p.ratio(b)
		return func(i, t int) float64 {
			if b.Advantages[i][t] < 0 {
				return math.Pow(w(i, t), kNeg) * math.Exp(lambdaNeg*(1-w(i, t)))
			}
			return math.Pow(w(i, t), kPos) * math.Exp(lambdaPos*(1-w(i, t)))
		}
	}
	p.objective = func(in, at *algotest.Batch) perToken {
		f := phi(at)
		return func(i, t int) float64 { return f(i, t) * in.Advantages[i][t] * in.LogProbs[i][t] }
	}
	p.metrics = func(b *algotest.Batch) map[string]float64 {
		return map[string]float64{"vespo/phi_mean": mean(b, phi(b))}
	}
	return p
}

func TestVESPO(t *testing.T) {
	p := vespoPolicy(2, 3, 3, 2, nil)
	p.golden = "testdata/vespo.json"
	p.run(t)
	p = vespoPolicy(1, 0.5, 0.5, 1, map[string]any{"k_pos": 1, "lambda_pos": 0.5, "k_neg": 0.5, "lambda_neg": 1})
	p.golden = "testdata/vespo.json"
	p.run(t)
	o := algos.Options{Name: "vespo", Options: map[string]any{"rollout_is": "token"}}
	if f := fault.Of(o.Validate()); len(f) != 1 || f[0].Path != "options.rollout_is" {
		t.Errorf("weights beside its ratio: faults %v", f)
	}
}

func TestLUSPO(t *testing.T) {
	p := gspoPolicy("gspo", 2e-3, 2.5e-3, map[string]any{"loss_agg_mode": "seq-mean-token-sum"})
	p.name, p.options = "luspo", nil
	p.golden = "testdata/luspo.json"
	p.identities = append(p.identities, same("with GSPO's widths and aggregation it is GSPO", "gspo",
		map[string]any{"epsilon": 2e-3, "epsilon_high": 2.5e-3, "loss_agg_mode": "seq-mean-token-sum"}, nil))
	p.run(t)
}

func TestDRO(t *testing.T) {
	for _, beta := range []float64{0.1, 2} {
		p := policy{name: "dro", options: map[string]any{"dro_beta": beta}, mode: "token-mean", logRatio: logRatio, perTokenAdvantages: true, golden: "testdata/dro.json"}
		p.objective = func(in, _ *algotest.Batch) perToken {
			return func(i, t int) float64 {
				d := logRatio(in)(i, t)
				return in.Advantages[i][t]*in.LogProbs[i][t] - beta/2*d*d
			}
		}
		p.run(t)
	}
}
