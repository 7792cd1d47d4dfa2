package trainer

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rlvr-go/rlvr/model/device"
	"github.com/rlvr-go/rlvr/trainer/runlog"
)

// watchTolerance bounds a float32 log-probability's distance from a float64 one.
const watchTolerance = 1e-5

// TestSampleTokens: the tokens of the recorded completions are those that were sampled,
// with the sampler's and the trainer's numbers; with score_completions what the updated
// policy says of them is what the decoder in float64 says, and nothing else of the run
// changes.
func TestSampleTokens(t *testing.T) {
	onBackends(t, func(t *testing.T, dev *device.Device) {
		var runs [2]told
		var weights [2][][]float32
		for i, score := range []bool{false, true} {
			s, rec := kitSetup(t, dev, severalUpdates(3))
			verify(evenStart).judgeBy(&s)
			s.Logging.ScoreCompletions = score
			tr := runAll(t, s)
			for _, c := range rec.samples {
				checkTokens(t, &c, score)
			}
			last := rec.samples[len(rec.samples)-1]
			if score {
				compareNew(t, tr, &last)
			}
			runs[i], weights[i] = rec.told(), hostWeights(t, dev, tr.policy)
			if len(rec.samples) != 3*s.Logging.NumCompletions {
				t.Errorf("%d samples in 3 steps", len(rec.samples))
			}
		}
		same := cmpopts.IgnoreFields(runlog.SampleTokens{}, "NewLogProbs", "NewEntropy")
		if diff := cmp.Diff(runs[0], runs[1], same); diff != "" || !sameBits(weights[0], weights[1]) {
			t.Errorf("scoring completions changes the run (-without +with):\n%s", diff)
		}
	})
}

// checkTokens demands numbers for every token, and texts that make the completion.
func checkTokens(t *testing.T, s *runlog.Sample, scored bool) {
	t.Helper()
	k := s.Tokens
	if text := strings.Join(k.Text, ""); !strings.HasPrefix(text, s.Completion) {
		t.Errorf("tokens %q of completion %q", k.Text, s.Completion)
	}
	arrays := []runlog.Numbers{k.LogProbs, k.OldLogProbs, k.Entropy}
	if scored {
		arrays = append(arrays, k.NewLogProbs, k.NewEntropy)
	}
	for i, a := range arrays {
		if len(a) != len(k.Text) {
			t.Errorf("step %d: array %d has %d numbers for %d tokens", s.Step, i, len(a), len(k.Text))
		}
	}
	if len(k.Advantages) != 1 || k.Trained != nil { // of a group, and of all tokens
		t.Errorf("step %d: advantages %v, trained %v", s.Step, k.Advantages, k.Trained)
	}
	if (k.NewLogProbs != nil) != scored {
		t.Errorf("step %d: new log-probabilities %v", s.Step, k.NewLogProbs)
	}
	for i := range k.LogProbs {
		if d := math.Abs(float64(k.LogProbs[i] - k.OldLogProbs[i])); d > watchTolerance {
			t.Errorf("step %d: the sampler's and the trainer's log-probability differ by %v", s.Step, d)
		}
	}
}

// compareNew compares a sample of the last step with the trained policy's decoder.
func compareNew(t *testing.T, tr *Trainer, s *runlog.Sample) {
	t.Helper()
	tok := tr.setup.Tokenizer
	prompt, err := tok.EncodePrompt(s.Prompt)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := tok.EncodeSpecial(strings.Join(s.Tokens.Text, ""), false)
	if err != nil {
		t.Fatal(err)
	}
	plain := plainOf(tr.policy.Arch, float64s(hostTensors(t, tr.setup.Device, tr.policy.Weights)))
	want := plain.logProbs(prompt, ids, tr.setup.Stages[0].Rollout.Temperature)
	moved := 0.0
	for i, v := range want {
		if d := math.Abs(v - float64(s.Tokens.NewLogProbs[i])); d > watchTolerance {
			t.Errorf("token %d: log-probability %v after the updates, want %v", i, s.Tokens.NewLogProbs[i], v)
		}
		moved = max(moved, math.Abs(v-float64(s.Tokens.OldLogProbs[i])))
	}
	if moved < 100*watchTolerance {
		t.Errorf("the updates moved no log-probability by more than %v", moved)
	}
}

// TestPieces: put together, the pieces are the text.
func TestPieces(t *testing.T) {
	tok := kitTokenizer(t)
	ids, err := tok.Encode("0213")
	if err != nil {
		t.Fatal(err)
	}
	ids = append(ids, tok.EOS()[0])
	if got := pieces(tok, ids); !slices.Equal(got[:4], []string{"0", "2", "1", "3"}) || strings.Join(got, "") != tok.Decode(ids, false) {
		t.Errorf("%q", got)
	}
	if got := pieces(tok, nil); got != nil {
		t.Errorf("of nothing: %q", got)
	}
}

// TestPackerApart: what is packed apart has the shape that its items alone make, and
// leaves the stage's shapes alone.
func TestPackerApart(t *testing.T) {
	stage := severalUpdates(1)
	p := newPacker(kitArch(), &stage)
	items := func(n, length int) []item {
		out := make([]item, n)
		for i := range out {
			out[i] = item{prompt: make([]int32, 4), tokens: make([]int32, length), group: i}
		}
		return out
	}
	p.choose(items(8, 16)) // larger than what follows: fit to be used again
	before := slices.Clone(p.shapes)
	q := p.apart()
	first := q.choose(items(6, 12))
	q.choose(items(8, 16))
	if again := q.choose(items(6, 12)); again != first || first.T != 16 || first.S&(first.S-1) != 0 {
		t.Errorf("shape %v, later %v", first, again)
	}
	if !slices.Equal(p.shapes, before) {
		t.Errorf("the stage's shapes became %v, were %v", p.shapes, before)
	}
}
