// Package configs reads the YAML file that describes a whole run.
//
// # Terms
//
//   - Config: the options of every package, resolved; read-only once loaded.
//   - Section: the part of a config that one package owns ("data", "reward").
//   - Stage key: a key of a stage. Written at the top level it is a default of
//     every stage.
//   - Base: the file that another names under "defaults".
//   - Fault: one mistake, with the place where it was written.
//
// # From file to Config
//
// [Load] goes through these steps and reports the faults of all of them at once;
// only a file that is not YAML ends it early:
//
//  1. read the file and its bases (file.go, node.go) and merge them, the file over
//     its base (merge.go); then the --set arguments, in order (set.go);
//  2. check every key and type against the Go structs (check.go), with suggestions
//     for misspelt keys and for the words of other frameworks (suggest.go,
//     dialects.go);
//  3. lay the top-level stage keys under each stage (stages.go) and everything over
//     the defaults;
//  4. decode (decode.go) and validate: each section by its package's Validate,
//     then what no section can see alone (validate.go).
//
// # Merging
//
// Mappings are merged key by key, anything else is replaced; a list is one value.
// An explicit null takes a key back to its default. A key with nothing after it
// is an empty section, or a fault where a value is due. Where a mapping has
// "options" and the name beside them (name, task, verifier) changes, inherited
// options are dropped: they belonged to the other one.
//
// A stage's own key wins over a top-level one, also over a top-level one from
// --set; an override that reaches no stage is a fault. Overrides of a single stage
// are written "stages.1.optim.learning_rate=1e-3", stages counted from 0. An
// offline stage (one that learns from given answers) does not inherit how to
// sample, and may not say it: of "rollout" it has the length alone.
package configs
