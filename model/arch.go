package model

import (
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/configs/fault"
)

// Arch is a decoder's architecture: the fields of a Hugging Face config.json that
// change the computation. Zero values take the defaults said here; what a
// config.json lacks takes its family's: see [ParseArch].
type Arch struct {
	// ModelType names the family: see [Families].
	ModelType         string `json:"model_type" yaml:"model_type"`
	VocabSize         int    `json:"vocab_size" yaml:"vocab_size"`
	HiddenSize        int    `json:"hidden_size" yaml:"hidden_size"`
	IntermediateSize  int    `json:"intermediate_size" yaml:"intermediate_size"`
	NumHiddenLayers   int    `json:"num_hidden_layers" yaml:"num_hidden_layers"`
	NumAttentionHeads int    `json:"num_attention_heads" yaml:"num_attention_heads"`
	// NumKeyValueHeads divides NumAttentionHeads; 0: as many.
	NumKeyValueHeads int `json:"num_key_value_heads" yaml:"num_key_value_heads"`
	// HeadDim is a field of its own; 0: HiddenSize / NumAttentionHeads.
	HeadDim int `json:"head_dim" yaml:"head_dim"`
	// MaxPositionEmbeddings bounds prompt plus completion.
	MaxPositionEmbeddings int     `json:"max_position_embeddings" yaml:"max_position_embeddings"`
	RMSNormEps            float64 `json:"rms_norm_eps" yaml:"rms_norm_eps"`
	// RopeTheta is the base of the rotary frequencies; 0: 10000.
	RopeTheta   float64     `json:"rope_theta" yaml:"rope_theta"`
	RopeScaling RopeScaling `json:"-" yaml:"rope_scaling"`
	// TieWordEmbeddings uses the embedding table as the output head.
	TieWordEmbeddings bool `json:"tie_word_embeddings" yaml:"tie_word_embeddings"`
	// AttentionBias adds biases to the q, k, v and o projections (llama, qwen3,
	// qwen3_moe; those of qwen2 are always there), MLPBias to the three of the MLP
	// (llama).
	AttentionBias bool `json:"attention_bias" yaml:"attention_bias"`
	MLPBias       bool `json:"mlp_bias" yaml:"mlp_bias"`
	// SlidingWindow is the number of latest tokens that a token attends to, itself
	// included; 0: all. LayerTypes says of each layer whether it has the window:
	// sliding_attention or full_attention; empty: all have it.
	SlidingWindow int      `json:"sliding_window" yaml:"sliding_window"`
	LayerTypes    []string `json:"layer_types" yaml:"layer_types"`
	// NumExperts is the number of experts of a sparse layer (qwen3_moe), of width
	// MoeIntermediateSize each, NumExpertsPerTok the number that a token is sent to.
	NumExperts          int `json:"num_experts" yaml:"num_experts"`
	NumExpertsPerTok    int `json:"num_experts_per_tok" yaml:"num_experts_per_tok"`
	MoeIntermediateSize int `json:"moe_intermediate_size" yaml:"moe_intermediate_size"`
	// NormTopKProb divides the weights of a token's experts by their sum.
	NormTopKProb bool `json:"norm_topk_prob" yaml:"norm_topk_prob"`
	// DecoderSparseStep makes each n-th layer sparse, 0 as 1: all of them, but those
	// of MLPOnlyLayers.
	DecoderSparseStep int   `json:"decoder_sparse_step" yaml:"decoder_sparse_step"`
	MLPOnlyLayers     []int `json:"mlp_only_layers" yaml:"mlp_only_layers"`
	// OutputRouterLogits adds the load-balancing loss to that of training, times
	// RouterAuxLossCoef.
	OutputRouterLogits bool    `json:"output_router_logits" yaml:"output_router_logits"`
	RouterAuxLossCoef  float64 `json:"router_aux_loss_coef" yaml:"router_aux_loss_coef"`
	HiddenAct          string  `json:"hidden_act" yaml:"hidden_act"`
	// InitializerRange is the standard deviation of random weights; 0: 0.02.
	InitializerRange float64 `json:"initializer_range" yaml:"initializer_range"`
	// DType is the dtype of computation, float32 or bfloat16: see [CastGraph]. It is
	// the run's choice and no field of config.json, whose torch_dtype is that of the
	// file's weights. Empty: that of the weights that are bound.
	DType string `json:"-" yaml:"-"`
}

