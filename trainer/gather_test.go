package trainer

import (
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/data"
)

// TestDynamicSampling: groups whose completions are all alike are left out and others
// sampled for them, in this step, until the rounds are over; a resumed run would go on
// with the problem after the last one used.
func TestDynamicSampling(t *testing.T) {
	dev := openDevice(t, "go")
	// Prompts whose first operand is even can be got right by some, others by none.
	judge := verify(func(ex *data.Example, completion string) data.Verdict {
		if (ex.Prompt[0]-'0')%2 != 0 {
			return data.Verdict{}
		}
		return evenStart(ex, completion)
	})
	for _, c := range []struct {
		dynamic bool
		rounds  int
	}{{false, 0}, {true, 1}, {true, 20}} {
		stage := kitStage("stage", "dapo", 2)
		stage.Algorithm.Options = map[string]any{"filter_groups": "accuracy"}
		if c.dynamic {
			stage.Algorithm.Options["dynamic_sampling"], stage.Algorithm.Options["max_sampling_rounds"] = true, c.rounds
		}
		s, _ := kitSetup(t, dev, stage)
		s.Checkpoint.SaveSteps, s.Eval.EvalOnStart, s.Test, s.Validation = 0, false, nil, nil
		judge.judgeBy(&s)
		tr := newTrainer(t, s)
		st, err := tr.openStage()
		if err != nil {
			t.Fatal(err)
		}
		scored, err := tr.gather(t.Context(), st, tr.startClock())
		if err != nil {
			t.Fatal(err)
		}
		useful := 0
		scored.GroupRows(func(group int, rows []data.Row) {
			right := 0
			for i := range rows {
				if &scored.Groups[group].Rollouts[rows[i].Rollout.Sample] != rows[i].Rollout {
					t.Errorf("row %d of group %d is another group's", i, group)
				}
				if rows[i].Verdict.Kind == data.Correct {
					right++
				}
			}
			if right > 0 && right < len(rows) {
				useful++
			}
		})
		n, of := len(scored.Groups), stage.NumPromptsPerStep
		if len(scored.Rewards["test"]) != len(scored.Rows) || len(scored.Rows) != n*stage.Rollout.NumGenerations {
			t.Errorf("%+v: %d rows of %d groups, %d rewards", c, len(scored.Rows), n, len(scored.Rewards["test"]))
		}
		switch {
		case !c.dynamic && (n != of || st.cursor.consumed != of):
			t.Errorf("%d groups of %d prompts without dynamic sampling", n, st.cursor.consumed)
		case c.rounds == 1 && (useful != n || n >= of || st.cursor.consumed != of):
			t.Errorf("one round: %d groups, %d useful, %d prompts", n, useful, st.cursor.consumed)
		case c.rounds > 1 && (useful != of || n != of || st.cursor.consumed <= of):
			t.Errorf("rounds: %d groups, %d useful, %d prompts", n, useful, st.cursor.consumed)
		}
	}
	if _, err := algos.Resolve(algos.Options{Name: "dapo", Options: map[string]any{"dynamic_sampling": true}}); err == nil {
		t.Error("dynamic sampling without a filter is accepted")
	}
}
