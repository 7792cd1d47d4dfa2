package runlog

import (
	"regexp"
	"strings"
	"testing"
)

func TestTableIsWellFormed(t *testing.T) {
	name := regexp.MustCompile(`^[a-z0-9_<>@/]+$`)
	seen := map[string]bool{}
	for _, m := range Metrics() {
		if !name.MatchString(m.Name) || m.Help == "" || seen[m.Name] {
			t.Errorf("row %+v: bad name, no help or declared twice", m)
		}
		seen[m.Name] = true
		timed := strings.HasPrefix(m.Name, "timing_s/") || strings.HasPrefix(m.Name, "perf/")
		if timed && m.Class != Measured {
			t.Errorf("%s depends on the clock but is %s", m.Name, m.Class)
		}
	}
}

// TestContractNames: scripts may rely on these.
func TestContractNames(t *testing.T) {
	for _, name := range strings.Fields(`reward reward_std frac_reward_zero_std loss entropy ppo_kl kl grad_norm
		learning_rate clip_ratio/region_mean completions/mean_length completions/clipped_ratio
		sampling/sampling_logp_difference/mean sampling/sampling_logp_difference/max timing_s/gen timing_s/reward
		timing_s/old_log_prob timing_s/update timing_s/step perf/gen_tokens_per_s perf/train_tokens_per_s perf/mfu
		eval/test/avg@1 eval/gsm8k/pass@16`) {
		if _, ok := Lookup(name); !ok {
			t.Errorf("%s is not declared", name)
		}
	}
}

func TestLookup(t *testing.T) {
	for _, tt := range []struct{ name, row string }{
		{"loss", "loss"},
		{"eval/test/avg@1", "eval/<set>/avg@<k>"},
		{"eval/my set.v2/avg@128", "eval/<set>/avg@<k>"},
		{"rewards/format/mean", "rewards/<func>/mean"},
		{"objective/kalman_gain", "objective/<name>"},
		{"eval/test/avg@0", ""},
		{"eval/test/avg@", ""},
		{"eval/test/avg@k", ""},
		{"eval//avg@1", ""},
		{"eval/a/b/avg@1", ""},
		{"xeval/test/avg@1", ""},
		{"eval/test/avg@1x", ""},
		{"eval/<set>/avg@<k>", ""},
		{"Loss", ""},
		{"", ""},
	} {
		m, ok := Lookup(tt.name)
		if m.Name != tt.row || ok != (tt.row != "") {
			t.Errorf("Lookup(%q) = %q, %v, want %q", tt.name, m.Name, ok, tt.row)
		}
	}
}

func TestUndeclared(t *testing.T) {
	for name, want := range map[string]string{
		"entropi": `runlog: metric "entropi" is not declared; did you mean entropy?`,
		"zzz":     `runlog: metric "zzz" is not declared`,
	} {
		if got := undeclared(name).Error(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
