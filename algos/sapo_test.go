package algos_test

import (
	"math"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
)

func sapoPolicy(pos, neg float64, options map[string]any) policy {
	return policy{
		name: "sapo", options: options, mode: "seq-mean-token-mean", ratio: clampedRatio, perTokenAdvantages: true,
		objective: func(in, _ *algotest.Batch) perToken {
			return func(i, t int) float64 {
				a, tau := in.Advantages[i][t], neg
				if a > 0 {
					tau = pos
				}
				return 4 / tau / (1 + math.Exp(-tau*(ratio(in, i, t)-1))) * a
			}
		},
	}
}

func TestSAPO(t *testing.T) {
	p := sapoPolicy(1, 1.05, nil)
	p.golden = "testdata/sapo.json"
	p.run(t)
	sapoPolicy(3, 0.5, map[string]any{"tau_pos": 3, "tau_neg": 0.5}).run(t)
}

func TestSAPOByHand(t *testing.T) {
	o := algos.Options{Name: "sapo"}
	byHand(t, "sapo", o, 1, []float64{1.102120, 0.728515, 1.486739, 1})
	byHand(t, "sapo", o, -1, []float64{-1.101808, -0.727269, -1.471352, -1})
}
