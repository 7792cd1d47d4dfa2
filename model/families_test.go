package model

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/checkpoints/safetensors"
	"github.com/rlvr-go/rlvr/model/device"
)

// familyCase is a case of testdata/families: a config.json as repositories have it
// and as transformers writes it.
type familyCase struct {
	Name          string
	Config, Saved json.RawMessage
}

// families are the cases and what transformers computes for them: see make.py.
type familyGoldens struct {
	cases  []familyCase
	golden *safetensors.File
}

func loadFamilies(t testing.TB) *familyGoldens {
	t.Helper()
	f := &familyGoldens{golden: openTensors(t, filepath.Join("testdata", "families", "golden.safetensors"))}
	readJSON(t, "cases.json", &f.cases)
	return f
}

func readJSON(t testing.TB, name string, v any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "families", name))
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (f *familyGoldens) floats(t testing.TB, c *familyCase, name string) []float32 {
	t.Helper()
	data, _, err := f.golden.Float32(c.Name + "/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// policy has the weights that make.py gave the case.
func (c *familyCase) policy(t testing.TB) *Policy {
	t.Helper()
	a, err := ParseArch(c.Config)
	if err != nil {
		t.Fatal(err)
	}
	shapes := map[string][]int{}
	for _, w := range a.Weights() {
		shapes[w.Name] = w.Shape
		for _, part := range w.Parts {
			shapes[part] = w.Shape[1:]
		}
	}
	p, err := PolicyFromTensors(a, func(name string) ([]float32, []int, error) {
		return hashedWeight(name, shapes[name]), shapes[name], nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// hashed are n numbers in [-1, 1): make.py's uniform.
func hashed(name string, n int) []float64 {
	h := fnv.New32a()
	h.Write([]byte(name))
	out := make([]float64, n)
	for i := range out {
		x := h.Sum32() + uint32(i)*0x9E3779B9
		x = (x ^ x>>16) * 0x7FEB352D
		x = (x ^ x>>15) * 0x846CA68B
		out[i] = float64((x^x>>16)>>8)/(1<<23) - 1
	}
	return out
}

// hashedWeight is make.py's weight.
func hashedWeight(name string, shape []int) []float32 {
	n := 1
	for _, d := range shape {
		n *= d
	}
	out := make([]float32, n)
	for i, u := range hashed(name, n) {
		switch {
		case strings.Contains(name, "norm"):
			u = 1 + 0.5*u
		case !strings.HasSuffix(name, "mlp.gate.weight"):
			u *= 0.5
		}
		out[i] = float32(u)
	}
	return out
}

// familyLengths are make.py's LENGTHS.
var familyLengths = []int{5, 37}

// familyIDs are the tokens of sequence i.
func familyIDs(i, vocab int) []int32 {
	n := familyLengths[i]
	out := make([]int32, n)
	for j, u := range hashed(fmt.Sprintf("ids %d", n), n) {
		out[j] = int32((u + 1) / 2 * float64(vocab))
	}
	return out
}

// each runs a test for all cases; on XLA, which compiles each for a second, for some
// only, unless RLVR_LONG is set.
func (f *familyGoldens) each(t *testing.T, dev *device.Device, onXLA []string, run func(t *testing.T, c *familyCase)) {
	for i := range f.cases {
		c := &f.cases[i]
		if dev.Name != "go" && os.Getenv("RLVR_LONG") == "" && !slices.Contains(onXLA, c.Name) {
			continue
		}
		t.Run(c.Name, func(t *testing.T) { run(t, c) })
	}
}

// TestFamiliesAreTransformers runs each sequence alone.
func TestFamiliesAreTransformers(t *testing.T) {
	f := loadFamilies(t)
	onDevices(t, func(t *testing.T, dev *device.Device) {
		f.each(t, dev, []string{"llama biases", "qwen3 layer_types", "moe many experts"}, func(t *testing.T, c *familyCase) {
			p := c.policy(t)
			for i, n := range familyLengths {
				if dev.Name != "go" && i == 0 {
					continue // an executable more would tell no more
				}
				long := *p
				long.Arch = p.Arch.AtLength(n)
				got := forward(t, dev, &long, familyIDs(i, p.Arch.VocabSize))[0]
				near(t, fmt.Sprintf("logits_%d", i), got.logits, f.floats(t, c, fmt.Sprintf("logits_%d", i)), parityTolerance)
			}
		})
	})
}

// TestFamiliesSavedByTransformers: the config.json that transformers writes means the
// same, and so does ours.
func TestFamiliesSavedByTransformers(t *testing.T) {
	for _, c := range loadFamilies(t).cases {
		want, err := ParseArch(c.Config)
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		got, err := ParseArch(c.Saved)
		if err != nil {
			t.Errorf("%s: saved: %v", c.Name, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -config +saved:\n%s", c.Name, diff)
		}
		ours, err := want.ConfigJSON("float32")
		if err != nil {
			t.Fatal(err)
		}
		if again, err := ParseArch(ours); err != nil || !cmp.Equal(want, again) {
			t.Errorf("%s: ours: %v\n%s", c.Name, err, cmp.Diff(want, again))
		}
	}
}

// frequencyTolerance bounds the relative difference of inverse frequencies to those
// of transformers, which computes them in float32: a power, a quotient and a ramp.
const frequencyTolerance = 2e-6

// TestFrequenciesAreTransformers has the scalings of published models.
func TestFrequenciesAreTransformers(t *testing.T) {
	var cases []struct {
		Name      string
		Config    json.RawMessage
		Length    int
		Inverse   []float64
		Attention float64
	}
	readJSON(t, "frequencies.json", &cases)
	for _, c := range cases {
		a, err := ParseArch(c.Config)
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		got, attention := a.AtLength(c.Length).rotaryFrequencies()
		if len(got) != len(c.Inverse) {
			t.Fatalf("%s: %d frequencies, want %d", c.Name, len(got), len(c.Inverse))
		}
		for j := range got {
			if d := math.Abs(got[j]/c.Inverse[j] - 1); !(d <= frequencyTolerance) {
				t.Errorf("%s: frequency %d is %g, transformers' %g", c.Name, j, got[j], c.Inverse[j])
			}
		}
		if d := math.Abs(attention - c.Attention); d > 1e-12 {
			t.Errorf("%s: attention factor %g, transformers' %g", c.Name, attention, c.Attention)
		}
	}
}
