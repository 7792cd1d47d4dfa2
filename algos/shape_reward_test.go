package algos_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
)

// shaperPresets have one shaper each.
func init() {
	for _, shaper := range []string{"overlong", "length_penalty", "kl_reward", "entra"} {
		algos.RegisterPreset(algos.Preset{
			Name: "test_" + shaper, Paper: testOnly, Loss: "grpo", Estimator: "grpo", Aggregation: "token-mean", Shapers: []string{shaper},
		})
	}
	algos.RegisterPreset(algos.Preset{
		Name: "test_overlong_twice", Paper: testOnly, Loss: "grpo", Estimator: "grpo", Aggregation: "token-mean", Shapers: []string{"overlong", "mask_truncated"},
	})
	algos.RegisterPreset(algos.Preset{
		Name: "test_filter_groups", Paper: testOnly, Loss: "grpo", Estimator: "grpo", Aggregation: "token-mean", Selectors: []string{"filter_groups"},
	})
}

// shaped runs the only shaper of a preset.
func shaped(t *testing.T, o algos.Options, s *data.Scored) error {
	t.Helper()
	a, err := algos.Resolve(o)
	if err != nil {
		t.Fatal(err)
	}
	return a.Shapers[0].Shape(s)
}

// lengths gives rows completions of n tokens.
func lengths(s *data.Scored, n ...int) *data.Scored {
	for i, k := range n {
		s.Rows[i].Rollout.Segments = []data.Segment{{Tokens: make([]int32, k)}}
	}
	return s
}

// runShaper is the suite's example, and that all is off by default.
func runShaper(t *testing.T, name string, options map[string]any, scored func() *data.Scored, want ...float64) {
	t.Helper()
	for _, o := range []map[string]any{options, nil} {
		algotest.RunShaper(t, algotest.ShaperCase{
			Name: name, Algorithm: algos.Options{Name: "test_" + name, Options: o}, Scored: scored,
			Want: func(s *data.Scored) {
				for i := range s.Rows {
					if o != nil {
						s.Rows[i].Reward = want[i]
					}
				}
			},
		})
	}
	proveGRPO(t, "test_"+name, "token-mean")
}

func TestOverlong(t *testing.T) {
	on := map[string]any{"overlong_buffer_length": 4, "overlong_max_length": 10, "overlong_penalty": 0.5}
	runShaper(t, "overlong", on, func() *data.Scored {
		return lengths(algotest.Rewards([]float64{1, 1, 0}, []float64{0, 1}), 6, 7, 10, 12, 0)
	}, 1, 0.875, -0.5, -0.5, 1)

	var g struct {
		Lengths      []int `json:"lengths"`
		Most, Buffer int
		TRL, Verl    []float64
	}
	readGolden(t, "testdata/shaping.json", &g)
	for compat, want := range map[string][]float64{"none": g.TRL, "verl": g.Verl} {
		for i, n := range g.Lengths {
			s := lengths(algotest.Rewards([]float64{2}), n)
			err := shaped(t, algos.Options{Name: "test_overlong", Options: map[string]any{"overlong_buffer_length": g.Buffer, "overlong_max_length": g.Most, "compat": compat}}, s)
			if err != nil || math.Abs(s.Rows[0].Reward-2-want[i]) > 1e-15 || s.Rewards["overlong"][0] != s.Rows[0].Reward-2 && math.Abs(s.Rewards["overlong"][0]-want[i]) > 1e-15 {
				t.Errorf("%s: %d tokens: reward %v and %v, want %v; error %v", compat, n, s.Rows[0].Reward, s.Rewards, want[i], err)
			}
		}
	}
	s := lengths(algotest.Rewards([]float64{math.NaN()}), 20)
	if err := shaped(t, algos.Options{Name: "test_overlong", Options: on}, s); err != nil || !math.IsNaN(s.Rows[0].Reward) {
		t.Errorf("an unscored row has reward %v, error %v", s.Rows[0].Reward, err)
	}
}

