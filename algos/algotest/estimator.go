package algotest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/data"
)

// float64Tolerance covers float64 sums over a batch of rewards in another order.
const float64Tolerance = 1e-12

// goldenTolerance covers TRL's nanstd, which takes n/(n-1) in float32 whatever the
// type of the rewards.
const goldenTolerance = 6e-8

// EstimatorCase is an algorithm whose estimator is tested.
type EstimatorCase struct {
	// Algorithm is an online preset; advantage_estimator may choose the estimator.
	Algorithm algos.Options
	// Estimator is its registered name.
	Estimator string
	// Oracle is the advantage of each token, [row][T]; rows without a reward (NaN) are
	// not looked at.
	Oracle func(s *data.Scored) [][]float64
	// Prepare may add to random rows what the estimator needs beside rewards.
	Prepare func(s *data.Scored, rng *rand.Rand)
	// Identities are further claims about scored rows; they return what differs.
	Identities []EstimatorIdentity
	// Golden is a file of rewards with another program's advantages. NoGolden says
	// why there is none.
	Golden, NoGolden string
}

// EstimatorIdentity is a claim about an estimator.
type EstimatorIdentity struct {
	Name, Explanation string
	Check             func(e algos.Estimator) error
}

// RunEstimator fails t for each rule that the case violates, and records the proof.
func RunEstimator(t *testing.T, c EstimatorCase) {
	t.Helper()
	for _, f := range CheckEstimator(c) {
		t.Errorf("%s%v: %s: %s\n\tthe rule: %s", c.Estimator, c.Algorithm.Options, f.Check, f.Detail, f.Explanation)
	}
	record("estimator "+c.Estimator, proof{identity: len(c.Identities) > 0, golden: c.Golden+c.NoGolden != ""})
}

// CheckEstimator returns the rules that a case violates.
func CheckEstimator(c EstimatorCase) []Failure {
	a, err := algos.Resolve(c.Algorithm)
	if err != nil {
		return []Failure{{"resolve", "the algorithm of a case resolves", err.Error()}}
	}
	var out []Failure
	for _, rule := range estimatorRules {
		if rule.rewards && a.Offline {
			continue
		}
		if err := rule.check(&c, a.Estimator); err != nil {
			out = append(out, Failure{rule.name, rule.explanation, err.Error()})
		}
	}
	for _, id := range c.Identities {
		if err := id.Check(a.Estimator); err != nil {
			out = append(out, Failure{"identity " + id.Name, id.Explanation, err.Error()})
		}
	}
	return out
}

var estimatorRules = []struct {
	name, explanation string
	rewards           bool // a rule about rewards, which given answers do not have
	check             func(*EstimatorCase, algos.Estimator) error
}{
	{"value", "each token's advantage is the oracle's", false, checkAdvantages},
	{"unscored rows", "a row without a reward (NaN) is masked, has advantage 0 and leaves the others' statistics", true, checkUnscored},
	{"group order", "the order of groups, and of rows within one, does not matter", false, checkGroupOrder},
	{"only advantages", "nothing but advantages, returns and the masks of unscored rows is written", false, checkOnlyAdvantages},
	{"infinite reward", "an infinite reward is an error: statistics over it say nothing", true, checkInfinite},
	{"nothing scored", "no rows, or only rows without reward, are no error", false, checkNothingScored},
	{"golden", "another program's rewards give its advantages", false, checkGoldenAdvantages},
}

// scored makes groups of 1 to 5 rows of 0 to 4 tokens, with rewards of few values,
// so that whole groups are equal at times.
func (c *EstimatorCase) scored(seed uint64) *data.Scored {
	rng := rand.New(rand.NewPCG(seed, 0x65737469)) //nolint:gosec // reproducible test data
	var groups [][]float64
	for g := range 6 {
		rewards := make([]float64, 1+(g+int(seed))%5)
		for i := range rewards {
			rewards[i] = []float64{0, 1, 0.7, -2.5}[rng.IntN(2+g%3)]
		}
		groups = append(groups, rewards)
	}
	s := Rewards(groups...)
	for i := range s.Rows {
		length := (i + int(seed)) % 5
		s.Rows[i].Mask = make([]bool, length)
		for t := range length {
			s.Rows[i].Mask[t] = rng.IntN(4) > 0
		}
	}
	if c.Prepare != nil {
		c.Prepare(s, rng)
	}
	return s
}

// Rewards makes rows of two trained tokens with the given rewards, one slice a group.
func Rewards(groups ...[]float64) *data.Scored {
	s := &data.Scored{}
	for g, rewards := range groups {
		s.Groups = append(s.Groups, data.Group{Example: &data.Example{ID: fmt.Sprint(g)}})
		for _, r := range rewards {
			s.Rows = append(s.Rows, data.Row{Group: g, Reward: r, Mask: []bool{true, true}, Rollout: &data.Rollout{}})
		}
	}
	return s
}

// Advantages runs e and returns the advantages of each row.
func Advantages(e algos.Estimator, s *data.Scored) ([][]float64, error) {
	if err := e.Advantages(s); err != nil {
		return nil, err
	}
	out := make([][]float64, len(s.Rows))
	for i := range s.Rows {
		if len(s.Rows[i].Advantages) != len(s.Rows[i].Mask) {
			return nil, fmt.Errorf("row %d has %d advantages for %d tokens", i, len(s.Rows[i].Advantages), len(s.Rows[i].Mask))
		}
		out[i] = s.Rows[i].Advantages
	}
	return out, nil
}

