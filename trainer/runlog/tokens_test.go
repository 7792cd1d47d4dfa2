package runlog

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rlvr-go/rlvr/data"
)

func TestSampleTokens(t *testing.T) {
	row := data.Row{
		Mask: []bool{true, false}, RolloutLogProbs: []float32{-0.0123456, float32(math.Inf(-1))},
		Advantages: []float64{1.0 / 3, 1e-9}, Entropy: []float32{float32(math.NaN()), 0},
	}
	s := NewSampleTokens([]string{"<b>", "é"}, &row)
	s.SetNew([]float32{-123456, -0.5}, nil)
	want := `{"text":["\u003cb\u003e","é"],"trained":[1,0],"log_probs":[-0.01235,null],"entropy":[null,0],"new_log_probs":[-123500,-0.5],"advantages":[0.3333,1e-9]}`
	got, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var again SampleTokens
	if err := json.Unmarshal(got, &again); err != nil {
		t.Fatal(err)
	}
	if !math.IsNaN(float64(again.LogProbs[1])) {
		t.Errorf("null is read as %v", again.LogProbs[1])
	}
	s.LogProbs, s.Entropy, s.Advantages, s.NewLogProbs = again.LogProbs, again.Entropy, again.Advantages, again.NewLogProbs
	if diff := cmp.Diff(*s, again, cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("read again (-first +again):\n%s", diff)
	}
}

// TestSampleTokensAreShort: what is the same for all tokens is written once, or not at all.
func TestSampleTokensAreShort(t *testing.T) {
	row := data.Row{Mask: []bool{true, true}, Advantages: []float64{-0.5, -0.5}}
	got, err := json.Marshal(NewSampleTokens([]string{"a", "b"}, &row))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`{"text":["a","b"],"advantages":[-0.5]}`, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSampleTokensAreBounded: only the beginning of a long completion is described.
func TestSampleTokensAreBounded(t *testing.T) {
	const long = 3 * MaxSampleTokens
	row := data.Row{Mask: make([]bool, long), RolloutLogProbs: make([]float32, long), Advantages: []float64{1}}
	s := NewSampleTokens(slices.Repeat([]string{"a"}, long), &row)
	if len(s.Text) != MaxSampleTokens || len(s.Trained) != MaxSampleTokens || len(s.LogProbs) != MaxSampleTokens || s.Advantages != nil {
		t.Errorf("%d texts, %d marks, %d log-probabilities, %d advantages", len(s.Text), len(s.Trained), len(s.LogProbs), len(s.Advantages))
	}
}
