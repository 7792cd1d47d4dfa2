package checkpoints

import (
	"encoding/json"
	"strconv"
)

// ggufArch is what sets an architecture of GGUF files apart.
type ggufArch struct {
	modelType, class string
	// permuted: the rows of q and k are in the order of interleaved rotary
	// embeddings, which the converter of this architecture alone makes.
	permuted bool
	// experts: the feed-forward parts are experts.
	experts bool
	// tensors are the parts of a block beside those that all have, by their names
	// in the file.
	tensors []string
}

// ggufArchs are the architectures that are read, by general.architecture.
var ggufArchs = map[string]ggufArch{
	"llama": {modelType: "llama", class: "LlamaForCausalLM", permuted: true, tensors: []string{
		"ffn_gate.weight", "ffn_up.weight", "ffn_down.weight", "ffn_gate.bias", "ffn_up.bias", "ffn_down.bias",
		"attn_q.bias", "attn_k.bias", "attn_v.bias", "attn_output.bias"}},
	"qwen2": {modelType: "qwen2", class: "Qwen2ForCausalLM", tensors: []string{
		"ffn_gate.weight", "ffn_up.weight", "ffn_down.weight", "attn_q.bias", "attn_k.bias", "attn_v.bias"}},
	"qwen3": {modelType: "qwen3", class: "Qwen3ForCausalLM", tensors: []string{
		"ffn_gate.weight", "ffn_up.weight", "ffn_down.weight", "attn_q_norm.weight", "attn_k_norm.weight",
		"attn_q.bias", "attn_k.bias", "attn_v.bias", "attn_output.bias"}},
	"qwen3moe": {modelType: "qwen3_moe", class: "Qwen3MoeForCausalLM", experts: true, tensors: []string{
		"ffn_gate_inp.weight", "ffn_gate_exps.weight", "ffn_up_exps.weight", "ffn_down_exps.weight",
		"attn_q_norm.weight", "attn_k_norm.weight", "attn_q.bias", "attn_k.bias", "attn_v.bias", "attn_output.bias"}},
}

// shape is what the sizes of a GGUF file's tensors follow from.
type ggufShape struct {
	layers, heads, kvHeads, headDim, experts int
}

// ggufConfig makes config.json of a file's metadata.
func (g *ggufModel) config(m *metadata) (object, error) {
	name, arch := g.archName, g.arch
	key := func(rest string) string { return name + "." + rest }
	s := &g.shape
	hidden := m.need(key("embedding_length"))
	s.layers, s.heads = m.need(key("block_count")), m.need(key("attention.head_count"))
	s.kvHeads = m.integer(key("attention.head_count_kv"), s.heads)
	s.headDim = m.integer(key("attention.key_length"), 0)
	rotary := m.integer(key("rope.dimension_count"), 0)
	if s.headDim == 0 && rotary != 0 && arch.permuted {
		s.headDim = rotary // as llama.cpp's converter means it for this architecture
	}
	if s.headDim == 0 && s.heads > 0 {
		s.headDim = hidden / s.heads
	}
	if s.kvHeads < 1 || s.headDim < 1 {
		m.fault(key("attention.head_count_kv"), "%d heads of %d dimensions", s.kvHeads, s.headDim)
	}
	if rotary != 0 && rotary != s.headDim {
		m.fault(key("rope.dimension_count"), "%d of %d dimensions of a head are rotated, which is not implemented", rotary, s.headDim)
	}
	if v := m.integer(key("attention.value_length"), s.headDim); v != s.headDim {
		m.fault(key("attention.value_length"), "%d, keys have %d: not implemented", v, s.headDim)
	}
	c := object{
		{"architectures", []string{arch.class}}, {"model_type", arch.modelType},
		{"vocab_size", g.vocabSize}, {"hidden_size", hidden}, {"num_hidden_layers", s.layers},
		{"num_attention_heads", s.heads}, {"num_key_value_heads", s.kvHeads}, {"head_dim", s.headDim},
		{"max_position_embeddings", m.need(key("context_length"))}, {"hidden_act", "silu"},
		{"rms_norm_eps", single(m.float(key("attention.layer_norm_rms_epsilon"), 0))},
		{"tie_word_embeddings", !g.has("output.weight")},
	}
	if _, ok := m.file.Value(key("attention.layer_norm_rms_epsilon")); !ok {
		m.fault(key("attention.layer_norm_rms_epsilon"), "is missing")
	}
	g.addFeedForward(m, &c)
	g.addWindowAndBias(m, &c)
	if err := g.addRope(m, &c); err != nil {
		return nil, err
	}
	if !m.boolean(key("attention.causal"), true) {
		m.fault(key("attention.causal"), "false is not implemented")
	}
	m.refuseUnknown(name+".", "vocab_size", "tensor_data_layout", "rope.scaling.finetuned")
	c.add("torch_dtype", "float32")
	return c, nil
}

// addFeedForward adds the sizes of the dense or the expert parts.
func (g *ggufModel) addFeedForward(m *metadata, c *object) {
	key := func(rest string) string { return g.archName + "." + rest }
	if !g.arch.experts {
		c.add("intermediate_size", m.need(key("feed_forward_length")))
		return
	}
	g.shape.experts = m.need(key("expert_count"))
	size := m.need(key("expert_feed_forward_length"))
	c.add("intermediate_size", m.integer(key("feed_forward_length"), size))
	c.add("moe_intermediate_size", size)
	c.add("num_experts", g.shape.experts)
	c.add("num_experts_per_tok", m.need(key("expert_used_count")))
	// llama.cpp renormalises for this architecture whatever the file says.
	if norm := m.boolean(key("expert_weights_norm"), true); !norm {
		m.fault(key("expert_weights_norm"), "false is not implemented")
	}
	c.add("norm_topk_prob", true)
	c.add("decoder_sparse_step", 1)
	c.add("mlp_only_layers", []int{})
	m.only(key("expert_weights_scale"), 0, 1)
	m.only(key("expert_gating_func"), 0, 1) // softmax
}

// addWindowAndBias adds a sliding window, which of the files of arch llama only
// Mistral's have, and the biases where the family has them by choice.
func (g *ggufModel) addWindowAndBias(m *metadata, c *object) {
	key := g.archName + ".attention.sliding_window"
	window, biased, mlpBiased := m.integer(key, 0), g.has("blk.0.attn_q.bias"), g.has("blk.0.ffn_gate.bias")
	switch {
	case window == 0:
	case g.arch.modelType == "llama":
		if biased || mlpBiased {
			m.fault(key, "%d beside biases of the projections is not implemented", window)
		}
		(*c)[0].value, (*c)[1].value = []string{"MistralForCausalLM"}, "mistral"
		c.add("sliding_window", window)
		return
	default:
		c.add("use_sliding_window", true)
		c.add("sliding_window", window)
		c.add("max_window_layers", 0)
	}
	if g.arch.modelType != "qwen2" { // which has these biases always, and no such field
		c.add("attention_bias", biased)
	}
	if mlpBiased {
		c.add("mlp_bias", true)
	}
}

// single is a float32 in JSON: the shortest decimal that reads as it, which is what
// the file was made from more often than all its digits.
func single(x float32) json.RawMessage {
	return json.RawMessage(strconv.FormatFloat(float64(x), 'g', -1, 32))
}
