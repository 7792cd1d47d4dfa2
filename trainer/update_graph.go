package trainer

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas

	"github.com/rlvr-go/rlvr/algos"
	"github.com/rlvr-go/rlvr/model"
)

// Letters: R rows, S tokens of a row, N responses, T response tokens, V vocabulary.

// microInputs are the nodes of a micro-batch, which the host sends as four arrays: see
// objective.args.
type microInputs struct {
	tokens, positions, segments, prefixes *Node   // [R, S] int32
	gather, targets                       *Node   // [N, T] int32
	mask                                  *Node   // [N, T] float32
	arrays                                []*Node // [N, T] float32, in the objective's order
	numbers                               *Node   // [K] float32: see the constants below
}

func microInputsOf(in []*Node) microInputs {
	rows, lines, values := partsGraph(in[0]), partsGraph(in[1]), partsGraph(in[2])
	return microInputs{
		tokens: rows[0], positions: rows[1], segments: rows[2], prefixes: rows[3],
		gather: lines[0], targets: lines[1], mask: values[0], arrays: values[1:], numbers: in[3],
	}
}

// partsGraph takes a stack [P, A, B] apart: P arrays [A, B].
func partsGraph(stack *Node) []*Node {
	out := make([]*Node, stack.Shape().Dim(0))
	for i := range out {
		out[i] = Squeeze(SliceAxis(stack, 0, AxisElem(i)), 0)
	}
	return out
}

// The places in microInputs.numbers; the batch's statistics follow. One array, as
// each transfer to the device has its price.
const (
	numberTemperature = iota
	numberTokens
	numberSequences
	numberMaxLength
	numberStats
)

// numberGraph is element i of a vector, a scalar.
func numberGraph(numbers *Node, i int) *Node {
	return Reshape(SliceAxis(numbers, 0, AxisElem(i)))
}

// response is what the policy says of responses, one a row.
type response struct {
	// logProbs and entropy are [N, T], zero where masked.
	logProbs, entropy *Node
	// hidden are the final hidden states that predict the tokens, [N*T, D].
	hidden *Node
	// decoder has what its experts' routers chose, attention the last layer's
	// probabilities.
	decoder   *model.Decoder
	attention *model.PackedAttention
}

// responseGraph runs the policy over packed rows and gathers what the loss needs.
func responseGraph(arch *model.Arch, weights []*Node, m microInputs) response {
	decoder := arch.BindGraph(weights)
	rotary := arch.RotaryGraph(m.positions, m.tokens.Shape().Dim(1))
	attention := model.SegmentsGraph(m.segments, m.prefixes)
	hidden := decoder.HiddenGraph(m.tokens, rotary, attention) // [R, S, D]
	r, s, d := hidden.Shape().Dim(0), hidden.Shape().Dim(1), hidden.Shape().Dim(2)
	n, t := m.gather.Shape().Dim(0), m.gather.Shape().Dim(1)
	predicting := Gather(Reshape(hidden, r*s, d), Reshape(m.gather, n*t, 1)) // [N*T, D]
	stats := model.TokenStatsGraph(decoder.LogitsGraph(predicting), Reshape(m.targets, n*t), numberGraph(m.numbers, numberTemperature))
	valid := GreaterThan(m.mask, ZerosLike(m.mask))
	keep := func(x *Node) *Node { return Where(valid, Reshape(x, n, t), ZerosLike(m.mask)) }
	return response{keep(stats.LogProbs), keep(stats.Entropy), predicting, decoder, attention}
}

