package algos

import "github.com/rlvr-go/rlvr/data"

// constant gives every token the advantage 1: supervised learning as a special case
// of policy gradient, with the given answers as the good actions.
type constant struct{}

func init() {
	RegisterEstimator(Part{Name: "constant", Summary: "1 for every token of a given answer", Offline: true},
		func(Values) Estimator { return constant{} })
}

// Needs implements [Estimator].
func (constant) Needs() Needs { return Needs{} }

// Advantages implements [Estimator].
func (constant) Advantages(s *data.Scored) error {
	for i := range s.Rows {
		broadcast(&s.Rows[i], 1)
	}
	return nil
}
