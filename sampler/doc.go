// Package sampler generates completions with the policy's own weights: a prefill
// that computes each prompt once, and decode loops on the device that run a chunk
// of tokens between two looks of the host. It knows token ids only.
//
// # Terms
//
//   - Prompt: token ids with the identity that random numbers are drawn from.
//   - Row: one completion in progress; a group's rows share one prefilled prompt.
//   - Tile: the rows of one decode executable with their key-value cache.
//   - Chunk: decode steps run on the device without the host.
//   - Bucket: a shape from the few that executables are compiled for.
//
// Every random number is a function of (seed, step, prompt, sample, position), so
// a completion does not depend on which row, tile or batch it ran in. On the pure-
// Go backend that holds bit for bit; on XLA log-probabilities differ in their last
// bits between shapes, and with them, rarely, a token.
package sampler
