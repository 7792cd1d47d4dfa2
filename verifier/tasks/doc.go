// Package tasks gives a run its problems: from a generator registered under a name
// ([Register]), or from JSONL files.
//
// # Terms
//
//   - Task: a source of problems with three splits and a verifier that fits them.
//   - Split: train (what a stage learns from), validation (what early stopping may
//     look at) or test (held out: decides nothing, is only reported). They do not
//     depend on a run's seed.
package tasks
