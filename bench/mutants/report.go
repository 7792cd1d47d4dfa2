package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// counts are the fates of some mutants.
type counts struct{ sites, mutants, killed, timedOut, explained, survived int }

func (c *counts) add(m *mutant) {
	if m == m.site.mutants[0] {
		c.sites++
	}
	c.mutants++
	switch {
	case m.fate == timedOut:
		c.timedOut++
		c.killed++
	case m.fate == killed:
		c.killed++
	case m.reason != "":
		c.explained++
	default:
		c.survived++
	}
}

// report writes a table by file, one by kind of file, and the survivors.
func report(out io.Writer, files []*goFile, mutants []*mutant, stale []string) error {
	var total counts
	byFile, byKind := map[string]*counts{}, map[string]*counts{}
	filesOf := map[string]int{}
	for _, m := range mutants {
		f := m.site.file
		for _, group := range []struct {
			by   map[string]*counts
			name string
		}{{byFile, f.name}, {byKind, f.kind()}} {
			if group.by[group.name] == nil {
				group.by[group.name] = &counts{}
			}
			group.by[group.name].add(m)
		}
		total.add(m)
	}
	const header = "kind\tsites\tmutants\tkilled\tby timeout\texplained\tsurvived"
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "file\t"+header)
	for _, f := range files {
		if c := byFile[f.name]; c != nil {
			filesOf[f.kind()]++
			c.row(t, f.name+"\t"+f.kind())
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(t, "\nfiles\t"+header)
	for _, kind := range kindNames() {
		if c := byKind[kind]; c != nil {
			c.row(t, fmt.Sprintf("%d\t%s", filesOf[kind], kind))
		}
	}
	total.row(t, "\tall")
	if err := t.Flush(); err != nil {
		return err
	}
	for _, m := range mutants {
		switch {
		case m.fate == timedOut:
			fmt.Fprintf(out, "timeout   %v\n", m)
		case m.fate == unreached && m.reason == "":
			fmt.Fprintf(out, "unreached %v\n", m)
		case m.fate == survived && m.reason == "":
			fmt.Fprintf(out, "survived  %v\n", m)
		}
	}
	for _, s := range stale {
		fmt.Fprintf(out, "explains no survivor: %s\n", s)
	}
	fmt.Fprintf(out, "%d of %d mutants killed, %d explained, %d survived\n", total.killed, total.mutants, total.explained, total.survived)
	if total.survived > 0 || len(stale) > 0 {
		return errSurvivors
	}
	return nil
}

func (c *counts) row(out io.Writer, head string) {
	fmt.Fprintf(out, "%s\t%d\t%d\t%d\t%d\t%d\t%d\n", head, c.sites, c.mutants, c.killed, c.timedOut, c.explained, c.survived)
}

func kindNames() []string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return append(slices.Clip(names), "shared")
}
