package algos_test

import (
	"fmt"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas

	"github.com/rlvr-go/rlvr/algos"
)

// BenchmarkHeadAndLoss is what a loss adds to a step: output head, log-softmax, loss and
// their gradient, without the layers below. Compare the losses that scan along the
// response with grpo, at the size of the quickstart (256 responses of 4 tokens) and on
// long responses.
func BenchmarkHeadAndLoss(b *testing.B) {
	backend, err := compute.NewWithConfig("go:ops_sequential")
	if err != nil {
		b.Fatal(err)
	}
	const width, vocabulary = 64, 30
	for _, size := range []struct{ n, t int }{{256, 4}, {4, 2048}} {
		for _, name := range []string{"grpo", "gspo", "minpro", "kpo"} {
			b.Run(fmt.Sprintf("%dx%d/%s", size.n, size.t, name), func(b *testing.B) {
				a, err := algos.Resolve(algos.Options{Name: name, Options: map[string]any{"loss_agg_mode": "token-mean"}})
				if err != nil {
					b.Fatal(err)
				}
				hidden, head := make([][]float32, size.n*size.t), make([][]float32, width)
				for i := range hidden {
					hidden[i] = make([]float32, width)
					hidden[i][i%width] = 1
				}
				for i := range head {
					head[i] = make([]float32, vocabulary)
					head[i][i%vocabulary] = 0.5
				}
				exec, err := NewExec(backend, func(hidden, head *Node) []*Node {
					logProbs := Reshape(SliceAxis(LogSoftmax(Dot(hidden, head).Product()), 1, AxisElem(3)), size.n, size.t)
					ones := OnesLike(logProbs)
					count := Const(logProbs.Graph(), float32(size.n*size.t))
					out := a.Graph(algos.Inputs{
						LogProbs: logProbs, Old: MulScalar(ones, -3.3), Advantages: ones, Mask: ones,
						Denom: algos.Denominators{Tokens: count, Sequences: count, MaxLength: count},
					})
					term := out.Terms[0]
					results := Gradient(Div(term.Numerator, term.Denominator), hidden, head)
					for _, m := range out.Metrics {
						results = append(results, ConvertDType(m.Numerator, dtypes.Float32))
					}
					return results
				})
				if err != nil {
					b.Fatal(err)
				}
				defer exec.Finalize()
				for b.Loop() {
					if _, err := exec.Call(hidden, head); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
