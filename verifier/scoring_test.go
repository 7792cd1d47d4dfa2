package verifier_test

import (
	"context"
	"log/slog"
	"math"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier"
)

func init() {
	verifier.Register("test_table", "gives each completion what its option says", func(options map[string]any) (verifier.Verifier, error) {
		return stub(func(_ context.Context, _ *data.Example, completion string) data.Verdict {
			v, _ := options[completion].(data.Verdict)
			return v
		}), nil
	})
}

// opened are rewards made of options.
func opened(t *testing.T, o verifier.Options) *verifier.Rewards {
	t.Helper()
	r, err := o.Open(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// scores judges completions with rewards.
func scores(t *testing.T, r *verifier.Rewards, completions ...string) *verifier.Scores {
	t.Helper()
	s := r.Start(t.Context(), len(completions))
	defer s.Close()
	for i, job := range jobs(completions...) {
		s.Add(i, job)
	}
	return s.Scores()
}

// TestRewardsAdd: totals are weighted sums as TRL's nansum, and what cannot be judged
// masks a completion or leaves the sum, by whose fault it is.
func TestRewardsAdd(t *testing.T) {
	wrong := func(score float64) data.Verdict {
		return data.Verdict{Kind: data.Incorrect, Score: score, Blame: data.BlameCompletion}
	}
	gold := data.Verdict{Kind: data.Error, Reason: "no_gold", Blame: data.BlameGold}
	broke := data.Verdict{Kind: data.Error, Reason: "exec_crash", Detail: "boom", Blame: data.BlameInfrastructure}
	slow := data.Verdict{Kind: data.Undecided, Reason: "fuel", Blame: data.BlameCompletion}
	table := func(name string, weight float64, of map[string]any) verifier.RewardOptions {
		return verifier.RewardOptions{Name: name, Verifier: "test_table", Weight: weight, Options: of}
	}
	o := verifier.DefaultOptions()
	o.Verifier, o.Correctness = "", "right"
	o.Rewards = []verifier.RewardOptions{
		table("style", 0.5, map[string]any{"a": wrong(1), "b": wrong(-2), "c": gold, "d": broke, "e": wrong(3), "f": slow, "g": gold, "h": wrong(1)}),
		table("right", 2, map[string]any{"a": right, "b": wrong(0.25), "c": right, "d": right, "e": gold, "f": right, "g": gold, "h": broke}),
		table("seen", 0, map[string]any{"a": right, "b": broke, "c": gold, "d": right, "e": right, "f": right, "g": gold, "h": right}),
	}
	got := scores(t, opened(t, o), "a", "b", "c", "d", "e", "f", "g", "h")
	nan := math.NaN()
	styleBroke := broke
	styleBroke.Detail = "reward style: boom"
	want := &verifier.Scores{
		Verdicts: []data.Verdict{right, wrong(0.25), right, styleBroke, gold, right, gold, broke},
		Totals:   []float64{2.5, -0.5, 2, nan, nan, 2, nan, nan},
		ByName: map[string][]float64{
			"style": {1, -2, nan, nan, 3, 0, nan, 1}, "right": {1, 0.25, 1, 1, nan, 1, nan, nan}, "seen": {1, nan, nan, 1, 1, 1, nan, 1},
		},
		Weights: map[string]float64{"style": 0.5, "right": 2, "seen": 0},
	}
	if d := cmp.Diff(want, got, cmpopts.EquateNaNs()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	alone := scores(t, opened(t, o).Right(), "a", "d", "e")
	if d := cmp.Diff([]data.Verdict{right, right, gold}, alone.Verdicts); d != "" || len(alone.ByName) != 1 {
		t.Errorf("the reward that says what is right, alone: %+v %s", alone, d)
	}
}

// outside is a stub that waits for others.
type outside struct {
	stub
	workers int
}

func (o outside) Concurrency() int           { return o.workers }
func (outside) LogTo(*slog.Logger)           {}
func (outside) Close() error                 { return nil }
func (o outside) rewards() *verifier.Rewards { return verifier.RewardsOf(o, 0, time.Minute, 0.1) }

// TestScoringIsTheSameWhateverTheTiming: completions that finish in any order, and
// verdicts that take any time, early or late, give the same scores.
func TestScoringIsTheSameWhateverTheTiming(t *testing.T) {
	const n = 200
	f := stub(func(_ context.Context, _ *data.Example, completion string) data.Verdict {
		time.Sleep(rand.N(10 * time.Millisecond))
		x, _ := strconv.Atoi(completion)
		return data.Verdict{Kind: data.Incorrect, Score: float64(x)}
	})
	for _, r := range []*verifier.Rewards{verifier.RewardsOf(f, 3, 0, 0), outside{f, 3}.rewards()} {
		synctest.Test(t, func(t *testing.T) {
			for range 3 { // the cost of a verdict is known from the second time on
				s := r.Start(t.Context(), n)
				for _, i := range rand.Perm(n) {
					s.Add(i, verifier.Job{Example: &data.Example{}, Completion: strconv.Itoa(i)})
					time.Sleep(rand.N(3 * time.Millisecond))
				}
				for i, got := range s.Scores().Totals {
					if got != float64(i) {
						t.Fatalf("completion %d has the score %v", i, got)
					}
				}
				s.Close()
			}
		})
	}
}

// TestScoringStartsEarly: verdicts that wait for others are begun while completions are
// made, cheap ones are not, and dear ones are once that is known; Add never waits.
func TestScoringStartsEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var begun atomic.Int64
		cost := time.Duration(0)
		f := stub(func(context.Context, *data.Example, string) data.Verdict {
			begun.Add(1)
			time.Sleep(cost)
			return right
		})
		generate := func(r *verifier.Rewards) (early int64, waited time.Duration) {
			begun.Store(0)
			s := r.Start(t.Context(), 10)
			defer s.Close()
			start := time.Now()
			for i := range 10 {
				s.Add(i, verifier.Job{Example: &data.Example{}, Completion: "x"})
			}
			if took := time.Since(start); took > 0 {
				t.Errorf("Add waited for %v", took)
			}
			time.Sleep(time.Second) // the rest of the generation
			early, start = begun.Load(), time.Now()
			if got := s.Scores(); len(got.Totals) != 10 || begun.Load() != 10 {
				t.Errorf("%d verdicts begun, %d scores", begun.Load(), len(got.Totals))
			}
			return early, time.Since(start)
		}
		cheap := verifier.RewardsOf(f, 2, 0, 0)
		for range 2 {
			if early, _ := generate(cheap); early != 0 {
				t.Errorf("%d cheap verdicts were begun early", early)
			}
		}
		cost = 100 * time.Millisecond
		if early, waited := generate(cheap); early != 0 || waited != 500*time.Millisecond {
			t.Errorf("of unknown cost: %d begun early, waited for %v", early, waited)
		}
		if early, waited := generate(cheap); early != 10 || waited != 0 {
			t.Errorf("known to be dear: %d begun early, waited for %v", early, waited)
		}
		if early, waited := generate(outside{f, 1}.rewards()); early != 10 || waited != 0 {
			t.Errorf("outside: %d begun early, waited for %v", early, waited)
		}
	})
}

