package checkpoints_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/rlvr-go/rlvr/checkpoints"
	"github.com/rlvr-go/rlvr/checkpoints/safetensors"
)

func ExampleSave() {
	dir, err := os.MkdirTemp("", "checkpoints")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	for step := 10; step <= 30; step += 10 {
		c := &checkpoints.Checkpoint{
			Step:  step,
			Files: map[string][]byte{"config.json": []byte(`{"model_type": "qwen3"}`)},
			Model: []checkpoints.Tensor{{Name: "lm_head.weight", DType: safetensors.F32, Shape: []int{1}, Data: make([]byte, 4)}},
			State: []byte(`{"seed": 1}`),
		}
		if err := checkpoints.Save(context.Background(), dir, c, checkpoints.Options{KeepLast: 2}); err != nil {
			fmt.Println(err)
		}
	}
	entries, err := checkpoints.List(dir)
	if err != nil {
		fmt.Println(err)
	}
	for _, e := range entries {
		c, err := checkpoints.Load(dir, e.Step)
		fmt.Println(e.Step, string(c.State), err)
	}
	_, err = checkpoints.Load(dir, 10)
	fmt.Println(errors.Is(err, checkpoints.ErrNoCheckpoint))
	// Output:
	// 30 {"seed": 1} <nil>
	// 20 {"seed": 1} <nil>
	// true
}

// A GGUF file is opened as the Hugging Face folder that it was made from.
func ExampleOpenModel() {
	m, err := checkpoints.OpenModel("testdata/gguf/qwen3moe.gguf")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer m.Close()
	fmt.Println(slices.Sorted(maps.Keys(m.Files)))
	_, shape, err := m.Float32("model.layers.1.mlp.experts.2.down_proj.weight")
	fmt.Println(shape, err)
	// Output:
	// [config.json generation_config.json tokenizer.json tokenizer_config.json]
	// [16 24] <nil>
}
