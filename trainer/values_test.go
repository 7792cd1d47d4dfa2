package trainer

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/checkpoints"
	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/model/device"
)

// valueTolerance bounds the distance of values and attention received, numbers of size
// 1, from float64: float32 roundings through two layers.
const valueTolerance = 1e-5

// ppoStage is a stage of two passes over two mini-batches of four prompts.
func ppoStage(name string, steps int, options map[string]any) StageOptions {
	o := severalUpdates(steps)
	o.Name, o.Algorithm = name, algos.Options{Name: "ppo", Options: options}
	o.Rollout.MaxCompletionLength = 10
	return o
}

// scoredStep opens a run's first stage, with a head that is not zero, and samples and
// scores its first step.
func scoredStep(t *testing.T, s Setup) (*Trainer, *stage, *data.Scored) {
	t.Helper()
	tr := newTrainer(t, s)
	st, err := tr.openStage()
	if err != nil {
		t.Fatal(err)
	}
	if tr.head != nil {
		tr.head.weights = randomHead(tr.policy.Arch).weights
	}
	scored, err := tr.next(t.Context(), st, tr.startClock())
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.score(st, scored); err != nil {
		t.Fatal(err)
	}
	return tr, st, scored
}

// plainGAE is the estimator as a sum over the errors of later trained tokens.
func plainGAE(r *data.Row, values []float64, gamma, lambda float64) (advantages []float64) {
	var at []int
	for t, trained := range r.Mask {
		if trained {
			at = append(at, t)
		}
	}
	advantages = make([]float64, len(r.Mask))
	for i, t := range at {
		for l := i; l < len(at); l++ {
			next, paid := 0.0, r.Reward
			if l+1 < len(at) {
				next, paid = values[at[l+1]], 0
			}
			advantages[t] += math.Pow(gamma*lambda, float64(l-i)) * (paid + gamma*next - values[at[l]])
		}
	}
	return advantages
}

// TestValuesOfAStep: what a step's rows hold is the head's opinion before each token, in
// float64, and the advantages and returns are those of the paper's sum over it.
func TestValuesOfAStep(t *testing.T) {
	for _, packing := range []string{"packed", "padded"} {
		for _, updates := range []int{1, 2} {
			stage := ppoStage("rl", 1, map[string]any{"gamma": 0.9, "gae_lambda": 0.8, "whiten_advantages": false})
			stage.Update.Packing, stage.Update.NumIterations, stage.Update.MiniBatchPrompts = packing, updates, 0
			dev := openDevice(t, "go")
			s, _ := kitSetup(t, dev, stage)
			s.Policy = kitPolicy(t, gradientArch())
			verify(evenStart).judgeBy(&s)
			tr, st, scored := scoredStep(t, s)
			oracle := plainOf(tr.policy.Arch, float64s(hostTensors(t, dev, tr.head.after(tr.policy.Weights))))
			scored.Rows[3].Reward = math.NaN() // nobody could judge it
			if err := st.shape(scored); err != nil {
				t.Fatal(err)
			}
			for i := range scored.Rows {
				r := &scored.Rows[i]
				values := oracle.values(scored.Groups[r.Group].Prompt, r.Rollout.Tokens())
				advantages := plainGAE(r, values, 0.9, 0.8)
				for j, trained := range r.Mask {
					if i == 3 && (trained || r.Advantages[j] != 0) {
						t.Fatalf("row without a reward: token %d is trained", j)
					}
					if !trained {
						continue
					}
					for what, d := range map[string]float64{
						"value": float64(r.Values[j]) - values[j], "advantage": r.Advantages[j] - advantages[j],
						"return": float64(r.Returns[j]) - advantages[j] - values[j],
					} {
						if !(math.Abs(d) <= valueTolerance) {
							t.Errorf("%s, %d updates: row %d token %d: %s is off by %v", packing, updates, i, j, what, d)
						}
					}
				}
			}
		}
	}
}