// TestScoringCloses: what is not wanted any more is given up, with nothing left behind
// (synctest sees goroutines that stay).
func TestScoringCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := outside{stub(func(ctx context.Context, _ *data.Example, _ string) data.Verdict {
			<-ctx.Done()
			return right
		}), 2}
		s := v.rewards().Start(t.Context(), 100)
		for i := range 50 {
			s.Add(i, verifier.Job{Example: &data.Example{}})
		}
		synctest.Wait()
		s.Close()
		s.Close()
	})
}

func TestRewardOptions(t *testing.T) {
	o := verifier.Options{
		Verifier: "exact", Options: map[string]any{"a": 1}, Correctness: "formt", TimeoutMS: 1,
		Rewards: []verifier.RewardOptions{
			{Name: "bad name", Verifier: "exact"}, {Verifier: "formet"}, {Name: "x"},
			{Name: "format", Verifier: "format", Options: map[string]any{"format": "box"}}, {Verifier: "format", Options: map[string]any{"format": "boxed"}},
			{Verifier: "exact", Weight: math.Inf(1)},
		},
	}
	want := []string{
		`verifier: found "exact", allowed: nothing beside rewards`,
		`options: found map[a:1], allowed: nothing beside rewards`,
		`rewards.0.name: found "bad name", allowed: at most 64 letters`,
		`rewards.1.verifier: found "formet", allowed: one of`,
		`rewards.2.verifier: required: one of`,
		`rewards.3.options.format: found "box", allowed: one of`,
		`rewards.4.name: found "format", allowed: a name of its own, for reward 3 is called so`,
		`rewards.5.weight: found +Inf, allowed: a finite number`,
		`correctness: found "formt", allowed: one of bad name, formet, x, format, format, exact; did you mean formet?`,
	}
	checkFaults(t, o.Validate(), want)
	o = verifier.DefaultOptions()
	o.Correctness = "exact"
	checkFaults(t, o.Validate(), []string{`correctness: found "exact", allowed: nothing while there are no rewards to choose from`})
	o = verifier.Options{TimeoutMS: 1, Rewards: []verifier.RewardOptions{{Verifier: "exact"}, {Verifier: "number"}}}
	checkFaults(t, o.Validate(), []string{`rewards.0.weight: found 0, allowed: a number other than 0, in one reward at least`})
	o.Rewards[1].Weight, o.Correctness = -1, "number"
	checkFaults(t, o.Validate(), nil)
}

// TestRewardsSelfTest: the reward that says what is right is tested, and one that looks at
// no reference answers has nothing to be tested with.
func TestRewardsSelfTest(t *testing.T) {
	o := verifier.DefaultOptions()
	o.Verifier = ""
	o.Rewards = []verifier.RewardOptions{
		{Verifier: "format", Weight: 1, Options: map[string]any{"format": "think"}}, {Verifier: "number", Weight: 1},
	}
	examples := []data.Example{answers("words")}
	if _, err := opened(t, o).SelfTest(t.Context(), examples); err != nil {
		t.Errorf("a format is tested with answers: %v", err)
	}
	o.Correctness = "number"
	if _, err := opened(t, o).SelfTest(t.Context(), examples); err == nil {
		t.Error("the reward that says what is right is not tested")
	}
}
