package algos_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/configs/fault"
)

func faults(o algos.Options) []string {
	var out []string
	for _, f := range fault.Of(o.Validate()) {
		out = append(out, f.Error())
	}
	return out
}

func TestOptionFaults(t *testing.T) {
	var names []string
	for _, p := range algos.Presets() {
		names = append(names, p.Name)
	}
	var online []string
	for _, p := range algos.Parts() {
		if p.Kind == "estimator" && !p.Offline {
			online = append(online, p.Name)
		}
	}
	onlineEstimators := strings.Join(online, ", ")
	presets := "one of " + strings.Join(names, ", ")
	const grpoOptions = "an option of grpo: loss_agg_mode, advantage_estimator, compat, epsilon, epsilon_high, delta, beta, kl_estimator, kl_bias_correction, entropy_coef, " +
		"rollout_is, rollout_is_mode, rollout_is_threshold, rollout_is_threshold_low, old_log_probs, off_policy_mask_threshold, top_entropy_quantile, scale_rewards, advantage_epsilon, " +
		"kl_reward_coef, kl_reward_estimator, overlong_buffer_length, overlong_max_length, overlong_penalty, length_penalty, length_penalty_coef, mask_truncated_completions, rollout_rs, rollout_rs_threshold, rollout_rs_threshold_low, filter_groups, dynamic_sampling, max_sampling_rounds"
	for _, c := range []struct {
		name    string
		options algos.Options
		want    []string
	}{
		{"nothing wrong", algos.Options{Name: "grpo", Options: map[string]any{"epsilon": 0.1, "epsilon_high": 1, "scale_rewards": "none", "mask_truncated_completions": true}}, nil},
		{"no name", algos.Options{}, []string{"name: required: " + presets}},
		{"unknown preset", algos.Options{Name: "xyzzy", Options: map[string]any{"epsilno": 1}}, []string{`name: found "xyzzy", allowed: ` + presets}},
		{"misspelt preset", algos.Options{Name: "GRPO"}, []string{`name: found "GRPO", allowed: did you mean grpo? ` + presets}},
		{"misspelt option", algos.Options{Name: "grpo", Options: map[string]any{"epsilno": 0.2}}, []string{"options.epsilno: found 0.2, allowed: did you mean epsilon? " + grpoOptions}},
		{"option of nothing", algos.Options{Name: "grpo", Options: map[string]any{"x": nil}}, []string{"options.x: " + grpoOptions}},
		{"option of another loss", algos.Options{Name: "reinforce", Options: map[string]any{"tau_pos": 0.2}}, []string{"options.tau_pos: found 0.2, allowed: nothing here: it is an option of loss sapo, which this algorithm does not use"}},
		{"option of several losses", algos.Options{Name: "reinforce", Options: map[string]any{"delta": 3}}, []string{"options.delta: found 3, allowed: nothing here: it is an option of another loss, which this algorithm does not use"}},
		{"option of the estimator that was replaced", algos.Options{Name: "grpo", Options: map[string]any{"advantage_estimator": "reinforce", "scale_rewards": "none"}}, []string{"options.scale_rewards: found \"none\", allowed: nothing here: it is an option of estimator grpo, which this algorithm does not use"}},
		{"option of the estimator that was meant", algos.Options{Name: "grpo", Options: map[string]any{"advantage_estimator": "reinforec", "baseline": "none"}}, []string{`options.advantage_estimator: found "reinforec", allowed: one of ` + onlineEstimators}},
		{"estimator of given answers", algos.Options{Name: "grpo", Options: map[string]any{"advantage_estimator": "constant"}}, []string{`options.advantage_estimator: found "constant", allowed: one of ` + onlineEstimators}},
		{"estimator for given answers", algos.Options{Name: "sft", Options: map[string]any{"advantage_estimator": "grpo"}}, []string{`options.advantage_estimator: found "grpo", allowed: an option of sft: loss_agg_mode`}},
		{"text for a number", algos.Options{Name: "grpo", Options: map[string]any{"epsilon": "0.2"}}, []string{`options.epsilon: found "0.2", allowed: a number, 0 or more`}},
		{"bool for a number", algos.Options{Name: "grpo", Options: map[string]any{"epsilon": true}}, []string{`options.epsilon: found true, allowed: a number, 0 or more`}},
		{"number for a bool", algos.Options{Name: "grpo", Options: map[string]any{"mask_truncated_completions": 1}}, []string{`options.mask_truncated_completions: found 1, allowed: true or false`}},
		{"list for a choice", algos.Options{Name: "grpo", Options: map[string]any{"scale_rewards": []any{"group"}}}, []string{`options.scale_rewards: found [group], allowed: one of group, batch, none`}},
		{"nothing for a number", algos.Options{Name: "grpo", Options: map[string]any{"beta": nil}}, []string{`options.beta: a number, 0 (no reference) or more; leave the key out for 0`}},
		{"not a number", algos.Options{Name: "grpo", Options: map[string]any{"epsilon": math.NaN(), "beta": math.Inf(1)}}, []string{`options.epsilon: found NaN, allowed: a number, 0 or more`, `options.beta: found +Inf, allowed: a number, 0 (no reference) or more`}},
		{"half for a whole number", algos.Options{Name: "test_spans", Options: map[string]any{"skip_token": 1.5}}, []string{`options.skip_token: found 1.5, allowed: a whole number, 0 or more`}},
		{"whole numbers", algos.Options{Name: "test_spans", Options: map[string]any{"skip_token": 2.0, "width": uint64(1)}}, nil},
		{"beyond int", algos.Options{Name: "test_spans", Options: map[string]any{"skip_token": uint64(math.MaxUint64)}}, []string{`options.skip_token: found 18446744073709551615, allowed: a whole number, 0 or more`}},
		{"dual clip inside the clip range", algos.Options{Name: "grpo", Options: map[string]any{"epsilon_high": 0.5, "delta": 1.4}}, []string{`options.delta: found 1.4, allowed: 0 (off) or above 1+epsilon_high (1.5)`}},
		{"no contradiction of a wrong value", algos.Options{Name: "grpo", Options: map[string]any{"epsilon_high": "x", "delta": 1.1}}, []string{`options.epsilon_high: found "x", allowed: a number, 0 (the same as epsilon) or more`}},
		{"epsilon of no division", algos.Options{Name: "grpo", Options: map[string]any{"scale_rewards": "none", "advantage_epsilon": 1e-6}}, []string{`options.advantage_epsilon: found 1e-06, allowed: nothing while scale_rewards is none: there is no division`}},
		{"KL without a reference", algos.Options{Name: "gspo", Options: map[string]any{"kl_estimator": "k2", "kl_bias_correction": true}}, []string{
			`options.kl_estimator: found "k2", allowed: nothing while beta is 0`, `options.kl_bias_correction: found true, allowed: nothing while beta is 0`}},
		{"thresholds of no correction", algos.Options{Name: "grpo", Options: map[string]any{"rollout_is_threshold": 3, "rollout_is_mode": "mask", "rollout_is_threshold_low": 0.5}}, []string{
			`options.rollout_is_threshold: found 3, allowed: nothing while rollout_is is none`,
			`options.rollout_is_threshold_low: found 0.5, allowed: nothing while rollout_is is none`,
			`options.rollout_is_mode: found "mask", allowed: nothing while rollout_is is none`}},
		{"lower threshold of truncation", algos.Options{Name: "grpo", Options: map[string]any{"rollout_is": "token", "rollout_is_threshold_low": 0.5}}, []string{
			`options.rollout_is_threshold_low: found 0.5, allowed: 0 while rollout_is_mode is truncate: only mask has a lower threshold`}},
		{"thresholds crossed", algos.Options{Name: "grpo", Options: map[string]any{"rollout_is": "token", "rollout_is_mode": "mask", "rollout_is_threshold_low": 3}}, []string{
			`options.rollout_is_threshold_low: found 3, allowed: at most rollout_is_threshold (2)`}},
		{"double correction", algos.Options{Name: "cispo", Options: map[string]any{"rollout_is": "sequence", "old_log_probs": "rollout"}}, []string{
			`options.rollout_is: found "sequence", allowed: none while old_log_probs is rollout: the ratio of loss cispo corrects for the sampler already`}},
		{"bypass of nothing", algos.Options{Name: "reinforce", Options: map[string]any{"old_log_probs": "rollout"}}, []string{
			`options.old_log_probs: found "rollout", allowed: recompute while rollout_is is none: loss reinforce reads no old log-probabilities`}},
		{"bypass", algos.Options{Name: "grpo", Options: map[string]any{"old_log_probs": "rollout"}}, nil},
		{"bypass with weights for a loss without a ratio", algos.Options{Name: "reinforce", Options: map[string]any{"old_log_probs": "rollout", "rollout_is": "token"}}, nil},
		{"advantages of tokens for a loss of responses", algos.Options{Name: "gspo", Options: map[string]any{"advantage_estimator": "test_items"}}, []string{
			`options.advantage_estimator: found "test_items", allowed: one advantage a response: loss gspo reads no more, and estimator test_items gives each token its own`}},
		{"advantages of tokens for the token form", algos.Options{Name: "gspo_token", Options: map[string]any{"advantage_estimator": "test_items"}}, nil},
		{"TRL's bound without a value", algos.Options{Name: "cispo", Options: map[string]any{"compat": "trl"}}, []string{
			`options.epsilon_high: found 0.2, allowed: 1 or more with compat trl, where it is the greatest weight itself; TRL recommends 5`}},
		{"TRL has no lower bound", algos.Options{Name: "cispo", Options: map[string]any{"compat": "trl", "epsilon_high": 5, "epsilon": 0.2}}, []string{
			`options.epsilon: found 0.2, allowed: nothing with compat trl, which has no lower bound`}},
		{"TRL's least bound", algos.Options{Name: "cispo", Options: map[string]any{"compat": "trl", "epsilon_high": 1}}, nil},
		{"dual clip on the bound", algos.Options{Name: "grpo", Options: map[string]any{"epsilon_high": 0.5, "delta": 1.5}}, []string{`options.delta: found 1.5, allowed: 0 (off) or above 1+epsilon_high (1.5)`}},
		{"thresholds that meet", algos.Options{Name: "grpo", Options: map[string]any{"rollout_is": "token", "rollout_is_mode": "mask", "rollout_is_threshold": 1, "rollout_is_threshold_low": 1}}, nil},
		{"a buffer of the whole length", algos.Options{Name: "grpo", Options: map[string]any{"overlong_buffer_length": 8, "overlong_max_length": 8}}, nil},
		{"peer of nobody", algos.Options{Name: "grpo", Options: map[string]any{"compat": "official"}}, []string{
			`options.compat: found "official", allowed: one of none, trl, verl`}},
		{"weight of entropy mixing", algos.Options{Name: "dhpo", Options: map[string]any{"mixing": "entropy", "mix_weight": 0.3}}, []string{
			`options.mix_weight: found 0.3, allowed: nothing while mixing is entropy`}},
		{"entropy of averaged mixing", algos.Options{Name: "dhpo", Options: map[string]any{"high_entropy": "sequence"}}, []string{
			`options.high_entropy: found "sequence", allowed: nothing while mixing is averaged`}},
		{"all at once", algos.Options{Name: "grpo", Options: map[string]any{"loss_agg_mode": "mean", "epsilon": -1, "delta": 0.5, "scale_rewards": "none", "advantage_epsilon": 1, "nope": 1}}, []string{
			`options.loss_agg_mode: found "mean", allowed: one of seq-mean-token-mean, seq-mean-token-sum, seq-mean-token-sum-norm, token-mean`,
			`options.epsilon: found -1, allowed: a number, 0 or more`,
			`options.delta: found 0.5, allowed: a number, 0 (off) or above 1+epsilon_high`,
			"options.nope: found 1, allowed: " + grpoOptions,
			`options.advantage_epsilon: found 1, allowed: nothing while scale_rewards is none: there is no division`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, faults(c.options)); d != "" {
				t.Errorf("faults (-want +got):\n%s", d)
			}
		})
	}
}

