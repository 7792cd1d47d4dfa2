package model

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// family is what sets a model_type apart from the others: what its config.json may
// hold and means, and which tensors a layer has.
type family struct {
	// class is HF's class name, for config.json.
	class string
	// fields are those of config.json that only some families have, absent the
	// values of fields that a config.json lacks: the defaults of HF's configuration
	// class (transformers 5.23).
	fields []string
	absent Arch
	// windows says what its sliding window depends on.
	windows windowRule
	// layer lists the tensors of a layer in their order.
	layer []tensor
}

// windowRule is how a family's config.json says which layers have a window.
type windowRule struct {
	// any reports whether the family has windows at all.
	any bool
	// byLayer reports whether layers differ, by layer_types or max_window_layers;
	// else all have the window.
	byLayer bool
	// always reports whether sliding_window counts without use_sliding_window.
	always bool
}

// families are the supported values of model_type.
var families = map[string]family{
	"llama": {
		class: "LlamaForCausalLM", fields: []string{"attention_bias", "mlp_bias"},
		absent: Arch{VocabSize: 32000, HiddenSize: 4096, IntermediateSize: 11008, NumHiddenLayers: 32, NumAttentionHeads: 32,
			MaxPositionEmbeddings: 2048},
		layer: slices.Concat(attention, when(hasAttentionBias, qkvBias, outBias), mlp, when(hasMLPBias, mlpBias)),
	},
	"mistral": {
		class: "MistralForCausalLM", windows: windowRule{any: true, always: true},
		absent: Arch{VocabSize: 32000, HiddenSize: 4096, IntermediateSize: 14336, NumHiddenLayers: 32, NumAttentionHeads: 32,
			NumKeyValueHeads: 8, MaxPositionEmbeddings: 131072, SlidingWindow: 4096},
		layer: slices.Concat(attention, mlp),
	},
	"qwen2": {
		class: "Qwen2ForCausalLM", windows: windowRule{any: true, byLayer: true},
		absent: Arch{VocabSize: 151936, HiddenSize: 4096, IntermediateSize: 22016, NumHiddenLayers: 32, NumAttentionHeads: 32,
			NumKeyValueHeads: 32, MaxPositionEmbeddings: 32768, SlidingWindow: 4096},
		layer: slices.Concat(attention, qkvBias, mlp),
	},
	"qwen3": {
		class: "Qwen3ForCausalLM", fields: []string{"attention_bias"}, windows: windowRule{any: true, byLayer: true},
		absent: Arch{VocabSize: 151936, HiddenSize: 4096, IntermediateSize: 22016, NumHiddenLayers: 32, NumAttentionHeads: 32,
			NumKeyValueHeads: 32, HeadDim: 128, MaxPositionEmbeddings: 32768, SlidingWindow: 4096},
		layer: slices.Concat(attention, when(hasAttentionBias, qkvBias, outBias), qkNorm, mlp),
	},
	"qwen3_moe": {
		class: "Qwen3MoeForCausalLM", windows: windowRule{any: true},
		fields: []string{"attention_bias", "num_experts", "num_experts_per_tok", "moe_intermediate_size", "norm_topk_prob",
			"decoder_sparse_step", "mlp_only_layers", "router_aux_loss_coef", "output_router_logits"},
		absent: Arch{VocabSize: 151936, HiddenSize: 2048, IntermediateSize: 6144, NumHiddenLayers: 24, NumAttentionHeads: 32,
			NumKeyValueHeads: 4, MaxPositionEmbeddings: 32768, SlidingWindow: 4096,
			NumExperts: 128, NumExpertsPerTok: 8, MoeIntermediateSize: 768, DecoderSparseStep: 1, RouterAuxLossCoef: 0.001},
		layer: slices.Concat(attention, when(hasAttentionBias, qkvBias, outBias), qkNorm, when(isDense, mlp), when(isSparse, experts)),
	},
}

// Families lists the supported values of model_type.
func Families() []string { return slices.Sorted(maps.Keys(families)) }

// tensor is a row of a family's table: a tensor of each layer.
type tensor struct {
	part part
	// name is HF's below "model.layers.N."; "*" stands for the expert's number.
	name string
	// dims are its dimensions below that of the experts.
	dims []dim
	init Init
	// when says which layers have it; nil: all.
	when func(a *Arch, layer int) bool
}

