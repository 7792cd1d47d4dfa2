// Package model is the policy: a decoder described by the fields of a Hugging Face
// config.json, its weights as an ordered list of named tensors, and the graph
// functions that prefill, decoding and training share.
//
// # Terms
//
//   - Arch: the architecture, one to one with config.json.
//   - Weight: name, shape and logical axes of one tensor. The name is HF's.
//   - Policy: an Arch with its tensors on a device and a version.
//   - Decoder: an Arch whose weights are nodes of one graph.
//   - Attention: what differs between a full sequence and one step with a cache.
//
// # Shape letters
//
// Graph files use these in comments: B rows, S tokens of a row, W cache slots,
// D hidden size, H query heads, K key-value heads, G = H/K queries per key-value
// head, E head_dim, F intermediate size, V vocabulary, N responses, T response
// tokens, L layers.
//
// Device code is in files ending in _graph.go: functions take and return nodes,
// end in Graph, and panic on programmer errors; everything else returns errors.
package model
