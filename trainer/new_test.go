package trainer

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/data"
)

// TestNewRefuses: what is wrong with the problems is known before anything runs.
func TestNewRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(s *Setup)
		want   []string
	}{
		"no problems":         {func(s *Setup) { s.Train = nil }, []string{"no training problems"}},
		"all dropped":         {func(s *Setup) { s.MaxPromptLength, s.DropOverlong = 3, true }, []string{"no training problems"}},
		"overlong":            {func(s *Setup) { s.MaxPromptLength = 3 }, []string{"train set", "4 tokens", "max_prompt_length is 3", "addition/"}},
		"overlong test":       {func(s *Setup) { s.Test[3].Prompt = "1+1+1+1="; s.MaxPromptLength = 5 }, []string{"test set", "8 tokens"}},
		"unknown character":   {func(s *Setup) { s.Train[5].Prompt = "1*1=" }, []string{"train set", "'*'"}},
		"empty prompt":        {func(s *Setup) { s.Validation[0].Prompt = "" }, []string{"validation set", "prompt is empty"}},
		"no demonstration":    {func(s *Setup) { s.Train[2].Answers = nil }, []string{"neither completion nor answer"}},
		"long demonstration":  {func(s *Setup) { s.Train[2].Completion = strings.Repeat("1", 60) }, []string{"65 tokens", "64 positions"}},
		"wrong demonstration": {func(s *Setup) { s.Train[2].Completion = "x" }, []string{"completion", "'x'"}},
		"nothing to wait for": {func(s *Setup) {
			s.Stages[0].Until.Metric, s.Validation = "eval/validation/avg@1", nil
		}, []string{"stage sft", "no validation problems"}},
		"long completions": {func(s *Setup) { s.Stages[1].Rollout.MaxCompletionLength = 61 }, []string{"stage rl", "64 positions"}},
		"long evaluation":  {func(s *Setup) { s.Eval.MaxCompletionLength = 61 }, []string{"eval", "64 positions"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := kitSetup(t, openDevice(t, "go"), kitStage("sft", "sft", 1), kitStage("rl", "grpo", 1))
			c.change(&s)
			_, err := New(s)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}

// TestOverlongPromptsAreDroppedAndCounted never cuts one.
func TestOverlongPromptsAreDroppedAndCounted(t *testing.T) {
	s, _ := kitSetup(t, openDevice(t, "go"), kitStage("rl", "grpo", 1))
	var log bytes.Buffer
	s.Log = slog.New(slog.NewTextHandler(&log, nil))
	n := len(s.Train)
	s.Train[0].Prompt, s.Train[7].Prompt, s.Test[1].Prompt = "1+1+1=", "1+1+1+1=", "11+1="
	s.MaxPromptLength, s.DropOverlong = 4, true
	tr := newTrainer(t, s)
	if len(tr.train) != n-2 || len(tr.test) != len(s.Test)-1 || len(tr.validation) != len(s.Validation) {
		t.Errorf("%d, %d and %d problems left", len(tr.train), len(tr.validation), len(tr.test))
	}
	for _, p := range tr.train {
		if len(p.tokens) != 4 {
			t.Errorf("problem %s: %d tokens", p.example.ID, len(p.tokens))
		}
	}
	for _, want := range []string{"set=train dropped=2", "set=test dropped=1"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log %q does not say %q", log.String(), want)
		}
	}
}

// TestDemonstrations: what is imitated is the completion, or the first answer, and
// the end of sequence.
func TestDemonstrations(t *testing.T) {
	s, _ := kitSetup(t, openDevice(t, "go"), kitStage("sft", "sft", 1))
	s.Train = []data.Example{{ID: "a", Prompt: "1+1=", Answers: []string{"20", "2"}}, {ID: "b", Prompt: "1+2=", Answers: []string{"30"}, Completion: "1+1+1=30"}}
	tr := newTrainer(t, s)
	groups, err := tr.demonstrations(tr.train, algos.Needs{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"20", "1+1+1=30"} {
		r := &groups[i].Rollouts[0]
		ids := r.Tokens()
		if len(groups[i].Rollouts) != 1 || r.Text != want || s.Tokenizer.Decode(ids, true) != want || ids[len(ids)-1] != s.Tokenizer.EOS()[0] || r.Finish != data.FinishEOS {
			t.Errorf("group %d: %+v", i, groups[i])
		}
		for _, m := range r.AppendMask(nil) {
			if !m {
				t.Errorf("group %d: a token is masked", i)
			}
		}
	}
}
