package trainer

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/configs/fault"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/model/device"
)

// contrastTolerance: a probability through two float32 decoders of two layers, whose
// logits near 5 are added with weights of up to 3.
const contrastTolerance = 2e-5

// TestContrast compares the contrast of two models, over packed and padded pairs in
// micro-batches of several sizes, with two decoders in float64.
func TestContrast(t *testing.T) {
	onBackends(t, func(t *testing.T, dev *device.Device) {
		arch := gradientArch()
		var policies []*model.Policy
		var plain []*plainDecoder
		for seed := range int64(2) {
			p, err := model.NewPolicy(arch, 10+seed)
			if err != nil {
				t.Fatal(err)
			}
			policies = append(policies, p)
			plain = append(plain, plainOf(arch, float64s(hostWeights(t, dev, p))))
		}
		const weight = 1.5
		for _, packing := range []string{"packed", "padded"} {
			for _, micro := range []int{64, 4096} {
				st := gradientStage(t, dev, arch, gradientCase{algorithm: algos.Options{Name: "cdpo", Options: map[string]any{"contrast_weight": weight}}}, packing, micro)
				st.packer.pairUp()
				st.roles = map[string][]*device.Tensor{"pos": policies[0].Weights, "neg": policies[1].Weights}
				s := pairRows()
				if err := st.scoreRoles(s); err != nil {
					t.Fatal(err)
				}
				for i := range s.Rows {
					r := &s.Rows[i]
					want := plainContrast(plain[0], plain[1], s.Groups[r.Group].Prompt, r.Rollout.Tokens(), weight)
					got := r.Features["contrast/cdpo"]
					for j := range want {
						if math.Abs(float64(got[j])-want[j]) > contrastTolerance {
							t.Fatalf("%s, %d tokens: row %d token %d: %v, want %v", packing, micro, i, j, got[j], want[j])
						}
					}
				}
			}
		}
	})
}

// pairRows are pairs of responses of many lengths.
func pairRows() *data.Scored {
	rng := rand.New(rand.NewPCG(9, 9))
	var groups []data.Group
	for g, lengths := range [][2]int{{4, 1}, {6, 3}, {2, 2}, {1, 9}, {5, 5}} {
		group := data.Group{Prompt: randomIDs(2+g, rng)}
		for _, n := range lengths {
			group.Rollouts = append(group.Rollouts, data.Rollout{Segments: []data.Segment{{Tokens: randomIDs(n, rng)}}})
		}
		groups = append(groups, group)
	}
	return rowsOf(groups)
}

// plainContrast is softmax((1+w)*logits of a - w*logits of b) at each token.
func plainContrast(a, b *plainDecoder, prompt, tokens []int32, w float64) []float64 {
	all := slices.Concat(prompt, tokens)
	x, y := a.logits(all[:len(all)-1]), b.logits(all[:len(all)-1])
	out := make([]float64, len(tokens))
	for j, id := range tokens {
		at := len(prompt) - 1 + j
		combined := make([]float64, len(x[at]))
		for v := range combined {
			combined[v] = (1+w)*x[at][v] - w*y[at][v]
		}
		out[j] = softmax(combined)[id]
	}
	return out
}

// TestRolesAreChecked: each model that an objective reads is named once, and nothing
// refers to a stage that cannot have what is asked of it.
func TestRolesAreChecked(t *testing.T) {
	for name, c := range map[string]struct {
		change func(stages []StageOptions) []StageOptions
		want   string
	}{
		"right":            {func(s []StageOptions) []StageOptions { return s }, ""},
		"missing role":     {func(s []StageOptions) []StageOptions { s[3].Roles = s[3].Roles[:1]; return s }, "3.roles"},
		"unknown role":     {func(s []StageOptions) []StageOptions { s[3].Roles[0].Name = "good"; return s }, "3.roles.0.name 3.roles"},
		"role twice":       {func(s []StageOptions) []StageOptions { s[3].Roles[1].Name = "pos"; return s }, "3.roles.1.name 3.roles"},
		"role from naught": {func(s []StageOptions) []StageOptions { s[3].Roles[1].From = ""; return s }, "3.roles.1.from"},
		"roles of sft":     {func(s []StageOptions) []StageOptions { s[1].Roles = []RoleOptions{{"pos", "x"}}; return s }, "1.roles.0.name"},
		"later stage":      {func(s []StageOptions) []StageOptions { s[1].InitFrom = "stage:cdpo"; return s }, "1.init_from"},
		"no such stage":    {func(s []StageOptions) []StageOptions { s[3].Roles[0].From = "stage:po"; return s }, "3.roles.0.from"},
		"collects nothing": {func(s []StageOptions) []StageOptions { s[3].Collected.Stage = "pos"; return s }, "3.collected.stage"},
		"keeps pairs":      {func(s []StageOptions) []StageOptions { s[3].Collected.Keep = "correct"; return s }, "3.collected.keep"},
		"keeps one":        {func(s []StageOptions) []StageOptions { s[1].Collected.Keep = "pairs"; return s }, "1.collected.keep"},
		"keeps of naught":  {func(s []StageOptions) []StageOptions { s[1].Collected.Stage = ""; return s }, "1.collected.keep"},
		"online":           {func(s []StageOptions) []StageOptions { s[1].Algorithm.Name = "grpo"; return s }, "1.collected.stage"},
		"collect trains": {func(s []StageOptions) []StageOptions { s[0].Algorithm.Name = "sft"; return s },
			"0.algorithm.name"},
		"no folder": {func(s []StageOptions) []StageOptions {
			s[0].Name = "a/b"
			s[1].Collected.Stage, s[2].Collected.Stage, s[3].Collected.Stage = "a/b", "a/b", "a/b"
			s[2].InitFrom, s[3].InitFrom = "", ""
			return s
		}, "0.name"},
	} {
		t.Run(name, func(t *testing.T) {
			var l fault.List
			stages := c.change(pipelineStages())
			for i := range stages {
				l.Merge(fmt.Sprint(i), stages[i].Validate())
			}
			l.Merge("", CheckReferences(stages))
			var got []string
			for _, f := range fault.Of(l.Err()) {
				if path := strings.TrimPrefix(f.Path, "."); !slices.Contains(got, path) {
					got = append(got, path)
				}
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("faults at %q, want %q: %v", strings.Join(got, " "), c.want, l.Err())
			}
		})
	}
}
