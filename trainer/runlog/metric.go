package runlog

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/configs/fault"
)

// Class says whether a metric must be the same when a step is done again.
type Class uint8

// The classes.
const (
	// Deterministic metrics depend on seed, data and weights only.
	Deterministic Class = iota
	// Measured metrics depend on the machine and its load.
	Measured
)

// String is the word used in listings.
func (c Class) String() string {
	if c == Measured {
		return "measured"
	}
	return "deterministic"
}

// Metric declares a metric.
type Metric struct {
	// Name is TRL's word where it has one. A part in angle brackets stands for any
	// text without a slash; <k> stands for a positive integer.
	Name string
	// Unit is empty for plain numbers; "share" is 0 to 1.
	Unit  string
	Class Class
	// Help says what the number is, and over what a mean is taken.
	Help string
}

// table is the one list of metrics; its order is that of a record's fields.
var table = []Metric{
	{"reward", "", Deterministic, "mean reward of the step's completions that were scored"},
	{"reward_ci95", "", Deterministic, "half width of the 95 % interval of reward, a prompt being one observation"},
	{"reward_std", "", Deterministic, "standard deviation of rewards within a group, mean over groups"},
	{"accuracy", "share", Deterministic, "completions judged correct, of those that were scored"},
	{"frac_reward_zero_std", "share", Deterministic, "groups whose rewards are all equal and teach nothing under a group mean"},
	{"solved_all", "share", Deterministic, "groups whose completions are all correct"},
	{"solved_none", "share", Deterministic, "groups without a correct completion"},
	{"rewards/<func>/mean", "", Deterministic, "mean of one reward function, unweighted"},
	{"rewards/<func>/std", "", Deterministic, "its standard deviation over completions"},
	{"rewards/chosen", "", Deterministic, "beta times the log-ratio of the chosen response to the reference, mean over pairs"},
	{"rewards/rejected", "", Deterministic, "the same of the rejected response"},
	{"rewards/margins", "", Deterministic, "rewards/chosen less rewards/rejected"},
	{"rewards/accuracies", "share", Deterministic, "pairs whose chosen response has the greater reward"},
	{"logps/chosen", "nats", Deterministic, "log-probability of the chosen response, mean over pairs"},
	{"logps/rejected", "nats", Deterministic, "the same of the rejected response"},
	{"advantages/mean", "", Deterministic, "mean over trained tokens"},
	{"advantages/min", "", Deterministic, "least of a trained token"},
	{"advantages/max", "", Deterministic, "greatest of a trained token"},

	{"completions/mean_length", "tokens", Deterministic, "mean over completions, end-of-sequence token included"},
	{"completions/min_length", "tokens", Deterministic, "shortest completion"},
	{"completions/max_length", "tokens", Deterministic, "longest completion"},
	{"completions/mean_terminated_length", "tokens", Deterministic, "mean over the completions that were not cut by the length limit"},
	{"completions/clipped_ratio", "share", Deterministic, "completions cut by the length limit"},
	{"prompt_length/mean", "tokens", Deterministic, "mean over prompts"},
	{"prompt_length/max", "tokens", Deterministic, "longest prompt"},
	{"num_tokens", "tokens", Deterministic, "tokens sampled and trained since the run began, prompts included"},
	{"epoch", "", Deterministic, "passes over the training problems since the stage began"},

	{"loss", "", Deterministic, "loss of the step, mean over its optimizer steps"},
	{"policy_loss", "", Deterministic, "the loss without its penalty terms"},
	{"aux_loss", "", Deterministic, "load-balancing loss of experts before its coefficient, mean over micro-batches by trained tokens"},
	{"entropy", "nats", Deterministic, "entropy of the policy, mean over the tokens of the update's passes: rows without a gradient are in none"},
	{"kl", "nats", Deterministic, "divergence from the reference policy, mean over trained tokens"},
	{"ppo_kl", "nats", Deterministic, "divergence of the policy from that of the step's start, mean over trained tokens"},
	{"clip_ratio/region_mean", "share", Deterministic, "trained tokens whose gradient is clipped away"},
	{"clip_ratio/low_mean", "share", Deterministic, "those below the lower bound"},
	{"clip_ratio/low_min", "share", Deterministic, "least over optimizer steps of clip_ratio/low_mean"},
	{"clip_ratio/high_mean", "share", Deterministic, "those above the upper bound"},
	{"clip_ratio/high_max", "share", Deterministic, "greatest over optimizer steps of clip_ratio/high_mean"},
	{"ratio/mean", "", Deterministic, "probability ratio to the step's start, mean over trained tokens"},
	{"ratio/min", "", Deterministic, "least ratio of a trained token"},
	{"ratio/max", "", Deterministic, "greatest ratio of a trained token"},
	{"ratio/first_max_deviation", "", Deterministic, "greatest |ratio - 1| in the first mini-batch, where it should be 0"},
	{"vf_loss", "", Deterministic, "half the clipped squared error of the value head, mean over trained tokens"},
	{"vf_clipfrac", "share", Deterministic, "trained tokens whose value is clipped and does not learn"},
	{"vf_explained_var", "", Deterministic, "1 - variance of returns less values at the step's start / variance of returns, over trained tokens"},
	{"objective/<name>", "", Deterministic, "a metric of the objective; its file says which"},
	{"grad_norm", "", Deterministic, "global gradient norm before clipping, mean over optimizer steps"},
	{"learning_rate", "", Deterministic, "learning rate of the step's last optimizer step"},

	{"sampling/sampling_logp_difference/mean", "nats", Deterministic, "|sampler's - trainer's log-probability|, mean over the tokens of the update's passes"},
	{"sampling/sampling_logp_difference/max", "nats", Deterministic, "greatest over the same tokens"},
	{"sampling/importance_sampling_ratio/mean", "", Deterministic, "trainer's over sampler's probability, mean over sampled tokens"},
	{"sampling/importance_sampling_ratio/min", "", Deterministic, "least over sampled tokens"},
	{"sampling/importance_sampling_ratio/max", "", Deterministic, "greatest over sampled tokens"},
	{"rollout_corr/kl", "nats", Deterministic, "divergence of the sampler's policy from the trainer's at the step's start, mean log-ratio over the tokens of the update's passes"},
	{"rollout_corr/k3_kl", "nats", Deterministic, "the same by the k3 estimator, never negative (prime-rl mismatch_kl, NeMo gen_kl_error)"},
	{"rollout_corr/chi2_token", "", Deterministic, "chi-square divergence of the two over tokens"},
	{"rollout_corr/chi2_seq", "", Deterministic, "chi-square divergence of the two over completions"},
	{"rollout_corr/training_ppl", "", Deterministic, "perplexity of a completion under the trainer's policy, mean over completions"},
	{"rollout_corr/rollout_ppl", "", Deterministic, "perplexity of a completion under the sampler's policy, mean over completions"},
	{"rollout_corr/rollout_is_eff_sample_size", "share", Deterministic, "effective sample size of the weights of rollout correction, or of the plain ratios, by the tokens there are"},
	{"rollout_corr/rollout_is_mean", "", Deterministic, "weight of rollout correction, mean over trained tokens"},
	{"rollout_corr/rollout_is_min", "", Deterministic, "least ratio of rollout correction, before its thresholds"},
	{"rollout_corr/rollout_is_max", "", Deterministic, "greatest ratio of rollout correction, before its thresholds"},
	{"rollout_corr/rollout_is_sq_mean", "", Deterministic, "its square, mean over trained tokens"},
	{"rollout_corr/rollout_is_oob_ratio", "share", Deterministic, "trained tokens whose ratio is beyond the thresholds of rollout correction"},
	{"rollout_corr/missing_ratio", "share", Deterministic, "trained tokens that the sampler gave no log-probability"},
	{"rollout_corr/rollout_rs_masked_fraction", "share", Deterministic, "trained tokens that rejection took out of the loss"},
	{"rollout_corr/rollout_rs_seq_masked_fraction", "share", Deterministic, "completions that lost a token to rejection"},
	{"rollout_corr/rollout_rs_mean", "", Deterministic, "the statistic that rejection looks at, mean over trained tokens"},
	{"rollout_corr/rollout_rs_min", "", Deterministic, "its least value"},
	{"rollout_corr/rollout_rs_max", "", Deterministic, "its greatest value"},
	{"token_mult_prob_error", "", Deterministic, "exp(|sampler's - trainer's log-probability|), mean over the same tokens: 1 where they agree (NeMo)"},
	{"policy_age", "steps", Deterministic, "optimizer steps between the policy that sampled and the one trained, mean over completions"},

	{"verifier/error_rate", "share", Deterministic, "completions masked because the reference answer or the infrastructure is at fault"},
	{"verifier/undecided_rate", "share", Deterministic, "completions that could not be judged and count as wrong"},
	{"verifier/timeout_rate", "share", Measured, "completions that took the verifier too long and count as wrong"},
	{"verifier/time_ms", "ms", Measured, "time of a verdict, mean over completions"},

	{"eval/<set>/avg@<k>", "share", Deterministic, "share of a problem's k completions that are correct, mean over problems"},
	{"eval/<set>/pass@<k>", "share", Deterministic, "problems with a correct completion among k, unbiased estimate"},
	{"eval/<set>/maj@<k>", "share", Deterministic, "problems whose most frequent answer of k is correct"},
	{"eval/<set>/mean_length", "tokens", Deterministic, "mean length of its completions"},
	{"eval/<set>/clipped_ratio", "share", Deterministic, "its completions cut by the length limit"},
	{"eval/<set>/num_problems", "problems", Deterministic, "size of the set"},

	{"timing_s/gen", "s", Measured, "time the loop waits for completions"},
	{"timing_s/reward", "s", Measured, "time it waits for verdicts"},
	{"timing_s/old_log_prob", "s", Measured, "time of the scoring pass"},
	{"timing_s/ref_log_prob", "s", Measured, "time of the reference policy's pass"},
	{"timing_s/adv", "s", Measured, "time of shaping and advantages"},
	{"timing_s/update", "s", Measured, "time of the gradient and the optimizer"},
	{"timing_s/eval", "s", Measured, "time of evaluation"},
	{"timing_s/save_checkpoint", "s", Measured, "time of saving"},
	{"timing_s/host", "s", Measured, "time of the step in which no device works"},
	{"timing_s/step", "s", Measured, "the whole step, evaluation and saving left out"},
	{"perf/gen_tokens_per_s", "tokens/s", Measured, "sampled tokens by timing_s/gen"},
	{"perf/train_tokens_per_s", "tokens/s", Measured, "prompt and completion tokens of the backward pass by timing_s/update"},
	{"perf/tokens_per_s", "tokens/s", Measured, "sampled and trained tokens by timing_s/step"},
	{"perf/mfu", "share", Measured, "model floating-point operations by those the device can do"},
	{"perf/padding_frac", "share", Measured, "padding among the tokens of the backward pass"},
	{"perf/compiles", "", Measured, "executables compiled since the process started"},
	{"perf/max_rss_mib", "MiB", Measured, "greatest resident memory of the process"},
}

