package algotest_test

import (
	"math"
	"slices"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/algos/algotest"
	"github.com/rlvr-go/rlvr/data"
)

// estimatorFunc makes an estimator of a function.
type estimatorFunc func(s *data.Scored) error

func (estimatorFunc) Needs() algos.Needs                { return algos.Needs{} }
func (f estimatorFunc) Advantages(s *data.Scored) error { return f(s) }

// lessBatchMean is a right estimator with two ways to break it.
func lessBatchMean(skipNaN, checkInf bool) estimatorFunc {
	return func(s *data.Scored) error {
		sum, n := 0.0, 0.0
		for _, r := range s.Rows {
			if checkInf && math.IsInf(r.Reward, 0) {
				return algotestError{}
			}
			if !skipNaN || !math.IsNaN(r.Reward) {
				sum += r.Reward
				n++
			}
		}
		for i := range s.Rows {
			r := &s.Rows[i]
			r.Advantages = make([]float64, len(r.Mask))
			if math.IsNaN(r.Reward) {
				r.Mask = make([]bool, len(r.Mask))
				continue
			}
			for t := range r.Advantages {
				r.Advantages[t] = r.Reward - sum/n
			}
		}
		return nil
	}
}

type algotestError struct{}

func (algotestError) Error() string { return "infinite reward" }

func estimatorCase(name string, e algos.Estimator) algotest.EstimatorCase {
	algos.RegisterEstimator(algos.Part{Name: name}, func(algos.Values) algos.Estimator { return e })
	return algotest.EstimatorCase{
		Algorithm: algos.Options{Name: "reinforce", Options: map[string]any{"advantage_estimator": name}},
		Estimator: name,
		Oracle: func(s *data.Scored) [][]float64 {
			out := make([][]float64, len(s.Rows))
			for i, r := range s.Rows {
				mean := 0.0
				for _, q := range s.Rows {
					mean += q.Reward / float64(len(s.Rows))
				}
				out[i] = slices.Repeat([]float64{r.Reward - mean}, len(r.Mask))
			}
			return out
		},
	}
}

func TestBrokenEstimatorsAreCaught(t *testing.T) {
	right := lessBatchMean(true, true)
	for _, c := range []struct {
		name, rule string
		estimator  estimatorFunc
	}{
		{"fine", "", right},
		{"reward itself", "value", func(s *data.Scored) error {
			err := right(s)
			for i := range s.Rows {
				for t := range s.Rows[i].Advantages {
					s.Rows[i].Advantages[t] = s.Rows[i].Reward
				}
			}
			return err
		}},
		{"one advantage a row", "value", func(s *data.Scored) error {
			err := right(s)
			for i := range s.Rows {
				s.Rows[i].Advantages = []float64{s.Rows[i].Reward}
			}
			return err
		}},
		{"NaN in the mean", "unscored rows", lessBatchMean(false, true)},
		{"infinity in the mean", "infinite reward", lessBatchMean(true, false)},
		{"first row leads", "group order", func(s *data.Scored) error {
			err := right(s)
			for i := range s.Rows[:min(1, len(s.Rows))] {
				for t := range s.Rows[i].Advantages {
					s.Rows[i].Advantages[t]++
				}
			}
			return err
		}},
		{"changes rewards", "only advantages", func(s *data.Scored) error {
			err := right(s)
			for i := range s.Rows {
				s.Rows[i].Reward /= 2
			}
			return err
		}},
		{"needs a row", "nothing scored", func(s *data.Scored) error {
			if len(s.Rows) == 0 {
				return algotestError{}
			}
			return right(s)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			failures := algotest.CheckEstimator(estimatorCase(c.name, c.estimator))
			caught := slices.ContainsFunc(failures, func(f algotest.Failure) bool { return f.Check == c.rule })
			if c.rule == "" && len(failures) > 0 || c.rule != "" && !caught {
				t.Errorf("want a failure of %q, got %v", c.rule, failures)
			}
		})
	}
}
