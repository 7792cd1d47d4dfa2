package runlog

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// evalName splits the name of an evaluation metric: eval/<set>/<measure>.
var evalName = regexp.MustCompile(`^eval/([^/]+)/([^/]+)$`)

// averageName is the measure avg@<k>.
var averageName = regexp.MustCompile(`^avg@([0-9]+)$`)

// evaluation is what a record says of one set of problems.
type evaluation struct {
	set string
	// k is the number of completions a problem, average their mean score.
	k        int
	average  float64
	problems int
	// values are all measures by name.
	values map[string]float64
}

// evaluations are the sets that a record evaluates, by name.
func evaluations(r *Record) []evaluation {
	sets := map[string]*evaluation{}
	for name, v := range r.Values {
		m := evalName.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		e := sets[m[1]]
		if e == nil {
			e = &evaluation{set: m[1], values: map[string]float64{}}
			sets[m[1]] = e
		}
		e.values[m[2]] = v
		if k := averageName.FindStringSubmatch(m[2]); k != nil {
			e.k, _ = strconv.Atoi(k[1])
			e.average = v
		}
		if m[2] == "num_problems" {
			e.problems = int(v)
		}
	}
	var out []evaluation
	for _, set := range slices.Sorted(maps.Keys(sets)) {
		out = append(out, *sets[set])
	}
	return out
}

// String is what the console says of it.
func (e *evaluation) String() string {
	var parts []string
	put := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if e.k > 0 {
		put("avg@%d %s", e.k, decimal(e.average, 3))
	}
	if i := e.interval(); i != "" {
		put("%s", i)
	}
	for _, name := range slices.Sorted(maps.Keys(e.values)) {
		if strings.HasPrefix(name, "pass@") || strings.HasPrefix(name, "maj@") {
			put("%s %s", name, decimal(e.values[name], 3))
		}
	}
	if v, ok := e.values["mean_length"]; ok {
		put("len %s", decimal(v, 1))
	}
	if v, ok := e.values["clipped_ratio"]; ok {
		put("(trunc %s)", percent(v))
	}
	if e.problems > 0 {
		put("of %d problems", e.problems)
	}
	return strings.Join(parts, " ")
}

// interval is the 95 % interval of the average, empty where the number of problems
// is not known.
func (e *evaluation) interval() string {
	if e.problems == 0 || e.k == 0 {
		return ""
	}
	low, high := Wilson(e.average*float64(e.problems), e.problems)
	return "[" + decimal(low, 3) + ", " + decimal(high, 3) + "]"
}

// Wilson is the 95 % interval of a share of which successes were seen in n
// independent trials (Wilson, 1927, doi 10.2307/2276774, without continuity
// correction). It stays within 0 to 1 and is right for small n and shares near the
// ends, where the normal interval is not. With k completions a problem, take the
// mean scores of the n problems: completions of one problem are not independent.
// All is possible, [0, 1], without trials.
func Wilson(successes float64, n int) (low, high float64) {
	if n <= 0 {
		return 0, 1
	}
	const z = 1.959963984540054 // the normal distribution's 97.5 % quantile
	trials := float64(n)
	p := successes / trials
	center := p + z*z/(2*trials)
	half := z * math.Sqrt(p*(1-p)/trials+z*z/(4*trials*trials))
	scale := 1 + z*z/trials
	return max(0, (center-half)/scale), min(1, (center+half)/scale)
}
