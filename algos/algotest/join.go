package algotest

import (
	"fmt"
	"math"

	"github.com/rlvr-go/rlvr/algos"
)

// micro is one micro-batch's outputs.
type micro struct {
	terms                     []number
	metrics                   []metric
	logProbs, entropy, values []float32 // gradients, [n*T]
}

// number is a numerator with its denominator.
type number struct {
	name                   string
	numerator, denominator float64
}

// metric is a number with the way to join it.
type metric struct {
	number
	join algos.Join
}

// joiner adds micro-batches up.
type joiner struct {
	res     *Result
	n, t    int
	terms   []number
	metrics []metric
}

func newJoiner(b *Batch) *joiner {
	return &joiner{res: &Result{}, n: b.N(), t: b.T()}
}

func (j *joiner) add(m *micro, part []int) error {
	if j.terms == nil {
		j.terms, j.metrics = m.terms, m.metrics
	} else {
		for k, x := range m.terms {
			if x.denominator != j.terms[k].denominator {
				return fmt.Errorf("term %s has denominators %v and %v in two micro-batches of a step: not a global count", x.name, j.terms[k].denominator, x.denominator)
			}
			j.terms[k].numerator += x.numerator
		}
		for k := range m.metrics {
			j.metrics[k].add(m.metrics[k])
		}
	}
	for _, g := range []struct {
		to   *[][]float64
		from []float32
	}{{&j.res.LogProbs, m.logProbs}, {&j.res.Entropy, m.entropy}, {&j.res.Values, m.values}} {
		if g.from == nil {
			continue
		}
		if *g.to == nil {
			*g.to = make([][]float64, j.n)
		}
		for k, i := range part {
			row := make([]float64, j.t)
			for t := range row {
				row[t] = float64(g.from[k*j.t+t])
			}
			(*g.to)[i] = row
		}
	}
	return nil
}

func (m *metric) add(x metric) {
	switch m.join {
	case algos.JoinMax:
		m.numerator = math.Max(m.numerator, x.numerator)
	case algos.JoinMin:
		m.numerator = math.Min(m.numerator, x.numerator)
	case algos.JoinMean:
		m.numerator += x.numerator
		m.denominator += x.denominator
	case algos.JoinSum:
		m.numerator += x.numerator
	}
}

func (j *joiner) result() (*Result, error) {
	for _, t := range j.terms {
		j.res.Loss += t.numerator / t.denominator
	}
	j.res.Metrics = make(map[string]float64, len(j.metrics))
	for _, m := range j.metrics {
		if _, twice := j.res.Metrics[m.name]; twice {
			return nil, fmt.Errorf("metric %s is reported twice", m.name)
		}
		j.res.Metrics[m.name] = m.numerator
		if m.join == algos.JoinMean {
			j.res.Metrics[m.name] /= m.denominator
		}
	}
	return j.res, nil
}
