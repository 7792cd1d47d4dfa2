package trainer

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier"
)

// judged makes a group of rollouts of some lengths with their verdicts; a length
// below 0 is that of one cut by the limit.
func judged(s *data.Scored, lengths []int, verdicts []data.Verdict) {
	g := data.Group{Prompt: []int32{2, 3}, Rollouts: make([]data.Rollout, len(lengths))}
	for i, n := range lengths {
		r := &g.Rollouts[i]
		if n < 0 {
			n, r.Finish = -n, data.FinishLength
		}
		r.Segments = []data.Segment{{Tokens: make([]int32, n)}}
		row := data.Row{Group: len(s.Groups), Rollout: r, Verdict: verdicts[i], Reward: verdicts[i].Score}
		if verdicts[i].Masked() {
			row.Reward = math.NaN()
		}
		s.Rows = append(s.Rows, row)
	}
	s.Groups = append(s.Groups, g)
}

// TestRolloutMetrics are numbers worked out by hand.
func TestRolloutMetrics(t *testing.T) {
	right, wrong := data.Verdict{Kind: data.Correct, Score: 1}, data.Verdict{}
	half := data.Verdict{Kind: data.Undecided, Score: 0.5, Blame: data.BlameCompletion}
	fault := data.Verdict{Kind: data.Error, Blame: data.BlameGold}
	s := &data.Scored{}
	judged(s, []int{4, -8}, []data.Verdict{right, right})
	judged(s, []int{2, 2}, []data.Verdict{wrong, right})
	judged(s, []int{6, -8, 1}, []data.Verdict{wrong, fault, half})
	judged(s, []int{1}, []data.Verdict{fault})
	got := map[string]float64{}
	describeRollouts(s, got)
	want := map[string]float64{
		"reward":                             3.5 / 6,
		"reward_std":                         (0 + math.Sqrt(0.5) + math.Sqrt(0.125)) / 3,
		"reward_ci95":                        1.96 * math.Sqrt(((1-1.75/3)*(1-1.75/3)+(0.5-1.75/3)*(0.5-1.75/3)+(0.25-1.75/3)*(0.25-1.75/3))/2/3),
		"accuracy":                           3.0 / 6,
		"solved_all":                         1.0 / 3,
		"solved_none":                        1.0 / 3,
		"frac_reward_zero_std":               1.0 / 3,
		"completions/mean_length":            32.0 / 8,
		"completions/mean_terminated_length": 16.0 / 6,
		"completions/clipped_ratio":          2.0 / 8,
		"verifier/error_rate":                2.0 / 8,
		"verifier/undecided_rate":            1.0 / 8,
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-12)); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

// TestRolloutMetricsOfNothing are finite.
func TestRolloutMetricsOfNothing(t *testing.T) {
	s := &data.Scored{}
	judged(s, []int{3}, []data.Verdict{{Kind: data.Error, Blame: data.BlameInfrastructure}})
	for _, s := range []*data.Scored{s, {}} {
		got := map[string]float64{}
		describeRollouts(s, got)
		for name, v := range got {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("%s is %v", name, v)
			}
		}
	}
}

// TestAverage: the optimizer steps of a step are averaged, extremes kept, and a
// metric of some of them is a mean over those.
func TestAverage(t *testing.T) {
	got := average([]map[string]float64{
		{"loss": 1, "ratio/max": 2, "ratio/min": 0.5, firstDeviation: 3},
		{"loss": 2, "ratio/max": 5, "ratio/min": 0.25},
		{"loss": 6, "ratio/max": 4, "ratio/min": 0.75, "kl": 7},
	})
	want := map[string]float64{"loss": 3, "ratio/max": 5, "ratio/min": 0.25, firstDeviation: 3, "kl": 7}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestJudgeMasksFaults: a row whose verdict is no fault of the completion has no
// reward and no trained token; one that broke its verifier is wrong.
func TestJudgeMasksFaults(t *testing.T) {
	s, _ := kitSetup(t, openDevice(t, "go"), kitStage("rl", "grpo", 1))
	s.Rewards = verifier.RewardsOf(verify(func(ex *data.Example, completion string) data.Verdict {
		return map[string]data.Verdict{
			"gold":   {Kind: data.Error, Blame: data.BlameGold},
			"infra":  {Kind: data.Undecided, Blame: data.BlameInfrastructure, Score: 1},
			"broken": {Kind: data.Undecided, Blame: data.BlameCompletion},
			"right":  {Kind: data.Correct, Score: 1},
		}[completion]
	}), 0, time.Minute, 1)
	g := data.Group{Example: &s.Train[0], Prompt: []int32{2}}
	for _, text := range []string{"gold", "infra", "broken", "right"} {
		g.Rollouts = append(g.Rollouts, data.Rollout{Text: text, Segments: []data.Segment{{Tokens: []int32{3, 4}}}})
	}
	tr := newTrainer(t, s)
	groups := []data.Group{g}
	scored, err := tr.judge(t.Context(), groups, tr.scoringOf(t.Context(), groups))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		reward  float64
		trained int
	}{{math.NaN(), 0}, {math.NaN(), 0}, {0, 2}, {1, 2}} {
		r := &scored.Rows[i]
		if r.NumTrained() != want.trained || r.Reward != want.reward && !(math.IsNaN(r.Reward) && math.IsNaN(want.reward)) {
			t.Errorf("%s: reward %v, %d trained tokens; want %v, %d", r.Rollout.Text, r.Reward, r.NumTrained(), want.reward, want.trained)
		}
	}
}
