package model

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/google/go-cmp/cmp"
)

// initArch has all three kinds of initial values and matrices large enough for
// statistics.
func initArch() *Arch {
	return &Arch{ModelType: "qwen2", VocabSize: 100, HiddenSize: 64, IntermediateSize: 96, NumHiddenLayers: 2,
		NumAttentionHeads: 4, NumKeyValueHeads: 2, MaxPositionEmbeddings: 32, InitializerRange: 0.05}
}

func newPolicy(t testing.TB, a *Arch, seed int64) *Policy {
	t.Helper()
	p, err := NewPolicy(a, seed)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// values are a policy's tensors on the host by name.
func values(t testing.TB, p *Policy) map[string][]float32 {
	t.Helper()
	out := map[string][]float32{}
	for i := range p.Specs {
		data, err := tensors.CopyFlatData[float32](p.Weights[i])
		if err != nil {
			t.Fatal(err)
		}
		out[p.Specs[i].Name] = data
	}
	return out
}

// sigmas is how far a statistic of a tensor may be from its expectation, in its own
// standard deviations: the seed is fixed, so this only has to hold once.
const sigmas = 4

func TestNewPolicyStatistics(t *testing.T) {
	p := newPolicy(t, initArch(), 3)
	std := p.Arch.InitializerRange
	for i, w := range p.Specs {
		data := values(t, p)[w.Name]
		if len(data) != w.Size() || fmt.Sprint(p.Weights[i].Shape().Dimensions) != fmt.Sprint(w.Shape) {
			t.Errorf("%s: %d values of shape %v, want %v", w.Name, len(data), p.Weights[i].Shape(), w.Shape)
		}
		sum, squares, fourths := 0.0, 0.0, 0.0
		for _, v := range data {
			x := float64(v)
			sum, squares, fourths = sum+x, squares+x*x, fourths+x*x*x*x
		}
		n := float64(len(data))
		switch {
		case strings.HasSuffix(w.Name, ".bias"):
			if squares != 0 {
				t.Errorf("%s: not zero", w.Name)
			}
		case strings.Contains(w.Name, "norm"):
			if sum != n || squares != n {
				t.Errorf("%s: not one", w.Name)
			}
		default:
			if d := math.Abs(sum / n); d > sigmas*std/math.Sqrt(n) {
				t.Errorf("%s: mean %g", w.Name, sum/n)
			}
			// Of normals: the variance of a sample's variance is 2 std^4 / n, its fourth
			// moment is 3 std^4 with variance 96 std^8 / n (a uniform one has 1.8 std^4).
			if d := math.Abs(squares/n - std*std); d > sigmas*std*std*math.Sqrt(2/n) {
				t.Errorf("%s: standard deviation %g, want %g", w.Name, math.Sqrt(squares/n), std)
			}
			if d := math.Abs(fourths/n/math.Pow(std, 4) - 3); d > sigmas*math.Sqrt(96/n) {
				t.Errorf("%s: kurtosis %g, want 3", w.Name, fourths/n/math.Pow(std, 4))
			}
		}
	}
}

// TestNewPolicyDrawsByName makes sure that a tensor depends on seed and name alone:
// the same in a deeper model, another for another name or seed.
func TestNewPolicyDrawsByName(t *testing.T) {
	base := values(t, newPolicy(t, initArch(), 3))
	if diff := cmp.Diff(base, values(t, newPolicy(t, initArch(), 3))); diff != "" {
		t.Errorf("the same seed gives other values:\n%s", diff)
	}
	deeper := initArch()
	deeper.NumHiddenLayers = 3
	for name, data := range values(t, newPolicy(t, deeper, 3)) {
		if old, ok := base[name]; ok && !cmp.Equal(old, data) {
			t.Errorf("%s: other values in a deeper model", name)
		}
	}
	const q0, q1, k0 = "model.layers.0.self_attn.q_proj.weight", "model.layers.1.self_attn.q_proj.weight", "model.layers.0.self_attn.k_proj.weight"
	if cmp.Equal(base[q0], base[q1]) || cmp.Equal(base[q0][:len(base[k0])], base[k0]) {
		t.Error("two tensors have the same values")
	}
	if other := values(t, newPolicy(t, initArch(), 4)); cmp.Equal(base[q0], other[q0]) {
		t.Error("two seeds give the same values")
	}
	// Pinned: a run's first step depends on them.
	if got, want := fmt.Sprint(base[q0][:3]), "[0.06294653 0.04414393 -0.0377017]"; got != want {
		t.Errorf("%s begins with %s, want %s", q0, got, want)
	}
}

func TestNewPolicyErrors(t *testing.T) {
	for name, change := range map[string]func(a *Arch){
		"model_type":        func(a *Arch) { a.ModelType = "gpt2" },
		"vocab_size":        func(a *Arch) { a.VocabSize = 0 },
		"num_hidden_layers": func(a *Arch) { a.NumHiddenLayers = 0 },
	} {
		a := initArch()
		change(a)
		if _, err := NewPolicy(a, 1); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestNewPolicyLeavesItsArchAlone(t *testing.T) {
	a := initArch()
	p := newPolicy(t, a, 1)
	if a.HeadDim != 0 || p.Arch.HeadDim != 16 || p.Arch.RopeTheta != 10000 {
		t.Errorf("argument %+v, policy %+v", a, p.Arch)
	}
}

func TestPolicyFromTensorsErrors(t *testing.T) {
	full := newPolicy(t, initArch(), 1)
	const victim = "model.layers.1.mlp.up_proj.weight"
	for name, c := range map[string]struct {
		lookup func(name string, data []float32, shape []int) ([]float32, []int, error)
		want   string
	}{
		"missing": {func(string, []float32, []int) ([]float32, []int, error) { return nil, nil, fmt.Errorf("not there") },
			"model: tensor " + victim + ": not there"},
		"transposed": {func(_ string, data []float32, s []int) ([]float32, []int, error) { return data, []int{s[1], s[0]}, nil },
			victim + ": found shape [64 96], the config wants [96 64]"},
		"cut": {func(_ string, data []float32, s []int) ([]float32, []int, error) { return data[1:], s, nil }, victim},
	} {
		_, err := PolicyFromTensors(full.Arch, func(name string) ([]float32, []int, error) {
			data, shape, err := weight(t, full, name)
			if name == victim {
				return c.lookup(name, data, shape)
			}
			return data, shape, err
		})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

func TestNumParameters(t *testing.T) {
	for _, name := range tinyModels {
		m := loadTiny(t, name, "config.json")
		want := 0
		for _, data := range values(t, m.Policy) {
			want += len(data)
		}
		if got := m.NumParameters(); got != want {
			t.Errorf("%s: %d parameters, want %d", name, got, want)
		}
	}
}

func TestOptionsValidate(t *testing.T) {
	for name, c := range map[string]struct {
		o    Options
		want string
	}{
		"folder":          {Options{Path: "x", DType: "float32"}, ""},
		"architecture":    {Options{Config: initArch(), DType: "float32"}, ""},
		"nothing":         {Options{DType: "float32"}, "path"},
		"both":            {Options{Path: "x", Config: initArch(), DType: "float32"}, "path"},
		"faults of arch":  {Options{Config: &Arch{}, DType: "float32"}, "config.model_type"},
		"dtype not there": {Options{Path: "x", DType: "float16"}, "dtype"},
	} {
		err := c.o.Validate()
		if c.want == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: error %v, want one on %s", name, err, c.want)
		}
	}
	if o := DefaultOptions(); o.DType != "float32" {
		t.Errorf("default dtype %q", o.DType)
	}
}
