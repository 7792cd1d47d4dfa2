package algotest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/rlvr-go/rlvr/algos"
)

// Tolerances, relative to 1 + |expected value|.
const (
	// float32Tolerance covers float32 arithmetic over random batches: some 50
	// additions of numbers near 1, each off by 6e-8, and an exp of at most e.
	float32Tolerance = 1e-5
	// longTolerance covers rows of 4,096 tokens. The pure-Go backend adds them one after
	// the other, and equal addends round the same way each time.
	longTolerance = 5e-5
	// edgeTolerance covers the way from a clip bound to where the derivative beside it
	// is taken, edgeStep, times the second derivative there.
	edgeTolerance = 5e-3
	edgeStep      = 1e-3
	// differenceStep is the step of central differences in float64: its square and
	// 1e-16 divided by it are both far below float32Tolerance.
	differenceStep = 1e-5
)

// numSeeds is the number of random batches of each check.
const numSeeds = 4

// Case is an algorithm with what its author claims about it.
type Case struct {
	// Algorithm is the preset with the options of this case.
	Algorithm algos.Options
	// Oracle is the loss of a whole step. What is differentiable is read from in, what
	// the equation detaches (a stopped gradient, a clip decision) from at, the
	// point where the derivative is taken; their values are equal but for the central
	// differences.
	Oracle func(in, at *Batch) float64
	// Metrics are the values of the metrics that the loss reports, all of them.
	Metrics func(b *Batch) map[string]float64
	// Edges are the log-ratios logp-old at which the derivative jumps.
	Edges []float64
	// PerTokenAdvantages draws one advantage a token, not one a response.
	PerTokenAdvantages bool
	// Prepare may change a random batch, to give features values that make sense.
	Prepare func(b *Batch, rng *rand.Rand)
	// Identities are further claims.
	Identities []Identity
	// NoLong says why rows of 4,096 tokens are not tried; empty: they are.
	NoLong string
	// Golden is a file of inputs with loss and gradient as another program computed
	// them, "testdata/grpo.json". NoGolden says why there is none.
	Golden, NoGolden string
}

// Identity is a claim about an algorithm, such as "at ratio 1 the gradient is
// REINFORCE's".
type Identity struct {
	Name, Explanation string
	// Check returns what differs. random draws a batch of the case.
	Check func(r *Runner, random func(seed uint64) *Batch) error
}

// Failure is a rule that a case violates.
type Failure struct {
	// Check names the rule and Explanation says it; Detail is what was seen.
	Check, Explanation, Detail string
}

// Run fails t for each rule that the case violates, and records the proof.
func Run(t *testing.T, c Case) {
	t.Helper()
	for _, f := range Check(c) {
		t.Errorf("%s: %s: %s\n\tthe rule: %s", c.name(), f.Check, f.Detail, f.Explanation)
	}
	prove(c)
}

// Check returns the rules that a case violates.
func Check(c Case) []Failure {
	r, err := NewRunner(c.Algorithm)
	if err != nil {
		return []Failure{{"resolve", "the algorithm of a case resolves", err.Error()}}
	}
	var out []Failure
	for _, rule := range rules {
		if err := rule.check(&run{c, r}); err != nil {
			out = append(out, Failure{rule.name, rule.explanation, err.Error()})
		}
	}
	for _, id := range c.Identities {
		if err := id.Check(r, func(seed uint64) *Batch { return c.randomBatch(r.needs, seed) }); err != nil {
			out = append(out, Failure{"identity " + id.Name, id.Explanation, err.Error()})
		}
	}
	return out
}

func (c *Case) name() string {
	if len(c.Algorithm.Options) == 0 {
		return c.Algorithm.Name
	}
	return fmt.Sprint(c.Algorithm.Name, c.Algorithm.Options)
}

// run is one case being checked.
type run struct {
	Case
	*Runner
}

func (r *run) random(seed uint64) *Batch { return r.randomBatch(r.needs, seed) }

type rule struct {
	name, explanation string
	check             func(*run) error
}

// rules are the suite, in the order in which a new objective best meets them.
var rules = []rule{
	{"value", "the loss of the graph is the oracle's: the equation, and nothing undeclared is read", checkValue},
	{"metrics", "each metric reported has the value that the case states for it", checkMetrics},
	{"gradient", "autodiff equals the central differences of the oracle, and masked tokens have no gradient", checkGradient},
	{"micro-batches", "cutting a step into micro-batches changes neither loss, gradient nor metrics: divide by the counts of the step, take statistics of the batch from Stat", checkMicroBatches},
	{"padding", "wider padding changes nothing: means run over trained tokens, not over T", checkPadding},
	{"row order", "the order of responses does not matter: a row sees no neighbour", checkRowOrder},
	{"masked content", "what masked positions hold, NaN and infinities too, does not matter to the bit: NaN*0 is NaN", checkMaskedContent},
	{"empty completions", "a response without trained tokens contributes nothing and leaves the row count", checkEmptyRow},
	{"nothing trained", "a fully masked step has loss 0 and gradient 0, not 0/0", checkFullyMasked},
	{"one token", "completions of one token are as good as others", checkOneToken},
	{"long rows", "float32 sums and scans over 4,096 tokens give the oracle's loss and gradient", checkLong},
	{"clip bounds", "at a bound the gradient is that of one side, and it changes sides once", checkEdges},
	{"extreme ratio", "ratios beyond float32 leave loss, gradient and metrics finite, and the oracle's", checkExtreme},
	{"sampler log-probabilities", "one from the sampler that is not finite, or far off, leaves them so too", checkRollout},
	{"advantage scaled", "where Needs.AdvantageScaled is set, a row with advantage 0 has no gradient", checkAdvantageScaled},
	{"golden", "another program's inputs give its loss and gradient", checkGolden},
}

// differ says where two numbers differ by more than tol, relative to 1 + |want|.
func differ(what string, got, want, tol float64) error {
	if math.Abs(got-want) <= tol*(1+math.Abs(want)) {
		return nil
	}
	return fmt.Errorf("%s is %v, want %v", what, got, want)
}

// differRows compares two arrays [N][T].
func differRows(what string, got, want [][]float64, tol float64) error {
	if len(got) != len(want) {
		return fmt.Errorf("%s has %d rows, want %d", what, len(got), len(want))
	}
	for i := range want {
		if len(got[i]) != len(want[i]) {
			return fmt.Errorf("%s row %d has %d tokens, want %d", what, i, len(got[i]), len(want[i]))
		}
		for t := range want[i] {
			if err := differ(fmt.Sprintf("%s [%d][%d]", what, i, t), got[i][t], want[i][t], tol); err != nil {
				return err
			}
		}
	}
	return nil
}

// differResults compares losses, gradients and metrics.
func differResults(got, want *Result, tol float64) error {
	if err := differ("loss", got.Loss, want.Loss, tol); err != nil {
		return err
	}
	if err := differGradients(got, want, tol); err != nil {
		return err
	}
	return differMetrics(got.Metrics, want.Metrics, tol)
}

func differGradients(got, want *Result, tol float64) error {
	if err := differRows("d loss/d LogProbs", got.LogProbs, want.LogProbs, tol); err != nil {
		return err
	}
	if err := differRows("d loss/d Entropy", got.Entropy, want.Entropy, tol); err != nil {
		return err
	}
	return differRows("d loss/d Values", got.Values, want.Values, tol)
}