// TestValueHeadLearns: where the first of two tokens decides about the reward, half of
// the variance is to be known, at the second, and a line through random hidden states
// knows some of it; by several updates a step and by one. The policy stays as it is, so
// that there is something to know.
func TestValueHeadLearns(t *testing.T) {
	for _, batch := range []int{0, 8} {
		stage := kitStage("rl", "ppo", 60)
		stage.NumPromptsPerStep, stage.Rollout.MaxCompletionLength, stage.Update.MiniBatchPrompts = 16, 2, batch
		stage.Optim.LearningRate, stage.Optim.ValueLearningRate = 0, 3e-2
		s, rec := kitSetup(t, openDevice(t, "go"), stage)
		s.Test, s.Validation, s.Checkpoint.SaveSteps = nil, nil, 0
		verify(evenStart).judgeBy(&s)
		runAll(t, s)
		known, loss := rec.values("vf_explained_var"), rec.values("vf_loss")
		if known[0] != 0 {
			t.Errorf("a head of zeros explains %v of the variance", known[0])
		}
		if last, _ := meanStd(known[len(known)-20:]); last < 0.2 || last > 0.5 {
			t.Errorf("mini-batches of %d: the head explains %v of the variance at the end, want 0.2 to 0.5", batch, last)
		}
		start, _ := meanStd(loss[:3])
		if end, _ := meanStd(loss[len(loss)-20:]); end > 0.8*start {
			t.Errorf("mini-batches of %d: the loss of values was %v and is %v", batch, start, end)
		}
		if clipped := rec.values("vf_clipfrac"); len(clipped) != len(loss) {
			t.Errorf("vf_clipfrac in %d steps of %d", len(clipped), len(loss))
		}
	}
}

// TestExplainedVariance by hand: over trained tokens alone.
func TestExplainedVariance(t *testing.T) {
	row := func(values, returns []float32) data.Row {
		return data.Row{Values: values, Returns: returns, Mask: []bool{true, true, false}}
	}
	for name, c := range map[string]struct {
		rows []data.Row
		want float64
		ok   bool
	}{
		"perfect":            {[]data.Row{row([]float32{1, 2, 9}, []float32{1, 2, 0})}, 1, true},
		"off by a constant":  {[]data.Row{row([]float32{3, 4, 9}, []float32{1, 2, 0})}, 1, true},
		"constant":           {[]data.Row{row([]float32{7, 7, 9}, []float32{1, 2, 0})}, 0, true},
		"worse":              {[]data.Row{row([]float32{2, 1, 9}, []float32{1, 2, 0})}, -3, true},
		"two rows":           {[]data.Row{row([]float32{0, 0, 9}, []float32{0, 0, 5}), row([]float32{1, 0, 9}, []float32{1, 1, 5})}, 0.25, true},
		"equal returns":      {[]data.Row{row([]float32{1, 2, 9}, []float32{1, 1, 0})}, 0, false},
		"nothing is trained": {nil, 0, false},
	} {
		got, ok := explainedVariance(&data.Scored{Rows: c.rows})
		if math.Abs(got-c.want) > 1e-12 || ok != c.ok {
			t.Errorf("%s: %v, %v, want %v, %v", name, got, ok, c.want, c.ok)
		}
	}
}

// headOf is the value head of a checkpoint, nil if it has none.
func headOf(t *testing.T, dir string, step int) map[string][]byte {
	t.Helper()
	c, err := checkpoints.Load(dir, step)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for i := range c.Model {
		if strings.Contains(c.Model[i].Name, "value_head") {
			t.Errorf("step %d: the model's file has %s", step, c.Model[i].Name)
		}
	}
	head := map[string][]byte{}
	for i := range c.Optimizer {
		if x := &c.Optimizer[i]; strings.Contains(x.Name, "value_head") {
			head[x.Name] = slices.Clone(x.Data)
		}
	}
	return head
}

