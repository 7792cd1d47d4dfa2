package runlog

import (
	"fmt"
	"strconv"
	"time"
)

// Final is what the last lines of a run say beside its results.
type Final struct {
	// Checkpoint is the folder with the trained weights.
	Checkpoint string
	// Elapsed is the time of this process.
	Elapsed time.Duration
	// Startup is the part of it before the first step: reading and loading.
	Startup time.Duration
	// Next are commands to try.
	Next []string
}

// sets whose evaluations are reported, and their marks in the chart: the test set
// is the result, validation what early stopping looked at.
const (
	testSet       = "test"
	validationSet = "validation"
)

// report is the end of a run: accuracy before the first and after each stage with
// its interval, and the curve of the reward.
func (h *history) report(f *Final, most int) []string {
	var out []string
	if rows := h.milestones(); len(rows) > 0 {
		out = append(out, "", fmt.Sprintf("accuracy on the %d held-out problems of %q, with 95 %% intervals", rows[0].problems, testSet), "")
		out = append(out, layout(accuracyColumns(rows), most)...)
	}
	curves := []series{h.reward, h.evalSeries(validationSet, 'o'), h.evalSeries(testSet, '#')}
	if picture := chart(curves, min(most, leastColumns)-axisWidth-2); picture != nil {
		out = append(append(out, "", "by step: "+legend(curves), ""), picture...)
	}
	out = append(out, "")
	if f.Elapsed > 0 {
		line := "time        " + span(f.Elapsed)
		if f.Startup > 0 {
			line += fmt.Sprintf(", of which %.1f s (%.0f %%) to read and load what the run starts from", f.Startup.Seconds(), 100*f.Startup.Seconds()/f.Elapsed.Seconds())
		}
		out = append(out, line)
	}
	if f.Checkpoint != "" {
		out = append(out, "checkpoint  "+f.Checkpoint)
	}
	for i, command := range f.Next {
		label := "            "
		if i == 0 {
			label = "next        "
		}
		out = append(out, label+command)
	}
	return out
}

// milestones are the test evaluations to report: the one before the first step, and
// the last one of each stage.
func (h *history) milestones() []evalPoint {
	var out []evalPoint
	for _, p := range h.points {
		if p.set != testSet || p.k == 0 {
			continue
		}
		if n := len(out); n > 0 && out[n-1].stage != "" && out[n-1].stage == p.stage {
			out[n-1] = p
			continue
		}
		out = append(out, p)
	}
	return out
}

func accuracyColumns(rows []evalPoint) []column {
	when := column{title: ""}
	step := column{title: "step"}
	average := column{title: fmt.Sprintf("avg@%d", rows[0].k)}
	interval := column{title: "95 % interval"}
	gain := column{title: "gain"}
	for i, r := range rows {
		label := "after " + r.stage
		if r.stage == "" {
			label = "before training"
		}
		when.cells = append(when.cells, printable(label))
		step.cells = append(step.cells, strconv.Itoa(r.step))
		average.cells = append(average.cells, decimal(r.average, 3))
		interval.cells = append(interval.cells, r.interval())
		change := ""
		if i > 0 {
			change = signed(r.average - rows[i-1].average)
		}
		gain.cells = append(gain.cells, change)
	}
	return []column{when, step, average, interval, gain}
}
