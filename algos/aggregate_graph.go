package algos

import (
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // graph code reads as formulas
)

// This file implements the aggregations. N is the number of responses, T their
// padded length, L_i the number of trained tokens of response i. All denominators
// are those of the whole optimizer step: a mean over a micro-batch would weigh
// tokens by the company they happen to keep.

func init() {
	for _, a := range []struct {
		name, paper, summary string
		graph                aggregationFunc
	}{
		{"token-mean", "arXiv 2503.14476", "sum over tokens / number of tokens (DAPO)", tokenMeanGraph},
		{"seq-mean-token-mean", "arXiv 2402.03300", "mean over responses of the mean over tokens (GRPO)", seqMeanTokenMeanGraph},
		{"seq-mean-token-sum", "", "mean over responses of the sum over tokens", seqMeanTokenSumGraph},
		{"seq-mean-token-sum-norm", "arXiv 2503.20783", "mean over responses of the sum over tokens / max_completion_length (Dr. GRPO)", seqMeanTokenSumNormGraph},
	} {
		RegisterAggregation(Part{Name: a.name, Paper: a.paper, Summary: a.summary},
			func(Values) Aggregation { return a.graph })
	}
}

// aggregationFunc makes an [Aggregation] of a function.
type aggregationFunc func(perToken, mask *Node, d Denominators) (numerator, denominator *Node)

// Graph implements [Aggregation].
func (f aggregationFunc) Graph(perToken, mask *Node, d Denominators) (numerator, denominator *Node) {
	return f(Masked(mask, perToken), mask, d)
}

func tokenMeanGraph(perToken, _ *Node, d Denominators) (numerator, denominator *Node) {
	return ReduceAllSum(perToken), atLeastOne(d.Tokens)
}

func seqMeanTokenMeanGraph(perToken, mask *Node, d Denominators) (numerator, denominator *Node) {
	rows := Div(ReduceSum(perToken, -1), atLeastOne(ReduceSum(mask, -1))) // [N]
	return ReduceAllSum(rows), atLeastOne(d.Sequences)
}

func seqMeanTokenSumGraph(perToken, _ *Node, d Denominators) (numerator, denominator *Node) {
	return ReduceAllSum(perToken), atLeastOne(d.Sequences)
}

func seqMeanTokenSumNormGraph(perToken, _ *Node, d Denominators) (numerator, denominator *Node) {
	return ReduceAllSum(perToken), Mul(atLeastOne(d.Sequences), d.MaxLength)
}

// atLeastOne keeps an empty step at 0/1.
func atLeastOne(count *Node) *Node { return MaxScalar(count, 1) }
