package runlog

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/data"
)

func TestSampleLine(t *testing.T) {
	ex := data.Example{ID: "addition/12+07", Prompt: "12+07=", Answers: []string{"910", "19"}}
	rollout := data.Rollout{Text: "91<eos>\n\"", Finish: data.FinishLength}
	row := data.Row{Rollout: &rollout, Reward: 0.5, Verdict: data.Verdict{Kind: data.Incorrect, Reason: "mismatch"}}
	s := NewSample(7, "grpo", "12+07=", &ex, &row)
	want := `{"step":7,"stage":"grpo","id":"addition/12+07","prompt":"12+07=","completion":"91<eos>\n\"","answer":"910",` +
		`"reward":0.5,"verdict":"incorrect","reason":"mismatch","finish":"length"}` + "\n"
	got, err := s.encode()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("line (-want +got):\n%s", diff)
	}
	row.Reward, ex.Answers = math.NaN(), nil
	s = NewSample(7, "grpo", "", &ex, &row)
	if got, err = s.encode(); err != nil {
		t.Fatal(err)
	}
	var again Sample
	if err := json.Unmarshal(got, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, again, cmp.Comparer(func(a, b Reward) bool {
		return a == b || math.IsNaN(float64(a)) && math.IsNaN(float64(b))
	})); diff != "" {
		t.Errorf("a masked row read again (-first +again):\n%s\n%s", diff, got)
	}
}
