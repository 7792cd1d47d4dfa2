package runlog

import (
	"fmt"
	"math"

	"github.com/rlvr-go/rlvr/configs/fault"
)

// Band is where a metric should be when a run is done again, under any seed and on any
// backend (an element of the config section "bands").
type Band struct {
	// Metric is its name, as in metrics.jsonl.
	Metric string `yaml:"metric"`
	// Step is that of the record; 0: the last one that has the metric.
	Step int `yaml:"step"`
	// Low and High are the ends, both within.
	Low  float64 `yaml:"low"`
	High float64 `yaml:"high"`
}

// Validate reports every field out of range.
func (b *Band) Validate() error {
	var l fault.List
	if _, ok := Lookup(b.Metric); !ok {
		names := make([]string, len(table))
		for i, m := range table {
			names[i] = m.Name
		}
		allowed := "a metric of a run"
		if near := fault.Closest(b.Metric, names); near != "" {
			allowed += "; did you mean " + near + "?"
		}
		l.Add("metric", b.Metric, "%s", allowed)
	}
	l.Check(b.Step >= 0, "step", b.Step, "0 (the last that has the metric) or a step")
	l.Check(!math.IsNaN(b.Low) && !math.IsInf(b.Low, 0), "low", b.Low, "a number")
	l.Check(b.High >= b.Low && !math.IsInf(b.High, 0), "high", b.High, "%s", fmt.Sprintf("a number, at least low (%g)", b.Low))
	return l.Err()
}

// BandResult is what a run has to say to a band.
type BandResult struct {
	Band
	// Found says that there is such a record; At is its step, Value the metric in it.
	Found bool
	At    int
	Value float64
}

// OK reports that the value is within the band.
func (r *BandResult) OK() bool { return r.Found && r.Value >= r.Low && r.Value <= r.High }

// CheckBands looks bands up in the records of a run.
func CheckBands(bands []Band, records []Record) []BandResult {
	out := make([]BandResult, len(bands))
	for i, b := range bands {
		out[i].Band = b
		for k := range records {
			v, ok := records[k].Values[b.Metric]
			if ok && (b.Step == 0 || b.Step == records[k].Step) {
				out[i].Found, out[i].At, out[i].Value = true, records[k].Step, v
			}
		}
	}
	return out
}
