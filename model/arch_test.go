package model

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rlvr-go/rlvr/configs/fault"
)

// published are config.json files of repositories that people start from.
var published = map[string]struct {
	config string
	want   Arch
}{
	"Qwen2.5-0.5B": {
		`{"architectures": ["Qwen2ForCausalLM"], "attention_dropout": 0.0, "bos_token_id": 151643, "eos_token_id": 151643,
		"hidden_act": "silu", "hidden_size": 896, "initializer_range": 0.02, "intermediate_size": 4864,
		"max_position_embeddings": 32768, "max_window_layers": 24, "model_type": "qwen2", "num_attention_heads": 14,
		"num_hidden_layers": 24, "num_key_value_heads": 2, "rms_norm_eps": 1e-06, "rope_theta": 1000000.0,
		"sliding_window": 32768, "tie_word_embeddings": true, "torch_dtype": "bfloat16", "transformers_version": "4.40.1",
		"use_cache": true, "use_mrope": false, "use_sliding_window": false, "vocab_size": 151936}`,
		Arch{ModelType: "qwen2", VocabSize: 151936, HiddenSize: 896, IntermediateSize: 4864, NumHiddenLayers: 24,
			NumAttentionHeads: 14, NumKeyValueHeads: 2, HeadDim: 64, MaxPositionEmbeddings: 32768, RMSNormEps: 1e-6,
			RopeTheta: 1e6, TieWordEmbeddings: true, HiddenAct: "silu", InitializerRange: 0.02},
	},
	"Qwen3-0.6B": {
		`{"architectures": ["Qwen3ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "bos_token_id": 151643,
		"eos_token_id": 151645, "head_dim": 128, "hidden_act": "silu", "hidden_size": 1024, "initializer_range": 0.02,
		"intermediate_size": 3072, "max_position_embeddings": 40960, "max_window_layers": 28, "model_type": "qwen3",
		"num_attention_heads": 16, "num_hidden_layers": 28, "num_key_value_heads": 8, "rms_norm_eps": 1e-06,
		"rope_scaling": null, "rope_theta": 1000000, "sliding_window": null, "tie_word_embeddings": true,
		"torch_dtype": "bfloat16", "transformers_version": "4.51.0", "use_cache": true, "use_sliding_window": false,
		"vocab_size": 151936}`,
		Arch{ModelType: "qwen3", VocabSize: 151936, HiddenSize: 1024, IntermediateSize: 3072, NumHiddenLayers: 28,
			NumAttentionHeads: 16, NumKeyValueHeads: 8, HeadDim: 128, MaxPositionEmbeddings: 40960, RMSNormEps: 1e-6,
			RopeTheta: 1e6, TieWordEmbeddings: true, HiddenAct: "silu", InitializerRange: 0.02},
	},
	"SmolLM2-135M-Instruct": {
		`{"architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0, "bos_token_id": 1,
		"eos_token_id": 2, "hidden_act": "silu", "hidden_size": 576, "initializer_range": 0.041666666666666664,
		"intermediate_size": 1536, "is_llama_config": true, "max_position_embeddings": 8192, "mlp_bias": false,
		"model_type": "llama", "num_attention_heads": 9, "num_hidden_layers": 30, "num_key_value_heads": 3, "pad_token_id": 2,
		"pretraining_tp": 1, "rms_norm_eps": 1e-05, "rope_interleaved": false, "rope_scaling": null, "rope_theta": 100000,
		"tie_word_embeddings": true, "torch_dtype": "bfloat16",
		"transformers.js_config": {"kv_cache_dtype": {"q4f16": "float16", "fp16": "float16"}},
		"transformers_version": "4.42.3", "use_cache": true, "vocab_size": 49152}`,
		Arch{ModelType: "llama", VocabSize: 49152, HiddenSize: 576, IntermediateSize: 1536, NumHiddenLayers: 30,
			NumAttentionHeads: 9, NumKeyValueHeads: 3, HeadDim: 64, MaxPositionEmbeddings: 8192, RMSNormEps: 1e-5,
			RopeTheta: 100000, TieWordEmbeddings: true, HiddenAct: "silu", InitializerRange: 0.041666666666666664},
	},
	"a fine-tune, absent fields": {
		`{"_name_or_path": "base", "_attn_implementation_autoset": true, "model_type": "llama", "hidden_size": 64,
		"intermediate_size": 128, "num_hidden_layers": 1, "num_attention_heads": 4, "max_position_embeddings": 128,
		"vocab_size": 32, "num_key_value_heads": null, "head_dim": null, "attention_bias": true}`,
		Arch{ModelType: "llama", VocabSize: 32, HiddenSize: 64, IntermediateSize: 128, NumHiddenLayers: 1, NumAttentionHeads: 4,
			NumKeyValueHeads: 4, HeadDim: 16, MaxPositionEmbeddings: 128, RMSNormEps: 1e-6, RopeTheta: 10000, AttentionBias: true,
			HiddenAct: "silu", InitializerRange: 0.02},
	},
}

