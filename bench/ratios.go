package main

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"

	"github.com/rlvr-go/rlvr/trainer/compare"
	"github.com/rlvr-go/rlvr/trainer/stats"
)

// quantity is a row of the table of ratios.
type quantity struct {
	name string
	of   func(m *measurement) float64
}

var quantities = []quantity{
	{"GRPO step", func(m *measurement) float64 { return m.step }},
	{"  its generation", func(m *measurement) float64 { return m.generation }},
	{"  its update", func(m *measurement) float64 { return m.update }},
	{"GRPO step with records and checkpoints", func(m *measurement) float64 { return m.kept }},
	{"whole run", func(m *measurement) float64 { return m.wall }},
	{"whole run, without Python's imports", func(m *measurement) float64 { return m.run }},
	{"peak memory", func(m *measurement) float64 { return m.rssMiB }},
}

// values are a quantity of each run.
func (p *program) values(of func(m *measurement) float64) []float64 {
	out := make([]float64, len(p.runs))
	for i, m := range p.runs {
		out[i] = of(m)
	}
	return out
}

// better keeps, of each peer, the number of threads with the faster step, and all
// of our programs.
func better(programs []*program) []*program {
	var out []*program
	at := map[string]int{}
	speed := func(p *program) float64 { return stats.Median(p.values(quantities[0].of)) }
	for _, p := range programs {
		i, seen := at[p.kind]
		switch {
		case !seen:
			at[p.kind] = len(out)
			out = append(out, p)
		case speed(p) < speed(out[i]):
			out[i] = p
		}
	}
	return out
}

// ratios are a quantity of ours by a peer's, repetition by repetition.
func ratios(ours, peer *program, of func(m *measurement) float64) []float64 {
	a, b := ours.values(of), peer.values(of)
	for i := range a {
		a[i] /= b[i]
	}
	return a
}

// printComparison writes the ratios, and the numbers that they are made of.
func printComparison(out io.Writer, programs []*program) {
	kept := better(programs)
	var peers []*program
	for _, p := range kept {
		if p.peer {
			peers = append(peers, p)
		}
	}
	fmt.Fprintf(out, "Ours by theirs (below 1: faster, smaller): least, **median**, greatest of %d repetition(s), each program once in each;\n"+
		"%s/%s, %d cores.\n\n", len(programs[0].runs), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	if len(peers) > 0 {
		fmt.Fprintln(out, ratioTable(kept, peers))
	}
	fmt.Fprintf(out, "The numbers, for orientation: medians; seconds and MiB.\n\n%s", programTable(programs))
}

func ratioTable(kept, peers []*program) compare.Table {
	head := []string{"program", "what"}
	for _, p := range peers {
		head = append(head, "by "+p.label)
	}
	t := compare.Table{head}
	for _, o := range kept {
		if o.peer {
			continue
		}
		for _, q := range quantities {
			row := []string{o.label, q.name}
			for _, p := range peers {
				row = append(row, spread(ratios(o, p, q.of)))
			}
			t.Row(row...)
		}
	}
	return t
}

func programTable(programs []*program) compare.Table {
	t := compare.Table{{"program", "step", "generation", "update", "rest", "host %", "with records", "whole run", "imports", "MiB",
		"SFT steps", "tokens", "accuracy before, after SFT, after GRPO"}}
	for _, p := range programs {
		of := func(f func(m *measurement) float64) string { return number(stats.Median(p.values(f))) }
		t.Row(p.label,
			of(func(m *measurement) float64 { return m.step }),
			of(func(m *measurement) float64 { return m.generation }),
			of(func(m *measurement) float64 { return m.update }),
			of(func(m *measurement) float64 { return max(0, m.step-m.generation-m.update) }),
			of(func(m *measurement) float64 { return 100 * m.host }),
			of(func(m *measurement) float64 { return m.kept }),
			of(func(m *measurement) float64 { return m.wall }),
			of(func(m *measurement) float64 { return m.wall - m.run }),
			of(func(m *measurement) float64 { return m.rssMiB }),
			of(func(m *measurement) float64 { return float64(m.sftSteps) }),
			of(func(m *measurement) float64 { return m.tokens }),
			shares(p.accuracy()),
		)
	}
	return t
}

// accuracy is the median over the runs, after each stage.
func (p *program) accuracy() []float64 {
	most := 0
	for _, m := range p.runs {
		most = max(most, len(m.accuracy))
	}
	out := make([]float64, most)
	for i := range out {
		out[i] = stats.Median(p.values(func(m *measurement) float64 {
			if i < len(m.accuracy) {
				return m.accuracy[i]
			}
			return math.NaN()
		}))
	}
	return out
}

// shares are numbers from 0 to 1 in a line.
func shares(x []float64) string {
	var out []string
	for _, v := range x {
		out = append(out, fmt.Sprintf("%.3f", v))
	}
	return strings.Join(out, " ")
}
