package trainer

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/checkpoints"
	"github.com/rlvr-go/rlvr/sampler"
)

// stale is a stage of steps whose rollouts wait.
func stale(steps, most int, exact bool) StageOptions {
	o := kitStage("rl", "grpo", steps)
	o.Algorithm.Options = map[string]any{"old_log_probs": "rollout"}
	o.Queue = QueueOptions{MaxStaleness: most, Exact: exact}
	return o
}

// TestStaleness: each step trains on rollouts as old as the options say, by optimizer
// steps of the policy (one a step here), on new problems each time, and no more are
// sampled than the stage trains on.
func TestStaleness(t *testing.T) {
	dev := openDevice(t, "go")
	for name, c := range map[string]struct {
		most  int
		exact bool
		want  []float64
	}{
		"off":     {0, false, []float64{0, 0, 0, 0, 0, 0, 0}},
		"at most": {2, false, []float64{0, 1, 2, 0, 1, 2, 0}},
		"exact":   {2, true, []float64{0, 1, 2, 2, 2, 2, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			s, rec := kitSetup(t, dev, stale(len(c.want), c.most, c.exact))
			verify(evenStart).judgeBy(&s)
			s.Eval.EvalOnStart, s.Test, s.Validation = false, nil, nil
			tr := runAll(t, s)
			var got []float64
			for i := range rec.steps {
				got = append(got, rec.steps[i].Values["policy_age"])
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("ages %v, want %v", got, c.want)
			}
			if tr.state.Queue != nil {
				t.Error("rollouts wait for steps that do not come")
			}
		})
	}
}

// TestStaleRolloutsAreOffPolicy: the gap between the sampler's policy and the trained one
// is that of the steps between them, and rollouts wait with the numbers of their sampling.
func TestStaleRolloutsAreOffPolicy(t *testing.T) {
	s, rec := kitSetup(t, openDevice(t, "go"), stale(5, 3, true))
	verify(evenStart).judgeBy(&s)
	s.Eval.EvalOnStart = false
	runAll(t, s)
	first, last := rec.steps[0].Values, rec.steps[4].Values
	const rounding = 1e-5 // of sampler against trainer in float32
	if gap := first["sampling/sampling_logp_difference/max"]; gap > rounding {
		t.Errorf("new rollouts are off the policy by %v", gap)
	}
	if gap := last["sampling/sampling_logp_difference/max"]; gap < 1e-3 {
		t.Errorf("rollouts three steps old are off the policy by %v only", gap)
	}
	if size := last["rollout_corr/rollout_is_eff_sample_size"]; !(size > 0 && size < 1) {
		t.Errorf("effective sample size %v", size)
	}
}

// TestWaitingRolloutsAreDrawnAsTheirStep: what waits is what a run without staleness and
// without learning samples in that step.
func TestWaitingRolloutsAreDrawnAsTheirStep(t *testing.T) {
	var want [][]int32
	for _, exact := range []bool{false, true} {
		for _, most := range []int{0, 2} {
			stage := stale(4, most, exact && most > 0)
			stage.Optim.LearningRate = 0
			s, _ := kitSetup(t, openDevice(t, "go"), stage)
			verify(evenStart).judgeBy(&s)
			s.Checkpoint.SaveSteps = 0
			tr := newTrainer(t, s)
			st, err := tr.openStage()
			if err != nil {
				t.Fatal(err)
			}
			var got [][]int32
			for range stage.Steps {
				scored, err := tr.next(t.Context(), st, tr.startClock())
				if err != nil {
					t.Fatal(err)
				}
				for i := range scored.Rows {
					got = append(got, scored.Rows[i].Rollout.Tokens())
				}
				tr.state.Step++
				tr.state.StageStep++
			}
			if want == nil {
				want = got
			}
			if !slices.EqualFunc(want, got, slices.Equal[[]int32]) {
				t.Errorf("max_staleness %d, exact %v: other rollouts", most, exact)
			}
		}
	}
}

