package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// record is what is read of a line of metrics.jsonl.
type record struct {
	Step  int       `json:"step"`
	Stage string    `json:"stage"`
	Time  time.Time `json:"time"`

	NumTokens  float64 `json:"num_tokens"`
	Generation float64 `json:"timing_s/gen"`
	OldLogProb float64 `json:"timing_s/old_log_prob"`
	Update     float64 `json:"timing_s/update"`
	Evaluation float64 `json:"timing_s/eval"`
	Whole      float64 `json:"timing_s/step"`
	Host       float64 `json:"timing_s/host"`
	Entropy    float64 `json:"entropy"`

	// Accuracy is that on the test problems, of which there are Problems; nil where
	// they were not looked at.
	Accuracy *float64 `json:"eval/test/avg@1"`
	Problems float64  `json:"eval/test/num_problems"`
	// Validation is the accuracy on the validation problems, nil likewise.
	Validation *float64 `json:"eval/validation/avg@1"`
}

// readRecords reads the metrics of a run folder.
func readRecords(dir string) ([]record, error) {
	path := filepath.Join(dir, "metrics.jsonl")
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var out []record
	for line := range bytes.Lines(text) {
		var r record
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", path, len(out)+1, err)
		}
		out = append(out, r)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s is empty", path)
	}
	return out, nil
}

// ofStage are the records of a stage's steps.
func ofStage(all []record, name string) []record {
	var out []record
	for _, r := range all {
		if r.Stage == name {
			out = append(out, r)
		}
	}
	return out
}

// accuracies are those on the test problems before training and after each stage,
// and how many problems there are.
func accuracies(all []record) (values []float64, problems int) {
	for _, r := range all {
		if r.Accuracy != nil {
			values, problems = append(values, *r.Accuracy), int(r.Problems)
		}
	}
	return values, problems
}