// The values of LayerTypes.
const (
	slidingAttention = "sliding_attention"
	fullAttention    = "full_attention"
)

// WithDefaults fills what HF's configuration classes fill, and writes equal
// architectures in one way.
func (a Arch) WithDefaults() Arch {
	if a.NumKeyValueHeads == 0 {
		a.NumKeyValueHeads = a.NumAttentionHeads
	}
	if a.HeadDim == 0 && a.NumAttentionHeads > 0 {
		a.HeadDim = a.HiddenSize / a.NumAttentionHeads
	}
	if a.RMSNormEps == 0 {
		a.RMSNormEps = 1e-6
	}
	if a.RopeTheta == 0 {
		a.RopeTheta = 10000
	}
	if a.HiddenAct == "" {
		a.HiddenAct = "silu"
	}
	if a.InitializerRange == 0 {
		a.InitializerRange = 0.02
	}
	if a.NumExperts > 0 && a.DecoderSparseStep == 0 {
		a.DecoderSparseStep = 1
	}
	if len(a.MLPOnlyLayers) == 0 {
		a.MLPOnlyLayers = nil
	}
	if len(a.LayerTypes) > 0 && !slices.Contains(a.LayerTypes, slidingAttention) {
		a.SlidingWindow = 0
	}
	if a.SlidingWindow == 0 || !slices.Contains(a.LayerTypes, fullAttention) {
		a.LayerTypes = nil
	}
	a.RopeScaling = a.RopeScaling.withDefaults(a.MaxPositionEmbeddings)
	return a
}

// NumSparse is the number of layers that are a mixture of experts.
func (a *Arch) NumSparse() int {
	n := 0
	for l := range a.NumHiddenLayers {
		if a.Sparse(l) {
			n++
		}
	}
	return n
}

// Sparse reports whether a layer is a mixture of experts.
func (a *Arch) Sparse(layer int) bool {
	return a.NumExperts > 0 && !slices.Contains(a.MLPOnlyLayers, layer) && (layer+1)%max(1, a.DecoderSparseStep) == 0
}

// Window is the number of latest tokens that a token attends to in a layer, itself
// included; 0: all.
func (a *Arch) Window(layer int) int {
	if len(a.LayerTypes) > 0 && a.LayerTypes[layer] != slidingAttention {
		return 0
	}
	return a.SlidingWindow
}

// What a config may claim before memory is sized by it: far above any model.
const (
	maxLayers = 1 << 12
	maxDim    = 1 << 20
)

// Validate reports every field out of range. VocabSize may be 0 where a tokenizer
// decides it.
func (a *Arch) Validate() error {
	var l fault.List
	d := a.WithDefaults()
	_, known := families[d.ModelType]
	l.Check(known, "model_type", a.ModelType, "%s", strings.Join(Families(), ", "))
	a.checkSizes(&l, &d)
	l.Check(d.MaxPositionEmbeddings >= 1, "max_position_embeddings", a.MaxPositionEmbeddings, "at least 1")
	l.Check(d.MaxPositionEmbeddings < math.MaxInt32, "max_position_embeddings", a.MaxPositionEmbeddings, "below %d", math.MaxInt32)
	l.Check(d.RMSNormEps > 0 && finite(d.RMSNormEps), "rms_norm_eps", a.RMSNormEps, "above 0")
	l.Check(d.RopeTheta > 0 && finite(d.RopeTheta), "rope_theta", a.RopeTheta, "above 0")
	l.Merge("rope_scaling", d.RopeScaling.validate(&d))
	if known {
		f := families[d.ModelType]
		a.checkWindows(&l, &f)
		a.checkExperts(&l, &d, &f)
		f.checkBias(&l, "attention_bias", a.AttentionBias)
		f.checkBias(&l, "mlp_bias", a.MLPBias)
	}
	l.Check(d.HiddenAct == "silu", "hidden_act", a.HiddenAct, "silu")
	l.Check(d.InitializerRange > 0 && finite(d.InitializerRange), "initializer_range", a.InitializerRange, "above 0")
	return l.Err()
}

