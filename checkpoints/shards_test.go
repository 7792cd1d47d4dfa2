package checkpoints

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/checkpoints/safetensors"
)

// TestCutShards counts bytes as Hugging Face does: a file is full before the tensor
// that would make it larger than the limit.
func TestCutShards(t *testing.T) {
	for _, c := range []struct {
		sizes []int
		limit int64
		want  string
	}{
		{[]int{4, 4}, 8, "model.safetensors [4 4]"},
		{nil, 8, "model.safetensors []"},
		{[]int{4, 4}, 7, "model-00001-of-00002.safetensors [4], model-00002-of-00002.safetensors [4]"},
		{[]int{9, 1}, 7, "model-00001-of-00002.safetensors [9], model-00002-of-00002.safetensors [1]"},
		{[]int{2, 4, 3, 1, 9, 1}, 7, "model-00001-of-00004.safetensors [2 4], model-00002-of-00004.safetensors [3 1], " +
			"model-00003-of-00004.safetensors [9], model-00004-of-00004.safetensors [1]"},
	} {
		var list []Tensor
		for i, n := range c.sizes {
			list = append(list, Tensor{Name: fmt.Sprint(i), DType: safetensors.U8, Shape: []int{n}})
		}
		shards, err := cutShards(list, c.limit)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range shards {
			sizes := []int{}
			for _, x := range s.tensors {
				sizes = append(sizes, x.Shape[0])
			}
			got = append(got, fmt.Sprint(s.name, " ", sizes))
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%v within %d: %q, want %q", c.sizes, c.limit, got, c.want)
		}
	}
	if _, err := cutShards([]Tensor{{Name: "w", DType: "F31"}}, 1); err == nil || !strings.Contains(err.Error(), `tensor "w"`) {
		t.Errorf("got %v", err)
	}
}

func TestWeightsFileNames(t *testing.T) {
	for name, want := range map[string]bool{
		"model.safetensors": true, "model.safetensors.index.json": true, "model-00001-of-00002.safetensors": true,
		"model-0001-of-00002.safetensors": false, "model-0000x-of-00002.safetensors": false, "model-00001-of-00002.safetensors.bak": false,
		"model-00001_of-00002.safetensors": false, "config.json": false,
	} {
		if got := isWeightsFile(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// saveShards saves sample(step) with its two weights in files of their own.
func saveShards(t testing.TB, dir string, step int) {
	t.Helper()
	if err := save(context.Background(), hastyDisk{}, dir, sample(step), Options{}, 6); err != nil {
		t.Fatal(err)
	}
}

// TestShardedCheckpoint: weights beyond the limit go to several files with an index,
// which load and are verified as one file is.
func TestShardedCheckpoint(t *testing.T) {
	dir := t.TempDir()
	saveShards(t, dir, 7)
	want := []string{
		"config.json", "generation_config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
		"model.safetensors.index.json", "tokenizer.json", "tokenizer_config.json",
		"trainer/manifest.json", "trainer/optimizer.safetensors", "trainer/state.json",
	}
	if diff := cmp.Diff(want, tree(t, Folder(dir, 7))); diff != "" {
		t.Fatal(diff)
	}
	const index = `{
  "metadata": {
    "total_size": 22
  },
  "weight_map": {
    "model.embed_tokens.weight": "model-00002-of-00002.safetensors",
    "model.norm.weight": "model-00001-of-00002.safetensors"
  }
}
`
	if got, err := os.ReadFile(filepath.Join(Folder(dir, 7), "model.safetensors.index.json")); err != nil || string(got) != index {
		t.Errorf("index is %s, %v", got, err)
	}
	wantLoads(t, dir, 7)
	m := mustOpen(t, Folder(dir, 7))
	wantTensors(t, m, sample(7).Model)
	for _, name := range want[:7] {
		path := filepath.Join(Folder(dir, 7), name)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, path, string(content)+" ")
		for what, open := range map[string]func() error{
			"Load":      func() error { _, err := Load(dir, 7); return err },
			"OpenModel": func() error { _, err := OpenModel(Folder(dir, 7)); return err },
		} {
			if err := open(); err == nil || !strings.Contains(err.Error(), name+": ") {
				t.Errorf("%s of damaged %s: %v", what, name, err)
			}
		}
		writeFile(t, path, string(content))
	}
}

// TestProducedCheckpoint: tensors that are produced as they are written make the same
// files, one at a time.
func TestProducedCheckpoint(t *testing.T) {
	plain, lazy := t.TempDir(), t.TempDir()
	mustSave(t, plain, 0, 3)
	c := sample(3)
	inUse := 0
	for _, list := range [][]Tensor{c.Model, c.Optimizer} {
		for i := range list {
			data := list[i].Data
			list[i].Data = nil
			list[i].Produce = func(w io.Writer) error {
				inUse++
				defer func() { inUse-- }()
				if inUse > 1 {
					t.Error("two tensors at a time")
				}
				_, err := w.Write(data)
				return err
			}
		}
	}
	if err := save(context.Background(), hastyDisk{}, lazy, c, Options{}, MaxShardBytes); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(contents(t, plain), contents(t, lazy)); diff != "" {
		t.Error(diff)
	}
	c.Model[1].Produce = func(io.Writer) error { return errFull }
	err := save(context.Background(), hastyDisk{}, lazy, c, Options{}, MaxShardBytes)
	if err == nil || !strings.Contains(err.Error(), `tensor "model.embed_tokens.weight": no space left`) {
		t.Errorf("got %v", err)
	}
	wantLoads(t, lazy, 3)
	wantNoLeftovers(t, lazy)
}

// contents are the files below dir.
func contents(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, name := range tree(t, dir) {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		out[name] = string(raw)
	}
	return out
}

// TestCloseCheckpoint: closing is harmless twice and without a file.
func TestCloseCheckpoint(t *testing.T) {
	dir := t.TempDir()
	mustSave(t, dir, 0, 1)
	c, err := Load(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := sample(1).Close(); err != nil {
		t.Fatal(err)
	}
}

// TestManifestOfShards: a manifest must list weights in one of the two ways.
func TestManifestOfShards(t *testing.T) {
	dir := t.TempDir()
	saveShards(t, dir, 1)
	path := filepath.Join(Folder(dir, 1), filepath.FromSlash(manifestFile))
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := parseManifest(raw)
	if err != nil {
		t.Fatal(err)
	}
	without := func(name string) []byte {
		n := *m
		n.Files = slices.DeleteFunc(slices.Clone(m.Files), func(e manifestEntry) bool { return e.Name == name })
		out, err := n.encode()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if _, err := parseManifest(without("model.safetensors.index.json")); err == nil || !strings.Contains(err.Error(), "does not list model.safetensors") {
		t.Errorf("no index: %v", err)
	}
	// A shard that nobody lists is missing from the weights: the index knows.
	if err := os.Remove(filepath.Join(Folder(dir, 1), "model-00002-of-00002.safetensors")); err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, string(without("model-00002-of-00002.safetensors")))
	if _, err := Load(dir, 1); err == nil || !strings.Contains(err.Error(), "model-00002-of-00002.safetensors") {
		t.Errorf("no shard: %v", err)
	}
}
