package algos_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
)

func TestRegisterPanics(t *testing.T) {
	positive := func(x float64) bool { return x > 0 }
	for _, c := range []struct {
		want     string
		register func()
	}{
		{`loss "grpo" is registered twice`, func() { algos.RegisterLoss(algos.Part{Name: "grpo", Paper: "x"}, nil) }},
		{`loss "new" names no paper`, func() { algos.RegisterLoss(algos.Part{Name: "new"}, nil) }},
		{`a shaper without a name`, func() { algos.RegisterShaper(algos.Part{}, nil) }},
		{`estimator "grpo" is registered twice`, func() { algos.RegisterEstimator(algos.Part{Name: "grpo"}, nil) }},
		{`aggregation "token-mean" is registered twice`, func() { algos.RegisterAggregation(algos.Part{Name: "token-mean"}, nil) }},
		{`default of option "x" is not allowed`, func() {
			algos.RegisterEstimator(algos.Part{Name: "new", Options: []algos.Option{algos.FloatOption("x", 0, "above 0", positive, "")}}, nil)
		}},
		{`default of option "x" is not allowed`, func() {
			algos.RegisterEstimator(algos.Part{Name: "new", Options: []algos.Option{algos.ChoiceOption("x", "c", "", "a", "b")}}, nil)
		}},
		{`option "x" is declared twice`, func() {
			x := algos.BoolOption("x", true, "")
			algos.RegisterSelector(algos.Part{Name: "new", Options: []algos.Option{x, x}}, nil)
		}},
		{`preset "sft" is registered twice`, func() { algos.RegisterPreset(algos.Preset{Name: "sft", Paper: "x"}) }},
		{`preset "new" names no paper`, func() { algos.RegisterPreset(algos.Preset{Name: "new"}) }},
		{`a preset without a name`, func() { algos.RegisterPreset(algos.Preset{Paper: "x"}) }},
	} {
		t.Run(c.want, func(t *testing.T) {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, c.want) {
					t.Errorf("panic %q, want %q", got, c.want)
				}
			}()
			c.register()
		})
	}
}

func TestLists(t *testing.T) {
	var names []string
	for _, p := range algos.Presets() {
		names = append(names, p.Name)
		if p.Summary == "" && !strings.HasPrefix(p.Name, "test_") {
			t.Errorf("preset %s has no summary", p.Name)
		}
	}
	if !slices.IsSorted(names) || !slices.Contains(names, "grpo") {
		t.Errorf("presets %q", names)
	}
	names = nil
	for _, p := range algos.Parts() {
		names = append(names, p.Kind+" "+p.Name)
	}
	if first, last := names[0], names[len(names)-1]; !strings.HasPrefix(first, "loss ") || last != "selector test_mixed" {
		t.Errorf("parts from %s to %s", first, last)
	}
}

func TestIsOffline(t *testing.T) {
	for name, want := range map[string]bool{"sft": true, "grpo": false, "reinforce": false, "nothing": false} {
		if algos.IsOffline(name) != want {
			t.Errorf("IsOffline(%q) = %v", name, !want)
		}
	}
}