// TestValueHeadBetweenStages: a stage goes on with the head of the stage before; after
// one without a head, or from other weights, it is a new one; what needs none has none.
func TestValueHeadBetweenStages(t *testing.T) {
	warm, one, none := kitStage("warm", "sft", 1), ppoStage("one", 2, nil), kitStage("none", "grpo", 1)
	still := ppoStage("still", 1, nil)
	still.Optim.LearningRate = 0
	after := still
	after.Name = "after"
	s, _ := kitSetup(t, openDevice(t, "go"), warm, one, still, none, after)
	s.Checkpoint.SaveSteps = 1
	verify(evenStart).judgeBy(&s)
	tr := runAll(t, s)
	if tr.head == nil {
		t.Fatal("no head at the end")
	}
	heads := map[int]map[string][]byte{}
	for _, step := range savedSteps(t, s.CheckpointDir) {
		heads[step] = headOf(t, s.CheckpointDir, step)
	}
	// Saved at the end of stages: warm 1, one 3, still 4, none 5, after 6; and within one at 2.
	for step, want := range map[int]int{1: 0, 2: 6, 3: 2, 4: 2, 5: 0, 6: 2} {
		if len(heads[step]) != want {
			t.Errorf("step %d: %d tensors of a head, want %d", step, len(heads[step]), want)
		}
	}
	if !maps.EqualFunc(heads[3], heads[4], slices.Equal) {
		t.Error("a stage that learns nothing does not end with the head of the stage before")
	}
	zero := func(x []byte) bool { return !slices.ContainsFunc(x, func(b byte) bool { return b != 0 }) }
	for name, x := range heads[3] {
		if zero(x) {
			t.Errorf("%s is zero after training", name)
		}
		if !zero(heads[6][name]) {
			t.Errorf("%s is not new after a stage without a head", name)
		}
	}

	still.InitFrom = checkpoints.Folder(s.CheckpointDir, 3)
	s, _ = kitSetup(t, openDevice(t, "go"), one, still)
	verify(evenStart).judgeBy(&s)
	runAll(t, s)
	resumed := s // between the stages, where the saved head is not the new stage's either
	resumed.CheckpointDir, resumed.Policy = t.TempDir(), kitPolicy(t, kitArch())
	resumeFrom(t, newTrainer(t, resumed), s.CheckpointDir, 2)
	for _, dir := range []string{s.CheckpointDir, resumed.CheckpointDir} {
		for name, x := range headOf(t, dir, 3) {
			if !zero(x) {
				t.Errorf("%s is not new in a stage with init_from", name)
			}
		}
	}
}

// TestValueHeadOutlivesACollection: a stage that trains nothing keeps the head for the next
// one, on resume too.
func TestValueHeadOutlivesACollection(t *testing.T) {
	collect, still := kitStage("rollouts", "", 2), ppoStage("still", 1, nil)
	collect.Collect, still.Optim.LearningRate = true, 0
	s, _ := kitSetup(t, openDevice(t, "go"), ppoStage("one", 2, nil), collect, still)
	s.StagesDir = t.TempDir()
	verify(evenStart).judgeBy(&s)
	runAll(t, s)
	want := headOf(t, s.CheckpointDir, 2)
	if len(want) != 2 {
		t.Fatalf("%d tensors of a head after the first stage", len(want))
	}
	if !maps.EqualFunc(headOf(t, s.CheckpointDir, 5), want, slices.Equal) {
		t.Error("the head is another after a collection")
	}
	for _, from := range []int{2, 3, 4} {
		resumed := s
		resumed.CheckpointDir, resumed.Policy = t.TempDir(), kitPolicy(t, kitArch())
		resumeFrom(t, newTrainer(t, resumed), s.CheckpointDir, from)
		if !maps.EqualFunc(headOf(t, resumed.CheckpointDir, 5), want, slices.Equal) {
			t.Errorf("resumed after step %d: the head is another", from)
		}
	}
}

// TestScorePassOrder: the outputs of a pass go where they belong, whatever it is asked for.
func TestScorePassOrder(t *testing.T) {
	r := data.Row{Features: map[string][]float32{}}
	scorePass{values: true, received: true}.put(&r, [][]float32{{1}, {2}, {3}, {4}})
	if r.OldLogProbs[0] != 1 || r.Entropy[0] != 2 || r.Values[0] != 3 || r.Features[algos.FeatureAttention][0] != 4 {
		t.Errorf("log-probabilities %v, entropy %v, values %v, features %v", r.OldLogProbs, r.Entropy, r.Values, r.Features)
	}
}

