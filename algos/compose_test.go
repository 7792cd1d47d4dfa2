package algos_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

// policyPresets are the online presets that are not of a test.
func policyPresets() []string {
	var out []string
	for _, p := range algos.Presets() {
		if !p.Offline && !strings.HasPrefix(p.Name, "test_") {
			out = append(out, p.Name)
		}
	}
	return out
}

// composed is a small step with all that a term or weight reads.
func composed() *algotest.Batch {
	row := func(f func(i, t int) float64) [][]float64 {
		out := make([][]float64, 4)
		for i := range out {
			for t := range 5 {
				out[i] = append(out[i], float64(float32(f(i, t))))
			}
		}
		return out
	}
	b := &algotest.Batch{
		Old:        row(func(i, t int) float64 { return -1 - 0.1*float64(i*t%7) }),
		Ref:        row(func(i, t int) float64 { return -1 - 0.1*float64(i+t) }),
		Entropy:    row(func(i, t int) float64 { return 0.3 + 0.1*float64((3*i+2*t)%8) }),
		Advantages: row(func(i, _ int) float64 { return float64(1 - 2*(i%2)) }),
		Feature:    map[string][][]float64{sentences: row(func(_, t int) float64 { return float64(t / 2) }), items: row(func(_, t int) float64 { return float64(t / 2) })},
		MaxLength:  8,
	}
	b.LogProbs = row(func(i, t int) float64 { return b.Old[i][t] + 0.05*float64((i+2*t)%5-2) })
	b.Rollout = row(func(i, t int) float64 { return b.Old[i][t] + 0.02*float64((i+t)%5-2) })
	b.Values, b.OldValues, b.Returns = row(func(i, t int) float64 { return 0.1 * float64(i-t) }), row(func(i, t int) float64 { return 0.1 * float64(t) }), row(func(i, _ int) float64 { return float64(i % 2) })
	for i := range b.Old {
		b.Mask = append(b.Mask, []bool{true, true, i != 1, true, i%2 == 0})
	}
	return b
}

// KL and entropy add to the loss of every preset what they are, whatever its policy
// loss; weights only touch the policy's term.
func TestTermsAndWeightsBesideEveryLoss(t *testing.T) {
	const tolerance = 2e-6 // float32 sums of numbers near 1
	for _, name := range policyPresets() {
		plain := map[string]any{"beta": 0.0}
		terms := map[string]any{"beta": 0.3, "kl_estimator": "k2", "entropy_coef": 0.2}
		weights := map[string]any{"off_policy_mask_threshold": 1e-3, "top_entropy_quantile": 0.5, "rollout_is": "sequence", "rollout_is_mode": "mask", "rollout_is_threshold": 1.05}
		if name == "vespo" { // refuses weights beside its ratio
			weights = map[string]any{"off_policy_mask_threshold": 1e-3, "top_entropy_quantile": 0.5}
		}
		eval := func(o map[string]any) (loss, policy float64, mode string) {
			r, err := algotest.NewRunner(algos.Options{Name: name, Options: o})
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.Eval(composed())
			if err != nil {
				t.Fatal(err)
			}
			return got.Loss, got.Metrics["policy_loss"], r.Algorithm.Resolved().Options["loss_agg_mode"].(string)
		}
		loss, policy, mode := eval(plain)
		b := composed()
		added := algotest.Aggregate(mode, b, func(i, u int) float64 {
			d := b.LogProbs[i][u] - b.Ref[i][u]
			return 0.3*d*d/2 - 0.2*b.Entropy[i][u]
		})
		if both, samePolicy, _ := eval(terms); math.Abs(both-loss-added) > tolerance || samePolicy != policy {
			t.Errorf("%s: terms add %v, want %v; policy loss %v, was %v", name, both-loss, added, samePolicy, policy)
		}
		all, weighed, _ := eval(with(terms, weights))
		beside := added + loss - policy // with the preset's own terms
		if weighed == policy || math.Abs(all-weighed-beside) > tolerance {
			t.Errorf("%s: with weights terms add %v, want %v; policy loss %v, was %v", name, all-weighed, beside, weighed, policy)
		}
	}
}

