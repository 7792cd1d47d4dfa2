// Package gguf reads GGUF files, versions 2 and 3: metadata, tensors and their
// dequantisation to float32. It is a leaf that knows nothing of models or
// checkpoints.
//
// # Terms
//
//   - Metadata: typed values by key, before the tensors.
//   - Block: what a quantised type packs together, 32 or 256 elements of a row.
//   - Type: how a tensor's elements are stored, see [Type].
//   - Shape: as everywhere in this project, outermost dimension first. GGUF itself
//     lists dimensions innermost first.
//
// # Reading
//
// [Open] maps the file where the system can (else reads it) and checks all of it
// but the elements: every value has a known type and lies in the file, keys and
// names are UTF-8 and unique, each tensor's type is known, its bytes are what its
// shape needs, lie in the file, are aligned and overlap no other tensor's. Tensors
// may lie in any order. What breaks a rule is an error that names the file and the
// key or tensor; memory is never sized by what a file claims.
//
// [File.Float32] gives the same bits as the Python package gguf (version 0.19).
//
// A mapped file must not be truncated by others while it is open: the system
// would then kill the process on access.
package gguf
