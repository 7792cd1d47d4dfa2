package algos

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas

	"github.com/rlvr-go/rlvr/data"
)

// Needs declares what a part of an objective reads. The trainer computes the union
// over the parts and nothing else: an objective that does not ask for entropy does
// not pay for it.
type Needs struct {
	// Old are log-probabilities at the start of the step. With one update per
	// rollout they are stop-gradient of the current ones: no extra pass.
	Old bool
	// Ref are log-probabilities of the frozen reference policy.
	Ref bool
	// Rollout are the sampler's own log-probabilities.
	Rollout bool
	// Values are a value head's predictions (with OldValues and Returns). With
	// ValuesDetached their gradient trains the head and not the policy below it.
	Values, ValuesDetached bool
	// Entropy of the policy at each token, without gradient; EntropyGrad with.
	Entropy, EntropyGrad bool
	// TokenIDs are the sampled ids.
	TokenIDs bool
	// Pairs asks that rows 2i and 2i+1 be the chosen and the rejected response to
	// one prompt, in one micro-batch.
	Pairs bool
	// Turns asks that each turn of the assistant in a conversation be a response of its
	// own, with what came before as its prompt.
	Turns bool
	// Features are named per-token arrays of registered providers (span ids,
	// attention received, ranks, routes, per-item rewards).
	Features []string
	// BatchStats are named batch-wide scalars, computed once per optimizer step.
	BatchStats []Stat
	// Roles are further models beside the policy ("pos", "neg"): their
	// log-probabilities arrive as features named "log_probs/<role>".
	Roles []string
	// Contrasts are features that two roles give together.
	Contrasts []Contrast
	// Score says that statistics or other host parts read Row.OldLogProbs or
	// Row.Entropy, so that the pass that computes them is made even where one update per
	// rollout would do without.
	Score bool
	// Groups says that advantages compare the completions of one prompt: a group of one
	// tells nothing.
	Groups bool
	// AdvantageScaled says that the loss is a multiple of the advantage, so that a
	// row whose advantages are all zero has no gradient and needs no forward pass.
	// Such rows still count in the denominators.
	AdvantageScaled bool
}

// Contrast is a per-token feature: the probability of the token under the softmax of
// (1+Weight)*logits of Positive - Weight*logits of Negative. It takes the logits of both models,
// not only the log-probability of the token.
type Contrast struct {
	Feature            string
	Positive, Negative string // roles
	Weight             float64
}

// Stat is a batch-wide statistic: a number computed on the host over the whole
// optimizer step, so that micro-batches cannot change it.
type Stat struct {
	Name    string
	Compute func(*data.Scored) float64
}

// Denominators are the counts of a whole optimizer step as float32 scalars, the
// same in each of its micro-batches.
type Denominators struct {
	// Tokens is the number of trained tokens.
	Tokens *Node
	// Sequences is the number of responses with at least one trained token.
	Sequences *Node
	// MaxLength is the configured max_completion_length (Dr. GRPO's constant).
	MaxLength *Node
}

// Inputs are what a loss sees: one response a row, whatever the packing. All
// arrays are [N, T] float32 and nil unless needed; nothing but LogProbs (and
// Entropy and Values, where a gradient was asked for) carries a gradient. Masked
// positions hold zeros: [Algorithm.Graph] sees to it.
type Inputs struct {
	LogProbs   *Node
	Old        *Node
	Ref        *Node
	Rollout    *Node
	Values     *Node
	OldValues  *Node
	Returns    *Node
	Entropy    *Node
	Advantages *Node
	// Mask is 1 for trained tokens, else 0.
	Mask *Node
	// Weights multiply each token's policy loss; nil if no shaper or weight set any.
	Weights *Node
	// TokenIDs is [N, T] int32.
	TokenIDs *Node
	// Feature holds what Needs.Features, Roles and Contrasts asked for, [N, T].
	Feature map[string]*Node
	// Stat holds what Needs.BatchStats asked for, scalars.
	Stat map[string]*Node
	// Denom are the step's counts.
	Denom Denominators
	// Aggregate sums a per-token loss [N, T] over trained tokens the way the preset's
	// aggregation says; nil where the preset has none.
	Aggregate func(perToken *Node) (numerator, denominator *Node)
}

// Term is one summand of the loss. The trainer adds the numerators of the
// micro-batches and divides once, by the step's own denominator.
type Term struct {
	Name                   string
	Numerator, Denominator *Node
}

// Join says how a metric's parts from several micro-batches are joined.
type Join uint8

// The ways to join: JoinMean divides the sum of the numerators by the sum of the
// denominators; JoinMax and JoinMin keep an extreme; JoinSum adds numbers that were
// divided by a global count already.
const (
	JoinMean Join = iota
	JoinMax
	JoinMin
	JoinSum
)

// Metric is a number for the log. For JoinMean Numerator is a sum over the
// micro-batch and Denominator the micro-batch's own count that it is divided by; for
// the others Denominator is nil. An extreme over no trained token is infinite. All
// are float32 scalars.
type Metric struct {
	Name                   string
	Join                   Join
	Numerator, Denominator *Node
}

// Output is what a loss returns.
type Output struct {
	Terms   []Term
	Metrics []Metric
}

// Loss is the device half of an objective.
type Loss interface {
	Needs() Needs
	// Graph builds the loss. It is a graph building function and panics on error.
	Graph(in Inputs) Output
}

// Weigher gives the tokens of any policy loss weights on the device, beside those that
// shapers set on the host.
type Weigher interface {
	Needs() Needs
	// Graph builds weights [N, T], nil for 1 everywhere, and what to report about them.
	// Nothing is differentiated through weights. It is a graph building function and
	// panics on error.
	Graph(in Inputs) (weights *Node, metrics []Metric)
}

// Aggregation turns a per-token loss into a sum and its denominator. mask is [N, T];
// rows with an all-zero mask contribute nothing.
type Aggregation interface {
	Graph(perToken, mask *Node, d Denominators) (numerator, denominator *Node)
}

// Estimator fills Row.Advantages [T] of each row, in float64 on the host.
type Estimator interface {
	Needs() Needs
	Advantages(s *data.Scored) error
}

// Shaper changes rewards, masks or weights before advantages are estimated.
type Shaper interface {
	Needs() Needs
	Shape(s *data.Scored) error
}

// Selector decides which groups are trained on and how many prompts must be
// sampled anew to fill the step (dynamic sampling). keep[i] refers to s.Groups[i].
type Selector interface {
	Needs() Needs
	Select(s *data.Scored) (keep []bool, refill int, err error)
}
