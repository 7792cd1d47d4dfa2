package runlog

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// Record is the metrics of one step, a line of metrics.jsonl.
type Record struct {
	// Step counts on over stages. Step 0 is before the first update.
	Step int
	// Stage is the name of the stage that the step belongs to.
	Stage string
	// Time is when the step ended.
	Time time.Time
	// Values are the metrics by declared name.
	Values map[string]float64
}

// Deterministic is the values that must be equal when the step is done again.
func (r *Record) Deterministic() map[string]float64 {
	out := map[string]float64{}
	for name, v := range r.Values {
		if m, ok := Lookup(name); ok && m.Class == Deterministic {
			out[name] = v
		}
	}
	return out
}

// names are the metrics of the record in the order of the table, those of one
// pattern by name. The error names every metric that is not declared.
func (r *Record) names() ([]string, error) {
	type named struct {
		row  int
		name string
	}
	order := make([]named, 0, len(r.Values))
	var unknown []string
	for name := range r.Values {
		row, ok := position(name)
		if !ok {
			unknown = append(unknown, name)
			continue
		}
		order = append(order, named{row, name})
	}
	slices.Sort(unknown)
	var faults []error
	for _, name := range unknown {
		faults = append(faults, undeclared(name))
	}
	slices.SortFunc(order, func(a, b named) int {
		return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(a.name, b.name))
	})
	out := make([]string, len(order))
	for i, n := range order {
		out[i] = n.name
	}
	return out, errors.Join(faults...)
}

// timeLayout is RFC 3339 in UTC with milliseconds.
const timeLayout = "2006-01-02T15:04:05.000Z07:00"

// nonFiniteKey is a field that says what the null metrics of a record are, since
// JSON has no word for them: {"loss": "NaN", "kl": "+Inf"}.
const nonFiniteKey = "non_finite"

// encode is the record as one line of JSON: step, stage, time, then the metrics in
// the order of the table, in the shortest digits that give the same float64.
func (r *Record) encode() ([]byte, error) {
	names, err := r.names()
	if err != nil {
		return nil, err
	}
	stage, err := json.Marshal(r.Stage)
	if err != nil {
		return nil, fmt.Errorf("runlog: stage: %w", err)
	}
	line := fmt.Appendf(nil, `{"step":%d,"stage":%s,"time":"%s"`, r.Step, stage, r.Time.UTC().Format(timeLayout))
	var odd []byte
	for _, name := range names {
		key, err := json.Marshal(name)
		if err != nil {
			return nil, fmt.Errorf("runlog: metric %q: %w", name, err)
		}
		v := r.Values[name]
		if math.IsNaN(v) || math.IsInf(v, 0) {
			line = fmt.Appendf(line, `,%s:null`, key)
			odd = fmt.Appendf(odd, `,%s:"%s"`, key, strconv.FormatFloat(v, 'g', -1, 64))
			continue
		}
		number, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("runlog: metric %q: %w", name, err)
		}
		line = fmt.Appendf(line, `,%s:%s`, key, number)
	}
	if odd != nil {
		line = fmt.Appendf(line, `,"%s":{%s}`, nonFiniteKey, odd[1:])
	}
	return append(line, "}\n"...), nil
}

// decodeRecord reads a line that encode wrote, or a later version of it: metrics
// need not be declared any more, fields of other types are passed over.
func decodeRecord(line []byte) (Record, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(line, &fields); err != nil {
		return Record{}, err
	}
	var head struct {
		Step      *int              `json:"step"`
		Stage     string            `json:"stage"`
		Time      time.Time         `json:"time"`
		NonFinite map[string]string `json:"non_finite"`
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return Record{}, err
	}
	if head.Step == nil || *head.Step < 0 {
		return Record{}, errors.New("no step in it")
	}
	r := Record{Step: *head.Step, Stage: head.Stage, Time: head.Time, Values: map[string]float64{}}
	for name, raw := range fields {
		var v float64
		if name == "step" || string(raw) == "null" || json.Unmarshal(raw, &v) != nil {
			continue
		}
		r.Values[name] = v
	}
	for name, word := range head.NonFinite {
		v, err := strconv.ParseFloat(word, 64)
		if err != nil {
			return Record{}, fmt.Errorf("%s: %w", nonFiniteKey, err)
		}
		r.Values[name] = v
	}
	return r, nil
}
