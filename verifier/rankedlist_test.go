package verifier_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rlvr-go/rlvr/data"
	"github.com/rlvr-go/rlvr/verifier"
	"github.com/rlvr-go/rlvr/verifier/verifiertest"
)

func TestRankedList(t *testing.T) {
	ex := answers("17\n9\n4")
	verifiertest.Run(t, verifiertest.Suite{
		New: func() (verifier.Verifier, error) { return verifier.New("ranked_list", nil) },
		Cases: []verifiertest.Case{
			row(ex, "17\n9\n4", data.Correct, "match"),
			row(ex, "\n 17 \r\n\n9\n4\n", data.Correct, "match"),
			row(answers("Heat\nAlien"), "heat\nalien", data.Correct, "match"),
			row(ex, "9\n17\n4", data.Incorrect, "mismatch"),
			row(ex, "17\n9\n9", data.Incorrect, "mismatch"),
			row(ex, "17\n9", data.Incorrect, "short"),
			row(ex, "17\n9\n4\n1", data.Incorrect, "long"),
			row(ex, "17 9 4", data.Incorrect, "short"),
			row(ex, "", data.Incorrect, "empty"),
			row(answers(" \n"), "1", data.Error, "no_gold"),
		},
	})
	verifiertest.Run(t, verifiertest.Suite{
		New: func() (verifier.Verifier, error) {
			return verifier.New("ranked_list", map[string]any{"gain": "binary"})
		},
		Cases: []verifiertest.Case{
			row(ex, "17\n9\n4", data.Correct, "match"),
			row(ex, "4\n9\n17", data.Correct, "match"),
			row(ex, "4\n9\n9", data.Incorrect, "mismatch"),
			row(ex, "4\n9\n17\n4", data.Incorrect, "long"),
		},
	})
}

// TestRankedListRewards: items and scores by hand, as the formula has them.
func TestRankedListRewards(t *testing.T) {
	d := []float64{1, 1 / math.Log2(3), 0.5} // 1/log2(j+1)
	graded, binary := 1*d[0]+2./3*d[1]+1./3*d[2], d[0]+d[1]+d[2]
	for _, tt := range []struct {
		gain, completion string
		items            []float64
		score            float64
	}{
		{"graded", "17\n9\n4", []float64{1, 2. / 3, 1. / 3}, 1},
		{"graded", "9\n17\n4", []float64{2. / 3, 1, 1. / 3}, (2./3*d[0] + d[1] + d[2]/3) / graded},
		{"graded", "17\n17\n4", []float64{1, 0, 1. / 3}, (1 + d[2]/3) / graded},
		{"graded", "5\n9", []float64{0, 2. / 3, 0}, 2. / 3 * d[1] / graded},
		{"graded", "17\n9\n4\n3\n2\n1", []float64{1, 2. / 3, 1. / 3, -0.1, -0.1, -0.1}, 0.5},
		{"graded", "", []float64{0, 0, 0}, 0},
		{"binary", "4\n9\n17", []float64{1, 1, 1}, 1},
		{"binary", "4\n5\n17", []float64{1, 0, 1}, (1 + d[2]) / binary},
	} {
		v, err := verifier.New("ranked_list", map[string]any{"gain": tt.gain})
		if err != nil {
			t.Fatal(err)
		}
		ex := answers("17\n9\n4")
		got := v.Verify(t.Context(), &ex, tt.completion)
		const rounding = 1e-12
		if diff := cmp.Diff(tt.items, got.Items, cmpopts.EquateApprox(0, rounding)); diff != "" || math.Abs(got.Score-tt.score) > rounding {
			t.Errorf("%s, %q: score %v, want %v; items (-want +got):\n%s", tt.gain, tt.completion, got.Score, tt.score, diff)
		}
		if got.Kind != data.Correct && got.Score >= 1 {
			t.Errorf("%q is wrong and scores %v", tt.completion, got.Score)
		}
	}
}

func TestRankedListOptions(t *testing.T) {
	_, err := verifier.New("ranked_list", map[string]any{"gain": "linear", "gian": 1})
	want := `options.gain: found "linear", allowed: graded, binary
options.gian: unknown option; one of gain; did you mean gain?`
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}
