package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/rlvr-go/rlvr/trainer/evaluation"
)

// evalReport is what rlvr eval prints, as JSON or as tables.
type evalReport struct {
	Checkpoint  string       `json:"checkpoint"`
	Evaluations []evalOfSet  `json:"evaluations"`
	Against     *evalCompare `json:"against,omitempty"`
}

// evalOfSet is a split, as a whole and by fields of its problems.
type evalOfSet struct {
	Set string `json:"set"`
	*evaluation.Summary
	By map[string][]*evaluation.Summary `json:"by,omitempty"`
}

// evalCompare is the comparison with another evaluation, a set each.
type evalCompare struct {
	Name string                   `json:"name"`
	Sets []*evaluation.Comparison `json:"sets"`
}

// newEvalReport summarizes what was found.
func newEvalReport(o *evalOptions, here *evaluated, there *evalAgainst) *evalReport {
	r := &evalReport{Checkpoint: here.checkpoint}
	for i := range here.sets {
		s := &here.sets[i]
		e := evalOfSet{Set: s.name, Summary: evaluation.Summarize(s.name, here.k, s.problems)}
		for _, field := range o.by {
			if e.By == nil {
				e.By = map[string][]*evaluation.Summary{}
			}
			e.By[field] = s.by(field, here.k)
		}
		r.Evaluations = append(r.Evaluations, e)
	}
	if there == nil {
		return r
	}
	r.Against = &evalCompare{Name: there.name}
	for i := range here.sets {
		s := &here.sets[i]
		r.Against.Sets = append(r.Against.Sets, evaluation.Compare(s.name, s.problems, there.problems[s.name]))
	}
	return r
}

// noCategory is the category of problems that lack the field.
const noCategory = "(none)"

// by are the summaries of the problems by a field, in the order of its values.
func (s *evaluatedSet) by(field string, k int) []*evaluation.Summary {
	groups := map[string][]*evaluation.Problem{}
	for i, ex := range s.examples {
		name, ok := category(ex.Extra[field])
		if !ok {
			name = noCategory
		}
		groups[name] = append(groups[name], s.problems[i])
	}
	var out []*evaluation.Summary
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		out = append(out, evaluation.Summarize(name, k, groups[name]))
	}
	return out
}

// print writes the report as tables of at most 80 columns.
func (r *evalReport) print(out io.Writer) error {
	for i := range r.Evaluations {
		if err := r.Evaluations[i].print(out); err != nil {
			return err
		}
	}
	if r.Against == nil {
		return nil
	}
	for _, c := range r.Against.Sets {
		if err := printComparison(out, r.Against.Name, c); err != nil {
			return err
		}
	}
	return nil
}

// interval is "0.500 [0.401, 0.599]".
func interval(v evaluation.Value) string {
	return fmt.Sprintf("%.3f [%.3f, %.3f]", v.Value, v.Low, v.High)
}

func (e *evalOfSet) print(out io.Writer) error {
	s := e.Summary
	fmt.Fprintf(out, "\n%s: %d problems, %s\n", s.Name, s.Problems, perProblem(s.K))
	fmt.Fprintf(out, "avg@%d %s\nlength %.1f%s, truncated %.1f %%, no answer %.1f %%\n",
		s.K, interval(s.Mean()), s.MeanLength, lengths(s), 100*s.Clipped, 100*s.NoAnswer)
	if s.MaskedCompletions > 0 {
		fmt.Fprintf(out, "%d completions could not be judged and count nowhere; %d problems are left out\n", s.MaskedCompletions, s.MaskedProblems)
	}
	if s.K > 1 {
		if err := printAt(out, s); err != nil {
			return err
		}
	}
	for _, field := range slices.Sorted(maps.Keys(e.By)) {
		w := newTable(out)
		fmt.Fprintf(w, "by %s\tproblems\tavg@%d\tpass@%d\tlength\ttruncated\n", cut(field), s.K, s.K)
		for _, c := range e.By[field] {
			fmt.Fprintf(w, "%s\t%d\t%s\t%.3f\t%.1f\t%.1f %%\n", cut(c.Name), c.Problems, interval(c.Mean()), c.Pass, c.MeanLength, 100*c.Clipped)
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// printAt writes pass@k and maj@k.
func printAt(out io.Writer, s *evaluation.Summary) error {
	w := newTable(out)
	fmt.Fprintln(w, "k\tpass@k\tmaj@k")
	for _, k := range evaluation.ShownK(s.K) {
		at := s.At[k-1]
		maj := "-"
		if at.Maj != nil {
			maj = interval(*at.Maj)
		}
		fmt.Fprintf(w, "%d\t%s\t%s\n", k, interval(at.Pass), maj)
	}
	return w.Flush()
}

func newTable(out io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(out, 0, 0, 2, ' ', 0) }

func perProblem(k int) string {
	if k == 1 {
		return "1 completion each"
	}
	return fmt.Sprintf("%d completions each", k)
}

// lengths says how long right and wrong completions are, where there are both.
func lengths(s *evaluation.Summary) string {
	if s.MeanLengthRight == nil || s.MeanLengthWrong == nil {
		return ""
	}
	return fmt.Sprintf(" (right %.1f, wrong %.1f)", *s.MeanLengthRight, *s.MeanLengthWrong)
}

// cut makes any text fit a column of a terminal.
func cut(text string) string {
	const most = 24
	text = strings.Trim(fmt.Sprintf("%q", text), `"`)
	if r := []rune(text); len(r) > most {
		return string(r[:most-3]) + "..."
	}
	return text
}

// printComparison writes one set of a comparison.
func printComparison(out io.Writer, name string, c *evaluation.Comparison) error {
	fmt.Fprintf(out, "\n%s against %s: %d problems in both\n", c.Name, name, c.Problems)
	for _, n := range []struct {
		count int
		what  string
	}{
		{c.OnlyHere, "only here"}, {c.OnlyThere, "only there"},
		{c.Unlike, "with other reference answers there, or not judged on a side"},
	} {
		if n.count > 0 {
			fmt.Fprintf(out, "left out: %d %s\n", n.count, n.what)
		}
	}
	if c.Problems == 0 {
		return nil
	}
	w := newTable(out)
	fmt.Fprintln(w, "\there\tthere\tdifference, paired")
	shown := evaluation.ShownK(min(c.HereK, c.ThereK))
	for _, d := range c.Differences {
		switch {
		case d.Measure == "avg":
			fmt.Fprintf(w, "avg\t%.3f\t%.3f\t%+.3f [%+.3f, %+.3f]\n", d.Here, d.There, d.Value.Value, d.Low, d.High)
		case slices.Contains(shown, d.K):
			fmt.Fprintf(w, "%s@%d\t%.3f\t%.3f\t%+.3f [%+.3f, %+.3f]\n", d.Measure, d.K, d.Here, d.There, d.Value.Value, d.Low, d.High)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "right: both %d, only here %d, only there %d, neither %d; McNemar p %.2g\n",
		c.BothRight, c.HereRight, c.ThereRight, c.NeitherRight, c.P)
	printFlips(out, c.Flips)
	return nil
}

// printFlips lists the problems that only one side gets right.
func printFlips(out io.Writer, flips []evaluation.Flip) {
	const most = 20
	for i, f := range flips {
		if i == most {
			fmt.Fprintf(out, "  and %d more (--json has all)\n", len(flips)-most)
			return
		}
		fmt.Fprintf(out, "  %s: %d of %d here, %d of %d there\n", cut(f.ID), f.HereRight, f.HereJudged, f.ThereRight, f.ThereJudged)
	}
}
