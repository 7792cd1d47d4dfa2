package algos_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
	"github.com/rlvr-go/rlvr/data"
)

// groupsOf are the indices of each group's rows.
func groupsOf(s *data.Scored) [][]int {
	out := make([][]int, len(s.Groups))
	for i := range s.Rows {
		out[s.Rows[i].Group] = append(out[s.Rows[i].Group], i)
	}
	return out
}

// rewardsOf are the rewards of rows.
func rewardsOf(s *data.Scored, rows []int) []float64 {
	var out []float64
	for _, i := range rows {
		out = append(out, s.Rows[i].Reward)
	}
	return out
}

// lessGroupMean is each row's reward less its group's mean, exactly 0 where all are equal;
// a group of one keeps its reward if lonely.
func lessGroupMean(s *data.Scored, lonely bool) []float64 {
	out := make([]float64, len(s.Rows))
	for _, rows := range groupsOf(s) {
		x := rewardsOf(s, rows)
		for _, i := range rows {
			switch m, _ := meanStd(x); {
			case lonely && len(x) == 1:
				out[i] = x[0]
			case slices.Min(x) != slices.Max(x):
				out[i] = s.Rows[i].Reward - m
			}
		}
	}
	return out
}

// whitened normalises numbers of trained tokens over the step.
func whitened(s *data.Scored, x [][]float64) [][]float64 {
	var all []float64
	for i := range x {
		for t := range x[i] {
			if s.Rows[i].Mask[t] {
				all = append(all, x[i][t])
			}
		}
	}
	m, std := meanStd(all)
	out := make([][]float64, len(x))
	for i := range x {
		out[i] = make([]float64, len(x[i]))
		for t := range x[i] {
			if s.Rows[i].Mask[t] && slices.Min(all) != slices.Max(all) {
				out[i][t] = (x[i][t] - m) / math.Sqrt(std*std+1e-8)
			}
		}
	}
	return out
}

func TestRLOO(t *testing.T) {
	for _, compat := range []string{"none", "verl"} {
		c := algotest.EstimatorCase{
			Algorithm: algos.Options{Name: "rloo", Options: map[string]any{"compat": compat}}, Estimator: "rloo",
			Oracle: func(s *data.Scored) [][]float64 { // the sum over the others, as written
				out := make([]float64, len(s.Rows))
				for _, rows := range groupsOf(s) {
					for _, i := range rows {
						others := 0.0
						for _, j := range rows {
							if j != i {
								others += s.Rows[j].Reward / float64(len(rows)-1)
							}
						}
						if len(rows) > 1 || compat == "verl" {
							out[i] = s.Rows[i].Reward - others
						}
					}
				}
				return spread(s, func(i int) float64 { return out[i] })
			},
			Identities: []algotest.EstimatorIdentity{equalRewards, moved}, NoGolden: peersFile,
		}
		if compat == "verl" { // where a group of one is not of advantage 0, nor indifferent to shifts
			c.Identities = []algotest.EstimatorIdentity{moved}
		}
		algotest.RunEstimator(t, c)
	}
	proveReinforce(t, "rloo", "seq-mean-token-sum")
}

// proveReinforce passes a preset of the loss reinforce through the suite of losses.
func proveReinforce(t *testing.T, name, mode string) {
	t.Helper()
	loss := policyGradient(mode)
	algotest.Run(t, algotest.Case{
		Algorithm: algos.Options{Name: name}, Oracle: loss, PerTokenAdvantages: true,
		Metrics: func(b *algotest.Batch) map[string]float64 { return map[string]float64{"policy_loss": loss(b, b)} },
	})
}

// proveGRPO passes a preset of the loss grpo through it.
func proveGRPO(t *testing.T, name, mode string) {
	t.Helper()
	is := clip{low: 0.2, high: 0.2, mode: mode}
	algotest.Run(t, algotest.Case{
		Algorithm: algos.Options{Name: name}, Oracle: is.oracle, Metrics: is.metrics, Edges: is.edges(),
		Identities: []algotest.Identity{same("the loss is GRPO's", "grpo", map[string]any{"loss_agg_mode": mode}, nil)},
	})
}

// A group of one has nothing to be compared with; verl keeps its reward.
func TestGroupsOfOne(t *testing.T) {
	for _, c := range []struct {
		name    string
		options map[string]any
		want    float64
	}{
		{"grpo", nil, 0},
		{"grpo", map[string]any{"compat": "trl"}, 0},
		{"grpo", map[string]any{"compat": "verl", "advantage_epsilon": 1e-6}, 3 / (1 + 1e-6)},
		{"grpo", map[string]any{"compat": "verl", "scale_rewards": "none"}, 3},
		{"rloo", nil, 0},
		{"rloo", map[string]any{"compat": "verl"}, 3},
		{"gpg", nil, 0},
		{"gpg", map[string]any{"compat": "verl"}, 5.0 / 3 * 3},
		{"gdpo", nil, 0},
		{"pass_k", nil, 0},
		{"pass_k", map[string]any{"pass_k_form": "best"}, 0},
	} {
		a, err := algos.Resolve(algos.Options{Name: c.name, Options: c.options})
		if err != nil {
			t.Fatal(err)
		}
		s := algotest.Rewards([]float64{3}, []float64{1, 0, 0, 1})
		got, err := algotest.Advantages(a.Estimator, s)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got[0][0]-c.want) > 1e-15 || s.Rows[0].NumTrained() != 2 {
			t.Errorf("%s %v: advantage %v, want %v; %d tokens trained", c.name, c.options, got[0], c.want, s.Rows[0].NumTrained())
		}
	}
}

// sums claims that advantages of a group add up to nothing.
var sums = algotest.EstimatorIdentity{
	Name: "sum", Explanation: "the advantages of a group add up to 0",
	Check: func(e algos.Estimator) error {
		s := algotest.Rewards([]float64{0, 1, 0, 0, 1, 0}, []float64{1, 1, 0})
		judge(s)
		got, err := algotest.Advantages(e, s)
		if err != nil {
			return err
		}
		total := []float64{0, 0}
		for i := range got {
			total[s.Rows[i].Group] += got[i][0]
		}
		if math.Abs(total[0]) > 1e-12 || math.Abs(total[1]) > 1e-12 {
			return fmt.Errorf("sums %v", total)
		}
		return nil
	},
}

// judge makes right what has a reward above 0.
func judge(s *data.Scored) {
	for i := range s.Rows {
		s.Rows[i].Verdict = data.Verdict{Kind: data.Incorrect, Score: s.Rows[i].Reward}
		if s.Rows[i].Reward > 0 {
			s.Rows[i].Verdict.Kind = data.Correct
		}
	}
}