func TestLengthPenalty(t *testing.T) {
	scored := func() *data.Scored {
		s := algotest.Rewards([]float64{1, 1, 0, 0, math.NaN()}, []float64{1, 0}, []float64{1})
		judge(s)
		return lengths(s, 10, 30, 20, 10, 99, 7, 7, 5)
	}
	want := []float64{1 + 0.2*0.5, 1 - 0.2*0.5, 0, 0, math.NaN(), 1, 0, 1}
	s := scored()
	if err := shaped(t, algos.Options{Name: "test_length_penalty", Options: map[string]any{"length_penalty": "kimi", "length_penalty_coef": 0.2}}, s); err != nil {
		t.Fatal(err)
	}
	for i := range s.Rows {
		if !(math.Abs(s.Rows[i].Reward-want[i]) < 1e-15) && !math.IsNaN(want[i]) {
			t.Errorf("kimi: row %d has reward %v, want %v", i, s.Rows[i].Reward, want[i])
		}
	}
	// Two right answers of 10 and 30 tokens are -1/sqrt(2) and 1/sqrt(2) from their mean.
	z := math.Sqrt2 / 2
	runShaper(t, "length_penalty", map[string]any{"length_penalty": "efficient", "length_penalty_coef": 0.4}, func() *data.Scored {
		s := algotest.Rewards([]float64{1, 1, 0}, []float64{2})
		judge(s)
		return lengths(s, 10, 30, 99, 5)
	}, 1-0.4/(1+math.Exp(z)), 1-0.4/(1+math.Exp(-z)), 0, 2*0.8)
	// Only right answers lose by their length, whatever reward others have.
	runShaper(t, "length_penalty", map[string]any{"length_penalty": "efficient", "length_penalty_coef": 0.4}, func() *data.Scored {
		s := algotest.Rewards([]float64{1, 0.5, -1})
		judge(s)
		s.Rows[1].Verdict.Kind = data.Incorrect
		return lengths(s, 10, 30, 5)
	}, 0.8, 0.5, -1)
	// A wrong answer longer than the middle loses, a shorter one does not gain.
	runShaper(t, "length_penalty", map[string]any{"length_penalty": "kimi", "length_penalty_coef": 1}, func() *data.Scored {
		s := algotest.Rewards([]float64{0, 0, 0})
		return lengths(s, 0, 4, 3)
	}, 0, -0.5, -0.25)
}

