// Package checkpoints saves and loads the state of a run: the model as plain
// Hugging Face files, and beside them what a trainer needs to go on bit for bit. It
// opens models of others too, as Hugging Face folders or GGUF files, and exports
// them. FORMAT.md specifies every file.
//
// # Terms
//
//   - Checkpoint: everything of one step, as plain data.
//   - Run's checkpoint folder: holds one folder step-N per checkpoint.
//   - Small files: config.json, the tokenizer's and the like, kept in memory.
//   - Shard: one of several weights files, which an index lists.
//   - Manifest: trainer/manifest.json, the size and SHA-256 of every other file.
//   - Damaged: a checkpoint whose files are not what its manifest says.
//   - Leftover: a folder that a killed process was writing or removing; its name
//     begins with a dot, so that it never looks like a checkpoint.
//
// # Guarantees
//
// A folder step-N is whole whatever happens: [Save] writes a leftover folder,
// syncs it to the disk and renames it, and old checkpoints are renamed before
// they are removed. A failed Save leaves the checkpoints that were there as they
// were. [Load] verifies every byte it returns, and never falls back on another
// checkpoint by itself.
//
// One process may save into a folder at a time (a run's lock sees to that); others
// may read it meanwhile.
//
// # Memory
//
// Tensors stay in their files until one is asked for ([Model.Float32]), and are
// produced one at a time when they are written ([Tensor]): neither loading, saving
// nor exporting holds more than one tensor.
package checkpoints
