package algotest

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"

	"github.com/rlvr-go/rlvr/algos"
)

// This file holds the rules about the equation itself.

func checkValue(r *run) error {
	for seed := range uint64(numSeeds) {
		b := r.random(seed)
		got, err := r.Eval(b)
		if err != nil {
			return err
		}
		if err := differ(fmt.Sprintf("seed %d: loss", seed), got.Loss, r.Oracle(b, b), float32Tolerance); err != nil {
			return err
		}
	}
	return nil
}

// checkMetrics also tries ratios that are all below or all above 1, which padding,
// whose ratio is 1, must not join.
func checkMetrics(r *run) error {
	for seed := range uint64(numSeeds) {
		b := r.random(seed)
		if side := []float64{0, 0, -1, 1}[seed]; side != 0 {
			b.LogProbs = fill(b, func(i, t int) float64 { return b.Old[i][t] + side*math.Abs(b.LogProbs[i][t]-b.Old[i][t]) })
		}
		got, err := r.Eval(b)
		if err != nil {
			return err
		}
		want := map[string]float64{}
		if r.Metrics != nil {
			want = r.Metrics(b)
		}
		if err := differMetrics(got.Metrics, want, float32Tolerance); err != nil {
			return fmt.Errorf("seed %d: %w", seed, err)
		}
	}
	return nil
}

func differMetrics(got, want map[string]float64, tol float64) error {
	names := slices.Sorted(maps.Keys(got))
	if wanted := slices.Sorted(maps.Keys(want)); !slices.Equal(names, wanted) {
		return fmt.Errorf("metrics are %q, want %q", names, wanted)
	}
	for _, name := range names {
		if err := differ("metric "+name, got[name], want[name], tol); err != nil {
			return err
		}
	}
	return nil
}

func checkGradient(r *run) error {
	for seed := range uint64(numSeeds) {
		b := r.random(seed)
		got, err := r.Eval(b)
		if err != nil {
			return err
		}
		if err := differGradients(got, r.differences(b), float32Tolerance); err != nil {
			return fmt.Errorf("seed %d: %w", seed, err)
		}
	}
	return nil
}

// differences is the gradient of the oracle by central differences, 0 where masked.
func (r *run) differences(b *Batch) *Result {
	moved := b.Clone()
	wrt := func(x [][]float64) [][]float64 {
		out := make([][]float64, b.N())
		for i := range out {
			out[i] = make([]float64, b.T())
			for t := range out[i] {
				if !b.Mask[i][t] {
					continue
				}
				out[i][t] = r.difference(moved, b, &x[i][t])
			}
		}
		return out
	}
	res := &Result{LogProbs: wrt(moved.LogProbs)}
	if r.needs.EntropyGrad {
		res.Entropy = wrt(moved.Entropy)
	}
	if r.needs.Values {
		res.Values = wrt(moved.Values)
	}
	return res
}

// difference is the derivative of the oracle by one number x of moved, a clone of b.
func (r *run) difference(moved, b *Batch, x *float64) float64 {
	at := *x
	defer func() { *x = at }()
	*x = at + differenceStep
	above := r.Oracle(moved, b)
	*x = at - differenceStep
	return (above - r.Oracle(moved, b)) / (2 * differenceStep)
}

// golden is a file of another program's results.
type golden struct {
	// Origin says which program, which version, and how to make the file again.
	Origin string       `json:"origin"`
	Cases  []goldenCase `json:"cases"`
}

type goldenCase struct {
	Explanation string         `json:"explanation"`
	Options     map[string]any `json:"options"`
	Batch       Batch          `json:"batch"`
	Loss        float64        `json:"loss"`
	// Gradients with respect to the log-probabilities and, where the options ask
	// for it, the entropy and the values.
	LogProbs [][]float64 `json:"grad_log_probs"`
	Entropy  [][]float64 `json:"grad_entropy"`
	Values   [][]float64 `json:"grad_values"`
}

func checkGolden(r *run) error {
	if r.Golden == "" {
		return nil
	}
	var g golden
	if err := readJSON(r.Golden, &g); err != nil {
		return err
	}
	if g.Origin == "" || len(g.Cases) == 0 {
		return fmt.Errorf("%s names no origin or has no cases", r.Golden)
	}
	for i := range g.Cases {
		c := &g.Cases[i]
		runner, err := NewRunner(algos.Options{Name: r.Case.Algorithm.Name, Options: c.Options})
		if err != nil {
			return fmt.Errorf("%s: %w", c.Explanation, err)
		}
		got, err := runner.Eval(&c.Batch)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Explanation, err)
		}
		want := &Result{Loss: c.Loss, LogProbs: c.LogProbs, Entropy: c.Entropy, Values: c.Values, Metrics: got.Metrics}
		if err := differResults(got, want, float32Tolerance); err != nil {
			return fmt.Errorf("%s: %w", c.Explanation, err)
		}
	}
	return nil
}

func readJSON(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("algotest: golden: %w", err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("algotest: golden %s: %w", path, err)
	}
	return nil
}

// SameGradient claims that another algorithm has the same gradient on batches that
// prepare changed.
func SameGradient(name, explanation string, other algos.Options, prepare func(*Batch)) Identity {
	return Identity{Name: name, Explanation: explanation, Check: func(r *Runner, random func(uint64) *Batch) error {
		o, err := NewRunner(other)
		if err != nil {
			return err
		}
		for seed := range uint64(numSeeds) {
			b := random(seed)
			if prepare != nil {
				prepare(b)
			}
			got, err := r.Eval(b)
			if err != nil {
				return err
			}
			want, err := o.Eval(b)
			if err != nil {
				return err
			}
			if err := differRows("d loss/d LogProbs", got.LogProbs, want.LogProbs, float32Tolerance); err != nil {
				return fmt.Errorf("seed %d: %w", seed, err)
			}
		}
		return nil
	}}
}