func checkAdvantages(c *EstimatorCase, e algos.Estimator) error {
	for seed := range uint64(numSeeds) {
		s := c.scored(seed)
		want := c.Oracle(s)
		got, err := Advantages(e, s)
		if err != nil {
			return err
		}
		if err := differRows(fmt.Sprintf("seed %d: advantage", seed), got, want, float64Tolerance); err != nil {
			return err
		}
	}
	return nil
}

func checkUnscored(c *EstimatorCase, e algos.Estimator) error {
	s := c.scored(2)
	without := c.scored(2)
	without.Rows = slices.DeleteFunc(without.Rows, func(r data.Row) bool { return r.Reward == 0 })
	for i := range s.Rows {
		if s.Rows[i].Reward == 0 {
			s.Rows[i].Reward = math.NaN()
		}
	}
	got, err := Advantages(e, s)
	if err != nil {
		return err
	}
	want, err := Advantages(e, without)
	if err != nil {
		return err
	}
	for i := range s.Rows {
		if !math.IsNaN(s.Rows[i].Reward) {
			if err := differRows(fmt.Sprintf("beside unscored rows: advantage of row %d", i), got[i:i+1], want[:1], float64Tolerance); err != nil {
				return err
			}
			want = want[1:]
			continue
		}
		if s.Rows[i].NumTrained() != 0 || slices.ContainsFunc(got[i], func(a float64) bool { return a != 0 }) {
			return fmt.Errorf("row %d has no reward but mask %v and advantages %v", i, s.Rows[i].Mask, got[i])
		}
	}
	return nil
}

func checkGroupOrder(c *EstimatorCase, e algos.Estimator) error {
	s, turned := c.scored(1), c.scored(1)
	slices.Reverse(turned.Rows)
	slices.Reverse(turned.Groups)
	for i := range turned.Rows {
		turned.Rows[i].Group = len(turned.Groups) - 1 - turned.Rows[i].Group
	}
	want, err := Advantages(e, s)
	if err != nil {
		return err
	}
	got, err := Advantages(e, turned)
	if err != nil {
		return err
	}
	slices.Reverse(got)
	return differRows("advantage", got, want, float64Tolerance)
}

func checkOnlyAdvantages(c *EstimatorCase, e algos.Estimator) error {
	s, before := c.scored(3), c.scored(3)
	if err := e.Advantages(s); err != nil {
		return err
	}
	for i := range s.Rows {
		s.Rows[i].Advantages, s.Rows[i].Returns = before.Rows[i].Advantages, before.Rows[i].Returns
		if !reflect.DeepEqual(s.Rows[i], before.Rows[i]) {
			return fmt.Errorf("row %d was %+v and is %+v", i, before.Rows[i], s.Rows[i])
		}
	}
	return nil
}

func checkInfinite(c *EstimatorCase, e algos.Estimator) error {
	for _, x := range []float64{math.Inf(1), math.Inf(-1)} {
		s := c.scored(0)
		s.Rows[2].Reward = x
		if err := e.Advantages(s); err == nil {
			return fmt.Errorf("no error for a reward of %v", x)
		}
	}
	return nil
}

func checkNothingScored(c *EstimatorCase, e algos.Estimator) error {
	if err := e.Advantages(&data.Scored{}); err != nil {
		return err
	}
	s := c.scored(0)
	for i := range s.Rows {
		s.Rows[i].Reward = math.NaN()
	}
	return e.Advantages(s)
}

func checkGoldenAdvantages(c *EstimatorCase, _ algos.Estimator) error {
	if c.Golden == "" {
		return nil
	}
	var g struct {
		Origin string `json:"origin"`
		Cases  []struct {
			Explanation string         `json:"explanation"`
			Options     map[string]any `json:"options"`
			Groups      [][]*float64   `json:"groups"` // null: no reward
			Advantages  [][]float64    `json:"advantages"`
		} `json:"cases"`
	}
	if err := readJSON(c.Golden, &g); err != nil {
		return err
	}
	if g.Origin == "" || len(g.Cases) == 0 {
		return fmt.Errorf("%s names no origin or has no cases", c.Golden)
	}
	for _, k := range g.Cases {
		a, err := algos.Resolve(algos.Options{Name: c.Algorithm.Name, Options: k.Options})
		if err != nil {
			return fmt.Errorf("%s: %w", k.Explanation, err)
		}
		got, err := Advantages(a.Estimator, Rewards(numbers(k.Groups)...))
		if err != nil {
			return fmt.Errorf("%s: %w", k.Explanation, err)
		}
		for i, want := range slices.Concat(k.Advantages...) {
			if err := differ(fmt.Sprintf("%s: advantage of row %d", k.Explanation, i), got[i][0], want, goldenTolerance); err != nil {
				return err
			}
		}
	}
	return nil
}

// numbers has NaN for null.
func numbers(groups [][]*float64) [][]float64 {
	out := make([][]float64, len(groups))
	for g, rewards := range groups {
		for _, r := range rewards {
			if r == nil {
				out[g] = append(out[g], math.NaN())
			} else {
				out[g] = append(out[g], *r)
			}
		}
	}
	return out
}
