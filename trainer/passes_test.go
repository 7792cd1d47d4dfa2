package trainer

import (
	"testing"

	"github.com/rlvr-go/rlvr/algos"
)

// ratioTolerance bounds |ratio - 1| where the ratio should be 1: old
// log-probabilities come from a pass of their own, over rows cut otherwise, and
// differ by float32 roundings of numbers near 3.
const ratioTolerance = 1e-5

// klTolerance bounds the divergence of a policy from itself: k3 is the square of
// such a rounding.
const klTolerance = 1e-9

// severalUpdates is a stage of two passes over two mini-batches of four prompts.
func severalUpdates(steps int) StageOptions {
	o := kitStage("rl", "grpo", steps)
	o.NumPromptsPerStep, o.Update.NumIterations, o.Update.MiniBatchPrompts = 8, 2, 4
	return o
}

// TestOldLogProbs: with several updates of one step's rollouts the old
// log-probabilities are recomputed once, so that the ratio is 1 in the first
// mini-batch and not in the later ones.
func TestOldLogProbs(t *testing.T) {
	for _, packing := range []string{"packed", "padded"} {
		stage := severalUpdates(4)
		stage.Update.Packing = packing
		s, rec := kitSetup(t, openDevice(t, "go"), stage)
		verify(evenStart).judgeBy(&s)
		tr := runAll(t, s)
		first := rec.values("ratio/first_max_deviation")
		if len(first) != 4 {
			t.Fatalf("%s: ratio/first_max_deviation in %d of 4 steps", packing, len(first))
		}
		for i, r := range rec.steps {
			if first[i] < 0 || first[i] > ratioTolerance {
				t.Errorf("%s: step %d: first mini-batch: |ratio-1| %v", packing, r.Step, first[i])
			}
			if d := r.Values["ratio/max"] - r.Values["ratio/min"]; d < 100*ratioTolerance {
				t.Errorf("%s: step %d: ratios between %v and %v: later mini-batches see the old policy", packing, r.Step, r.Values["ratio/min"], r.Values["ratio/max"])
			}
		}
		if tr.policy.Version != 16 {
			t.Errorf("%s: policy version %d after 4 steps of 2 iterations of 2 mini-batches, want 16", packing, tr.policy.Version)
		}
	}
}

// TestOnPolicyRatioIsOne: one update a rollout needs no old pass; the ratio is 1
// bit for bit.
func TestOnPolicyRatioIsOne(t *testing.T) {
	s, rec := kitSetup(t, openDevice(t, "go"), kitStage("rl", "grpo", 2))
	verify(evenStart).judgeBy(&s)
	runAll(t, s)
	for _, r := range rec.steps {
		v := r.Values
		if _, ok := v["ratio/first_max_deviation"]; ok || v["ratio/min"] != 1 || v["ratio/max"] != 1 || v["ppo_kl"] != 0 {
			t.Errorf("step %d: %v", r.Step, v)
		}
	}
	for _, c := range s.Device.Compiles() {
		if c.Exec == "score" {
			t.Error("a scoring pass was compiled")
		}
	}
}

// TestSamplerAgrees: log-probabilities of the sampler and the trainer differ by
// roundings, on the policy and off.
func TestSamplerAgrees(t *testing.T) {
	for _, stage := range []StageOptions{kitStage("rl", "grpo", 3), severalUpdates(3)} {
		stage.Rollout.Temperature = 0.8
		s, rec := kitSetup(t, openDevice(t, "go"), stage)
		verify(evenStart).judgeBy(&s)
		runAll(t, s)
		mean, most := rec.values("sampling/sampling_logp_difference/mean"), rec.values("sampling/sampling_logp_difference/max")
		for i := range most {
			if most[i] > ratioTolerance || mean[i] > most[i] || mean[i] <= 0 {
				t.Errorf("step %d: |sampler - trainer| log-probability: mean %v, max %v", i+1, mean[i], most[i])
			}
		}
		if len(most) != 3 {
			t.Errorf("reported in %d steps of 3", len(most))
		}
	}
}

// TestReference: with a KL term the divergence from the stage's first weights is 0
// in the first step and grows; a new stage has a new reference.
func TestReference(t *testing.T) {
	one := kitStage("one", "grpo", 3)
	one.Algorithm = algos.Options{Name: "grpo", Options: map[string]any{"beta": 0.1}}
	two := one
	two.Name = "two"
	s, rec := kitSetup(t, openDevice(t, "go"), one, two)
	verify(evenStart).judgeBy(&s)
	runAll(t, s)
	kl := rec.values("kl")
	if len(kl) != 6 {
		t.Fatalf("kl in %d of 6 steps", len(kl))
	}
	for i, v := range kl {
		if start := i == 0 || i == 3; start && (v > klTolerance || v < -klTolerance) || !start && v < 1e-6 {
			t.Errorf("step %d: kl %v", i+1, v)
		}
	}
}