// The vetted defaults. A change here changes what people's configs mean.
func TestVettedDefaults(t *testing.T) {
	// What every online preset has beside its parts: all of it off.
	common := map[string]any{
		"compat": "none", "beta": 0.0, "kl_estimator": "k3", "kl_bias_correction": false, "entropy_coef": 0.0,
		"rollout_is": "none", "rollout_is_mode": "truncate", "rollout_is_threshold": 2.0, "rollout_is_threshold_low": 0.0, "old_log_probs": "recompute",
		"rollout_rs": "none", "rollout_rs_threshold": 2.0, "rollout_rs_threshold_low": 0.0,
		"off_policy_mask_threshold": 0.0, "top_entropy_quantile": 1.0, "mask_truncated_completions": false,
		"overlong_buffer_length": 0, "overlong_max_length": 0, "overlong_penalty": 1.0, "length_penalty": "none", "length_penalty_coef": 0.1,
		"kl_reward_coef": 0.0, "kl_reward_estimator": "k1", "filter_groups": "none", "dynamic_sampling": false, "max_sampling_rounds": 10,
	}
	group := map[string]any{"advantage_estimator": "grpo", "scale_rewards": "group", "advantage_epsilon": 1e-4}
	const sequence, token = "seq-mean-token-mean", "token-mean"
	for name, want := range map[string]map[string]any{
		"grpo":       with(common, group, map[string]any{"loss_agg_mode": sequence, "epsilon": 0.2, "epsilon_high": 0.0, "delta": 0.0}),
		"dapo":       with(common, group, map[string]any{"loss_agg_mode": token, "epsilon": 0.2, "epsilon_high": 0.28, "delta": 10.0}),
		"dr_grpo":    with(common, group, map[string]any{"loss_agg_mode": "seq-mean-token-sum-norm", "epsilon": 0.2, "epsilon_high": 0.0, "delta": 0.0, "scale_rewards": "none"}),
		"gspo":       with(common, group, map[string]any{"loss_agg_mode": sequence, "epsilon": 3e-4, "epsilon_high": 4e-4}),
		"gspo_token": with(common, group, map[string]any{"loss_agg_mode": sequence, "epsilon": 3e-4, "epsilon_high": 4e-4}),
		"sapo":       with(common, group, map[string]any{"loss_agg_mode": sequence, "tau_pos": 1.0, "tau_neg": 1.05}),
		"cispo":      with(common, group, map[string]any{"loss_agg_mode": token, "epsilon": 10.0, "epsilon_high": 0.2}),
		"gmpo":       with(common, group, map[string]any{"loss_agg_mode": sequence, "epsilon": 0.4, "epsilon_high": 0.0}),
		"minpro":     with(common, group, map[string]any{"loss_agg_mode": token, "epsilon": 10.0, "epsilon_high": 0.2, "cap_at_one": false}),
		"kpo":        with(common, group, map[string]any{"loss_agg_mode": sequence, "epsilon": 3e-4, "epsilon_high": 4e-4, "process_noise": 1e-6, "observation_noise": 1.0, "clip": true}),
		"aspo":       with(common, group, map[string]any{"loss_agg_mode": token, "epsilon": 0.2, "epsilon_high": 0.2, "high_entropy_epsilon": 0.4, "entropy_quantile": 0.8, "delta": 3.0}),
		"sspo":       with(common, group, map[string]any{"loss_agg_mode": sequence, "epsilon": 0.03, "epsilon_high": 0.0, "entropy_clip": true}),
		"dhpo": with(common, group, map[string]any{
			"loss_agg_mode": sequence, "epsilon": 0.2, "epsilon_high": 0.28, "sequence_epsilon": 3e-4, "sequence_epsilon_high": 4e-4,
			"mixing": "averaged", "mix_weight": 0.5, "high_entropy": "token", "mix_form": "min-of-mixes",
		}),
		"dppo_tv":  with(common, group, map[string]any{"loss_agg_mode": token, "epsilon": 0.15, "epsilon_high": 0.0, "delta": 20.0}),
		"dppo_kl":  with(common, group, map[string]any{"loss_agg_mode": token, "epsilon": 0.05, "epsilon_high": 0.0, "delta": 20.0}),
		"vespo":    with(common, group, map[string]any{"loss_agg_mode": token, "k_pos": 2.0, "lambda_pos": 3.0, "k_neg": 3.0, "lambda_neg": 2.0}),
		"luspo":    with(common, group, map[string]any{"loss_agg_mode": "seq-mean-token-sum", "epsilon": 2e-3, "epsilon_high": 2.5e-3}),
		"dro":      with(common, group, map[string]any{"loss_agg_mode": token, "dro_beta": 0.1}),
		"kl_cov":   with(common, group, map[string]any{"loss_agg_mode": token, "kl_cov_ratio": 2e-4, "kl_cov_coef": 1.0}),
		"clip_cov": with(common, group, map[string]any{"loss_agg_mode": token, "epsilon": 0.2, "epsilon_high": 0.0, "clip_cov_ratio": 2e-4, "clip_cov_low": 1.0, "clip_cov_high": 5.0}),
		"rank_grpo": with(common, map[string]any{
			"loss_agg_mode": "seq-mean-token-sum", "epsilon": 0.06, "epsilon_high": 0.08, "num_items": 20, "beta": 1e-3,
			"advantage_estimator": "rank_grpo", "rank_return": "own", "rank_epsilon": 1e-4,
		}),
		"reinforce": with(common, map[string]any{"loss_agg_mode": "seq-mean-token-sum", "advantage_estimator": "reinforce", "baseline": "none"}),
		"sft":       {"loss_agg_mode": token},
	} {
		a, err := algos.Resolve(algos.Options{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, a.Resolved().Options); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// with joins maps.
func with(all ...map[string]any) map[string]any {
	out := map[string]any{}
	for _, m := range all {
		maps.Copy(out, m)
	}
	return out
}

// What a run writes down as its options must load again and mean the same.
func TestResolvedOptionsResolveAgain(t *testing.T) {
	cases := []algos.Options{
		{Name: "grpo", Options: map[string]any{"scale_rewards": "none", "delta": 3, "loss_agg_mode": "token-mean"}},
		{Name: "grpo", Options: map[string]any{"advantage_estimator": "reinforce", "baseline": "batch-mean"}},
	}
	for _, p := range algos.Presets() {
		cases = append(cases, algos.Options{Name: p.Name})
	}
	for _, o := range cases {
		first, err := algos.Resolve(o)
		if err != nil {
			t.Fatalf("%v: %v", o, err)
		}
		again, err := algos.Resolve(first.Resolved())
		if err != nil {
			t.Errorf("%v: resolved options do not load: %v", o, err)
			continue
		}
		if d := cmp.Diff(first.Resolved(), again.Resolved()); d != "" {
			t.Errorf("%v (-first +again):\n%s", o, d)
		}
		if got, want := fmt.Sprintf("%+v %+v", again.Loss, again.Estimator), fmt.Sprintf("%+v %+v", first.Loss, first.Estimator); got != want {
			t.Errorf("%v: parts are %s, want %s", o, got, want)
		}
	}
}

// Each option says what it is: `rlvr list algorithms` prints these.
func TestDescribe(t *testing.T) {
	for _, p := range algos.Presets() {
		a, err := algos.Resolve(algos.Options{Name: p.Name})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range a.Describe() {
			if s.Allowed == "" || s.Of == "" || !strings.HasSuffix(s.Help, ".") || s.Value != s.Default {
				t.Errorf("%s: option %+v", p.Name, s)
			}
		}
	}
	a, err := algos.Resolve(algos.Options{Name: "test_spans", Options: map[string]any{"skip_token": 9}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range a.Describe() {
		got = append(got, fmt.Sprintf("%s=%v (%v) of %s", s.Name, s.Value, s.Default, s.Of))
	}
	if d := cmp.Diff([]string{
		"loss_agg_mode=token-mean (token-mean) of preset test_spans",
		"advantage_estimator=test_items (test_items) of preset test_spans",
		"width=0.25 (0.25) of loss test_spans", // vetted by the preset
		"skip_token=9 (3) of loss test_spans",
		"beta=0 (0) of term kl",
	}, slices.DeleteFunc(got, func(s string) bool {
		return strings.Contains(s, "weight ") || strings.Contains(s, " shaper ") || strings.Contains(s, " selector ") || strings.Contains(s, "compat") || strings.Contains(s, "term ") && !strings.HasPrefix(s, "beta")
	})); d != "" {
		t.Errorf("settings (-want +got):\n%s", d)
	}
}

func ExampleResolve() {
	a, err := algos.Resolve(algos.Options{Name: "grpo", Options: map[string]any{"beta": 0.04}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(a.Name, a.Paper, "needs a reference:", a.Needs().Ref)
	// Output: grpo arXiv 2402.03300 needs a reference: true
}
