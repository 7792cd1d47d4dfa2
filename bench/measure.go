package main

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/rlvr-go/rlvr/trainer/stats"
)

// measurement is a run of a program. Times are in seconds; those of steps are of
// the GRPO stage, after the warm-up.
type measurement struct {
	// step is the median of a whole step, evaluation left out; generation and update
	// are the medians of its parts, scoring being part of the update. What is left is
	// rewards, advantages and the host's work.
	step, generation, update float64
	// host is the median share of a step in which no device works, where that is known.
	host float64
	// kept is the mean of a whole step with all that is written down meanwhile:
	// metrics, samples and checkpoints, which peers do not write.
	kept float64
	// wall is the whole process, run the same without Python's imports.
	wall, run float64
	rssMiB    float64
	sftSteps  int
	tokens    float64
	// accuracy is on the test problems: before training, after each stage.
	accuracy []float64
}

// ofProcess fills in what is the same for every program.
func (m *measurement) ofProcess(p *process, imports float64) {
	m.wall = p.wall.Seconds()
	m.run = m.wall - imports
	m.rssMiB = float64(p.rss) / (1 << 20)
}

// steps fills in the times of steps.
func (m *measurement) steps(whole, generation, update, kept []float64, warmUp int) error {
	if len(whole) <= warmUp {
		return fmt.Errorf("%d GRPO steps, all of them warm-up", len(whole))
	}
	m.step, m.generation, m.update = stats.Median(whole[warmUp:]), stats.Median(generation[warmUp:]), stats.Median(update[warmUp:])
	m.kept = stats.Mean(kept[warmUp:])
	return nil
}

// measureOurs reads what a run of ours wrote into its folder.
func measureOurs(p *process, dir string, warmUp int) (*measurement, error) {
	all, err := readRecords(dir)
	if err != nil {
		return nil, err
	}
	var whole, generation, update, kept, host []float64
	var before time.Time
	for _, r := range all {
		if r.Stage == grpoStage {
			whole, generation = append(whole, r.Whole), append(generation, r.Generation)
			update, host = append(update, r.OldLogProb+r.Update), append(host, r.Host/r.Whole)
			// A record's time is when its step and evaluation had ended.
			kept = append(kept, r.Time.Sub(before).Seconds()-r.Evaluation)
		}
		before = r.Time
	}
	m := &measurement{sftSteps: len(ofStage(all, sftStage)), tokens: all[len(all)-1].NumTokens}
	m.accuracy, _ = accuracies(all)
	m.ofProcess(p, 0)
	if err := m.steps(whole, generation, update, kept, warmUp); err != nil {
		return nil, err
	}
	m.host = stats.Median(host[warmUp:])
	return m, nil
}

// measured is what a peer prints.
type measured struct {
	ImportS  float64   `json:"import_s"`
	SFTSteps int       `json:"sft_steps"`
	Tokens   float64   `json:"tokens"`
	Accuracy []float64 `json:"accuracy"`
	// GRPOSteps are seconds of each step: whole, generation, update.
	GRPOSteps [][3]float64 `json:"grpo_steps"`
}

// measurePeer reads what a peer printed.
func measurePeer(p *process, warmUp int) (*measurement, error) {
	var r measured
	if err := json.Unmarshal(p.output, &r); err != nil {
		return nil, fmt.Errorf("what it printed: %w", err)
	}
	var whole, generation, update []float64
	for _, s := range r.GRPOSteps {
		whole, generation, update = append(whole, s[0]), append(generation, s[1]), append(update, s[2])
	}
	m := &measurement{sftSteps: r.SFTSteps, tokens: r.Tokens, accuracy: r.Accuracy, host: math.NaN()}
	m.ofProcess(p, r.ImportS)
	if err := m.steps(whole, generation, update, whole, warmUp); err != nil {
		return nil, err
	}
	return m, nil
}