// TestRestoreWantsTheHead: a checkpoint within a stage that has lost its head, or a
// moment of it, is refused.
func TestRestoreWantsTheHead(t *testing.T) {
	s, _ := kitSetup(t, openDevice(t, "go"), ppoStage("rl", 3, nil))
	verify(evenStart).judgeBy(&s)
	runAll(t, s)
	c, err := checkpoints.Load(s.CheckpointDir, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, name := range []string{"value_head.weight", "value_head.bias", firstPrefix + "value_head.weight", secondPrefix + "value_head.bias"} {
		s.Policy = kitPolicy(t, kitArch())
		tr := newTrainer(t, s)
		left := slices.DeleteFunc(slices.Clone(c.Optimizer), func(x checkpoints.Tensor) bool { return x.Name == name })
		if len(left) != len(c.Optimizer)-1 {
			t.Fatalf("the checkpoint has no %s", name)
		}
		err := tr.Resume(&checkpoints.Checkpoint{Step: 2, State: c.State, Model: c.Model, Optimizer: left})
		if err == nil {
			_, err = tr.openStage()
		}
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: error %v", name, err)
		}
	}
}

// TestValueOptions: what the options allow.
func TestValueOptions(t *testing.T) {
	without, blind, wrong := kitStage("rl", "grpo", 1), ppoStage("rl", 1, map[string]any{"advantage_estimator": "grpo"}), ppoStage("rl", 1, nil)
	without.Optim.ValueLearningRate = 1e-3
	wrong.Optim.ValueLearningRate = -1
	for _, c := range []struct {
		stage StageOptions
		want  string
	}{
		{without, "optim.value_learning_rate: found 0.001, allowed: nothing: grpo has no value head"},
		{blind, "algorithm.options.advantage_estimator: found \"grpo\", allowed: gae"},
		{wrong, "optim.value_learning_rate: found -1, allowed: 0 (as learning_rate)"},
	} {
		if err := c.stage.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %s", err, c.want)
		}
	}
}

// TestReceivedAttentionOfAStep: what entra reads of a step's rows is the mean of plain
// attention in float64, whatever the packing, last tokens of responses included.
func TestReceivedAttentionOfAStep(t *testing.T) {
	for _, packing := range []string{"packed", "padded"} {
		onBackends(t, func(t *testing.T, dev *device.Device) {
			if dev.Name != "go" && packing == "padded" {
				t.Skip("XLA compiles for seconds and does one packing")
			}
			stage := kitStage("rl", "entra", 1)
			stage.NumPromptsPerStep, stage.Rollout.MaxCompletionLength, stage.Rollout.Stop = 8, 10, []string{"="}
			stage.Update.Packing, stage.Update.MicroBatchTokens = packing, 256
			s, _ := kitSetup(t, dev, stage)
			s.Policy = kitPolicy(t, gradientArch())
			verify(evenStart).judgeBy(&s)
			tr, _, scored := scoredStep(t, s)
			oracle := plainOf(tr.policy.Arch, float64s(hostWeights(t, dev, tr.policy)))
			lengths := map[int]bool{}
			for i := range scored.Rows {
				r := &scored.Rows[i]
				want := oracle.received(scored.Groups[r.Group].Prompt, r.Rollout.Tokens())
				got := r.Features[algos.FeatureAttention]
				lengths[len(got)] = true
				if len(got) != len(want) {
					t.Fatalf("row %d: %d numbers, want %d", i, len(got), len(want))
				}
				for j := range want {
					if !(math.Abs(float64(got[j])-want[j]) <= valueTolerance) {
						t.Errorf("row %d of %d tokens: token %d receives %v, want %v", i, len(want), j, got[j], want[j])
					}
				}
			}
			if len(lengths) < 3 {
				t.Errorf("the responses have lengths %v: too much alike", lengths)
			}
		})
	}
}
