// Package algotest is the conformance suite of package algos: what an objective must
// show before it is believed.
//
// # Terms
//
//   - Batch: one optimizer step in float64, whole rows, as an oracle sees it.
//   - Oracle: the paper's equation as plain loops over float64, written by whoever
//     adds the objective, apart from the graph.
//   - Case: an algorithm with its oracle and what else its author claims.
//   - Check: one rule of the suite. A failure says what differs and which rule that
//     violates.
//   - Golden: inputs with the loss and gradient that another program computed.
//   - Proof: the record that a registered name passed the suite; see [Main].
//
// A loss is proved by [Run], an estimator by [RunEstimator], shapers and selectors by
// [RunShaper] and [RunSelector]. The graphs run on the pure-Go backend.
package algotest
