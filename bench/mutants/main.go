package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// plumbing are the files of package algos that are no part of an objective: names and
// options, which other packages' tests and the compiler see to.
var plumbing = []string{"doc.go", "option.go", "options.go", "preset.go", "registry.go", "resolve.go"}

// errSurvivors is told by the report.
var errSurvivors = errors.New("mutants: not all are killed or explained")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run tries the mutants of a package: the report goes to out, progress to errOut.
func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	f := flag.NewFlagSet("mutants", flag.ContinueOnError)
	f.SetOutput(errOut)
	dir := f.String("package", "algos", "folder of the package")
	explained := f.String("explained", "bench/mutants/explained.txt", "why some mutants survive")
	only := f.String("files", "", "files to change, joined by commas (default: all)")
	grace := f.Duration("grace", time.Minute, "time that tests may take beside ten times their own before they count as endless")
	workers := f.Int("workers", runtime.NumCPU(), "test processes side by side")
	list := f.Bool("list", false, "list the mutants and run nothing")
	if err := f.Parse(args); err != nil {
		return err
	}
	explanations, err := readExplanations(*explained)
	if err != nil {
		return err
	}
	p, err := loadPackage(*dir)
	if err != nil {
		return err
	}
	sites, mutants, err := p.collect(*only)
	if err != nil {
		return err
	}
	if *list {
		for _, m := range mutants {
			fmt.Fprintln(out, m)
		}
		return nil
	}
	if err := p.judge(ctx, sites, mutants, tester{workers: *workers, grace: *grace}, errOut); err != nil {
		return err
	}
	tried := map[string]bool{}
	for f := range sites {
		tried[f.name] = true
	}
	stale := explain(explanations, mutants, tried)
	return report(out, p.files, mutants, stale)
}

// collect lists the sites of files and numbers their mutants from 1.
func (p *goPackage) collect(only string) (map[*goFile][]*site, []*mutant, error) {
	var names []string
	if only != "" {
		names = strings.Split(only, ",")
	}
	sites, all := map[*goFile][]*site{}, []*mutant(nil)
	for _, f := range p.files {
		if i := slices.Index(names, f.name); i >= 0 {
			names = slices.Delete(names, i, i+1)
		} else if only != "" || slices.Contains(plumbing, f.name) {
			continue
		}
		sites[f] = p.sitesOf(f)
		for _, s := range sites[f] {
			for _, m := range s.mutants {
				all = append(all, m)
				m.id = len(all)
			}
		}
	}
	if len(names) > 0 {
		return nil, nil, fmt.Errorf("mutants: no files %q in %s", names, p.dir)
	}
	return sites, all, nil
}

// judge compiles the mutants and runs the tests as t says.
func (p *goPackage) judge(ctx context.Context, sites map[*goFile][]*site, all []*mutant, t tester, errOut io.Writer) error {
	scratch, err := os.MkdirTemp("", "rlvr-mutants-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	begin := time.Now()
	binary, err := p.build(scratch, sites)
	if err != nil {
		return err
	}
	t.binary, t.dir, t.scratch = binary, p.dir, scratch
	if err := t.baseline(ctx, p.tests); err != nil {
		return err
	}
	fmt.Fprintf(errOut, "%d mutants, %d tests; compiled and without mutants: %s\n", len(all), len(t.tests), time.Since(begin).Round(time.Second))
	var done atomic.Int64
	return t.judgeAll(ctx, all, func(m *mutant) {
		n, after := done.Add(1), time.Since(begin).Round(time.Second)
		switch {
		case m.fate != killed:
			fmt.Fprintf(errOut, "%d of %d, %s: not killed: %v\n", n, len(all), after, m)
		case n%100 == 0:
			fmt.Fprintf(errOut, "%d of %d, %s\n", n, len(all), after)
		}
	})
}

// String is where the mutant is and what it changes.
func (m *mutant) String() string {
	return fmt.Sprintf("%s:%d: %s: %s", filepath.ToSlash(m.site.file.name), m.site.line, m.site.function, m.what)
}
