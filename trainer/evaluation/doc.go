// Package evaluation is the arithmetic and the file of rlvr eval: what a policy's judged
// completions of a set of problems say of it, and of the difference to another policy. It
// samples nothing. docs/evaluation.md has the formulas.
//
// # Terms
//
//   - Problem: one problem with its completions, a line of the file ([Problem]).
//   - Masked: a completion that could not be judged, through no fault of its own. It counts
//     nowhere; a problem all of whose completions are masked is left out.
//   - avg@n: share of right completions, mean over problems.
//   - pass@k: probability that one of k completions is right.
//   - maj@k: probability that the most frequent answer of k completions is right.
//
// The latter two are unbiased estimates from n >= k completions: means over all subsets
// of k of them. A problem is one observation in every interval, whatever n is.
package evaluation