func TestParseArchOfPublishedConfigs(t *testing.T) {
	for name, c := range published {
		t.Run(name, func(t *testing.T) {
			got, err := ParseArch([]byte(c.config))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// plainConfig is a config.json with some fields replaced; nil removes one.
func plainConfig(t testing.TB, change map[string]any) []byte {
	t.Helper()
	fields := map[string]any{
		"model_type": "llama", "vocab_size": 32, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 1,
		"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 128, "rope_theta": 5000.0,
	}
	maps.Copy(fields, change)
	maps.DeleteFunc(fields, func(_ string, v any) bool { return v == nil })
	text, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

type object = map[string]any

// TestParseArchRefuses lists fields that change the computation: running without
// them would give wrong numbers quietly.
func TestParseArchRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change object
		want   string // in the error
	}{
		"mixture of experts":    {object{"model_type": "qwen3_moe", "num_experts": 6}, `model_type "qwen3_moe"`},
		"other family":          {object{"model_type": "mistral", "sliding_window": 4096}, `model_type "mistral"`},
		"no family":             {object{"model_type": nil}, `model_type ""`},
		"family of wrong type":  {object{"model_type": 3}, "model_type"},
		"yarn, old key":         {object{"rope_scaling": object{"type": "yarn", "factor": 4}}, `rope_scaling of type "yarn"`},
		"yarn, new key":         {object{"rope_scaling": object{"rope_type": "yarn", "factor": 4}}, `rope_scaling of type "yarn"`},
		"yarn beside a default": {object{"rope_scaling": object{"rope_type": "default", "type": "yarn"}}, `rope_scaling of type "yarn"`},
		"linear":                {object{"rope_scaling": object{"type": "linear", "factor": 2}}, `rope_scaling of type "linear"`},
		"llama3, transformers 5": {object{"rope_parameters": object{"rope_type": "llama3", "rope_theta": 1e6}},
			`rope_parameters of type "llama3"`},
		"partial rotary": {object{"rope_parameters": object{"rope_type": "default", "partial_rotary_factor": 0.5}},
			"rope_parameters.partial_rotary_factor"},
		"rotary by layer type": {object{"rope_parameters": object{"full_attention": object{"rope_theta": 1e6}}},
			"rope_parameters.full_attention"},
		"rotary of wrong type":   {object{"rope_parameters": 5}, "rope_parameters"},
		"sliding window":         {object{"use_sliding_window": true, "sliding_window": 64}, "use_sliding_window"},
		"sliding layers":         {object{"layer_types": []string{"full_attention", "sliding_attention"}}, "layer_types"},
		"layer types, odd":       {object{"layer_types": "full"}, "layer_types"},
		"biases of the mlp":      {object{"mlp_bias": true}, "mlp_bias"},
		"quantized":              {object{"quantization_config": object{"bits": 4}}, "quantization_config"},
		"several, in order":      {object{"zeta": 1, "alpha": "x"}, "not implemented: alpha, zeta"},
		"activation":             {object{"hidden_act": "gelu"}, "hidden_act"},
		"size of wrong type":     {object{"hidden_size": "64"}, "hidden_size"},
		"no size":                {object{"hidden_size": nil}, "hidden_size"},
		"no positions":           {object{"max_position_embeddings": nil}, "max_position_embeddings"},
		"more layers than any":   {object{"num_hidden_layers": 1 << 40}, "num_hidden_layers"},
		"more heads than any":    {object{"num_attention_heads": 1 << 40}, "num_attention_heads"},
		"heads of no whole size": {object{"hidden_size": 66}, "hidden_size"},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := ParseArch(plainConfig(t, c.change))
			if err == nil {
				t.Fatalf("no error, got %+v", a)
			}
			if !strings.HasPrefix(err.Error(), "model: config.json: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %q does not name %q", err, c.want)
			}
		})
	}
}

func TestParseArchRefusesTextThatIsNoObject(t *testing.T) {
	for _, text := range []string{"", "null", "[]", "{", `"llama"`, `{"model_type": "llama"} x`, "\xff"} {
		if a, err := ParseArch([]byte(text)); err == nil {
			t.Errorf("%q: no error, got %+v", text, a)
		}
	}
}

// TestParseArchReadsRope has both places of rope_theta, and none.
func TestParseArchReadsRope(t *testing.T) {
	for name, c := range map[string]struct {
		change object
		want   float64
	}{
		"published style":     {nil, 5000},
		"transformers 5":      {object{"rope_theta": nil, "rope_parameters": object{"rope_theta": 7e5, "rope_type": "default"}}, 7e5},
		"old type key":        {object{"rope_theta": nil, "rope_parameters": object{"rope_theta": 7e5, "type": "default"}}, 7e5},
		"both, the newer one": {object{"rope_parameters": object{"rope_theta": 7e5, "rope_type": "default"}}, 7e5},
		"default scaling":     {object{"rope_scaling": object{"type": "default", "rope_type": "default"}}, 5000},
		"type null":           {object{"rope_scaling": object{"type": json.RawMessage("null")}}, 5000},
		"nowhere":             {object{"rope_theta": nil}, 10000},
	} {
		a, err := ParseArch(plainConfig(t, c.change))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if a.RopeTheta != c.want {
			t.Errorf("%s: rope_theta %g, want %g", name, a.RopeTheta, c.want)
		}
	}
}

