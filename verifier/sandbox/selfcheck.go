package sandbox

import (
	"bytes"
	"context"
	_ "embed" // the hostile programs
	"fmt"
	"slices"
	"strconv"
	"strings"
)

//go:embed hostile.txt
var hostileText string

//go:embed hostile_prelude.py
var hostilePrelude string

// hostile is a program that a sandbox has to contain.
type hostile struct {
	name   string
	ends   []Status
	limits Limits
	source string
}

// Check is what became of one hostile program.
type Check struct {
	// Name says what the program tries.
	Name string
	// Status is how it ended.
	Status Status
	// Problem says what went wrong; "" where the program was contained.
	Problem string
}

// SelfCheck runs the hostile programs that come with the package, one after the
// other, and says what became of each. An error is a fault of the machine.
func SelfCheck(ctx context.Context, p *Pool) ([]Check, error) {
	programs, err := hostiles()
	if err != nil {
		return nil, err
	}
	var checks []Check
	for _, h := range programs {
		r, err := p.Run(ctx, Program{Language: "python", Source: h.source, Limits: h.limits})
		if err != nil {
			return checks, fmt.Errorf("sandbox: hostile program %q: %w", h.name, err)
		}
		checks = append(checks, Check{Name: h.name, Status: r.Status, Problem: h.problem(&r)})
	}
	return checks, nil
}

// problem says in which way the program was not contained.
func (h *hostile) problem(r *Result) string {
	switch {
	case bytes.Contains(r.Stdout, []byte("ESCAPED")):
		return string(lastLine(r.Stdout[:min(len(r.Stdout), 500)]))
	case !slices.Contains(h.ends, r.Status):
		return fmt.Sprintf("ended with %s (%d), not %v: %s", r.Status, r.ExitCode, h.ends, lastLine(r.Stderr[:min(len(r.Stderr), 4000)]))
	}
	return ""
}

// deepNesting is more than any parser can nest.
const deepNesting = 200_000

// hostiles reads the programs.
func hostiles() ([]hostile, error) {
	var out []hostile
	for _, section := range strings.Split("\n"+hostileText, "\n-- ")[1:] {
		head, body, ok := strings.Cut(section, " --\n")
		name, rest, named := strings.Cut(head, ": ")
		if !ok || !named {
			return nil, fmt.Errorf("sandbox: hostile programs: %q is no heading", head)
		}
		ends, limits, limited := strings.Cut(rest, "; ")
		h := hostile{name: name, source: hostilePrelude + strings.NewReplacer(
			"#@NUL@", "\x00", "#@DEEP@", strings.Repeat("(", deepNesting)).Replace(body)}
		for _, s := range strings.Fields(ends) {
			h.ends = append(h.ends, Status(s))
		}
		if limited {
			cpu, wall, _ := strings.Cut(limits, " ")
			var err error
			if h.limits.CPUSeconds, err = strconv.ParseFloat(cpu, 64); err != nil {
				return nil, fmt.Errorf("sandbox: hostile programs: %q: %w", head, err)
			}
			if h.limits.WallSeconds, err = strconv.ParseFloat(wall, 64); err != nil {
				return nil, fmt.Errorf("sandbox: hostile programs: %q: %w", head, err)
			}
		}
		out = append(out, h)
	}
	return out, nil
}

// lastLine is what was said last.
func lastLine(b []byte) []byte {
	b = bytes.TrimRight(b, "\r\n")
	return b[bytes.LastIndexByte(b, '\n')+1:]
}