// Metrics is the table of metrics in the order of a record's fields.
func Metrics() []Metric { return slices.Clone(table) }

// Lookup finds the declaration of a metric name.
func Lookup(name string) (Metric, bool) {
	i, ok := position(name)
	if !ok {
		return Metric{}, false
	}
	return table[i], true
}

var fixed, patterns = index()

// pattern is a table row whose name has placeholders.
type pattern struct {
	row int
	re  *regexp.Regexp
}

var placeholder = regexp.MustCompile(`<[a-z]+>`)

func index() (fixed map[string]int, patterns []pattern) {
	fixed = map[string]int{}
	for i, m := range table {
		if !strings.Contains(m.Name, "<") {
			fixed[m.Name] = i
			continue
		}
		expr := placeholder.ReplaceAllStringFunc(regexp.QuoteMeta(m.Name), func(p string) string {
			if p == "<k>" {
				return `[1-9][0-9]*`
			}
			return `[^/]+`
		})
		patterns = append(patterns, pattern{i, regexp.MustCompile("^" + expr + "$")})
	}
	return fixed, patterns
}

// position is the row of the table that declares name.
func position(name string) (int, bool) {
	if i, ok := fixed[name]; ok {
		return i, true
	}
	for _, p := range patterns {
		if p.re.MatchString(name) {
			return p.row, true
		}
	}
	return 0, false
}

// undeclared is the error for a name that no row declares.
func undeclared(name string) error {
	names := make([]string, len(table))
	for i, m := range table {
		names[i] = m.Name
	}
	if near := fault.Closest(name, names); near != "" {
		return fmt.Errorf("runlog: metric %q is not declared; did you mean %s?", name, near)
	}
	return fmt.Errorf("runlog: metric %q is not declared", name)
}