func TestKLInReward(t *testing.T) {
	var g struct {
		LogProbs [][]float32            `json:"log_probs"`
		Ref      [][]float32            `json:"ref"`
		KL       map[string][][]float64 `json:"kl"`
	}
	readGolden(t, "testdata/shaping.json", &g)
	scored := func() *data.Scored {
		s := algotest.Rewards([]float64{1, 0, 0.5})
		for i := range s.Rows {
			r := &s.Rows[i]
			r.Mask = []bool{true, i != 1, true, i == 0, true}
			r.OldLogProbs, r.RefLogProbs = g.LogProbs[i], g.Ref[i]
		}
		return s
	}
	for name, kl := range g.KL {
		want := scored()
		for i := range want.Rows {
			r := &want.Rows[i]
			r.Features = map[string][]float32{tokenRewards: make([]float32, 5)}
			for u, trained := range r.Mask {
				if trained {
					r.Features[tokenRewards][u] = float32(-0.1 * kl[i][u])
					r.Reward += float64(r.Features[tokenRewards][u])
				}
			}
		}
		got := scored()
		if err := shaped(t, algos.Options{Name: "test_kl_reward", Options: map[string]any{"kl_reward_coef": 0.1, "kl_reward_estimator": name, "compat": "verl"}}, got); err != nil {
			t.Fatal(err)
		}
		for i := range got.Rows {
			if fmt.Sprint(got.Rows[i].Reward, got.Rows[i].Features) != fmt.Sprint(want.Rows[i].Reward, want.Rows[i].Features) {
				t.Errorf("%s: row %d has %v %v, want %v %v", name, i, got.Rows[i].Reward, got.Rows[i].Features, want.Rows[i].Reward, want.Rows[i].Features)
			}
		}
	}
	// One trained token is enough; none asks for nothing.
	s := scored()
	s.Rows[0].Mask, s.Rows[1].Mask = []bool{false, true, false, false, false}, make([]bool, 5)
	s.Rows[1].OldLogProbs, s.Rows[1].RefLogProbs = nil, nil
	if err := shaped(t, algos.Options{Name: "test_kl_reward", Options: map[string]any{"kl_reward_coef": 1}}, s); err != nil {
		t.Fatal(err)
	}
	if u := float64(g.LogProbs[0][1] - g.Ref[0][1]); math.Abs(s.Rows[0].Reward-1+u) > 1e-6 || s.Rows[1].Reward != 0 { // float32
		t.Errorf("rewards %v and %v, a log-ratio of %v", s.Rows[0].Reward, s.Rows[1].Reward, u)
	}
	// Beyond verl's bound of 10.
	s = scored()
	if err := shaped(t, algos.Options{Name: "test_kl_reward", Options: map[string]any{"kl_reward_coef": 1, "kl_reward_estimator": "k3"}}, s); err != nil {
		t.Fatal(err)
	}
	if want := -(math.Exp(20) - 21); math.Abs(float64(s.Rows[0].Features[tokenRewards][0])/want-1) > 1e-6 {
		t.Errorf("k3 of a log-ratio of -29.9 costs %v, want %v", s.Rows[0].Features[tokenRewards][0], want)
	}
	// A log-ratio above 20 counts as 20.
	s = scored()
	s.Rows[0].OldLogProbs, s.Rows[0].RefLogProbs = []float32{0, 0, 0, 0, 0}, []float32{-30, 0, 0, 0, 0}
	if err := shaped(t, algos.Options{Name: "test_kl_reward", Options: map[string]any{"kl_reward_coef": 1, "kl_reward_estimator": "k3"}}, s); err != nil {
		t.Fatal(err)
	}
	if got := s.Rows[0].Features[tokenRewards][0]; math.Abs(float64(got)+19) > 1e-5 { // float32
		t.Errorf("k3 of a log-ratio of 30 costs %v, want -19", got)
	}
	algotest.RunShaper(t, algotest.ShaperCase{Name: "kl_reward", Algorithm: algos.Options{Name: "test_kl_reward"}, Scored: scored, Want: func(*data.Scored) {}})
	proveGRPO(t, "test_kl_reward", "token-mean")

	// Estimators of tokens see where it was paid, those of responses the sum.
	a, err := algos.Resolve(algos.Options{Name: "rloo", Options: map[string]any{"kl_reward_coef": 0.1}})
	if err != nil {
		t.Fatal(err)
	}
	if n := a.Needs(); !n.Ref || !n.Score {
		t.Errorf("needs %+v", n)
	}
	if a, _ := algos.Resolve(algos.Options{Name: "rloo"}); a.Needs().Ref || a.Needs().Score {
		t.Error("a reference for nothing")
	}
	short := scored()
	short.Rows[1].RefLogProbs = nil
	if err := a.Shapers[0].Shape(short); err == nil || !strings.Contains(err.Error(), "row 1 has 0 reference log-probabilities for 5 tokens") {
		t.Errorf("error %v", err)
	}
}

// attention is what the provider of this name gives.
const attention = "attention_received"

