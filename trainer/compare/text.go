package compare

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// section is a table with a line above it.
type section struct {
	title string
	table Table
}

// Text is the report for a terminal of at most most cells.
func (r *Report) Text(most int) string {
	var out []string
	for _, s := range r.sections() {
		out = append(out, s.title+"\n\n"+s.table.Text(most))
	}
	if notes := r.notes(); len(notes) > 0 {
		out = append(out, strings.Join(notes, "\n")+"\n")
	}
	return strings.Join(out, "\n")
}

// Markdown is the report with the numbers of each run.
func (r *Report) Markdown() string {
	var out []string
	for _, s := range append(r.sections(), r.byRun()) {
		out = append(out, s.title+"\n\n"+s.table.String())
	}
	if notes := r.notes(); len(notes) > 0 {
		out = append(out, strings.Join(notes, "\n")+"\n")
	}
	return strings.Join(out, "\n")
}

func (r *Report) sections() []section {
	return []section{r.accuracy(), r.reaching(), r.stability(), r.cost()}
}

func (r *Report) accuracy() section {
	t := Table{{"", "seeds", "score", "95 % interval", "difference", "95 % interval", "pairs"}}
	for i := range r.Arms {
		a := &r.Arms[i]
		row := []string{a.Name, strconv.Itoa(len(a.Runs)), a.Score.Value.share(), interval(a.Score, Number.share), "", "", ""}
		if d := a.Difference; d != nil {
			row[4], row[5], row[6] = d.Value.signed(), interval(d.Estimate, Number.signed), strconv.Itoa(d.Pairs)
		}
		t.Row(row...)
	}
	paired := "seeds paired"
	if slices.ContainsFunc(r.Arms, func(a ArmReport) bool { return a.Difference != nil && a.Difference.ByProblem }) {
		paired = "seeds and problems paired"
	}
	return section{fmt.Sprintf("%s at the end, difference to %s, %s", r.Metric, printable(r.Base), paired), t}
}

func interval(e Estimate, form func(Number) string) string {
	return "[" + form(e.Low) + ", " + form(e.High) + "]"
}

func (r *Report) reaching() section {
	t := Table{{"", "reached", "steps", "by base", "seconds", "by base"}}
	for i := range r.Arms {
		a := &r.Arms[i]
		row := []string{a.Name, fmt.Sprintf("%d of %d", a.Reached, len(a.Runs)), a.TargetStep.String(), "", a.TargetSeconds.String(), ""}
		if d := a.Difference; d != nil {
			row[3], row[5] = d.TargetSteps.String(), d.TargetSeconds.String()
		}
		t.Row(row...)
	}
	return section{fmt.Sprintf("to %s of %g, medians", r.Target.Metric, r.Target.Value), t}
}

func (r *Report) stability() section {
	t := Table{{"", "failed", "steps not finite", "worst fall", "least entropy"}}
	for i := range r.Arms {
		a := &r.Arms[i]
		t.Row(a.Name, fmt.Sprintf("%d of %d", a.Failed, len(a.Runs)), strconv.Itoa(a.NonFinite), a.WorstFall.share(), a.LeastEntropy.String())
	}
	return section{"stability, the worst of all seeds", t}
}

func (r *Report) cost() section {
	t := Table{{"", "s a step", "by base", "tokens/s", "compiling s", "whole s"}}
	for i := range r.Arms {
		a := &r.Arms[i]
		byBase := ""
		if a.Difference != nil {
			byBase = a.Difference.StepSeconds.String()
		}
		t.Row(a.Name, a.StepSeconds.String(), byBase, a.TokensPerSecond.String(), a.CompileSeconds.String(), a.Seconds.String())
	}
	return section{"cost of the last stage's steps, medians", t}
}

func (r *Report) byRun() section {
	t := Table{{"run", "seed", "score", "steps", "to target", "worst fall", "least entropy", "s a step", "whole s", "state"}}
	for i := range r.Arms {
		for k := range r.Arms[i].Runs {
			m := &r.Arms[i].Runs[k]
			state := string(m.State)
			if m.Reason != "" {
				state += ": " + m.Reason
			}
			t.Row(r.Arms[i].Name, strconv.FormatInt(m.Seed, 10), m.Score.share(), strconv.Itoa(m.Steps), m.TargetStep.String(), m.WorstFall.share(),
				m.LeastEntropy.String(), m.StepSeconds.String(), m.Seconds.String(), state)
		}
	}
	return section{"run by run", t}
}

// fewSeeds are fewer than a bootstrap over seeds can be sure of.
const fewSeeds = 5

// notes are what a reader of the tables should know, a line each.
func (r *Report) notes() []string {
	var out []string
	few := false
	for i := range r.Arms {
		a := &r.Arms[i]
		for k := range a.Runs {
			if m := &a.Runs[k]; m.State != Finished {
				out = append(out, fmt.Sprintf("%s, seed %d: failed: %s", printable(a.Name), m.Seed, printable(m.Reason)))
			}
		}
		d := a.Difference
		switch {
		case d == nil:
		case d.Pairs == 0:
			out = append(out, fmt.Sprintf("%s and %s have no runs with the same seed that came to their end", printable(a.Name), printable(r.Base)))
		case d.OtherSeeds:
			out = append(out, fmt.Sprintf("%s was run with another seed than %s", printable(a.Name), printable(r.Base)))
		}
		few = few || d != nil && d.Pairs > 0 && d.Pairs < fewSeeds
	}
	if few {
		out = append(out, fmt.Sprintf("fewer than %d pairs of seeds: an interval knows little of what another seed would do", fewSeeds))
	}
	return out
}
