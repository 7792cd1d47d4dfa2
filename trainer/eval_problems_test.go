package trainer

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/model/device"
	"github.com/rlvr-go/rlvr/verifier"
)

// seen is what a test compares of a problem.
type seen struct {
	Prompt string
	Tokens [][]int32
	Kinds  []data.VerdictKind
	Votes  []int
}

func seenOf(x *Examined) seen {
	s := seen{Prompt: x.Prompt, Votes: x.Votes}
	for i := range x.Rows {
		s.Tokens = append(s.Tokens, x.Rows[i].Rollout.Tokens())
		s.Kinds = append(s.Kinds, x.Rows[i].Verdict.Kind)
	}
	return s
}

func evalSetup(t *testing.T, dev *device.Device) Setup {
	s, _ := kitSetup(t, dev, kitStage("rl", "grpo", 1))
	s.Eval.NumGenerations, s.Eval.Temperature = 3, 1
	verify(evenStart).judgeBy(&s)
	return s
}

// TestExamineSeesWhatEvaluateSees: problem by problem the completions and verdicts are
// those of the evaluations of a run.
func TestExamineSeesWhatEvaluateSees(t *testing.T) {
	tr := newTrainer(t, evalSetup(t, openDevice(t, "go")))
	e, scored, err := tr.Evaluate(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]seen{}
	none := func(*data.Example) bool { return false }
	if err := tr.Examine(t.Context(), "test", none, func(x *Examined) error {
		found[x.Example.ID] = seenOf(x)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(found) != e.Problems || len(tr.Problems("test")) != e.Problems {
		t.Fatalf("%d problems, want %d", len(found), e.Problems)
	}
	scored.GroupRows(func(g int, rows []data.Row) {
		x := found[scored.Groups[g].Example.ID]
		for i := range rows {
			if !slices.Equal(x.Tokens[i], rows[i].Rollout.Tokens()) || x.Kinds[i] != rows[i].Verdict.Kind {
				t.Errorf("%s, sample %d: %v, want %v", scored.Groups[g].Example.ID, i, x.Tokens[i], rows[i].Rollout.Tokens())
			}
		}
		if x.Prompt != scored.Groups[g].Example.Prompt {
			t.Errorf("prompt %q", x.Prompt)
		}
	})
}

// errEnough ends an evaluation as a full disk would.
var errEnough = errors.New("enough")

// TestExamineGoesOn: an evaluation that was ended after some problems, in either way, goes
// on with the others, and all is as if it had not been.
func TestExamineGoesOn(t *testing.T) {
	onBackends(t, func(t *testing.T, dev *device.Device) {
		tr := newTrainer(t, evalSetup(t, dev))
		examine := func(found map[string]seen, most int, cancel bool) error {
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			return tr.Examine(ctx, "test", func(ex *data.Example) bool { _, ok := found[ex.ID]; return ok }, func(x *Examined) error {
				if _, twice := found[x.Example.ID]; twice {
					t.Errorf("problem %s came twice", x.Example.ID)
				}
				found[x.Example.ID] = seenOf(x)
				switch {
				case len(found) != most:
				case cancel:
					stop()
				default:
					return errEnough
				}
				return nil
			})
		}
		whole, parts := map[string]seen{}, map[string]seen{}
		if err := examine(whole, 0, false); err != nil || len(whole) != 20 {
			t.Fatalf("%d problems, %v", len(whole), err)
		}
		if err := examine(parts, 4, false); !errors.Is(err, errEnough) || len(parts) != 4 {
			t.Fatalf("%d problems, %v", len(parts), err)
		}
		if err := examine(parts, 9, true); !errors.Is(err, context.Canceled) || len(parts) != 9 {
			t.Fatalf("%d problems, %v", len(parts), err)
		}
		if err := examine(parts, 0, false); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(whole, parts); d != "" {
			t.Errorf("in parts (-whole +parts):\n%s", d)
		}
	})
}

// TestExamineRefusesFaults: too many verdicts that are nobody's fault stop it.
func TestExamineRefusesFaults(t *testing.T) {
	s := evalSetup(t, openDevice(t, "go"))
	verify(func(*data.Example, string) data.Verdict {
		return data.Verdict{Kind: data.Error, Blame: data.BlameInfrastructure}
	}).judgeBy(&s)
	err := newTrainer(t, s).Examine(t.Context(), "test", func(*data.Example) bool { return false }, func(x *Examined) error {
		if !slices.Equal(x.Votes, []int{verifier.NoVote, verifier.NoVote, verifier.NoVote}) {
			t.Errorf("votes %v of completions that were not judged", x.Votes)
		}
		return nil
	})
	if !errors.Is(err, verifier.ErrTooManyFaults) {
		t.Errorf("error %v, want too many faults", err)
	}
}

// TestBlocksKeepTheirPlace: where completions may depend on their company, it is the same
// whatever is done already.
func TestBlocksKeepTheirPlace(t *testing.T) {
	s := evalSetup(t, openDevice(t, "go"))
	tr := newTrainer(t, s)
	done := map[string]bool{}
	isDone := func(ex *data.Example) bool { return done[ex.ID] }
	prompts := tr.evaluated("test")
	for _, p := range prompts[:7] {
		done[p.example.ID] = true
	}
	if got := tr.blocks(prompts, 3, isDone); len(got) != 1 || len(got[0]) != 13 {
		t.Errorf("with row tiles: %d blocks, want the 13 missing problems in one", len(got))
	}
	dev := &device.Device{Name: "xla:cpu"} // without RowTile
	tr.setup.Device = dev
	// 64 completions a block: with 16 a problem 4 problems, of which the first block is done.
	got := tr.blocks(prompts, 16, isDone)
	if len(got) != 4 || got[0][0].example.ID != prompts[4].example.ID || len(got[0]) != 4 {
		t.Errorf("%d blocks, want the last four of five", len(got))
	}
}

func TestFingerprintTellsWeightsApart(t *testing.T) {
	s := evalSetup(t, openDevice(t, "go"))
	hash := func() string {
		t.Helper()
		h, err := newTrainer(t, s).Fingerprint()
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	first := hash()
	if len(first) != 16 || hash() != first {
		t.Errorf("fingerprint %q, then %q", first, hash())
	}
	s.Policy = kitPolicy(t, kitArch())
	if hash() != first {
		t.Error("the same weights have another fingerprint")
	}
	arch := kitArch()
	arch.InitializerRange *= 1.0001
	s.Policy = kitPolicy(t, arch)
	if hash() == first {
		t.Error("other weights have the same fingerprint")
	}
}
