package trainer

import (
	"context"
	"log/slog"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier"
)

// TestRewardsCompose: the reward of a step is the weighted sum, each reward has its
// metrics, and accuracy is that of the one that says what is right.
func TestRewardsCompose(t *testing.T) {
	s, rec := kitSetup(t, openDevice(t, "go"), kitStage("rl", "gdpo", 2))
	s.Eval.EvalOnStart, s.Test, s.Validation, s.Checkpoint.SaveSteps = false, nil, nil, 0
	o := verifier.Options{
		Correctness: "exact", TimeoutMS: 60_000, MaxFaultFraction: 0.1,
		Rewards: []verifier.RewardOptions{
			{Name: "short", Verifier: "length", Weight: 0.5, Options: map[string]any{"max": 2, "slack": 4}}, {Verifier: "exact", Weight: 2},
			{Name: "seen", Verifier: "length", Options: map[string]any{"min": 1}},
		},
	}
	var err error
	if s.Rewards, err = o.Open(slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	tr := newTrainer(t, s)
	st, err := tr.openStage()
	if err != nil {
		t.Fatal(err)
	}
	scored, err := tr.gather(t.Context(), st, tr.startClock())
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range scored.Rows {
		if want := 0.5*scored.Rewards["short"][i] + 2*scored.Rewards["exact"][i]; r.Reward != want {
			t.Errorf("row %d: reward %v, want %v", i, r.Reward, want)
		}
	}
	if d := cmp.Diff(map[string]float64{"short": 0.5, "exact": 2, "seen": 0}, scored.RewardWeights); d != "" {
		t.Errorf("weights reach the estimator (-want +got):\n%s", d)
	}
	if err := tr.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, r := range rec.steps {
		v := r.Values
		sum := 0.5*v["rewards/short/mean"] + 2*v["rewards/exact/mean"]
		if math.Abs(v["reward"]-sum) > 1e-12 || v["accuracy"] != v["rewards/exact/mean"] || v["rewards/short/mean"] == 0 {
			t.Errorf("step %d: %v", r.Step, v)
		}
		for _, name := range []string{"rewards/short/std", "rewards/seen/mean", "rewards/seen/std"} {
			if _, ok := v[name]; !ok {
				t.Errorf("step %d has no %s", r.Step, name)
			}
		}
	}
}

// TestDescribeRewards: as TRL's nanmean and nanstd; a reward that no row has is left out.
func TestDescribeRewards(t *testing.T) {
	nan := math.NaN()
	m := map[string]float64{}
	describeRewards(&data.Scored{Rewards: map[string][]float64{"a": {1, nan, 3}, "b": {nan, 5, nan}, "none": {nan, nan, nan}}}, m)
	want := map[string]float64{"rewards/a/mean": 2, "rewards/a/std": math.Sqrt2, "rewards/b/mean": 5, "rewards/b/std": 0}
	if d := cmp.Diff(want, m, cmpopts.EquateApprox(0, 1e-15)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// waiting judges like another verifier, after any time, while completions are sampled.
type waiting struct{ verify }

func (w waiting) Verify(ctx context.Context, ex *data.Example, completion string) data.Verdict {
	time.Sleep(rand.N(3 * time.Millisecond))
	return w.verify.Verify(ctx, ex, completion)
}

func (waiting) Concurrency() int   { return 3 }
func (waiting) LogTo(*slog.Logger) {}
func (waiting) Close() error       { return nil }

// TestRewardsTimingChangesNothing: a run whose verdicts come while completions are
// sampled, at any time, is bit for bit the run whose verdicts come after, groups that are
// sampled again included.
func TestRewardsTimingChangesNothing(t *testing.T) {
	run := func(v verifier.Verifier) (*Trainer, []map[string]float64) {
		stage := kitStage("stage", "dapo", 3)
		stage.Algorithm.Options = map[string]any{"filter_groups": "accuracy", "dynamic_sampling": true, "max_sampling_rounds": 4}
		s, rec := kitSetup(t, openDevice(t, "go"), stage)
		s.Eval.EvalOnStart, s.Test, s.Validation, s.Checkpoint.SaveSteps = false, nil, nil, 0
		s.Rewards = verifier.RewardsOf(v, 0, time.Minute, 0.1)
		tr := runAll(t, s)
		var out []map[string]float64
		for _, r := range rec.steps {
			for name := range r.Values {
				if strings.HasPrefix(name, "timing_s/") || strings.HasPrefix(name, "perf/") {
					delete(r.Values, name)
				}
			}
			out = append(out, r.Values)
		}
		return tr, out
	}
	after, want := run(verify(evenStart))
	early, got := run(waiting{verify(evenStart)})
	if d := cmp.Diff(want, got, cmpopts.EquateNaNs()); d != "" {
		t.Errorf("metrics (-after +early):\n%s", d)
	}
	if !sameBits(hostWeights(t, after.setup.Device, after.policy), hostWeights(t, early.setup.Device, early.policy)) {
		t.Error("the weights differ")
	}
}
