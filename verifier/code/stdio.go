package code

import (
	"context"
	"strings"

	"github.com/rlvr-go/rlvr/verifier/sandbox"
)

// stdio runs the solution once for each input. Where only all tests count it stops at
// the first that fails.
func (j *Judge) stdio(ctx context.Context, t *Tests, solution string) (outcome, error) {
	o := outcome{total: len(t.Stdio)}
	source := solution
	if t.Prelude != "" {
		source = t.Prelude + "\n" + solution
	}
	for _, test := range t.Stdio {
		r, err := j.runner.Run(ctx, sandbox.Program{Language: "python", Source: source, Stdin: []byte(test.Input)})
		switch {
		case err != nil:
			return o, err
		case r.Status != sandbox.StatusOK:
			o.fail(failure{reason: reasonOf(r.Status)})
		case sameOutput(test.Output, string(r.Stdout), t.Tolerance):
			o.pass()
		default:
			o.fail(failure{reason: ReasonWrong})
		}
		if o.failure.reason == ReasonCompile || o.failure.reason != "" && !j.options.PassRate {
			o.partial = len(o.passed) < len(t.Stdio)
			break
		}
	}
	return o, nil
}

// reasonOf is the reason for a program that did not end as it should.
func reasonOf(s sandbox.Status) string {
	switch s {
	case sandbox.StatusCompile:
		return ReasonCompile
	case sandbox.StatusTimeout:
		return ReasonTime
	case sandbox.StatusMemory:
		return ReasonMemory
	case sandbox.StatusOutput:
		return ReasonOutput
	case sandbox.StatusKilled:
		return ReasonKilled
	default:
		return ReasonRuntime
	}
}

// sameOutput compares what was printed with what is expected: equal texts, or as many
// lines with equal words in each, white space at their ends and blank lines at the end
// aside. Words are equal as texts, or as decimal numbers where one of them has a point or
// an exponent (1.50 and 1.5, but not 0011 and 11), or within the tolerance.
func sameOutput(want, got string, tolerance float64) bool {
	if want == got {
		return true
	}
	a, b := lines(want), lines(got)
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] == b[i] {
			continue
		}
		x, y := strings.Fields(a[i]), strings.Fields(b[i])
		if len(x) != len(y) {
			return false
		}
		for k := range x {
			if !sameWord(x[k], y[k], tolerance) {
				return false
			}
		}
	}
	return true
}

func lines(s string) []string {
	return strings.Split(strings.TrimRight(strings.ReplaceAll(s, "\r\n", "\n"), " \t\r\n"), "\n")
}

func sameWord(want, got string, tolerance float64) bool {
	if want == got {
		return true
	}
	if !plainForm.MatchString(want) || !plainForm.MatchString(got) {
		return false
	}
	if tolerance == 0 && !strings.ContainsAny(want+got, ".eE") {
		return false
	}
	a, okA := rational(want)
	b, okB := rational(got)
	if !okA || !okB {
		return false
	}
	x, _ := a.Float64()
	y, _ := b.Float64()
	return a.Cmp(b) == 0 || within(x, y, tolerance)
}
