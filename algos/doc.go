// Package algos holds the objectives: how judged rollouts become a loss. The trainer
// is blind to them; it computes what they need, calls them, and steps.
//
// # Terms
//
//   - Loss: the device half, from per-token arrays [N, T] to a few sums.
//   - Estimator: the host half, from rewards to per-token advantages, in float64.
//   - Aggregation: how per-token losses become one number.
//   - Shaper: changes rewards, masks or weights before the estimator runs.
//   - Selector: decides which groups are trained on and how many prompts are missing.
//   - Preset: parts that belong together, under one name, with vetted options.
//   - Algorithm: a preset resolved with a config's options; what the trainer runs.
//   - Needs: what a part reads. Nothing else is computed.
//
// # Order in a step
//
// Shapers run in order, then selectors, then the estimator; the latter two may mask
// rows (an unscored one, say), so trained tokens and sequences are counted after
// them. A loss's denominators are those counts, of the whole optimizer step: cutting
// it into micro-batches, packing and padding cannot change the result.
//
// # Papers
//
//	paper                      file                    deviations
//	arXiv 2402.03300 GRPO      grpo.go                 beta 0 by default; optional asymmetric and dual clip, entropy bonus
//	arXiv 2402.03300 GRPO      estimate_group.go       ddof 1; equal rewards give exactly 0, a group of one too
//	Williams 1992 REINFORCE    reinforce.go            weights of a shaper, if any, multiply the objective
//	Williams 1992 REINFORCE    estimate_reinforce.go   the only baseline is the batch's mean
//	arXiv 2203.02155 SFT       sft.go                  none
//	arXiv 2402.03300 GRPO      aggregate_graph.go      seq-mean-token-mean: empty responses leave the mean
//	arXiv 2503.14476 DAPO      aggregate_graph.go      token-mean: none
//	arXiv 2503.20783 Dr. GRPO  aggregate_graph.go      seq-mean-token-sum-norm: empty responses leave the mean
//	arXiv 2503.14476 DAPO      shape_truncated.go      rewards of masked completions stay in their group
//
// # Adding one
//
// A new objective is one file here and one test beside it: the doc comment with paper,
// equation and deviations, the option table, Needs, the graph, and an init that
// registers it. The test gives the equation once more as plain float64 loops and calls
// package algotest, which compares values and gradients and tries what tends to go
// wrong. The tests of this package fail while a registered name lacks such a proof.
package algos
