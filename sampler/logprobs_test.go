package sampler

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/model/device"
)

// logProbTolerance is the float32 rounding of a log-softmax over 32 logits, with two
// layers of different summation order below.
const logProbTolerance = 2e-5

// TestLogProbsAreTheTrainers compares the sampler's log-probabilities with one full
// forward pass over prompt and completion.
func TestLogProbsAreTheTrainers(t *testing.T) {
	backends(t, func(t *testing.T, dev *device.Device) {
		p := testPolicy(t)
		o := Options{NumGenerations: 3, Temperature: 0.7, TopP: 1, MaxCompletionLength: 12, ChunkTokens: 4, MaxRows: 16}
		prompts := testPrompts(9, 2, 20)
		forward := dev.NewExec("forward", func(in []*graph.Node) []*graph.Node {
			nw := len(p.Weights)
			tokens, targets, temperature := in[nw], in[nw+1], in[nw+2]
			d := p.Arch.BindGraph(in[:nw])
			h := d.HiddenGraph(tokens, p.Arch.RotaryGraph(model.PositionsGraph(tokens), tokens.Shape().Dim(1)), model.CausalGraph(tokens))
			h = graph.Reshape(h, tokens.Shape().Dim(1), -1)
			return []*graph.Node{model.TokenStatsGraph(d.LogitsGraph(h), targets, temperature).LogProbs}
		})
		for k, r := range sampleAll(t, dev, p, o, prompts, nil) {
			prompt := prompts[k.prompt].Tokens
			all := append(append([]int32{}, prompt...), r.Tokens...)
			tokens, targets := make([]int32, 40), make([]int32, 40)
			copy(tokens, all)
			copy(targets, all[1:])
			out, err := forward.Call(device.Args(p.Weights, device.Array(tokens, 1, 40), device.Array(targets, 40), float32(o.Temperature))...)
			if err != nil {
				t.Fatal(err)
			}
			want, _ := device.Values[float32](dev, out[0])
			for i := range r.Tokens {
				if d := math.Abs(float64(r.LogProbs[i] - want[len(prompt)-1+i])); d > logProbTolerance {
					t.Errorf("completion %v token %d: log-prob %g, forward pass %g", k, i, r.LogProbs[i], want[len(prompt)-1+i])
				}
			}
			ended := r.Tokens[len(r.Tokens)-1] == testEOS
			if ended != (r.Finish == data.FinishEOS) || (!ended && len(r.Tokens) != o.MaxCompletionLength) {
				t.Errorf("completion %v: %d tokens, finish %v", k, len(r.Tokens), r.Finish)
			}
		}
	})
}