// What a loss reads is asked for and no more; where the host reads old log-probabilities
// or entropies, the pass that computes them is asked for too.
func TestNeedsOfPresets(t *testing.T) {
	for _, c := range []struct {
		name    string
		options map[string]any
		want    algos.Needs
	}{
		{"dhpo", nil, algos.Needs{Old: true, AdvantageScaled: true}},
		{"dhpo", map[string]any{"mixing": "entropy"}, algos.Needs{Old: true, Entropy: true, AdvantageScaled: true}},
		{"aspo", nil, algos.Needs{Old: true, Entropy: true, AdvantageScaled: true}},
		{"aspo", map[string]any{"entropy_quantile": 1}, algos.Needs{Old: true, AdvantageScaled: true}},
		{"sspo", nil, algos.Needs{Old: true, Entropy: true, Score: true, AdvantageScaled: true}},
		{"sspo", map[string]any{"entropy_clip": false}, algos.Needs{Old: true, AdvantageScaled: true}},
		{"clip_cov", nil, algos.Needs{Old: true, Score: true, AdvantageScaled: true}},
		{"kl_cov", nil, algos.Needs{Old: true, Score: true}},
		{"dro", nil, algos.Needs{Old: true}},
		{"reinforce", nil, algos.Needs{AdvantageScaled: true}},
		{"cispo", nil, algos.Needs{Old: true, AdvantageScaled: true}},
		{"dppo_tv", nil, algos.Needs{Old: true, AdvantageScaled: true}},
		{"gmpo", nil, algos.Needs{Old: true, AdvantageScaled: true}},
		{"kpo", nil, algos.Needs{Old: true, AdvantageScaled: true}},
		{"minpro", nil, algos.Needs{Old: true, AdvantageScaled: true}},
		{"sapo", nil, algos.Needs{Old: true, AdvantageScaled: true}},
		{"vespo", nil, algos.Needs{Old: true, AdvantageScaled: true}},
		{"rank_grpo", map[string]any{"beta": 0}, algos.Needs{Old: true, AdvantageScaled: true}},
		{"entra", nil, algos.Needs{Old: true, Score: true, AdvantageScaled: true}},
		{"entra", map[string]any{"entra_coef": 0}, algos.Needs{Old: true, AdvantageScaled: true}},
		{"d3s", nil, algos.Needs{Old: true, Score: true, AdvantageScaled: true}},
		{"d3s", map[string]any{"d3s_tokens": 1}, algos.Needs{Old: true, AdvantageScaled: true}},
		{"rank_grpo", nil, algos.Needs{Old: true, Ref: true}},
		{"gspo", map[string]any{"rollout_is": "token"}, algos.Needs{Old: true, Rollout: true, AdvantageScaled: true}},
		{"gspo", map[string]any{"old_log_probs": "rollout"}, algos.Needs{Rollout: true, AdvantageScaled: true}},
		{"gspo", map[string]any{"off_policy_mask_threshold": 0.5}, algos.Needs{Old: true, Rollout: true, AdvantageScaled: true}},
		{"gspo", map[string]any{"top_entropy_quantile": 0.2}, algos.Needs{Old: true, Entropy: true, Score: true, AdvantageScaled: true}},
		{"reinforce", map[string]any{"beta": 1, "kl_bias_correction": true}, algos.Needs{Old: true, Ref: true}},
		{"reinforce", map[string]any{"beta": 1}, algos.Needs{Ref: true}},
		{"reinforce", map[string]any{"entropy_coef": 1}, algos.Needs{EntropyGrad: true}},
	} {
		a, err := algos.Resolve(algos.Options{Name: c.name, Options: c.options})
		if err != nil {
			t.Fatal(err)
		}
		got := a.Needs()
		got.Features, got.BatchStats = nil, nil
		if gotText, want := needsText(got), needsText(c.want); gotText != want {
			t.Errorf("%s %v: needs %s, want %s", c.name, c.options, gotText, want)
		}
	}
}

func needsText(n algos.Needs) string {
	var out []string
	for name, on := range map[string]bool{
		"old": n.Old, "ref": n.Ref, "rollout": n.Rollout, "entropy": n.Entropy, "entropy gradient": n.EntropyGrad,
		"score": n.Score, "values": n.Values, "scaled": n.AdvantageScaled, "ids": n.TokenIDs, "pairs": n.Pairs,
	} {
		if on {
			out = append(out, name)
		}
	}
	return strings.Join(slices.Sorted(slices.Values(out)), " ")
}

