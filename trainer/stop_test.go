package trainer

import (
	"strings"
	"sync"
	"testing"

	"github.com/rlvr-go/rlvr/data"
)

// heard are the completions that a verifier saw.
type heard struct {
	mu          sync.Mutex
	completions []string
}

func (h *heard) verify(_ *data.Example, completion string) data.Verdict {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.completions = append(h.completions, completion)
	return data.Verdict{}
}

// TestStopStrings: a stop string ends a completion and is not part of the text that
// the verifier sees, in training and in every evaluation, the one before any stage
// included.
func TestStopStrings(t *testing.T) {
	stage := kitStage("rl", "grpo", 2)
	stage.Rollout.MaxCompletionLength, stage.Rollout.Stop = 12, []string{"1", "+2"}
	for name, steps := range map[string]int{"evaluation": 0, "training": 2} {
		h := &heard{}
		s, rec := kitSetup(t, openDevice(t, "go"), stage)
		verify(h.verify).judgeBy(&s)
		s.Eval.MaxCompletionLength, s.Logging.NumCompletions = 12, 4
		if steps == 0 {
			s.Eval.NumGenerations, s.Eval.Temperature = 4, 1
			if err := newTrainer(t, s).begin(t.Context()); err != nil {
				t.Fatal(err)
			}
		} else {
			s.Test, s.Validation = nil, nil
			runAll(t, s)
		}
		short := 0
		for _, c := range h.completions {
			if strings.Contains(c, "1") || strings.Contains(c, "+2") {
				t.Errorf("%s: the verifier saw %q", name, c)
			}
			if len(c) < 11 {
				short++
			}
		}
		if short < len(h.completions)/4 {
			t.Errorf("%s: %d of %d completions ended early", name, short, len(h.completions))
		}
		stopped := 0
		for _, c := range rec.samples {
			if c.Finish == "stop" {
				stopped++
			}
		}
		if steps > 0 && stopped == 0 {
			t.Errorf("no sample of %d ended by a stop string", len(rec.samples))
		}
	}
}

// TestStopKeepsTheTokenThatCompletesIt: what comes after the stop string is cut,
// the token that completes it is trained.
func TestStopKeepsTheTokenThatCompletesIt(t *testing.T) {
	tok := kitTokenizer(t)
	s := &stopStrings{tok: tok, stop: []string{"+=", "9"}}
	for _, tt := range []struct {
		text string
		seen int
		keep int
		stop bool
		want string
	}{
		{"123", 0, 3, false, "123"},
		{"12+=4", 0, 4, true, "12"},
		{"12+=4", 3, 4, true, "12"}, // the string lies across two chunks
		{"9", 0, 1, true, ""},
		{"1+9=+=", 2, 3, true, "1+"},
		{"123456781+=4", 10, 11, true, "123456781"}, // not all of it is looked at
		{"", 0, 0, false, ""},
	} {
		ids, err := tok.Encode(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		keep, stop := s.Stop(ids, tt.seen)
		if keep != tt.keep || stop != tt.stop || s.text(ids) != tt.want {
			t.Errorf("%q, %d seen: keep %d, stop %v, text %q; want %d, %v, %q", tt.text, tt.seen, keep, stop, s.text(ids), tt.keep, tt.stop, tt.want)
		}
	}
}

// TestPaddingInACompletionShows: a verifier must not read over a padding token that
// the policy sampled.
func TestPaddingInACompletionShows(t *testing.T) {
	tok := kitTokenizer(t)
	s := &stopStrings{tok: tok}
	ids, err := tok.Encode("12")
	if err != nil {
		t.Fatal(err)
	}
	ids = append(append(ids, tok.PadID()), ids[0], tok.EOS()[0])
	if got := s.text(ids); got != "12<|pad|>1" {
		t.Errorf("text %q", got)
	}
}
