package model

import (
	"fmt"
	"maps"
	"slices"
)

// family is what sets a model_type apart from the others.
type family struct {
	// class is HF's class name, for config.json.
	class string
	// qkNorm normalises q and k per head before rotary.
	qkNorm bool
	// qkvBias adds biases to q, k and v, whatever attention_bias says.
	qkvBias bool
}

// families are the supported values of model_type.
var families = map[string]family{
	"llama": {class: "LlamaForCausalLM"},
	"qwen2": {class: "Qwen2ForCausalLM", qkvBias: true},
	"qwen3": {class: "Qwen3ForCausalLM", qkNorm: true},
}

// Families lists the supported values of model_type.
func Families() []string { return slices.Sorted(maps.Keys(families)) }

// Axis is the logical name of a tensor's axis: what a sharding plan maps to the
// axes of a device mesh.
type Axis string

// The logical axes.
const (
	AxisVocab Axis = "vocab"
	AxisEmbed Axis = "embed"
	AxisHeads Axis = "heads"
	AxisKV    Axis = "kv_heads"
	AxisMLP   Axis = "mlp"
	AxisNone  Axis = ""
)

// Init says how a weight starts when a policy is made at random.
type Init uint8

// As HF initialises: matrices from a normal distribution of standard deviation
// initializer_range, biases zero, norms one.
const (
	InitNormal Init = iota
	InitZeros
	InitOnes
)

// Weight describes one tensor.
type Weight struct {
	// Name is Hugging Face's.
	Name string
	// Shape, row-major; matrices are [out, in] as in HF files.
	Shape []int
	// Axes are the logical axes, one for each of Shape.
	Axes []Axis
	Init Init
	// part is the layer's slot the tensor fills, and layer its number (-1: none).
	part  part
	layer int
}

// Size is the number of elements.
func (w *Weight) Size() int {
	n := 1
	for _, d := range w.Shape {
		n *= d
	}
	return n
}

// part names a tensor's place in the decoder.
type part uint8

const (
	partEmbed part = iota
	partInputNorm
	partQ
	partK
	partV
	partO
	partQBias
	partKBias
	partVBias
	partOBias
	partQNorm
	partKNorm
	partPostNorm
	partGate
	partUp
	partDown
	partFinalNorm
	partHead
)

// Weights lists the tensors of the architecture in their fixed order, the order of
// every flat list of state in the project.
func (a *Arch) Weights() []Weight {
	f := families[a.ModelType]
	d, q, kv := a.HiddenSize, a.NumAttentionHeads*a.HeadDim, a.NumKeyValueHeads*a.HeadDim
	out := []Weight{matrix(partEmbed, -1, "model.embed_tokens", a.VocabSize, d, AxisVocab, AxisEmbed)}
	for l := range a.NumHiddenLayers {
		p := fmt.Sprintf("model.layers.%d.", l)
		out = append(out,
			norm(partInputNorm, l, p+"input_layernorm", d, AxisEmbed),
			matrix(partQ, l, p+"self_attn.q_proj", q, d, AxisHeads, AxisEmbed),
			matrix(partK, l, p+"self_attn.k_proj", kv, d, AxisKV, AxisEmbed),
			matrix(partV, l, p+"self_attn.v_proj", kv, d, AxisKV, AxisEmbed),
			matrix(partO, l, p+"self_attn.o_proj", d, q, AxisEmbed, AxisHeads))
		if f.qkvBias || a.AttentionBias {
			out = append(out,
				bias(partQBias, l, p+"self_attn.q_proj", q, AxisHeads),
				bias(partKBias, l, p+"self_attn.k_proj", kv, AxisKV),
				bias(partVBias, l, p+"self_attn.v_proj", kv, AxisKV))
		}
		if a.AttentionBias {
			out = append(out, bias(partOBias, l, p+"self_attn.o_proj", d, AxisEmbed))
		}
		if f.qkNorm {
			out = append(out,
				norm(partQNorm, l, p+"self_attn.q_norm", a.HeadDim, AxisNone),
				norm(partKNorm, l, p+"self_attn.k_norm", a.HeadDim, AxisNone))
		}
		out = append(out,
			norm(partPostNorm, l, p+"post_attention_layernorm", d, AxisEmbed),
			matrix(partGate, l, p+"mlp.gate_proj", a.IntermediateSize, d, AxisMLP, AxisEmbed),
			matrix(partUp, l, p+"mlp.up_proj", a.IntermediateSize, d, AxisMLP, AxisEmbed),
			matrix(partDown, l, p+"mlp.down_proj", d, a.IntermediateSize, AxisEmbed, AxisMLP))
	}
	out = append(out, norm(partFinalNorm, -1, "model.norm", d, AxisEmbed))
	if !a.TieWordEmbeddings {
		out = append(out, matrix(partHead, -1, "lm_head", a.VocabSize, d, AxisVocab, AxisEmbed))
	}
	return out
}

func matrix(p part, layer int, name string, out, in int, a, b Axis) Weight {
	return Weight{Name: name + ".weight", Shape: []int{out, in}, Axes: []Axis{a, b}, part: p, layer: layer}
}

func norm(p part, layer int, name string, n int, a Axis) Weight {
	return Weight{Name: name + ".weight", Shape: []int{n}, Axes: []Axis{a}, Init: InitOnes, part: p, layer: layer}
}

func bias(p part, layer int, name string, n int, a Axis) Weight {
	return Weight{Name: name + ".bias", Shape: []int{n}, Axes: []Axis{a}, Init: InitZeros, part: p, layer: layer}
}
