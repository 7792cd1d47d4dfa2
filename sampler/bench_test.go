package sampler

import (
	"context"
	"testing"

	"github.com/rlvr-go/rlvr/model"
)

// The shape of the quickstart: 256 completions of 32 prompts of 6 tokens.
const benchPrompts, benchGenerations = 32, 8

func benchArch() *model.Arch {
	return &model.Arch{ModelType: "qwen3", VocabSize: 32, HiddenSize: 64, IntermediateSize: 128, NumHiddenLayers: 2,
		NumAttentionHeads: 4, NumKeyValueHeads: 2, HeadDim: 16, MaxPositionEmbeddings: 64, TieWordEmbeddings: true}
}

// benchSample samples completions of a fixed number of tokens.
func benchSample(b *testing.B, tokens int) {
	for _, name := range []string{"go", "xla:cpu"} {
		b.Run(name, func(b *testing.B) {
			dev := open(b, name)
			p, err := model.NewPolicy(benchArch(), 1)
			if err != nil {
				b.Fatal(err)
			}
			o := Options{NumGenerations: benchGenerations, Temperature: 1, TopP: 1, MaxCompletionLength: tokens, ChunkTokens: 32, MaxRows: 256}
			s, err := New(dev, p.Arch, o, nil, nil)
			if err != nil {
				b.Fatal(err)
			}
			prompts := testPrompts(benchPrompts, 6, 6)
			step := 0
			sample := func() {
				n := 0
				if err := s.Sample(context.Background(), p, prompts, Draw{Step: step}, func(r Result) { n += len(r.Tokens) }); err != nil {
					b.Fatal(err)
				}
				if n != benchPrompts*benchGenerations*tokens {
					b.Fatalf("%d tokens", n)
				}
				step++
			}
			sample() // compiles
			for b.Loop() {
				sample()
			}
			b.ReportMetric(float64(benchPrompts*benchGenerations*tokens)*float64(b.N)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}

// BenchmarkPrefill is a call for one token a completion: prefills and nothing else.
func BenchmarkPrefill(b *testing.B) { benchSample(b, 1) }

// BenchmarkDecode is a call for four tokens a completion: the prefills and three
// steps of decoding.
func BenchmarkDecode(b *testing.B) { benchSample(b, 4) }
