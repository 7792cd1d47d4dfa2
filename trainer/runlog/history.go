package runlog

import (
	"fmt"
	"maps"
)

// history is what a logger needs of the run's records, those of earlier processes
// included.
type history struct {
	// last is the last record; nil where there is none.
	last   *Record
	reward series
	points []evalPoint
}

// evalPoint is an evaluation and when it was made.
type evalPoint struct {
	step int
	// stage is the stage that it was made in or after; empty before the first.
	stage string
	evaluation
}

// add takes a record that is beyond those before.
func (h *history) add(r *Record) {
	h.last = r
	if v, ok := r.Values["reward"]; ok {
		h.reward.x = append(h.reward.x, float64(r.Step))
		h.reward.y = append(h.reward.y, v)
	}
	h.addEvaluations(r)
}

func (h *history) addEvaluations(r *Record) {
	for _, e := range evaluations(r) {
		h.points = append(h.points, evalPoint{r.Step, r.Stage, e})
	}
}

// completed is the last record with the values of r, an evaluation of the same step,
// added.
func (h *history) completed(r *Record) *Record {
	whole := *h.last
	whole.Values = maps.Clone(h.last.Values)
	maps.Copy(whole.Values, r.Values)
	return &whole
}

// evalSeries are the averages of one set, as a series.
func (h *history) evalSeries(set string, mark byte) series {
	s := series{mark: mark}
	for _, p := range h.points {
		if p.set == set && p.k > 0 {
			s.label = fmt.Sprintf("%s avg@%d", set, p.k)
			s.x = append(s.x, float64(p.step))
			s.y = append(s.y, p.average)
		}
	}
	return s
}