// TestConfigStylesAgree parses the two configs of each tiny model.
func TestConfigStylesAgree(t *testing.T) {
	for _, name := range tinyModels {
		a, b := loadTiny(t, name, "config.json").Arch, loadTiny(t, name, "config.alt.json").Arch
		if diff := cmp.Diff(a, b); diff != "" {
			t.Errorf("%s: -config.json +config.alt.json:\n%s", name, diff)
		}
	}
}

func TestConfigJSONRoundTrip(t *testing.T) {
	for _, name := range tinyModels {
		want := loadTiny(t, name, "config.json").Arch
		text, err := want.ConfigJSON("float32")
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseArch(text)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
		if want := `"architectures": [` + "\n    \"" + families[want.ModelType].class; !strings.Contains(string(text), want) {
			t.Errorf("%s: config.json lacks %s", name, want)
		}
	}
}

func TestValidateNamesEveryFault(t *testing.T) {
	valid := Arch{ModelType: "qwen3", HiddenSize: 64, IntermediateSize: 128, NumHiddenLayers: 1, NumAttentionHeads: 4, MaxPositionEmbeddings: 8}
	for name, c := range map[string]struct {
		change func(a *Arch)
		want   []string // paths of the faults
	}{
		"valid":                       {func(*Arch) {}, nil},
		"head_dim of its own":         {func(a *Arch) { a.HiddenSize, a.HeadDim = 66, 16 }, nil},
		"one key-value head":          {func(a *Arch) { a.NumKeyValueHeads = 1 }, nil},
		"unknown family":              {func(a *Arch) { a.ModelType = "gpt2" }, []string{"model_type"}},
		"negative vocabulary":         {func(a *Arch) { a.VocabSize = -1 }, []string{"vocab_size"}},
		"no hidden size":              {func(a *Arch) { a.HiddenSize = 0 }, []string{"hidden_size", "head_dim"}},
		"no heads":                    {func(a *Arch) { a.NumAttentionHeads = 0 }, []string{"num_attention_heads"}},
		"negative heads":              {func(a *Arch) { a.NumAttentionHeads = -4 }, []string{"num_attention_heads"}},
		"key-value heads not divisor": {func(a *Arch) { a.NumKeyValueHeads = 3 }, []string{"num_key_value_heads"}},
		"negative key-value heads":    {func(a *Arch) { a.NumKeyValueHeads = -2 }, []string{"num_key_value_heads"}},
		"odd head_dim":                {func(a *Arch) { a.HeadDim = 15 }, []string{"head_dim"}},
		"hidden not divisible":        {func(a *Arch) { a.HiddenSize = 67 }, []string{"hidden_size"}},
		"no layers, no mlp":           {func(a *Arch) { a.NumHiddenLayers, a.IntermediateSize = 0, 0 }, []string{"intermediate_size", "num_hidden_layers"}},
		"negative eps and theta":      {func(a *Arch) { a.RMSNormEps, a.RopeTheta = -1, -1 }, []string{"rms_norm_eps", "rope_theta"}},
		"activation, init":            {func(a *Arch) { a.HiddenAct, a.InitializerRange = "relu", -1 }, []string{"hidden_act", "initializer_range"}},
		"no positions":                {func(a *Arch) { a.MaxPositionEmbeddings = 0 }, []string{"max_position_embeddings"}},
		"above any model": {func(a *Arch) { a.NumHiddenLayers, a.VocabSize = maxLayers+1, maxDim+1 },
			[]string{"num_hidden_layers", "vocab_size"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := valid
			c.change(&a)
			var got []string
			for _, f := range fault.Of(a.Validate()) {
				got = append(got, f.Path)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// FuzzParseArch feeds config.json files from anywhere: no panic, and what is
// accepted is valid, writes out and reads back the same.
func FuzzParseArch(f *testing.F) {
	for _, c := range published {
		f.Add([]byte(c.config))
	}
	f.Add(plainConfig(f, object{"rope_parameters": object{"rope_theta": 1e6, "rope_type": "default"}}))
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := ParseArch(text)
		if err != nil {
			return
		}
		if err := a.Validate(); err != nil {
			t.Fatalf("accepted, but %v", err)
		}
		for _, w := range a.Weights() {
			if w.Size() < 0 {
				t.Fatalf("%s %v: size overflows", w.Name, w.Shape)
			}
		}
		out, err := a.ConfigJSON("float32")
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseArch(out)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(a, again); diff != "" {
			t.Fatalf("-first +again:\n%s", diff)
		}
	})
}