func (f *family) checkBias(l *fault.List, field string, on bool) {
	l.Check(!on || slices.Contains(f.fields, field), field, on, "false: %s reads no such field", f.class)
}

func finite(x float64) bool { return !math.IsInf(x, 0) && !math.IsNaN(x) }

// checkSizes looks at the dimensions; d is a with its defaults.
func (a *Arch) checkSizes(l *fault.List, d *Arch) {
	l.Check(d.VocabSize >= 0, "vocab_size", a.VocabSize, "at least 1, or absent: the tokenizer's")
	l.Check(d.HiddenSize >= 1, "hidden_size", a.HiddenSize, "at least 1")
	l.Check(d.IntermediateSize >= 1, "intermediate_size", a.IntermediateSize, "at least 1")
	l.Check(d.NumHiddenLayers >= 1, "num_hidden_layers", a.NumHiddenLayers, "at least 1")
	l.Check(d.NumAttentionHeads >= 1, "num_attention_heads", a.NumAttentionHeads, "at least 1")
	if d.NumAttentionHeads >= 1 {
		l.Check(d.NumKeyValueHeads >= 1 && d.NumAttentionHeads%d.NumKeyValueHeads == 0, "num_key_value_heads", a.NumKeyValueHeads,
			"a divisor of num_attention_heads (%d)", d.NumAttentionHeads)
		l.Check(a.HeadDim != 0 || d.HiddenSize%d.NumAttentionHeads == 0, "hidden_size", a.HiddenSize,
			"a multiple of num_attention_heads (%d) while head_dim is absent", d.NumAttentionHeads)
		l.Check(d.HeadDim >= 2 && d.HeadDim%2 == 0, "head_dim", d.HeadDim, "an even number, at least 2")
	}
	l.Check(d.NumHiddenLayers <= maxLayers, "num_hidden_layers", a.NumHiddenLayers, "at most %d", maxLayers)
	for _, dim := range []struct {
		name string
		size int
	}{
		{"vocab_size", d.VocabSize}, {"hidden_size", d.HiddenSize}, {"intermediate_size", d.IntermediateSize},
		{"num_attention_heads", d.NumAttentionHeads}, {"head_dim", d.HeadDim}, {"moe_intermediate_size", d.MoeIntermediateSize},
	} {
		l.Check(dim.size <= maxDim, dim.name, dim.size, "at most %d", maxDim)
	}
}

func (a *Arch) checkWindows(l *fault.List, f *family) {
	l.Check(a.SlidingWindow == 0 || f.windows.any, "sliding_window", a.SlidingWindow, "0: %s has no windows", a.ModelType)
	l.Check(a.SlidingWindow >= 0 && a.SlidingWindow < math.MaxInt32, "sliding_window", a.SlidingWindow, "1 or more, or 0 for none")
	if len(a.LayerTypes) == 0 {
		return
	}
	l.Check(len(a.LayerTypes) == a.NumHiddenLayers, "layer_types", a.LayerTypes, "one for each of %d layers", a.NumHiddenLayers)
	for _, t := range a.LayerTypes {
		l.Check(t == slidingAttention || t == fullAttention, "layer_types", t, "%s, %s", slidingAttention, fullAttention)
		l.Check(t != slidingAttention || a.SlidingWindow > 0, "layer_types", t, "%s while there is no sliding_window", fullAttention)
	}
	l.Check(f.windows.byLayer || !slices.Contains(a.LayerTypes, fullAttention) || !slices.Contains(a.LayerTypes, slidingAttention),
		"layer_types", a.LayerTypes, "the same for all layers of %s", a.ModelType)
}

