package trainer

import (
	"testing"

	"github.com/rlvr-go/rlvr/model"
	"github.com/rlvr-go/rlvr/tokenize"
	"github.com/rlvr-go/rlvr/verifier/tasks"
)

// quickstartRun is the GRPO stage of configs/quickstart.yaml: its model, problems
// and batch. Rewards are those of evenStart, so that an untrained policy has
// something to learn; the rate is 0, so that it always has as much.
func quickstartRun(b *testing.B, backend string, steps int) (Setup, *recorder) {
	b.Helper()
	if backend == "xla:cpu" {
		openDevice(b, backend) // skips here, not below
	}
	stage := kitStage("grpo", "grpo", steps)
	stage.NumPromptsPerStep, stage.Rollout.NumGenerations = 32, 8
	stage.Rollout.ChunkTokens, stage.Rollout.MaxRows = 32, 256
	stage.Optim.LearningRate, stage.Update.MicroBatchTokens = 0, 16384
	s, rec := kitSetup(b, openDevice(b, backend), stage)
	task, err := tasks.New("addition", nil)
	if err != nil {
		b.Fatal(err)
	}
	if s.Train, err = task.Split(tasks.Train); err != nil {
		b.Fatal(err)
	}
	if s.Tokenizer, err = tokenize.New(tokenize.Options{Chars: "0123456789+-*=()., #?"}); err != nil {
		b.Fatal(err)
	}
	s.Policy = kitPolicy(b, &model.Arch{
		ModelType: "qwen3", VocabSize: s.Tokenizer.VocabSize(), HiddenSize: 64, IntermediateSize: 128, NumHiddenLayers: 2,
		NumAttentionHeads: 4, NumKeyValueHeads: 2, HeadDim: 16, MaxPositionEmbeddings: 64, TieWordEmbeddings: true, InitializerRange: 0.05,
	})
	verify(evenStart).judgeBy(&s)
	s.Eval.EvalOnStart, s.Test, s.Validation, s.Checkpoint.SaveSteps = false, nil, nil, 0
	return s, rec
}

// BenchmarkStep is a GRPO step of the quickstart with its phases and the share of
// it in which no device works.
func BenchmarkStep(b *testing.B) {
	const warm = 8 // steps that compile
	for _, backend := range []string{"go", "xla:cpu"} {
		b.Run(backend, func(b *testing.B) {
			s, rec := quickstartRun(b, backend, warm+b.N)
			tr := newTrainer(b, s)
			st, err := tr.openStage()
			if err != nil {
				b.Fatal(err)
			}
			for range warm {
				if err := tr.step(b.Context(), st); err != nil {
					b.Fatal(err)
				}
			}
			rec.steps = nil
			for b.Loop() {
				if err := tr.step(b.Context(), st); err != nil {
					b.Fatal(err)
				}
			}
			sums := map[string]float64{}
			for _, r := range rec.steps {
				for name, v := range r.Values {
					sums[name] += v
				}
			}
			n := float64(len(rec.steps))
			for metric, unit := range map[string]string{"timing_s/gen": "gen-ms", "timing_s/reward": "reward-ms", "timing_s/update": "update-ms", "timing_s/host": "host-ms"} {
				b.ReportMetric(1000*sums[metric]/n, unit)
			}
			b.ReportMetric(sums["perf/gen_tokens_per_s"]/n, "gen-tokens/s")
			b.ReportMetric(sums["perf/train_tokens_per_s"]/n, "train-tokens/s")
		})
	}
}
