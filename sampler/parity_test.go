package sampler

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/rlvr-go/rlvr/checkpoints/safetensors"
	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/model/device"
)

// loadTiny loads a checkpoint of model/testdata, with what transformers computes from
// it.
func loadTiny(t testing.TB, name string) (*model.Policy, *safetensors.File) {
	t.Helper()
	folder := filepath.Join("..", "model", "testdata", name)
	config, err := os.ReadFile(filepath.Join(folder, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	arch, err := model.ParseArch(config)
	if err != nil {
		t.Fatal(err)
	}
	var files []*safetensors.File
	for _, name := range []string{"model.safetensors", "golden.safetensors"} {
		f, err := safetensors.Open(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		files = append(files, f)
	}
	p, err := model.PolicyFromTensors(arch, func(name string) ([]float32, []int, error) {
		data, info, err := files[0].Float32(name)
		return data, info.Shape, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return p, files[1]
}

// TestGreedyContinuationIsTransformers: 24 tokens of greedy decoding after prompts of
// 1, 7, 33 and 90 tokens, without a stop token; on XLA the longer two with RLVR_LONG
// only. No step of them is a near tie.
func TestGreedyContinuationIsTransformers(t *testing.T) {
	backends(t, func(t *testing.T, dev *device.Device) {
		for _, name := range []string{"qwen2_tied", "qwen3", "qwen3_moe", "llama_plain"} {
			t.Run(name, func(t *testing.T) {
				p, golden := loadTiny(t, name)
				prompts, want := make([]Prompt, 4), make([][]int32, 4)
				if dev.Name != "go" && os.Getenv("RLVR_LONG") == "" {
					prompts = prompts[:2] // of one bucket: compiling takes its time
				}
				for i := range prompts {
					var err error
					if prompts[i].Tokens, _, err = golden.Int32(fmt.Sprintf("input_ids_%d", i)); err != nil {
						t.Fatal(err)
					}
					if want[i], _, err = golden.Int32(fmt.Sprintf("greedy_%d", i)); err != nil {
						t.Fatal(err)
					}
				}
				o := Options{NumGenerations: 2, TopP: 1, MaxCompletionLength: 24, ChunkTokens: 10, MaxRows: 8}
				s, err := New(dev, p.Arch, o, nil, nil)
				if err != nil {
					t.Fatal(err)
				}
				for k, r := range collect(t, s, p, prompts) {
					if !slices.Equal(r.Tokens, want[k.prompt]) {
						t.Errorf("completion %v:\n got %v\nwant %v", k, r.Tokens, want[k.prompt])
					}
				}
			})
		}
	})
}