// The entropy bonus alone has a gradient with respect to the entropy, whatever else reads
// entropies: a weight, a clip range, a quantile.
func TestOnlyTheBonusRaisesEntropy(t *testing.T) {
	guided := map[string]map[string]any{"dhpo": {"mixing": "entropy"}}
	for _, name := range policyPresets() {
		r, err := algotest.NewRunner(algos.Options{Name: name, Options: with(guided[name], map[string]any{"entropy_coef": 0.2, "top_entropy_quantile": 0.5, "beta": 0.0})})
		if err != nil {
			t.Fatal(err)
		}
		plain, err := algotest.NewRunner(algos.Options{Name: "reinforce", Options: map[string]any{"entropy_coef": 0.2, "loss_agg_mode": r.Algorithm.Resolved().Options["loss_agg_mode"]}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Eval(composed())
		if err != nil {
			t.Fatal(err)
		}
		want, err := plain.Eval(composed())
		if err != nil {
			t.Fatal(err)
		}
		for i := range want.Entropy {
			for u, w := range want.Entropy[i] {
				if g := got.Entropy[i][u]; !(math.Abs(g-w) <= 1e-7) { // float32, numbers below 0.1
					t.Errorf("%s: gradient of entropy [%d][%d] is %v, the bonus's %v", name, i, u, g, w)
				}
			}
		}
	}
}

// What losses read of advantages and estimators give.
func TestOneAdvantageAResponse(t *testing.T) {
	of := map[string]bool{}
	for _, p := range algos.Parts() {
		if p.OneAdvantage || p.TokenAdvantages {
			of[p.Kind+" "+p.Name] = true
		}
	}
	for _, name := range []string{
		"loss gspo", "loss gmpo",
		"estimator gae", "estimator ktae", "estimator rank_grpo", "estimator reinforce_pp",
	} {
		if !of[name] {
			t.Errorf("%s is not declared to be about one advantage a response or many", name)
		}
	}
}

// The divergence in the reward and in the loss would count twice.
func TestKLTwice(t *testing.T) {
	o := algos.Options{Name: "grpo", Options: map[string]any{"beta": 0.1, "kl_reward_coef": 0.2}}
	f := fault.Of(o.Validate())
	if len(f) != 1 || f[0].Path != "options.beta" || !strings.Contains(f[0].Error(), "count twice") {
		t.Errorf("faults %v", f)
	}
	o.Options["kl_reward_coef"] = 0.0
	if err := o.Validate(); err != nil {
		t.Errorf("only in the loss: %v", err)
	}
}

// An estimator asks for groups exactly where a group of one teaches nothing.
func TestGroupsOfOneTeachNothing(t *testing.T) {
	for _, p := range algos.Parts() {
		if p.Kind != "estimator" || p.Offline || p.Name == "gae" || strings.HasPrefix(p.Name, "test_") {
			continue // gae needs values, and no groups
		}
		for _, compat := range []string{"none", "verl"} {
			o := algos.Options{Name: "grpo", Options: map[string]any{"advantage_estimator": p.Name, "compat": compat}}
			a, err := algos.Resolve(o)
			if err != nil {
				t.Fatal(err)
			}
			s := algotest.Rewards([]float64{1}, []float64{0}, []float64{3})
			judge(s)
			for i := range s.Rows {
				r := &s.Rows[i]
				r.Rollout.Segments = []data.Segment{{Tokens: []int32{1, 2}}}
				r.Features = map[string][]float32{items: {0, 0}}
				r.Verdict.Items = []float64{r.Reward}
			}
			got, err := algotest.Advantages(a.Estimator, s)
			if err != nil {
				t.Fatal(err)
			}
			taught := slices.ContainsFunc(got, func(row []float64) bool { return row[0] != 0 })
			if groups := a.Needs().Groups; groups == taught {
				t.Errorf("%s, compat %s: asks for groups: %v; advantages of groups of one: %v", p.Name, compat, groups, got)
			}
		}
	}
}
