package model

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files of testdata")

// TestWeightsAreTheFilesTensors compares names and shapes with files that
// transformers wrote: nothing missing, nothing left over.
func TestWeightsAreTheFilesTensors(t *testing.T) {
	for _, name := range tinyModels {
		f := openTensors(t, filepath.Join("testdata", name, "model.safetensors"))
		var want, got []string
		for _, tensor := range f.Tensors() {
			want = append(want, fmt.Sprint(tensor.Name, tensor.Shape))
		}
		for _, w := range loadTiny(t, name, "config.json").Specs {
			for _, part := range w.Parts {
				got = append(got, fmt.Sprint(part, w.Shape[1:]))
			}
			if w.Parts == nil {
				got = append(got, fmt.Sprint(w.Name, w.Shape))
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -file +weights:\n%s", name, diff)
		}
	}
}

// TestWeightsGolden pins the order, the axes and the initialisation: state files
// and sharding plans depend on them.
func TestWeightsGolden(t *testing.T) {
	var b strings.Builder
	list := func(title string, a *Arch) {
		fmt.Fprintf(&b, "== %s\n", title)
		for _, w := range a.Weights() {
			fmt.Fprintf(&b, "%s %v %q %s\n", w.Name, w.Shape, w.Axes, []string{"normal", "zeros", "ones"}[w.Init])
		}
	}
	for _, name := range tinyModels {
		list(name, loadTiny(t, name, "config.json").Arch)
	}
	biased := *loadTiny(t, "qwen3", "config.json").Arch
	biased.AttentionBias = true
	list("qwen3 with attention_bias", &biased)
	path := filepath.Join("testdata", "weights.golden")
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("-golden +now (go test -update writes it):\n%s", diff)
	}
}

func TestEveryWeightHasAnAxisPerDimension(t *testing.T) {
	for _, family := range Families() {
		a := Arch{ModelType: family, VocabSize: 6, HiddenSize: 8, IntermediateSize: 10, NumHiddenLayers: 2,
			NumAttentionHeads: 2, MaxPositionEmbeddings: 4, AttentionBias: true, MLPBias: true, NumExperts: 3, NumExpertsPerTok: 2,
			MoeIntermediateSize: 5, DecoderSparseStep: 2}.WithDefaults()
		seen := map[string]bool{}
		for _, w := range a.Weights() {
			if len(w.Axes) != len(w.Shape) {
				t.Errorf("%s %s: axes %q of shape %v", family, w.Name, w.Axes, w.Shape)
			}
			if seen[w.Name] {
				t.Errorf("%s %s: twice", family, w.Name)
			}
			seen[w.Name] = true
		}
	}
}
