package runlog

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// grpoValues are a usual step's.
func grpoValues() map[string]float64 {
	return map[string]float64{
		"reward": 0.4312, "reward_ci95": 0.031, "accuracy": 0.44, "solved_all": 0.31, "solved_none": 0.12, "loss": 0.01,
		"completions/mean_length": 3.94, "completions/clipped_ratio": 0.012, "entropy": 0.38, "ppo_kl": 3.1e-4,
		"clip_ratio/region_mean": 0.004, "sampling/sampling_logp_difference/mean": 1e-6, "sampling/sampling_logp_difference/max": 2.2e-5,
		"perf/gen_tokens_per_s": 8123, "perf/train_tokens_per_s": 31000,
		"timing_s/step": 0.3, "timing_s/gen": 0.123, "timing_s/reward": 0.006, "timing_s/update": 0.171,
		"verifier/error_rate": 0, "grad_norm": 1, "learning_rate": 6e-4,
	}
}

var grpoStage = Stage{Name: "grpo", Algorithm: "dapo", Number: 2, Of: 2, First: 61, Last: 200, Notes: []string{"32 prompts x 8 completions a step"}}

func TestStepLine(t *testing.T) {
	with := func(more map[string]float64) map[string]float64 {
		v := grpoValues()
		maps.Copy(v, more)
		return v
	}
	tests := []struct {
		name   string
		values map[string]float64
		eta    string
		want   string
	}{
		{"grpo", grpoValues(), "41s", "grpo 72/200 reward .431 (+-.03) acc .44 solved all/none .31/.12 len 3.9 (trunc 1.2%) ent .38 kl 3e-4 clip 0.4% dlogp 1e-6/2e-5 gen 8.1k train 31k tok/s gen/rew/upd 41/2/57% eta 41s"},
		{"faults and a reference", with(map[string]float64{"verifier/error_rate": 0.02, "kl": 0.5}), "", "grpo 72/200 reward .431 (+-.03) acc .44 solved all/none .31/.12 len 3.9 (trunc 1.2%) ent .38 kl 3e-4 ref-kl 5e-1 clip 0.4% dlogp 1e-6/2e-5 faults 2.0% gen 8.1k train 31k tok/s gen/rew/upd 41/2/57%"},
		{"sft", map[string]float64{"loss": 1.25, "grad_norm": 0.5, "learning_rate": 3e-3, "entropy": 1.3, "perf/train_tokens_per_s": 31000, "timing_s/step": 1, "timing_s/update": 1}, "5s",
			"grpo 72/200 loss 1.250 grad .50 lr 3e-3 ent 1.30 train 31k tok/s eta 5s"},
		{"nothing known", nil, "", "grpo 72/200"},
	}
	for _, tt := range tests {
		r := Record{Step: 72, Values: tt.values}
		if diff := cmp.Diff(tt.want, line(stepPieces(&r, &grpoStage, tt.eta), 0)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestStepLineFits: on a narrow terminal what matters least goes first; step, reward
// and time left stay longest.
func TestStepLineFits(t *testing.T) {
	r := Record{Step: 72, Values: grpoValues()}
	for _, tt := range []struct {
		most int
		want string
	}{
		{140, "grpo 72/200 reward .431 (+-.03) acc .44 solved all/none .31/.12 len 3.9 (trunc 1.2%) ent .38 kl 3e-4 gen 8.1k train 31k tok/s eta 41s"},
		{100, "grpo 72/200 reward .431 (+-.03) acc .44 solved all/none .31/.12 gen 8.1k train 31k tok/s eta 41s"},
		{79, "grpo 72/200 reward .431 acc .44 solved all/none .31/.12 eta 41s"},
		{40, "grpo 72/200 reward .431 acc .44 eta 41s"},
		{25, "grpo 72/200 reward .431"},
		{11, "grpo 72/200"},
		{8, "grp...00"},
	} {
		got := line(stepPieces(&r, &grpoStage, "41s"), tt.most)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%d cells (-want +got):\n%s", tt.most, diff)
		}
	}
	for most := 1; most < 220; most++ {
		if got := line(stepPieces(&r, &grpoStage, "41s"), most); width(got) > most {
			t.Errorf("%d cells: %q takes %d", most, got, width(got))
		}
	}
}

func TestBanner(t *testing.T) {
	want := "\n== stage 2/2: grpo (dapo), steps 61 to 200 ==\n   32 prompts x 8 completions a step"
	if diff := cmp.Diff(want, strings.Join(grpoStage.banner(), "\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	same := Stage{Name: "sft", Algorithm: "sft", Number: 1, Of: 2, First: 1, Last: 9}
	if got := same.banner()[1]; got != "== stage 1/2: sft, steps 1 to 9 ==" {
		t.Errorf("got %s", got)
	}
}

func TestPace(t *testing.T) {
	var p pace
	now := noon
	if _, ok := p.left(10); ok {
		t.Error("an estimate before any step")
	}
	p.add(now)
	if _, ok := p.left(10); ok {
		t.Error("an estimate after one step")
	}
	for i := range 100 {
		took := time.Minute // the first steps are slow
		if i >= 50 {
			took = 2 * time.Second
		}
		now = now.Add(took)
		p.add(now)
	}
	if got, ok := p.left(10); !ok || got != 20*time.Second {
		t.Errorf("10 steps of 2 s take %v", got)
	}
	if got, ok := p.left(0); !ok || got != 0 {
		t.Errorf("no steps take %v", got)
	}
	if _, ok := p.left(-1); ok {
		t.Error("an estimate for less than no steps")
	}
	p.add(now.Add(-time.Hour * 24))
	if _, ok := p.left(10); ok {
		t.Error("an estimate after the clock went back a day")
	}
}