// entraReads tries what entra asks for, and of which rows.
func entraReads(t *testing.T, scored func() *data.Scored) {
	t.Helper()
	on := func(more map[string]any) map[string]any { return with(map[string]any{"entra_coef": 1}, more) }
	ids, noAttention := on(map[string]any{"entra_entropy": "ids"}), on(map[string]any{"entra_attention": 0})
	bare := func(s *data.Scored, i int) {
		r := &s.Rows[i]
		r.OldLogProbs, r.Entropy, r.Features, r.Rollout.Segments = nil, nil, nil, nil
	}
	for _, c := range []struct {
		what    string
		options map[string]any
		change  func(s *data.Scored)
		want    string // an error; empty: none
	}{
		{"off asks for nothing", nil, func(s *data.Scored) { s.Stats = nil; bare(s, 0) }, ""},
		{"no rows", on(nil), func(s *data.Scored) { s.Rows, s.Stats = nil, nil }, ""},
		{"a vocabulary of one", on(nil), func(s *data.Scored) { s.Stats["vocab_size"] = 1 }, "vocabulary"},
		{"a vocabulary of two", on(nil), func(s *data.Scored) { s.Stats["vocab_size"] = 2 }, ""},
		{"a wrong answer", on(nil), func(s *data.Scored) { bare(s, 1) }, ""},
		{"an answer without reward", on(nil), func(s *data.Scored) { bare(s, 0); s.Rows[0].Reward = math.NaN() }, ""},
		{"an answer without trained tokens", on(nil), func(s *data.Scored) { bare(s, 3); s.Rows[3].Mask = make([]bool, 5) }, ""},
		{"an answer of one trained token", on(nil), func(s *data.Scored) { bare(s, 3) }, "row 3"},
		{"attention that is not read", noAttention, func(s *data.Scored) { s.Rows[0].Features = nil }, ""},
		{"ids that are not read", on(nil), func(s *data.Scored) { s.Rows[0].Rollout.Segments = nil }, ""},
		{"ids that are not there", ids, func(s *data.Scored) { s.Rows[0].Rollout.Segments = nil }, "token ids"},
		{"the first of several", ids, func(s *data.Scored) { bare(s, 0) }, "old log-probabilities"},
		{"entropies that are not read", ids, func(s *data.Scored) { s.Rows[0].Entropy, s.Stats = nil, nil }, ""},
	} {
		s := scored()
		c.change(s)
		err := shaped(t, algos.Options{Name: "test_entra", Options: c.options}, s)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.what, err, c.want)
		}
	}
	a, err := algos.Resolve(algos.Options{Name: "test_entra", Options: noAttention})
	if err != nil {
		t.Fatal(err)
	}
	if n := a.Needs(); !n.Score || len(n.Features) > 0 {
		t.Errorf("without attention it needs %+v", n)
	}
	if a, err = algos.Resolve(algos.Options{Name: "test_entra"}); err != nil {
		t.Fatal(err)
	}
	if n := a.Needs(); n.Score || len(n.Features) > 0 {
		t.Errorf("off it needs %+v", n)
	}
	// One response, of which one token is looked at: half of two.
	s := scored()
	s.Rows, s.Groups = s.Rows[3:], s.Groups[1:]
	s.Rows[0].Group, s.Rows[0].Mask = 0, []bool{true, true, false, false, false}
	if err := shaped(t, algos.Options{Name: "test_entra", Options: on(nil)}, s); err != nil || math.Abs(s.Rows[0].Reward-(1-0.5/math.Log(100))) > 1e-9 { // float32 entropies
		t.Errorf("one token: reward %v, error %v", s.Rows[0].Reward, err)
	}
	s = scored()
	s.Rows[3].Mask = []bool{true, true, false, false, false}
	if err := shaped(t, algos.Options{Name: "test_entra", Options: ids}, s); err != nil || s.Rows[3].Reward != 1 {
		t.Errorf("the id of one token: reward %v, error %v", s.Rows[3].Reward, err)
	}
}

