// Package model is the policy: a decoder described by the fields of a Hugging Face
// config.json, its weights as an ordered list of named tensors, and the graph
// functions that prefill, decoding and training share.
//
// # Terms
//
//   - Arch: the architecture, one to one with config.json.
//   - Family: what a model_type adds: fields of config.json, tensors of a layer.
//   - Weight: name, shape and logical axes of one tensor. The name is HF's; the
//     matrices of experts are stacked in one tensor, whose Parts are HF's.
//   - Policy: an Arch with its tensors on a device and a version.
//   - Decoder: an Arch whose weights are nodes of one graph.
//   - Attention: what differs between a full sequence and one step with a cache.
//   - Window: how many of the latest positions a token attends to in a layer.
//   - Sparse layer: its MLP is a mixture of experts; a route is a token's choice.
//   - Passes: a policy's outputs in every way to compute them, for comparisons.
//
// # Shape letters
//
// Graph files use these in comments: B rows, S tokens of a row, W cache slots,
// D hidden size, H query heads, K key-value heads, G = H/K queries per key-value
// head, E head_dim, F intermediate size, V vocabulary, N responses, T response
// tokens, L layers. The files of experts have their own: see moe_graph.go.
//
// # Dtypes
//
// A [Decoder] computes in the dtype of the weights that it is bound to: float32, or
// bfloat16 after [CastGraph]. Caches have that dtype, logits are always float32.
//
// Device code is in files ending in _graph.go: functions take and return nodes,
// end in Graph, and panic on programmer errors; everything else returns errors.
package model
