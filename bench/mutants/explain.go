package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strings"
)

// explanation says why no test can kill some mutants of a function. They are told by
// their text, so that other changes to the file leave it standing.
type explanation struct {
	line           int
	file, function string
	mutants        []string
	reason         string
	used           []bool
}

// readExplanations reads paragraphs of lines "key: value", the keys file, function,
// mutant (any number) and reason. Lines that start with # are comments.
func readExplanations(path string) ([]*explanation, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var all []*explanation
	var e *explanation
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		switch {
		case line == "":
			e = nil
			continue
		case line[0] == '#':
			continue
		case e == nil:
			e = &explanation{line: n}
			all = append(all, e)
		}
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch key {
		case "file":
			e.file = value
		case "function":
			e.function = value
		case "mutant":
			e.mutants = append(e.mutants, value)
		case "reason":
			e.reason = value
		default:
			return nil, fmt.Errorf("%s:%d: key %q, want file, function, mutant or reason", path, n, key)
		}
	}
	for _, e := range all {
		if e.file == "" || e.function == "" || e.reason == "" || len(e.mutants) == 0 {
			return nil, fmt.Errorf("%s:%d: an explanation needs file, function, reason and at least one mutant", path, e.line)
		}
		e.used = make([]bool, len(e.mutants))
	}
	return all, lines.Err()
}

// explain gives survivors their reasons. What explains no survivor is returned; files
// that were not tried are not asked about.
func explain(all []*explanation, mutants []*mutant, tried map[string]bool) (stale []string) {
	for _, m := range mutants {
		if m.fate != survived && m.fate != unreached {
			continue
		}
		for _, e := range all {
			if e.file != m.site.file.name || e.function != m.site.function {
				continue
			}
			for i, what := range e.mutants {
				if what == m.what {
					m.reason, e.used[i] = e.reason, true
				}
			}
		}
	}
	for _, e := range all {
		for i, used := range e.used {
			if !used && tried[e.file] {
				stale = append(stale, fmt.Sprintf("line %d: %s: %s: %s", e.line, e.file, e.function, e.mutants[i]))
			}
		}
	}
	return stale
}
