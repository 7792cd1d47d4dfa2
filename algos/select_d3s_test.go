package algos_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
	"github.com/rlvr-go/rlvr/data"
)

// selected runs the selector of d3s and gives the tokens kept of each row.
func selected(t *testing.T, options map[string]any, s *data.Scored) []string {
	t.Helper()
	a, err := algos.Resolve(algos.Options{Name: "d3s", Options: options})
	if err != nil {
		t.Fatal(err)
	}
	keep, refill, err := a.Selectors[0].Select(s)
	if err != nil || refill != 0 || slices.Contains(keep, false) || len(keep) != len(s.Groups) {
		t.Fatalf("keeps %v, refills %d, error %v", keep, refill, err)
	}
	out := make([]string, len(s.Rows))
	for i := range s.Rows {
		for _, m := range s.Rows[i].Mask {
			out[i] += map[bool]string{true: "x", false: "."}[m]
		}
	}
	return out
}

func want(t *testing.T, what string, got []string, rows string) {
	t.Helper()
	if g := strings.Join(got, " "); g != rows {
		t.Errorf("%s: keeps %s, want %s", what, g, rows)
	}
}

const samplesOnly = 1.0 // all tokens

// The half whose advantages vary most are the extremes; where splits vary alike, more
// of the highest; of rows that are alike the first count as higher; where all are, the
// first are kept.
func TestD3SSamples(t *testing.T) {
	o := map[string]any{"d3s_samples": 0.5, "d3s_tokens": samplesOnly}
	want(t, "extremes", selected(t, o, algotest.Rewards([]float64{0.4, 1, 0.5, 0})), ".. xx .. xx")
	want(t, "one right", selected(t, o, algotest.Rewards([]float64{0, 0, 1, 0})), "xx .. xx ..")
	want(t, "rounded up", selected(t, o, algotest.Rewards([]float64{0, 1, 0.5})), "xx xx ..") // 2 of 3
	want(t, "odd, two splits alike", selected(t, o, algotest.Rewards([]float64{1, 0, 1, 0, 1, 0})), "xx .. xx .. .. xx")
	want(t, "all alike", selected(t, o, algotest.Rewards([]float64{1, 1, 1, 1})), "xx xx .. ..")
	want(t, "unscored", selected(t, o, algotest.Rewards([]float64{math.NaN(), 1, 0, 0.5, 0.5})), ".. xx xx .. ..")
	one := algotest.Rewards([]float64{0.4, 1, 0.5, 0})
	for i := range one.Rows {
		one.Rows[i].Mask = []bool{i%2 == 0, i%2 == 1}
	}
	want(t, "one token", selected(t, o, one), ".. .x .. .x")
	// Advantages are of all rows, so those of a group of equal rewards are 0: it loses
	// against others over all prompts.
	small := map[string]any{"d3s_samples": 0.5, "d3s_tokens": samplesOnly, "scale_rewards": "none"}
	want(t, "small numbers", selected(t, small, algotest.Rewards([]float64{4e-7, 1e-6, 5e-7, 0})), ".. xx .. xx")
	want(t, "one of four", selected(t, map[string]any{"d3s_samples": 0.25, "d3s_tokens": samplesOnly}, algotest.Rewards([]float64{0.4, 1, 0.5, 0})), ".. xx .. ..")
	untrained := algotest.Rewards([]float64{0.4, 1, 0.5, 0, 9})
	untrained.Rows[4].Mask = []bool{false, false}
	want(t, "a response without trained tokens", selected(t, o, untrained), ".. xx .. xx ..")
	unequal := algotest.Rewards([]float64{0, 0, 0, 0}) // mean advantages 3, 1, 2, 0
	for i, a := range [][]float64{{6, 0}, {1, 1}, {2, 2}, {0, 0}} {
		unequal.Rows[i].Advantages = a
	}
	want(t, "advantages of tokens", selected(t, o, unequal), "xx .. .. xx")
	want(t, "only over all prompts", selected(t, map[string]any{"d3s_samples": 1, "d3s_tokens": 1, "d3s_batch_samples": 0.5},
		algotest.Rewards([]float64{1, 0}, []float64{1, 1})), "xx xx .. ..")
	o["d3s_batch_samples"] = 0.5
	want(t, "over all prompts", selected(t, o, algotest.Rewards([]float64{1, 0, 0.5, 0.5}, []float64{1, 1, 1, 1})), "xx xx .. .. .. .. .. ..")
	// All off: nothing is masked, or asked for.
	off := map[string]any{"d3s_samples": 1, "d3s_tokens": 1}
	want(t, "off", selected(t, off, algotest.Rewards([]float64{math.NaN(), 1})), "xx xx")
	all := map[string]any{"d3s_samples": 1, "d3s_tokens": 1, "d3s_samples_start": 1, "d3s_tokens_start": 1}
	want(t, "off from the start", selected(t, all, algotest.Rewards([]float64{math.NaN(), 1})), "xx xx")
	a, err := algos.Resolve(algos.Options{Name: "d3s", Options: off})
	if err != nil {
		t.Fatal(err)
	}
	if n := a.Needs(); n.Score || n.Entropy {
		t.Errorf("needs %+v", n)
	}
}