// maxExperts bounds the experts of a layer.
const maxExperts = 1 << 12

// checkExperts looks at the fields of a mixture of experts; d is a with its defaults.
func (a *Arch) checkExperts(l *fault.List, d *Arch, f *family) {
	if !slices.Contains(f.fields, "num_experts") {
		l.Check(a.NumExperts == 0, "num_experts", a.NumExperts, "0: %s has no experts", a.ModelType)
		return
	}
	l.Check(d.NumExperts >= 0 && d.NumExperts <= maxExperts, "num_experts", a.NumExperts, "0 to %d", maxExperts)
	l.Check(finite(d.RouterAuxLossCoef) && d.RouterAuxLossCoef >= 0, "router_aux_loss_coef", a.RouterAuxLossCoef, "0 or more")
	if d.NumExperts == 0 {
		return
	}
	l.Check(d.NumExpertsPerTok >= 1 && d.NumExpertsPerTok <= d.NumExperts, "num_experts_per_tok", a.NumExpertsPerTok,
		"1 to num_experts (%d)", d.NumExperts)
	l.Check(d.MoeIntermediateSize >= 1, "moe_intermediate_size", a.MoeIntermediateSize, "at least 1")
	l.Check(d.DecoderSparseStep >= 1, "decoder_sparse_step", a.DecoderSparseStep, "at least 1")
}

// ConfigJSON is the config.json that transformers loads, of weights in dtype. Where
// rope_type is [RopeExplicit], transformers has no such type and refuses it.
func (a *Arch) ConfigJSON(dtype string) ([]byte, error) {
	f := families[a.ModelType]
	out := map[string]any{
		"architectures": []string{f.class}, "model_type": a.ModelType, "torch_dtype": dtype,
		"vocab_size": a.VocabSize, "hidden_size": a.HiddenSize, "intermediate_size": a.IntermediateSize,
		"num_hidden_layers": a.NumHiddenLayers, "num_attention_heads": a.NumAttentionHeads,
		"num_key_value_heads": a.NumKeyValueHeads, "head_dim": a.HeadDim, "max_position_embeddings": a.MaxPositionEmbeddings,
		"rms_norm_eps": a.RMSNormEps, "rope_theta": a.RopeTheta, "rope_scaling": a.RopeScaling.fields(),
		"tie_word_embeddings": a.TieWordEmbeddings, "hidden_act": a.HiddenAct, "initializer_range": a.InitializerRange,
	}
	own := map[string]any{
		"attention_bias": a.AttentionBias, "mlp_bias": a.MLPBias, "num_experts": a.NumExperts,
		"num_experts_per_tok": a.NumExpertsPerTok, "moe_intermediate_size": a.MoeIntermediateSize, "norm_topk_prob": a.NormTopKProb,
		"decoder_sparse_step": a.DecoderSparseStep, "mlp_only_layers": append([]int{}, a.MLPOnlyLayers...),
		"router_aux_loss_coef": a.RouterAuxLossCoef, "output_router_logits": a.OutputRouterLogits,
	}
	for _, name := range f.fields {
		out[name] = own[name]
	}
	if f.windows.any {
		out["sliding_window"] = nil
		out["use_sliding_window"] = a.SlidingWindow > 0
		if a.SlidingWindow > 0 {
			out["sliding_window"] = a.SlidingWindow
		}
	}
	if f.windows.byLayer {
		out["max_window_layers"], out["layer_types"] = a.layerTypes()
	}
	return json.MarshalIndent(out, "", "  ")
}

// layerTypes are max_window_layers and layer_types as transformers has them: the
// first layer with a window, and what each layer has.
func (a *Arch) layerTypes() (first int, types []string) {
	first = a.NumHiddenLayers
	for l := range a.NumHiddenLayers {
		if a.Window(l) == 0 {
			types = append(types, fullAttention)
			continue
		}
		first = min(first, l)
		types = append(types, slidingAttention)
	}
	return first, types
}
