package model

import (
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/rlvr-go/rlvr/checkpoints/safetensors"
	"github.com/rlvr-go/rlvr/model/device"
)

// tinyModels are the checkpoints under testdata: see its README.
var tinyModels = []string{"qwen2_tied", "qwen3", "qwen3_moe", "llama_plain"}

// tiny is a checkpoint of testdata with what transformers computes from it.
type tiny struct {
	*Policy
	golden *safetensors.File
}

// loadTiny loads a checkpoint of testdata with one of its two configs.
func loadTiny(t testing.TB, name, config string) *tiny {
	t.Helper()
	folder := filepath.Join("testdata", name)
	text, err := os.ReadFile(filepath.Join(folder, config))
	if err != nil {
		t.Fatal(err)
	}
	arch, err := ParseArch(text)
	if err != nil {
		t.Fatal(err)
	}
	weights := openTensors(t, filepath.Join(folder, "model.safetensors"))
	p, err := PolicyFromTensors(arch, func(name string) ([]float32, []int, error) {
		data, info, err := weights.Float32(name)
		return data, info.Shape, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return &tiny{p, openTensors(t, filepath.Join(folder, "golden.safetensors"))}
}

func openTensors(t testing.TB, path string) *safetensors.File {
	t.Helper()
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func (m *tiny) floats(t testing.TB, name string) []float32 {
	t.Helper()
	data, _, err := m.golden.Float32(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (m *tiny) ids(t testing.TB, name string) []int32 {
	t.Helper()
	data, _, err := m.golden.Int32(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// onDevices runs a test on the pure-Go backend and on XLA where its plugin is found.
func onDevices(t *testing.T, run func(t *testing.T, dev *device.Device)) {
	for _, name := range []string{"go", "xla:cpu"} {
		t.Run(name, func(t *testing.T) {
			if name == "xla:cpu" {
				if path, why := device.FindPlugin("cpu"); path == "" {
					t.Skip(why + ": make xla-cpu installs it")
				}
			}
			dev, err := device.Open(name, quiet())
			if err != nil {
				t.Fatal(err)
			}
			run(t, dev)
		})
	}
}

// goDevice is the pure-Go backend.
func goDevice(t testing.TB) *device.Device {
	t.Helper()
	dev, err := device.Open("go", quiet())
	if err != nil {
		t.Fatal(err)
	}
	return dev
}

type (
	node     = graph.Node
	graphFn  = func(in []*node) []*node
	float32s = []float32
)

// run calls a graph function once and returns its outputs, which are float32.
func run(t testing.TB, dev *device.Device, fn graphFn, inputs ...any) []float32s {
	t.Helper()
	return call(t, dev, dev.NewExec(t.Name(), fn), inputs...)
}

// call calls an executable whose outputs are float32.
func call(t testing.TB, dev *device.Device, exec *device.Exec, inputs ...any) []float32s {
	t.Helper()
	out, err := exec.Call(device.Args(inputs...)...)
	if err != nil {
		t.Fatal(err)
	}
	values := make([]float32s, len(out))
	for i := range out {
		if values[i], err = device.Values[float32](dev, out[i]); err != nil {
			t.Fatal(err)
		}
	}
	return values
}

// maxDiff is the largest absolute difference of two arrays, NaN if any is.
func maxDiff(t testing.TB, got, want []float32) float64 {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d elements, want %d", len(got), len(want))
	}
	worst := 0.0
	for i := range got {
		// math.Max keeps NaN, a comparison would drop it.
		worst = math.Max(worst, math.Abs(float64(got[i])-float64(want[i])))
	}
	return worst
}

// near fails the test unless all elements are within tolerance.
func near(t testing.TB, what string, got, want []float32, tolerance float64) {
	t.Helper()
	if d := maxDiff(t, got, want); !(d <= tolerance) {
		t.Errorf("%s: max abs difference %g, tolerance %g", what, d, tolerance)
	}
}
