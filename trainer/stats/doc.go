// Package stats says how sure a comparison of runs can be.
//
// # Terms
//
//   - Outcome: what one run says of a set of problems: the mean score, and where it
//     was kept the score of each problem.
//   - Pair: two outcomes that share their seed, and so order of problems and
//     initial weights.
//   - Interval: 95 %, by the percentiles of a bootstrap whose random numbers are
//     always the same.
package stats