// gradGraph is the forward and backward pass of one micro-batch. Inputs: weights, those
// of the value head if there is one, microInputs. Outputs: the gradient of each
// weight, then a vector of the objective's reported numbers.
func (o *objective) gradGraph(in []*Node) []*Node {
	nw, trained := len(o.arch.Weights()), o.numTrained()
	weights, m := in[:trained], microInputsOf(in[trained:])
	inputs := algos.Inputs{
		Mask: m.mask,
		Denom: algos.Denominators{Tokens: numberGraph(m.numbers, numberTokens),
			Sequences: numberGraph(m.numbers, numberSequences), MaxLength: numberGraph(m.numbers, numberMaxLength)},
		Stat: map[string]*Node{}, Feature: map[string]*Node{},
	}
	for i, stat := range o.needs.BatchStats {
		inputs.Stat[stat.Name] = numberGraph(m.numbers, numberStats+i)
	}
	for i, a := range o.arrays {
		a.set(&inputs, m.arrays[i])
	}
	r := responseGraph(o.arch, weights[:nw], m)
	logProbs, entropy := r.logProbs, r.entropy
	inputs.LogProbs = logProbs
	if o.needs.Values {
		inputs.Values = o.predictGraph(r.hidden, weights[nw:], m.mask)
	}
	if o.onPolicy {
		inputs.Old = StopGradient(logProbs)
	}
	if o.needs.Entropy || o.needs.EntropyGrad {
		inputs.Entropy = entropy
		if !o.needs.EntropyGrad {
			inputs.Entropy = StopGradient(entropy)
		}
	}
	if o.needs.TokenIDs {
		inputs.TokenIDs = m.targets
	}
	out := o.algorithm.Graph(inputs)
	loss := ScalarZero(logProbs.Graph(), logProbs.DType())
	for _, term := range out.Terms {
		loss = Add(loss, Div(term.Numerator, term.Denominator))
	}
	metrics := append(o.commonGraph(inputs, entropy), out.Metrics...)
	if balances(o.arch) {
		term, metric := o.balanceGraph(r.decoder, m, inputs)
		loss, metrics = Add(loss, term), append(metrics, metric)
	}
	return append(Gradient(loss, weights...), o.reportGraph(loss, metrics))
}

// balances reports whether the model's config adds the load-balancing loss of experts.
func balances(a *model.Arch) bool {
	return a.OutputRouterLogits && a.RouterAuxLossCoef != 0 && a.NumSparse() > 0
}

// balanceGraph is the load-balancing loss times its coefficient, over all tokens of a
// micro-batch that are no padding. It is no sum over tokens, so that micro-batches
// count by their trained tokens and cutting a step otherwise changes it a little.
func (o *objective) balanceGraph(d *model.Decoder, m microInputs, in algos.Inputs) (term *Node, metric algos.Metric) {
	aux := d.BalanceLossGraph(ConvertDType(GreaterOrEqual(m.segments, ZerosLike(m.segments)), in.Mask.DType()))
	count := ReduceAllSum(in.Mask)
	sum := Mul(aux, count)
	return Div(MulScalar(sum, o.arch.RouterAuxLossCoef), in.Denom.Tokens),
		algos.Metric{Name: "aux_loss", Numerator: StopGradient(sum), Denominator: count}
}

// firstDeviation is a metric that means something in the first mini-batch of a step
// only: there the policy is the one that gave the old log-probabilities.
const firstDeviation = "ratio/first_max_deviation"

// commonGraph are the metrics of every objective: entropy, the greatest |ratio - 1|
// to old log-probabilities that had a pass of their own, and the gap between the
// sampler's log-probabilities and the trainer's at the start of the step.
func (o *objective) commonGraph(in algos.Inputs, entropy *Node) []algos.Metric {
	count := ReduceAllSum(in.Mask)
	out := []algos.Metric{{Name: "entropy", Numerator: ReduceAllSum(StopGradient(entropy)), Denominator: count}}
	if in.Old != nil && !o.onPolicy {
		ratio := Exp(Sub(StopGradient(in.LogProbs), in.Old)) // 1 where masked: both are 0
		out = append(out, algos.Metric{Name: firstDeviation, Join: algos.JoinMax, Numerator: ReduceAllMax(Abs(AddScalar(ratio, -1)))})
	}
	if in.Rollout == nil {
		return out
	}
	start := StopGradient(in.LogProbs)
	if in.Old != nil {
		start = in.Old
	}
	return append(out, gapGraph(start, in.Rollout, in.Mask)...)
}

// reportGraph joins loss and metrics in one vector and records what they are: the
// loss first, then numerators and denominators of the metrics.
func (o *objective) reportGraph(loss *Node, metrics []algos.Metric) *Node {
	names := make([]report, len(metrics))
	numbers := []*Node{loss}
	for i, m := range metrics {
		names[i] = report{name: m.Name, join: m.Join, divided: m.Denominator != nil}
		numbers = append(numbers, m.Numerator)
		if m.Denominator != nil {
			numbers = append(numbers, m.Denominator)
		}
	}
	o.setReports(names)
	for i := range numbers {
		numbers[i] = Reshape(numbers[i], 1)
	}
	return Concatenate(numbers, 0)
}
