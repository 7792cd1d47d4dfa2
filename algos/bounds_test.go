package algos

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"testing"
)

// Each number option accepts what its Allowed says, up to the bounds and no further.
func TestOptionBounds(t *testing.T) {
	for _, p := range Parts() {
		for _, o := range p.Options {
			switch o.Default.(type) {
			case float64, int:
				t.Run(fmt.Sprintf("%s %s %s", p.Kind, p.Name, o.Name), func(t *testing.T) { checkBounds(t, &o) })
			}
		}
	}
}

// interval is a set of numbers; a bound belongs to it unless it is open.
type interval struct {
	low, high         float64
	lowOpen, highOpen bool
}

// remark is an explanation within Allowed, such as "(off)".
var remark = regexp.MustCompile(` \([^)]*\)`)

// intervalOf reads Allowed; ok is false for wording that is not known.
func intervalOf(allowed string) (i interval, ok bool) {
	text := remark.ReplaceAllString(allowed, "")
	for _, form := range []struct {
		pattern string
		make    func(x []float64) interval
	}{
		{`^any$`, func([]float64) interval { return interval{low: math.Inf(-1), high: math.Inf(1)} }},
		{`^(\d+) or more(?:, at most \w+)?$`, func(x []float64) interval { return interval{low: x[0], high: math.Inf(1)} }},
		{`^(\d+) or more, below ([\d.]+)$`, func(x []float64) interval { return interval{low: x[0], high: x[1], highOpen: true} }},
		{`^above (\d+)$`, func(x []float64) interval { return interval{low: x[0], high: math.Inf(1), lowOpen: true} }},
		{`^above (\d+), at most (\d+)$`, func(x []float64) interval { return interval{low: x[0], high: x[1], lowOpen: true} }},
		{`^(\d+) to (\d+)$`, func(x []float64) interval { return interval{low: x[0], high: x[1]} }},
	} {
		found := regexp.MustCompile(form.pattern).FindStringSubmatch(text)
		if found == nil {
			continue
		}
		var x []float64
		for _, digits := range found[1:] {
			n, err := strconv.ParseFloat(digits, 64)
			if err != nil {
				return interval{}, false
			}
			x = append(x, n)
		}
		return form.make(x), true
	}
	return interval{}, false
}

func checkBounds(t *testing.T, o *Option) {
	step := 1e-9
	if _, whole := o.Default.(int); whole {
		step = 1
	}
	probe := func(x float64, want bool) {
		if _, got := o.parse(x); got != want {
			t.Errorf("%v: accepted %v, want %v: allowed is %q", x, got, want, o.Allowed)
		}
	}
	if o.Allowed == "0 (off) or above 1+epsilon_high" { // the option epsilon_high at least 0
		for x, want := range map[float64]bool{-step: false, 0: true, step: false, 1: false, 1 + step: true, 1e6: true} {
			probe(x, want)
		}
		return
	}
	i, ok := intervalOf(o.Allowed)
	if !ok {
		t.Fatalf("allowed is %q: teach it to this test", o.Allowed)
	}
	if !math.IsInf(i.low, 0) {
		probe(i.low-step, false)
		probe(i.low, !i.lowOpen)
		probe(i.low+step, true)
	}
	if !math.IsInf(i.high, 0) {
		probe(i.high-step, true)
		probe(i.high, !i.highOpen)
		probe(i.high+step, false)
	} else {
		probe(1e6, true)
	}
	probe(math.Inf(1), false)
	probe(math.NaN(), false)
}
