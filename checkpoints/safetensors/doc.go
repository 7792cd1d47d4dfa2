// Package safetensors reads and writes the safetensors format: a length, a JSON
// header that names every tensor, and the tensors' bytes, little-endian and
// row-major. It is a leaf that knows nothing of models or checkpoints.
//
// # Terms
//
//   - Header: the JSON object from tensor names to dtype, shape and data offsets.
//   - Data: the bytes after the header; offsets count from its first byte.
//   - View: a slice of the mapped file, valid until [File.Close].
//
// # Reading
//
// [Open] maps the file where the system can (else reads it) and checks the whole
// header before anything else: each tensor's dtype is known, its offsets lie in
// the file, its length is what its shape says, names are unique, and the tensors
// cover the data without gap or overlap, as the format demands. A file that breaks
// a rule is an error that names the file and the tensor; memory is never sized by
// what a header claims.
//
// A mapped file must not be truncated by others while it is open: the system
// would then kill the process on access. Files that are replaced by renaming, as
// checkpoints are, are safe.
package safetensors