// The groups of tensors that families are made of.
var (
	attention = []tensor{
		{partInputNorm, "input_layernorm.weight", []dim{dimEmbed}, InitOnes, nil},
		{partQ, "self_attn.q_proj.weight", []dim{dimHeads, dimEmbed}, InitNormal, nil},
		{partK, "self_attn.k_proj.weight", []dim{dimKV, dimEmbed}, InitNormal, nil},
		{partV, "self_attn.v_proj.weight", []dim{dimKV, dimEmbed}, InitNormal, nil},
		{partO, "self_attn.o_proj.weight", []dim{dimEmbed, dimHeads}, InitNormal, nil},
	}
	qkvBias = []tensor{
		{partQBias, "self_attn.q_proj.bias", []dim{dimHeads}, InitZeros, nil},
		{partKBias, "self_attn.k_proj.bias", []dim{dimKV}, InitZeros, nil},
		{partVBias, "self_attn.v_proj.bias", []dim{dimKV}, InitZeros, nil},
	}
	outBias = []tensor{{partOBias, "self_attn.o_proj.bias", []dim{dimEmbed}, InitZeros, nil}}
	qkNorm  = []tensor{
		{partQNorm, "self_attn.q_norm.weight", []dim{dimHead}, InitOnes, nil},
		{partKNorm, "self_attn.k_norm.weight", []dim{dimHead}, InitOnes, nil},
	}
	postNorm = tensor{partPostNorm, "post_attention_layernorm.weight", []dim{dimEmbed}, InitOnes, nil}
	mlp      = []tensor{
		postNorm,
		{partGate, "mlp.gate_proj.weight", []dim{dimMLP, dimEmbed}, InitNormal, nil},
		{partUp, "mlp.up_proj.weight", []dim{dimMLP, dimEmbed}, InitNormal, nil},
		{partDown, "mlp.down_proj.weight", []dim{dimEmbed, dimMLP}, InitNormal, nil},
	}
	mlpBias = []tensor{
		{partGateBias, "mlp.gate_proj.bias", []dim{dimMLP}, InitZeros, nil},
		{partUpBias, "mlp.up_proj.bias", []dim{dimMLP}, InitZeros, nil},
		{partDownBias, "mlp.down_proj.bias", []dim{dimEmbed}, InitZeros, nil},
	}
	experts = []tensor{
		postNorm,
		{partRouter, "mlp.gate.weight", []dim{dimExperts, dimEmbed}, InitNormal, nil},
		{partExpertGate, "mlp.experts.*.gate_proj.weight", []dim{dimExpertMLP, dimEmbed}, InitNormal, nil},
		{partExpertUp, "mlp.experts.*.up_proj.weight", []dim{dimExpertMLP, dimEmbed}, InitNormal, nil},
		{partExpertDown, "mlp.experts.*.down_proj.weight", []dim{dimEmbed, dimExpertMLP}, InitNormal, nil},
	}
)

func hasAttentionBias(a *Arch, _ int) bool { return a.AttentionBias }
func hasMLPBias(a *Arch, _ int) bool       { return a.MLPBias }
func isSparse(a *Arch, layer int) bool     { return a.Sparse(layer) }
func isDense(a *Arch, layer int) bool      { return !a.Sparse(layer) }

// when is the groups for the layers that a condition holds for.
func when(holds func(a *Arch, layer int) bool, groups ...[]tensor) []tensor {
	out := slices.Concat(groups...)
	for i := range out {
		out[i].when = holds
	}
	return out
}

// dim is a size of an architecture with its logical axis.
type dim struct {
	axis Axis
	size func(a *Arch) int
}

var (
	dimVocab     = dim{AxisVocab, func(a *Arch) int { return a.VocabSize }}
	dimEmbed     = dim{AxisEmbed, func(a *Arch) int { return a.HiddenSize }}
	dimHeads     = dim{AxisHeads, func(a *Arch) int { return a.NumAttentionHeads * a.HeadDim }}
	dimKV        = dim{AxisKV, func(a *Arch) int { return a.NumKeyValueHeads * a.HeadDim }}
	dimHead      = dim{AxisNone, func(a *Arch) int { return a.HeadDim }}
	dimMLP       = dim{AxisMLP, func(a *Arch) int { return a.IntermediateSize }}
	dimExpertMLP = dim{AxisMLP, func(a *Arch) int { return a.MoeIntermediateSize }}
	dimExperts   = dim{AxisExperts, func(a *Arch) int { return a.NumExperts }}
)

// The tensors around the layers; a tied model has no head of its own.
var (
	embedTensor     = tensor{partEmbed, "model.embed_tokens.weight", []dim{dimVocab, dimEmbed}, InitNormal, nil}
	finalNormTensor = tensor{partFinalNorm, "model.norm.weight", []dim{dimEmbed}, InitOnes, nil}
	headTensor      = tensor{partHead, "lm_head.weight", []dim{dimVocab, dimEmbed}, InitNormal, nil}
)

// Weights lists the tensors of the architecture in their fixed order, the order of
// every flat list of state in the project.
func (a *Arch) Weights() []Weight {
	out := []Weight{embedTensor.of(a, -1)}
	table := families[a.ModelType].layer
	for l := range a.NumHiddenLayers {
		for i := range table {
			if t := &table[i]; t.when == nil || t.when(a, l) {
				out = append(out, t.of(a, l))
			}
		}
	}
	out = append(out, finalNormTensor.of(a, -1))
	if !a.TieWordEmbeddings {
		out = append(out, headTensor.of(a, -1))
	}
	return out
}

// of is the weight that a row of the table means in an architecture's layer.
func (t *tensor) of(a *Arch, layer int) Weight {
	w := Weight{Name: t.name, Init: t.init, part: t.part, layer: layer}
	if layer >= 0 {
		w.Name = fmt.Sprintf("model.layers.%d.%s", layer, t.name)
	}
	if pattern := w.Name; strings.Contains(pattern, "*") {
		w.Name = strings.Replace(pattern, "*.", "", 1)
		w.Shape, w.Axes = []int{a.NumExperts}, []Axis{AxisExperts}
		for e := range a.NumExperts {
			w.Parts = append(w.Parts, strings.Replace(pattern, "*", strconv.Itoa(e), 1))
		}
	}
	for _, d := range t.dims {
		w.Shape, w.Axes = append(w.Shape, d.size(a)), append(w.Axes, d.axis)
	}
	return w
}
