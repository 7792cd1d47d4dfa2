package sampler

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas

	"github.com/rlvr-go/rlvr/model"
)

// truncation is the part of Options that changes the graph of a choice.
type truncation struct {
	topK       int
	topP, minP float64
}

func (t truncation) any() bool { return t.topK > 0 || t.topP < 1 || t.minP > 0 }

// choice is one sampled token a row.
type choice struct {
	token     *Node // [B] int32
	logProb   *Node // [B] of the untruncated distribution at the temperature
	truncated *Node // [B] of the distribution sampled from
}

// never is a logit that is not chosen and adds nothing to a sum.
const never = -1e30

// chooseGraph samples a token from logits [B, V] at temperature (a scalar, 0:
// greedy) with noise [B, V], by the Gumbel-max trick: argmax(logits + T * noise) is
// a draw from softmax(logits / T), and the argmax at T = 0.
func chooseGraph(logits, noise, temperature *Node, t truncation) choice {
	// A log-probability at temperature 0 is not defined: it is given at 1.
	divisor := Where(GreaterThan(temperature, ScalarZero(logits.Graph(), dtypes.Float32)), temperature, OnesLike(temperature))
	scaled := Div(logits, divisor) // [B, V]
	kept := scaled
	if t.any() {
		kept = truncateGraph(scaled, t)
	}
	noise = Mul(noise, Div(temperature, divisor))
	token := ArgMax(Add(kept, noise), -1, dtypes.Int32) // [B]
	one := Const(logits.Graph(), float32(1))
	c := choice{token: token, logProb: model.TokenStatsGraph(scaled, token, one).LogProbs}
	c.truncated = c.logProb
	if t.any() {
		c.truncated = model.TokenStatsGraph(kept, token, one).LogProbs
	}
	return c
}

// truncateGraph keeps the K most likely, then the nucleus of the rest (Holtzman et
// al., arXiv 1904.09751), then those above min-p (Nguyen et al., arXiv 2407.01082)
// of x [B, V]; the others become [never]. Tokens as likely as the last one kept
// stay too.
func truncateGraph(x *Node, t truncation) *Node {
	top := ReduceAndKeep(x, ReduceMax, -1) // [B, 1]
	x = Sub(x, top)                        // most likely at 0
	if t.topK > 0 && t.topK < x.Shape().Dim(-1) {
		x = keepGraph(x, thresholdGraph(x, float64(t.topK), onesGraph))
	}
	if t.topP < 1 {
		total := ReduceAndKeep(Exp(x), ReduceSum, -1) // [B, 1]
		x = keepGraph(x, thresholdGraph(x, t.topP, func(x *Node) *Node { return Div(Exp(x), total) }))
	}
	if t.minP > 0 {
		x = keepGraph(x, Log(Const(x.Graph(), float32(t.minP))))
	}
	return Add(x, top)
}

func onesGraph(x *Node) *Node { return OnesLike(x) }

func keepGraph(x, threshold *Node) *Node {
	return Where(GreaterOrEqual(x, BroadcastToShape(threshold, x.Shape())), x, MulScalar(OnesLike(x), never))
}

// bisections halve the range of logits that matter, 0 to -lowest, until a step is
// below the resolution of a float32 logit.
const (
	bisections = 32
	lowest     = 128
)

// thresholdGraph is the largest threshold in x [B, V] (at most 0) at which the
// weights of the elements not below it sum to at least want: [B, 1]. By bisection:
// it needs sums only, where sorting inside a device loop is not possible on XLA.
func thresholdGraph(x *Node, want float64, weight func(x *Node) *Node) *Node {
	g := x.Graph()
	w := weight(x)
	low := MulScalar(OnesLike(SliceAxis(x, -1, AxisElem(0))), -lowest) // [B, 1]
	high := ZerosLike(low)
	for range bisections {
		mid := MulScalar(Add(low, high), 0.5)
		above := GreaterOrEqual(x, BroadcastToShape(mid, x.Shape()))
		enough := GreaterOrEqual(ReduceAndKeep(Where(above, w, ZerosLike(w)), ReduceSum, -1), Const(g, float32(want)))
		low, high = Where(enough, mid, low), Where(enough, high, mid)
	}
	return low
}

// eosGraph reports which tokens [B] int32 end a completion: [B] bool.
func eosGraph(tokens *Node, eos []int32) *Node {
	ended := Const(tokens.Graph(), make([]bool, tokens.Shape().Dim(0)))
	for _, id := range eos {
		ended = LogicalOr(ended, Equal(tokens, ConstAs(tokens, id)))
	}
	return ended
}

// columnGraph is [B, C] bool, true in column i (a scalar int32).
func columnGraph(i *Node, b, c int) *Node {
	columns := Iota(i.Graph(), shapes.Make(dtypes.Int32, b, c), 1)
	return Equal(columns, BroadcastToDims(i, b, c))
}
