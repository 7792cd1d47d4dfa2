package algos_test

import (
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
	"github.com/rlvr-go/rlvr/data"
)

func TestGPG(t *testing.T) {
	for _, compat := range []string{"none", "verl"} {
		c := algotest.EstimatorCase{
			Algorithm: algos.Options{Name: "gpg", Options: map[string]any{"compat": compat}}, Estimator: "gpg",
			Oracle: func(s *data.Scored) [][]float64 {
				b, useful := lessGroupMean(s, compat == "verl"), 0.0
				for _, rows := range groupsOf(s) {
					differ := false
					for _, i := range rows {
						differ = differ || s.Rows[i].Reward != s.Rows[rows[0]].Reward
						if compat == "verl" && s.Rows[i].Reward != 0 {
							useful++
						}
					}
					if compat == "none" && differ {
						useful += float64(len(rows))
					}
				}
				return spread(s, func(i int) float64 { return b[i] * float64(len(s.Rows)) / useful })
			},
			Identities: []algotest.EstimatorIdentity{equalRewards, moved}, NoGolden: peersFile,
		}
		if compat == "verl" {
			c.Identities = []algotest.EstimatorIdentity{sums}
		}
		algotest.RunEstimator(t, c)
	}
	proveReinforce(t, "gpg", "token-mean")
}

// One reward of eight that is not 0, in verl's count, scales by 8; one group of two that
// differ by 8/2 in ours.
func TestGPGScale(t *testing.T) {
	for compat, want := range map[string]float64{"verl": 4, "none": 2} {
		a, err := algos.Resolve(algos.Options{Name: "gpg", Options: map[string]any{"compat": compat}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := algotest.Advantages(a.Estimator, algotest.Rewards([]float64{0, 1}, []float64{0, 0, 0}, []float64{0, 0, 0}))
		if err != nil || got[1][0] != want || got[0][0] != -want || got[3][0] != 0 {
			t.Errorf("%s: %v, want %v; error %v", compat, got, want, err)
		}
	}
}
