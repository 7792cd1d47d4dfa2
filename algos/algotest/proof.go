package algotest

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
)

// proof is what the tests of a name have shown.
type proof struct{ identity, golden bool }

var (
	proofsMu sync.Mutex
	proofs   = map[string]proof{}
)

// record adds to the proof of a name, "loss grpo".
func record(name string, p proof) {
	proofsMu.Lock()
	defer proofsMu.Unlock()
	proofs[name] = proof{proofs[name].identity || p.identity, proofs[name].golden || p.golden}
}

// prove records a case for its preset and for the loss and aggregation it uses.
func prove(c Case) {
	p := proof{identity: len(c.Identities) > 0, golden: c.Golden+c.NoGolden != ""}
	a, err := algos.Resolve(c.Algorithm)
	if err != nil {
		return
	}
	record("preset "+a.Name, p)
	for _, s := range a.Describe() {
		// A term or a weight is proved where it does something.
		if (strings.HasPrefix(s.Of, "term ") || strings.HasPrefix(s.Of, "weight ")) && s.Value != s.Default {
			record(s.Of, p)
		}
	}
	if a.Aggregation != nil {
		record("aggregation "+fmt.Sprint(a.Resolved().Options["loss_agg_mode"]), p)
	}
	for _, preset := range algos.Presets() {
		if preset.Name == a.Name {
			record("loss "+preset.Loss, p)
		}
	}
}

// Main runs the tests of a package and fails if a registered part or preset has not
// passed the suite, or a loss, a term, a weight or an estimator of rewards states no identity or
// neither a golden file nor why there is none. Call it from TestMain. Nothing is demanded of a run that leaves tests out (-run, -skip).
func Main(m *testing.M) int {
	code := m.Run()
	if code != 0 || filtered() {
		return code
	}
	if lacking := missing(proofs); len(lacking) > 0 {
		fmt.Fprintf(os.Stderr, "algotest: registered without proof:\n\t%s\n", strings.Join(lacking, "\n\t"))
		return 1
	}
	return 0
}

func filtered() bool {
	return slices.ContainsFunc([]string{"test.run", "test.skip", "test.list", "test.fuzz"}, func(name string) bool {
		f := flag.Lookup(name)
		return f != nil && f.Value.String() != ""
	})
}

// missing says what the registered names lack.
func missing(proofs map[string]proof) []string {
	lacking := map[string]string{}
	demand := func(name string, identityAndGolden bool) {
		p, ok := proofs[name]
		switch {
		case !ok:
			lacking[name] = "no test"
		case identityAndGolden && !p.identity:
			lacking[name] = "no identity"
		case identityAndGolden && !p.golden:
			lacking[name] = "no golden file"
		}
	}
	for _, p := range algos.Parts() {
		demand(p.Kind+" "+p.Name, slices.Contains([]string{"loss", "term", "weight"}, p.Kind) || p.Kind == "estimator" && !p.Offline)
	}
	for _, p := range algos.Presets() {
		demand("preset "+p.Name, false)
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(lacking)) {
		out = append(out, name+": "+lacking[name])
	}
	return out
}
