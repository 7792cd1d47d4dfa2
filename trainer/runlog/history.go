package runlog

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ReadMetrics reads the records of a metrics.jsonl in their order. A last line that
// is half written, as a running or killed process leaves it, is passed over.
func ReadMetrics(path string) ([]Record, error) {
	var out []Record
	err := eachRecord(path, func(r Record) { out = append(out, r) })
	return out, err
}

func eachRecord(path string, use func(Record)) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("runlog: %w", err)
	}
	defer f.Close() //nolint:errcheck // read only
	in := bufio.NewReader(f)
	for number := 1; ; number++ {
		text, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("runlog: %s: %w", path, err)
		}
		r, err := decodeRecord(text)
		if err != nil {
			return fmt.Errorf("runlog: %s:%d: %w", path, number, err)
		}
		use(r)
	}
}

// history is what the final report needs of the run's records, those of earlier
// processes included.
type history struct {
	// first and last are the steps of the first and last record.
	first, last int
	empty       bool
	reward      series
	points      []evalPoint
}

// evalPoint is an evaluation and when it was made.
type evalPoint struct {
	step  int
	stage string
	evaluation
}

// readHistory reads what a resumed run has recorded so far.
func readHistory(path string) (*history, error) {
	h := &history{empty: true, reward: series{label: "reward", mark: '*'}}
	err := eachRecord(path, func(r Record) { h.add(&r) })
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return h, nil
}

func (h *history) add(r *Record) {
	if h.empty {
		h.first, h.empty = r.Step, false
	}
	h.last = r.Step
	if v, ok := r.Values["reward"]; ok {
		h.reward.x = append(h.reward.x, float64(r.Step))
		h.reward.y = append(h.reward.y, v)
	}
	for _, e := range evaluations(r) {
		h.points = append(h.points, evalPoint{r.Step, r.Stage, e})
	}
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