// Any subset of a size has at most the variance of the one chosen.
func TestD3SIsTheBestSubset(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4)) //nolint:gosec // reproducible test data
	population := func(x []float64) float64 {
		_, std := meanStd(x)
		return std * std * float64(len(x)-1) / float64(len(x))
	}
	for range 200 {
		n := 2 + rng.IntN(8)
		rewards := make([]float64, n)
		for i := range rewards {
			rewards[i] = float64(rng.IntN(5)) / 4
		}
		size := 2 + rng.IntN(n-1)
		got := selected(t, map[string]any{"d3s_samples": float64(size) / float64(n), "d3s_tokens": samplesOnly}, algotest.Rewards(rewards))
		var chosen []float64
		for i := range got {
			if got[i] == "xx" {
				chosen = append(chosen, rewards[i])
			}
		}
		if len(chosen) != size {
			t.Fatalf("%d of %d chosen, want %d", len(chosen), n, size)
		}
		for set := range 1 << n {
			var x []float64
			for i := range n {
				if set>>i&1 == 1 {
					x = append(x, rewards[i])
				}
			}
			if len(x) == size && population(x) > population(chosen)+1e-9 { // float64 sums
				t.Fatalf("of %v %v were chosen, %v vary more", rewards, chosen, x)
			}
		}
	}
}

func TestD3STokens(t *testing.T) {
	scored := func() *data.Scored {
		s := algotest.Rewards([]float64{1, 0, 0.5, 0.5})
		for i := range s.Rows {
			s.Rows[i].Mask = []bool{true, true, i != 0}
			s.Rows[i].Entropy = []float32{0.1 * float32(i+1), 2, float32(i)}
		}
		return s
	}
	// 5 trained tokens in the two rows kept: |A|*H is 0.1, 2 of the first and 0.2, 2, 1.
	want(t, "two fifths", selected(t, map[string]any{"d3s_samples": 0.5, "d3s_tokens": 0.4}, scored()), ".x. .x. ... ...")
	want(t, "rounded up", selected(t, map[string]any{"d3s_samples": 0.5, "d3s_tokens": 0.41}, scored()), ".x. .xx ... ...")
	want(t, "tokens of all rows", selected(t, map[string]any{"d3s_samples": 1, "d3s_tokens": 0.2}, scored()), ".x. .xx ... ...") // 3 of 11
	// One response of one token, and a response of one token beside one of none, which has
	// no entropies.
	single := algotest.Rewards([]float64{1})
	single.Rows[0].Entropy = []float32{1, 2}
	single.Rows[0].Advantages = []float64{1, 1}
	want(t, "one response", selected(t, map[string]any{"d3s_samples": 1, "d3s_tokens": 0.5}, single), ".x")
	short := algotest.Rewards([]float64{1, 0, 0.5})
	for i, mask := range [][]bool{{true, false}, {false, true}, {false, false}} {
		short.Rows[i].Mask, short.Rows[i].Entropy = mask, []float32{float32(i), float32(i)}
	}
	short.Rows[2].Entropy = nil
	want(t, "responses of one token", selected(t, map[string]any{"d3s_samples": 1, "d3s_tokens": 0.5}, short), ".. .x ..")
	// Advantages that are there already are not estimated again.
	s := scored()
	for i := range s.Rows {
		s.Rows[i].Advantages = []float64{9, 0, 0}
	}
	want(t, "given advantages", selected(t, map[string]any{"d3s_samples": 1, "d3s_tokens": 0.1}, s), "... ... x.. x..")
	a, err := algos.Resolve(algos.Options{Name: "d3s"})
	if err != nil {
		t.Fatal(err)
	}
	if n := a.Needs(); !n.Score {
		t.Errorf("needs %+v", n)
	}
	s = scored()
	s.Rows[1].Entropy = nil
	if _, _, err := a.Selectors[0].Select(s); err == nil || !strings.Contains(err.Error(), "row 1 has 0 entropies for 3 tokens, which d3s reads") {
		t.Errorf("error %v", err)
	}
	s = scored()
	s.Rows[1].Reward = math.Inf(1)
	if _, _, err := a.Selectors[0].Select(s); err == nil {
		t.Error("no error for an infinite reward")
	}
}

