package algos_test

import (
	"math"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
)

// sequenceRatio is exp(mean(logp-old)) of a token's row, at most e^10.
func sequenceRatio(b *algotest.Batch) perToken {
	s := rowMeans(b, logRatio(b))
	return func(i, _ int) float64 { return math.Exp(math.Min(10, s[i])) }
}

func gspoPolicy(name string, low, high float64, options map[string]any) policy {
	p := policy{name: name, options: options, mode: "seq-mean-token-mean", logRatio: logRatio, ratio: sequenceRatio, rowGradient: name == "gspo"}
	if mode, ok := options["loss_agg_mode"]; ok {
		p.mode = mode.(string)
	}
	p.low, p.high = sides(sequenceRatio, 1-low, 1+high)
	p.objective = func(in, at *algotest.Batch) perToken {
		s, sAt := sequenceRatio(in), sequenceRatio(at)
		if name == "gspo_token" {
			s = tokenForm(in, at, sAt)
		}
		return func(i, t int) float64 { return clipOf(in.Advantages[i][t], s(i, t), sAt(i, t), 1-low, 1+high) }
	}
	return p
}

func TestGSPO(t *testing.T) {
	wide := map[string]any{"epsilon": 0.2, "epsilon_high": 0.28}
	for _, name := range []string{"gspo", "gspo_token"} {
		p := gspoPolicy(name, 3e-4, 4e-4, nil)
		p.golden = "testdata/" + name + ".json"
		p.run(t)
		p = gspoPolicy(name, 0.2, 0.28, wide)
		p.edges = []float64{math.Log(0.8), math.Log(1.28)}
		p.run(t)
		p = gspoPolicy(name, 0.05, 0.05, map[string]any{"epsilon": 0.05, "epsilon_high": 0, "loss_agg_mode": "token-mean"})
		p.run(t)
		p = gspoPolicy(name, 100, 100, map[string]any{"epsilon": 100, "epsilon_high": 0})
		p.identities = append(p.identities, same("without a clip both are a geometric mean of ratios", "gmpo",
			map[string]any{"epsilon": 100, "epsilon_high": 0}, unweighted))
		p.run(t)
	}
	p := gspoPolicy("gspo_token", 3e-4, 4e-4, nil)
	p.perTokenAdvantages = true
	p.run(t)
	p = gspoPolicy("gspo", 0.2, 0.28, wide)
	p.identities = append(p.identities, same("with one advantage a response the token form has the same gradient", "gspo_token", wide, unweighted))
	p.run(t)
}

func TestGSPOByHand(t *testing.T) {
	const s = 1.077884
	for _, name := range []string{"gspo", "gspo_token"} {
		wide := algos.Options{Name: name, Options: map[string]any{"epsilon": 0.2, "epsilon_high": 0.28}}
		byHand(t, name+" wide", wide, 1, []float64{s, s, s, s})
		byHand(t, name+" wide", wide, -1, []float64{-s, -s, -s, -s})
		byHand(t, name, algos.Options{Name: name}, 1, []float64{0, 0, 0, 0})
		byHand(t, name, algos.Options{Name: name}, -1, []float64{-s, -s, -s, -s})
	}
}

// A clip width of token ratios is legal for the ratio of a response, and never meant; nor
// is one for a ratio that a filter keeps near 1, or a lower clip that undoes the damping.
func TestWarnings(t *testing.T) {
	for _, c := range []struct {
		name    string
		options map[string]any
		want    string
	}{
		{"gspo", map[string]any{"epsilon": 0.2}, "sequence-epsilon"},
		{"gspo", map[string]any{"epsilon": 0.06}, "sequence-epsilon"},
		{"gspo", map[string]any{"epsilon": 0.05}, ""},
		{"gspo", nil, ""},
		{"kpo", map[string]any{"epsilon": 0.06}, "sequence-epsilon"},
		{"kpo", map[string]any{"epsilon": 0.05}, ""},
		{"kpo", nil, ""},
		{"kpo", map[string]any{"epsilon": 0.2, "process_noise": 9e-4}, "sequence-epsilon"},
		{"kpo", map[string]any{"epsilon": 0.2, "process_noise": 1e-3}, ""},
		{"kpo", map[string]any{"epsilon": 0.2, "process_noise": 1.5e-3}, ""},
		{"kpo", map[string]any{"epsilon": 0.2, "process_noise": 0.01, "observation_noise": 100}, "sequence-epsilon"},
		{"kpo", map[string]any{"epsilon": 0.2, "process_noise": 1e-4, "observation_noise": 0.01}, ""},
		{"minpro", map[string]any{"epsilon": 0.9}, "minpro-lower-clip"},
		{"minpro", map[string]any{"epsilon": 1}, ""},
		{"minpro", map[string]any{"epsilon": 1.5}, ""},
		{"minpro", nil, ""},
	} {
		a, err := algos.Resolve(algos.Options{Name: c.name, Options: c.options})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, w := range a.Warnings {
			got += w.Name
		}
		if got != c.want {
			t.Errorf("%s %v: warnings %q, want %q", c.name, c.options, got, c.want)
		}
	}
}
