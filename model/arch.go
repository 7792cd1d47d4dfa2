package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rlvr-go/rlvr/configs/fault"
)

// Arch is a decoder's architecture: the fields of a Hugging Face config.json that
// change the computation. Zero values take HF's defaults where it has them.
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
	RopeTheta             float64 `json:"rope_theta" yaml:"rope_theta"`
	// TieWordEmbeddings uses the embedding table as the output head.
	TieWordEmbeddings bool `json:"tie_word_embeddings" yaml:"tie_word_embeddings"`
	// AttentionBias adds biases to the q, k, v and o projections.
	AttentionBias bool   `json:"attention_bias" yaml:"attention_bias"`
	HiddenAct     string `json:"hidden_act" yaml:"hidden_act"`
	// InitializerRange is the standard deviation of random weights; 0: 0.02.
	InitializerRange float64 `json:"initializer_range" yaml:"initializer_range"`
}

// withDefaults fills what HF's configuration classes fill.
func (a Arch) withDefaults() Arch {
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
	return a
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
	d := a.withDefaults()
	_, known := families[d.ModelType]
	l.Check(known, "model_type", a.ModelType, "%s", strings.Join(Families(), ", "))
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
		{"num_attention_heads", d.NumAttentionHeads}, {"head_dim", d.HeadDim},
	} {
		l.Check(dim.size <= maxDim, dim.name, dim.size, "at most %d", maxDim)
	}
	l.Check(d.MaxPositionEmbeddings >= 1, "max_position_embeddings", a.MaxPositionEmbeddings, "at least 1")
	l.Check(d.RMSNormEps > 0, "rms_norm_eps", a.RMSNormEps, "above 0")
	l.Check(d.RopeTheta > 0, "rope_theta", a.RopeTheta, "above 0")
	l.Check(d.HiddenAct == "silu", "hidden_act", a.HiddenAct, "silu")
	l.Check(d.InitializerRange > 0, "initializer_range", a.InitializerRange, "above 0")
	return l.Err()
}

// harmless are config.json fields that do not change what is computed here.
// sliding_window counts only where use_sliding_window is on, which is refused.
var harmless = []string{
	"_attn_implementation_autoset", "_name_or_path", "architectures", "attention_dropout", "auto_map", "bos_token_id", "dtype",
	"eos_token_id", "id2label", "is_llama_config", "label2id", "max_window_layers", "pad_token_id", "pretraining_tp",
	"sliding_window", "torch_dtype", "transformers.js_config", "transformers_version", "use_cache",
}

// ParseArch reads a config.json, in the style of published repositories
// (rope_theta) or of transformers 5 (rope_parameters). A field that changes the
// computation and is not implemented is an error that names it.
func ParseArch(config []byte) (*Arch, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(config, &fields); err != nil {
		return nil, fmt.Errorf("model: config.json: %w", err)
	}
	if err := checkFamily(fields["model_type"]); err != nil {
		return nil, err
	}
	if err := foldRope(fields); err != nil {
		return nil, err
	}
	var unknown []string
	for name, raw := range fields {
		if !slices.Contains(archFields, name) {
			if !slices.Contains(harmless, name) && !isOff(raw) && !(name == "layer_types" && allFull(raw)) {
				unknown = append(unknown, name)
			}
			delete(fields, name)
		} else if string(raw) == "null" {
			delete(fields, name)
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return nil, fmt.Errorf("model: config.json: not implemented: %s", strings.Join(unknown, ", "))
	}
	known, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("model: config.json: %w", err)
	}
	a := &Arch{}
	dec := json.NewDecoder(bytes.NewReader(known))
	if err := dec.Decode(a); err != nil {
		return nil, fmt.Errorf("model: config.json: %w", err)
	}
	if err := a.Validate(); err != nil {
		return nil, fmt.Errorf("model: config.json: %w", err)
	}
	*a = a.withDefaults()
	return a, nil
}

// checkFamily refuses a model_type that is not implemented before anything else:
// that says more than a list of the fields that it brings.
func checkFamily(raw json.RawMessage) error {
	var name string
	if raw != nil {
		if err := json.Unmarshal(raw, &name); err != nil {
			return fmt.Errorf("model: config.json: model_type: %w", err)
		}
	}
	if _, ok := families[name]; !ok {
		return fmt.Errorf("model: config.json: not implemented: model_type %q, only %s", name, strings.Join(Families(), ", "))
	}
	return nil
}

// allFull reports whether layer_types gives every layer full attention.
func allFull(raw json.RawMessage) bool {
	var types []string
	err := json.Unmarshal(raw, &types)
	return err == nil && !slices.ContainsFunc(types, func(t string) bool { return t != "full_attention" })
}

// foldRope turns transformers 5's rope_parameters into rope_theta and refuses
// scaled rotary embeddings.
func foldRope(fields map[string]json.RawMessage) error {
	for _, key := range []string{"rope_parameters", "rope_scaling"} {
		raw, ok := fields[key]
		if !ok {
			continue
		}
		delete(fields, key)
		var p map[string]json.RawMessage
		if err := json.Unmarshal(raw, &p); err != nil {
			return fmt.Errorf("model: config.json: %s: %w", key, err)
		}
		// Files have both spellings, old ones "type".
		for _, kind := range []string{"rope_type", "type"} {
			if t, ok := p[kind]; ok && !isOff(t) && string(t) != `"default"` {
				return fmt.Errorf("model: config.json: not implemented: %s of type %s", key, t)
			}
			delete(p, kind)
		}
		if theta, ok := p["rope_theta"]; ok {
			fields["rope_theta"] = theta
			delete(p, "rope_theta")
		}
		for _, name := range slices.Sorted(maps.Keys(p)) {
			if !isOff(p[name]) {
				return fmt.Errorf("model: config.json: not implemented: %s.%s", key, name)
			}
		}
	}
	return nil
}

// isOff reports whether a field's value switches its feature off.
func isOff(raw json.RawMessage) bool {
	switch strings.TrimSpace(string(raw)) {
	case "null", "false", "0", "0.0", "{}", "[]":
		return true
	}
	return false
}

// archFields are the JSON names of Arch's fields.
var archFields = []string{
	"model_type", "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
	"num_key_value_heads", "head_dim", "max_position_embeddings", "rms_norm_eps", "rope_theta", "tie_word_embeddings",
	"attention_bias", "hidden_act", "initializer_range",
}

// ConfigJSON is the config.json that transformers loads, of weights in dtype.
func (a *Arch) ConfigJSON(dtype string) ([]byte, error) {
	out := struct {
		Architectures []string `json:"architectures"`
		Arch
		DType string `json:"torch_dtype"`
	}{[]string{families[a.ModelType].class}, *a, dtype}
	return json.MarshalIndent(out, "", "  ")
}
