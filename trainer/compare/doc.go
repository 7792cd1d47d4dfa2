// Package compare reads the folders of finished runs and says how ways to train
// differ.
//
// # Terms
//
//   - Arm: a way to train, such as a config, with a run for each seed.
//   - Base: the arm that the others are compared with.
//   - Pair: a run of an arm and the run of the base with the same seed.
//   - Target: a value of a metric; a run reaches it at the first step whose record is
//     at least that.
package compare