// TestDamagedQueue: a saved queue that does not fit its tensors is an error and no panic.
func TestDamagedQueue(t *testing.T) {
	s, _ := kitSetup(t, openDevice(t, "go"), stale(4, 2, true))
	verify(evenStart).judgeBy(&s)
	s.Eval.EvalOnStart = false
	runAll(t, s)
	for what, damage := range map[string]func(q [][]savedGroup) [][]savedGroup{
		"more tokens":      func(q [][]savedGroup) [][]savedGroup { q[0][0].Rollouts[0].Tokens += 1000; return q },
		"fewer tokens":     func(q [][]savedGroup) [][]savedGroup { return q[:1] },
		"no tokens":        func(q [][]savedGroup) [][]savedGroup { q[0][0].Rollouts[0].Tokens = 0; return q },
		"negative":         func(q [][]savedGroup) [][]savedGroup { q[0][0].Rollouts[0].Routes = -1; return q },
		"truncated":        func(q [][]savedGroup) [][]savedGroup { q[0][0].Rollouts[0].Truncated = 1; return q },
		"no such problem":  func(q [][]savedGroup) [][]savedGroup { q[0][0].Problem = 1 << 40; return q },
		"negative problem": func(q [][]savedGroup) [][]savedGroup { q[0][0].Problem = -1; return q },
		"finish":           func(q [][]savedGroup) [][]savedGroup { q[0][0].Rollouts[0].Finish = 9; return q },
		"sample":           func(q [][]savedGroup) [][]savedGroup { q[0][0].Rollouts[0].Sample = -1; return q },
	} {
		saved, err := checkpoints.Load(s.CheckpointDir, 1)
		if err != nil {
			t.Fatal(err)
		}
		state, err := parseState(saved.State)
		if err != nil {
			t.Fatal(err)
		}
		if len(state.Queue) != 2 {
			t.Fatalf("%d steps wait, want 2", len(state.Queue))
		}
		state.Queue = damage(state.Queue)
		if saved.State, err = json.Marshal(state); err != nil {
			t.Fatal(err)
		}
		tr := newTrainer(t, s)
		err = tr.Resume(saved)
		if err == nil {
			err = tr.Run(t.Context())
		}
		if err == nil || !strings.Contains(err.Error(), "queue of step 1") {
			t.Errorf("%s: error %v", what, err)
		}
	}
}

// TestStaleRolloutsWarn where the objective takes old rollouts for new ones.
func TestStaleRolloutsWarn(t *testing.T) {
	for _, options := range []map[string]any{nil, {"old_log_probs": "rollout"}, {"rollout_is": "token"}} {
		stage := stale(2, 1, true)
		stage.Algorithm = algos.Options{Name: "grpo", Options: maps.Clone(options)}
		s, _ := kitSetup(t, openDevice(t, "go"), stage)
		tr := newTrainer(t, s)
		st, err := tr.openStage()
		if err != nil {
			t.Fatal(err)
		}
		warned := strings.Contains(strings.Join(tr.notes(st), "\n"), "stale-rollouts")
		if warned != (options == nil) {
			t.Errorf("options %v: warned %v", options, warned)
		}
	}
}

// TestQueueOptions: what the options allow.
func TestQueueOptions(t *testing.T) {
	stage := kitStage("sft", "sft", 3)
	stage.Rollout = sampler.DefaultOptions()
	stage.Queue = QueueOptions{MaxStaleness: 1}
	for want, err := range map[string]error{
		"queue.max_staleness: found 1, allowed: 0: sft samples no rollouts that could grow old": stage.Validate(),
		"exact: found true, allowed: false while max_staleness is 0":                            (&QueueOptions{Exact: true}).Validate(),
		"max_staleness: found -1, allowed: 0 (off) to 1024":                                     (&QueueOptions{MaxStaleness: -1}).Validate(),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
