package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// test is a test function as it does without a mutant.
type test struct {
	name, file string
	took       time.Duration
	sites      map[int]bool // that it executes, by first mutant
}

// tester runs a test binary.
type tester struct {
	binary, dir, scratch string
	workers              int
	// grace is the time that tests may take beside slower times their own.
	grace time.Duration
	tests []*test
}

// slower is how many times as long tests may take with a mutant.
const slower = 10

// try runs some tests with a mutant, 0 for none.
func (t *tester) try(ctx context.Context, names []string, mutant int, seen string, most time.Duration) (fate, []byte, error) {
	ctx, stop := context.WithTimeout(ctx, most)
	defer stop()
	c := exec.CommandContext(ctx, t.binary, "-test.failfast", "-test.run", "^("+strings.Join(names, "|")+")$")
	c.Dir = t.dir
	c.Env = append(os.Environ(), mutantVariable+"="+strconv.Itoa(mutant), seenVariable+"="+seen, "GOMAXPROCS=1", "GOGC=400")
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return timedOut, out, context.Cause(ctx)
	case err == nil && bytes.Contains(out, []byte("no tests to run")):
		return survived, out, fmt.Errorf("mutants: no tests match %q", names)
	case err == nil:
		return survived, out, nil
	case errors.As(err, &exit):
		return killed, out, nil
	}
	return survived, out, err
}

// baseline runs every test alone, without a mutant.
func (t *tester) baseline(ctx context.Context, tests map[string][]string) error {
	for file, names := range tests {
		for _, name := range names {
			t.tests = append(t.tests, &test{name: name, file: file})
		}
	}
	slices.SortFunc(t.tests, func(a, b *test) int { return cmp.Compare(a.name, b.name) })
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(t.workers)
	for i, one := range t.tests {
		g.Go(func() error {
			seen := filepath.Join(t.scratch, "seen-"+strconv.Itoa(i))
			begin := time.Now()
			f, out, err := t.try(ctx, []string{one.name}, 0, seen, 10*time.Minute)
			one.took = time.Since(begin)
			if err == nil && f == killed {
				err = fmt.Errorf("mutants: %s fails without a mutant:\n%s", one.name, out)
			}
			if err != nil {
				return err
			}
			one.sites, err = readSites(seen)
			return err
		})
	}
	return g.Wait()
}

func readSites(path string) (map[int]bool, error) {
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	sites := map[int]bool{}
	for line := range strings.Lines(string(text)) {
		n, err := strconv.Atoi(strings.TrimSpace(line))
		if err != nil {
			return nil, err
		}
		sites[n] = true
	}
	return sites, nil
}

// batch is how much time the tests take together that are run in one process after the
// site's own file's: short ones first, many mutants need no others.
const batch = 700 * time.Millisecond

// batches are the tests that execute a site, in the order in which to try them.
func (t *tester) batches(s *site) [][]*test {
	own := strings.TrimSuffix(s.file.name, ".go") + "_test.go"
	var first, others []*test
	for _, one := range t.tests {
		switch {
		case !one.sites[s.mutants[0].id]:
		case one.file == own:
			first = append(first, one)
		default:
			others = append(others, one)
		}
	}
	var list [][]*test
	for _, group := range [][]*test{first, others} {
		slices.SortStableFunc(group, func(a, b *test) int { return cmp.Compare(a.took, b.took) })
		var now []*test
		var sum time.Duration
		for _, one := range group {
			if sum += one.took; len(now) > 0 && sum > batch {
				list, now, sum = append(list, now), nil, one.took
			}
			now = append(now, one)
		}
		if len(now) > 0 {
			list = append(list, now)
		}
	}
	return list
}

// judge finds out what becomes of a mutant.
func (t *tester) judge(ctx context.Context, m *mutant) error {
	list := t.batches(m.site)
	if len(list) == 0 {
		m.fate = unreached
		return nil
	}
	for _, tests := range list {
		var names []string
		most := t.grace
		for _, one := range tests {
			names = append(names, one.name)
			most += slower * one.took
		}
		f, _, err := t.try(ctx, names, m.id, "", most)
		if f == timedOut && errors.Is(err, context.DeadlineExceeded) {
			err = nil
		}
		if err != nil {
			return err
		}
		if m.fate = f; f != survived {
			return nil
		}
	}
	return nil
}

// judgeAll judges every mutant; progress is called after each.
func (t *tester) judgeAll(ctx context.Context, all []*mutant, progress func(m *mutant)) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(t.workers)
	for _, m := range all {
		g.Go(func() error {
			defer progress(m)
			return t.judge(ctx, m)
		})
	}
	return g.Wait()
}