func TestENTRA(t *testing.T) {
	scored := func() *data.Scored {
		s := algotest.Rewards([]float64{1, 0, 1}, []float64{1})
		judge(s)
		for i := range s.Rows {
			r := &s.Rows[i]
			r.Mask = []bool{true, true, false, true, true}
			r.Rollout.Segments = []data.Segment{{Tokens: []int32{1, 2, 9, 2, 3}}}
			r.OldLogProbs = []float32{-1, -5, -9, -3, -2}
			r.Entropy = []float32{0.5, 1, 9, 2, 0.25}
			r.Features = map[string][]float32{attention: {0, 4, 0, 0, 0.5}}
		}
		s.Rows[3].Mask = []bool{false, false, false, false, true}
		s.Stats = map[string]float64{"vocab_size": 100}
		return s
	}
	// Importance -1, -1, -3, -1.5: the lesser half are the tokens 3 and 4. Without
	// attention -1, -5, -3, -2: 1 and 3.
	v := math.Log(100)
	for _, c := range []struct {
		options map[string]any
		red     float64
	}{
		{map[string]any{"entra_coef": 0.2}, (2 + 0.25) / 2 / v},
		{map[string]any{"entra_coef": 0.2, "entra_attention": 0}, (1 + 2.0) / 2 / v},
		{map[string]any{"entra_coef": 0.2, "entra_entropy": "ids"}, 1},
		{map[string]any{"entra_coef": 0.2, "entra_entropy": "ids", "entra_attention": 0}, 0},
		{map[string]any{"entra_coef": 0.2, "entra_entropy": "ids", "entra_share": 1}, (0.5*math.Log(4) + 0.5*math.Log(2)) / math.Log(4)},
	} {
		s := scored()
		if err := shaped(t, algos.Options{Name: "test_entra", Options: c.options}, s); err != nil {
			t.Fatal(err)
		}
		for i, want := range []float64{1 - 0.2*c.red, 0, 1 - 0.2*c.red, 1} { // no token of one is looked at
			if i == 3 && c.options["entra_share"] != nil {
				continue
			}
			if !(math.Abs(s.Rows[i].Reward-want) <= 1e-9) { // float32 entropies
				t.Errorf("%v: row %d has reward %v, want %v", c.options, i, s.Rows[i].Reward, want)
			}
		}
	}
	entraReads(t, scored)
	algotest.RunShaper(t, algotest.ShaperCase{Name: "entra", Algorithm: algos.Options{Name: "test_entra"}, Scored: scored, Want: func(*data.Scored) {}})
	proveGRPO(t, "test_entra", "token-mean")
	proveGRPO(t, "entra", "seq-mean-token-mean")

	a, err := algos.Resolve(algos.Options{Name: "entra"})
	if err != nil {
		t.Fatal(err)
	}
	if n := a.Needs(); !n.Score || fmt.Sprint(n.Features) != "[attention_received]" {
		t.Errorf("needs %+v", n)
	}
	for want, spoil := range map[string]func(s *data.Scored){
		"vocabulary":                        func(s *data.Scored) { s.Stats = nil },
		"row 2 has 0 entropies":             func(s *data.Scored) { s.Rows[2].Entropy = nil },
		"row 0 has 1 old log-probabilities": func(s *data.Scored) { s.Rows[0].OldLogProbs = []float32{1} },
		"row 0 has 0 numbers attention":     func(s *data.Scored) { s.Rows[0].Features = nil },
	} {
		s := scored()
		spoil(s)
		if err := a.Shapers[0].Shape(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// Options of shapers and selectors that say two things at once, or nothing.
func TestShapingFaults(t *testing.T) {
	for _, c := range []struct {
		name    string
		options map[string]any
		path    string
		want    string
	}{
		{"test_overlong", map[string]any{"overlong_buffer_length": 5}, "options.overlong_max_length", "at least overlong_buffer_length (5)"},
		{"test_overlong", map[string]any{"overlong_max_length": 5}, "options.overlong_max_length", "nothing while"},
		{"test_overlong", map[string]any{"overlong_penalty": 0.5}, "options.overlong_penalty", "nothing while"},
		{"test_overlong_twice", map[string]any{"overlong_buffer_length": 2, "overlong_max_length": 9, "mask_truncated_completions": true}, "options.overlong_buffer_length", "would not learn from it"},
		{"test_length_penalty", map[string]any{"length_penalty_coef": 0.5}, "options.length_penalty_coef", "nothing while"},
		{"test_length_penalty", map[string]any{"length_penalty": "efficient", "length_penalty_coef": 1.5}, "options.length_penalty_coef", "below 1"},
		{"test_length_penalty", map[string]any{"length_penalty": "efficient", "length_penalty_coef": 1}, "options.length_penalty_coef", "below 1"},
		{"clip_cov", map[string]any{"clip_cov_low": 2, "clip_cov_high": 2}, "options.clip_cov_low", ""},
		{"test_kl_reward", map[string]any{"kl_reward_estimator": "k2"}, "options.kl_reward_estimator", "nothing while"},
		{"test_kl_reward", map[string]any{"kl_reward_coef": 0.1, "beta": 0.1}, "options.beta", "count twice"},
		{"test_kl_reward", map[string]any{"kl_reward_coef": 0.1, "advantage_estimator": "gdpo"}, "options.kl_reward_coef", "use beta"},
		{"test_entra", map[string]any{"entra_share": 0.2}, "options.entra_share", "nothing while"},
		{"test_entra", map[string]any{"entra_entropy": "ids"}, "options.entra_entropy", "nothing while"},
		{"test_entra", map[string]any{"entra_coef": 1, "entra_share": 1.5}, "options.entra_share", "at most 1"},
		{"test_entra", map[string]any{"entra_coef": 1, "entra_share": 0}, "options.entra_share", "above 0"},
		{"dpo", map[string]any{"loss_type": "hinge", "label_smoothing": 0.1}, "options.label_smoothing", "only sigmoid and robust"},
		{"dpo", map[string]any{"loss_type": "ipo", "label_smoothing": 0.1}, "options.label_smoothing", "only sigmoid and robust"},
		{"dpo", map[string]any{"loss_type": "robust"}, "options.label_smoothing", "without noise it is sigmoid"},
		{"pass_k", map[string]any{"pass_k_form": "best", "pass_k": 3}, "options.pass_k", "nothing while"},
		{"ktae", map[string]any{"ktae_fisher": 0, "ktae_information": 0}, "options.ktae_fisher", "one of them must measure"},
		{"gspo", map[string]any{"advantage_estimator": "ktae"}, "options.advantage_estimator", "one advantage a response"},
		{"gspo", map[string]any{"advantage_estimator": "reinforce_pp"}, "options.advantage_estimator", "one advantage a response"},
		{"grpo", map[string]any{"advantage_estimator": "gae"}, "options.advantage_estimator", "trains no value head"},
		{"test_filter_groups", map[string]any{"dynamic_sampling": true}, "options.dynamic_sampling", "no group is left out"},
		{"test_filter_groups", map[string]any{"filter_groups": "score", "max_sampling_rounds": 3}, "options.max_sampling_rounds", "nothing while"},
		{"d3s", map[string]any{"advantage_estimator": "reinforce_pp"}, "options.advantage_estimator", "beside d3s"},
		{"d3s", map[string]any{"d3s_samples": 0}, "options.d3s_samples", "above 0"},
	} {
		o := algos.Options{Name: c.name, Options: c.options}
		f := fault.Of(o.Validate())
		if len(f) != 1 || f[0].Path != c.path || !strings.Contains(f[0].Error(), c.want) {
			t.Errorf("%s %v: faults %v, want %s: %s", c.name, c.options, f, c.path, c.want)
		}
	}
	proveGRPO(t, "test_overlong_twice", "token-mean")
	for _, o := range []algos.Options{
		{Name: "gspo_token", Options: map[string]any{"advantage_estimator": "ktae"}},
		{Name: "gspo", Options: map[string]any{"advantage_estimator": "rloo"}},
		{Name: "dpo", Options: map[string]any{"loss_type": "hinge"}},
		{Name: "dpo", Options: map[string]any{"loss_type": "robust", "label_smoothing": 0.1}},
		{Name: "dpo", Options: map[string]any{"label_smoothing": 0.1}},
		{Name: "d3s", Options: map[string]any{"advantage_estimator": "ktae"}},
		{Name: "d3s", Options: map[string]any{"advantage_estimator": "reinforce_pp", "d3s_samples": 1, "d3s_tokens": 1}},
	} {
		if err := o.Validate(); err != nil {
			t.Errorf("%v: %v", o, err)
		}
	}
}