// Shares go in a straight line from their starts to their ends.
func TestD3SCurriculum(t *testing.T) {
	o := map[string]any{"d3s_samples": 1, "d3s_samples_start": 0.25, "d3s_tokens": 1, "d3s_tokens_start": 0.5}
	for progress, kept := range map[float64]int{0: 2, 0.5: 8, 1: 16} { // 1/2, 3/4 and 1 of the tokens of 2, 5 and 8 rows
		s := algotest.Rewards([]float64{1, 0, 1, 0, 1, 0, 1, 0})
		s.Stats = map[string]float64{"progress": progress}
		for i := range s.Rows {
			s.Rows[i].Entropy = []float32{1, 2}
		}
		got := strings.Count(fmt.Sprint(selected(t, o, s)), "x")
		if got != kept {
			t.Errorf("progress %v: %d tokens kept, want %d", progress, got, kept)
		}
	}
	// Halfway from a half to a quarter: 3 of 8 rows.
	half := algotest.Rewards([]float64{1, 0, 1, 0, 1, 0, 1, 0})
	half.Stats = map[string]float64{"progress": 0.5}
	if got := strings.Count(fmt.Sprint(selected(t, map[string]any{"d3s_samples": 0.25, "d3s_samples_start": 0.5, "d3s_tokens": 1}, half)), "x"); got != 6 {
		t.Errorf("%d tokens kept, want 6", got)
	}
	// One of the two alone.
	for _, start := range []string{"d3s_samples_start", "d3s_tokens_start"} {
		s := algotest.Rewards([]float64{1, 0, 1, 0})
		s.Stats = map[string]float64{"progress": 0.5}
		for i := range s.Rows {
			s.Rows[i].Entropy = []float32{1, 2}
		}
		if got := strings.Count(fmt.Sprint(selected(t, map[string]any{"d3s_samples": 1, "d3s_tokens": 1, start: 0.5}, s)), "x"); got != 6 {
			t.Errorf("%s: %d tokens kept, want 6", start, got)
		}
	}
	a, err := algos.Resolve(algos.Options{Name: "d3s", Options: o})
	if err != nil {
		t.Fatal(err)
	}
	for _, stats := range []map[string]float64{nil, {"progress": math.NaN()}, {"progress": 1.5}} {
		s := algotest.Rewards([]float64{1, 0})
		s.Stats = stats
		if _, _, err := a.Selectors[0].Select(s); err == nil || !strings.Contains(err.Error(), "progress of the stage") {
			t.Errorf("stats %v: error %v", stats, err)
		}
	}
}

func TestD3S(t *testing.T) {
	algotest.RunSelector(t, algotest.SelectorCase{
		Name: "d3s", Algorithm: algos.Options{Name: "d3s", Options: map[string]any{"d3s_tokens": samplesOnly}},
		Scored: algotest.Rewards([]float64{1, 0}, []float64{1, 1}), Keep: []bool{true, true},
	})
	proveGRPO(t, "d3s", "seq-mean-token-mean")
}
