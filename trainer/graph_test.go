package trainer

import (
	"fmt"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/model"
)

// graphText is the text of a graph.
func graphText(t *testing.T, name string, fn func([]*graph.Node) []*graph.Node, inputs []shapes.Shape) string {
	t.Helper()
	g := graph.NewGraph(openDevice(t, "go").Backend, name)
	params := make([]*graph.Node, len(inputs))
	for i, s := range inputs {
		params[i] = graph.Parameter(g, fmt.Sprintf("p%d", i), s)
	}
	fn(params)
	return nodeNoise.ReplaceAllString(g.String(), "") + "\n"
}

// nodeNoise is what a graph's text says twice.
var nodeNoise = regexp.MustCompile(`(?m)^\t#\d+\tNode | - mem: .*$`)

// weightShapes are the shapes of an architecture's weights, times over.
func weightShapes(arch *model.Arch, times int) []shapes.Shape {
	var out []shapes.Shape
	for range times {
		for _, w := range arch.Weights() {
			out = append(out, shapes.Make(dtypes.Float32, w.Shape...))
		}
	}
	return out
}

// microShapes are the shapes of a micro-batch as objective.args sends it, with its
// numbers and arrays.
func microShapes(s shape, numbers, arrays int) []shapes.Shape {
	return []shapes.Shape{
		shapes.Make(dtypes.Int32, 4, s.R, s.S), shapes.Make(dtypes.Int32, 2, s.N, s.T),
		shapes.Make(dtypes.Float32, 1+arrays, s.N, s.T), shapes.Make(dtypes.Float32, numbers),
	}
}

// TestGraphSnapshots shows when a change changes the graphs of a train step: a pure
// refactoring leaves the files of testdata/graphs alone.
func TestGraphSnapshots(t *testing.T) {
	arch := kitArch()
	dev := openDevice(t, "go")
	micro := shape{R: 2, S: 12, N: 4, T: 4}
	stage := severalUpdates(1)
	a, err := algos.Resolve(stage.Algorithm)
	if err != nil {
		t.Fatal(err)
	}
	ob := newObjective(dev, arch, a, &stage)
	inputs := append(weightShapes(arch, 1), microShapes(micro, numberStats, len(ob.arrays))...)
	compareGolden(t, filepath.Join("testdata", "graphs", "grad_grpo.txt"), graphText(t, "grad", ob.gradGraph, inputs))

	inputs = append(weightShapes(arch, 1), microShapes(micro, 1, 0)...)
	compareGolden(t, filepath.Join("testdata", "graphs", "score.txt"), graphText(t, "score", scoreGraph(arch, scorePass{}), inputs))

	optim := kitStage("s", "sft", 1).Optim
	optim.WeightDecay = 0.1
	adam := newAdamW(kitPolicy(t, arch), nil, optim)
	inputs = append(weightShapes(arch, 4), shapes.Make(dtypes.Float32, 4))
	compareGolden(t, filepath.Join("testdata", "graphs", "adamw.txt"), graphText(t, "adamw", adam.updateGraph, inputs))
}
