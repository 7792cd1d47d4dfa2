package trainer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/model/device"
	"github.com/rlvr-go/rlvr/sampler"
)

// BenchmarkObjectives is the gradient pass and optimizer step of a model with head,
// log-softmax and loss under several objectives, by turns, so that the machine's other
// work meets all alike: the median time of each is reported relative to grpo's. Its
// responses are old enough that every ratio differs from 1.
//
//	go test ./trainer -run '^$' -bench Objectives
func BenchmarkObjectives(b *testing.B) {
	names := []string{"grpo", "gspo", "minpro", "kpo", "sspo", "dhpo"}
	for _, size := range []struct{ responses, length, vocab, hidden int }{{256, 4, 32, 64}, {8, 1024, 4096, 256}, {2, 8192, 4096, 256}} {
		for _, backend := range []string{"go", "xla:cpu", "xla:cuda"} {
			b.Run(fmt.Sprintf("%s/%dx%d", backend, size.responses, size.length), func(b *testing.B) {
				dev, err := device.Open(backend, quiet())
				if err != nil {
					b.Skip(err)
				}
				arch := gradientArch()
				arch.VocabSize, arch.HiddenSize, arch.IntermediateSize = size.vocab, size.hidden, 2*size.hidden
				arch.NumAttentionHeads, arch.HeadDim, arch.MaxPositionEmbeddings, arch.InitializerRange = size.hidden/16, 16, 2*size.length+64, 0.02
				updates := make([]func() error, len(names))
				for i, name := range names {
					updates[i] = updateOf(b, dev, arch, name, size.responses, size.length)
				}
				times := make([][]float64, len(names))
				for b.Loop() {
					for i, update := range updates {
						start := time.Now()
						if err := update(); err != nil {
							b.Fatal(names[i], err)
						}
						times[i] = append(times[i], time.Since(start).Seconds())
					}
				}
				middle := func(x []float64) float64 { slices.Sort(x); return x[len(x)/2] }
				base := middle(times[0])
				b.ReportMetric(1000*base, "grpo-ms")
				for i, name := range names[1:] {
					b.ReportMetric(middle(times[1+i])/base, name+"/grpo")
				}
			})
		}
	}
}

// updateOf is one optimizer step under an objective, compiled: responses in groups of
// all, of random tokens, with random old log-probabilities near the policy's.
func updateOf(b *testing.B, dev *device.Device, arch *model.Arch, algorithm string, responses, length int) func() error {
	b.Helper()
	o := kitStage("bench", algorithm, 1)
	o.Algorithm.Options = map[string]any{"loss_agg_mode": "token-mean"}
	o.NumPromptsPerStep, o.Rollout = 1, sampler.Options{NumGenerations: responses, Temperature: 1, TopP: 1, MaxCompletionLength: length, ChunkTokens: 4, MaxRows: responses}
	o.Update.MiniBatchPrompts, o.Update.NumIterations, o.Update.MicroBatchTokens = 0, 2, 1<<20
	a, err := algos.Resolve(o.Algorithm)
	if err != nil {
		b.Fatal(err)
	}
	policy := kitPolicy(b, arch)
	var head *valueHead
	if a.Needs().Values {
		head = newValueHead(arch)
	}
	st := &stage{opts: &o, algorithm: a, objective: newObjective(dev, arch, a, &o), optimizer: newOptimizer(dev, policy, head, o.Optim), packer: newPacker(arch, &o)}
	dice := rand.New(rand.NewPCG(1, 2))
	g := data.Group{Prompt: []int32{1, 2, 3, 4}, Rollouts: make([]data.Rollout, responses)}
	for i := range g.Rollouts {
		tokens, probs := make([]int32, length), make([]float32, length)
		for t := range tokens {
			tokens[t], probs[t] = int32(dice.IntN(arch.VocabSize)), -5-dice.Float32()
		}
		g.Rollouts[i] = data.Rollout{Sample: i, Segments: []data.Segment{{Tokens: tokens, RolloutLogProbs: probs}}}
	}
	s := rowsOf([]data.Group{g})
	for i := range s.Rows {
		r := &s.Rows[i]
		r.OldLogProbs, r.Advantages = r.RolloutLogProbs, make([]float64, length)
		r.Features = map[string][]float32{"spans/sentence": make([]float32, length)}
		for t := range r.Advantages {
			r.Advantages[t] = float64(1 - 2*(i%2))
			r.Features["spans/sentence"][t] = float32(t / 16)
		}
		r.Entropy = make([]float32, length)
	}
	for _, stat := range st.objective.needs.BatchStats {
		s.Stats[stat.Name] = stat.Compute(s)
	}
	batch := st.batch(s, 0, 1)
	update := func() error {
		_, err := st.optimizer.update(st.objective, policy, batch, s.Stats, rates{})
		return err
	}
	if err := update(); err != nil {
		b.Fatal(err)
	}
	return update
}
