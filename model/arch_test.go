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

// null is JSON's, where nil takes a field out.
var null = json.RawMessage("null")

// TestParseArchRefuses lists fields that change the computation: running without
// them would give wrong numbers quietly.
func TestParseArchRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change object
		want   string // in the error
	}{
		"other family":            {object{"model_type": "gemma3_text"}, `model_type "gemma3_text"`},
		"mixture of another kind": {object{"model_type": "mixtral", "num_local_experts": 8}, `model_type "mixtral"`},
		"no family":               {object{"model_type": nil}, `model_type ""`},
		"family of wrong type":    {object{"model_type": 3}, "model_type"},
		"family in capitals":      {object{"model_type": "Llama"}, `model_type "Llama"`},
		"longrope": {object{"rope_scaling": object{"type": "longrope", "short_factor": []float64{1}, "long_factor": []float64{2}}},
			`rope_scaling of type "longrope"`},
		"su, as longrope was called": {object{"rope_scaling": object{"type": "su"}}, `rope_scaling of type "su"`},
		"multimodal rotary":          {object{"rope_scaling": object{"type": "mrope", "mrope_section": []int{2, 3, 3}}}, `of type "mrope"`},
		"multimodal rotary, renamed": {object{"rope_scaling": object{"type": "default", "mrope_section": []int{2, 3, 3}}}, "rope_scaling.mrope_section"},
		"proportional":               {object{"rope_parameters": object{"rope_type": "proportional"}}, `rope_parameters of type "proportional"`},
		"two types":                  {object{"rope_scaling": object{"rope_type": "linear", "type": "yarn", "factor": 2}}, `rope_type is "linear", type is "yarn"`},
		"a type beside default":      {object{"rope_scaling": object{"rope_type": "default", "type": "linear", "factor": 2}}, `rope_type is "default", type is "linear"`},
		"type of wrong type":         {object{"rope_scaling": object{"rope_type": 3}}, "rope_scaling.rope_type"},
		"linear without factor":      {object{"rope_scaling": object{"type": "linear"}}, "rope_scaling.factor: missing"},
		"factor null":                {object{"rope_scaling": object{"type": "linear", "factor": null}}, "rope_scaling.factor: missing"},
		"factor 0":                   {object{"rope_scaling": object{"type": "dynamic", "factor": 0}}, "rope_scaling.factor"},
		"factor as text":             {object{"rope_scaling": object{"type": "linear", "factor": "2"}}, "factor"},
		"factor beyond float64":      {object{"rope_scaling": object{"type": "linear", "factor": json.RawMessage("1e400")}}, "factor"},
		"llama3 without bounds":      {object{"rope_scaling": object{"rope_type": "llama3", "factor": 8}}, "rope_scaling.low_freq_factor"},
		"llama3, bounds equal": {object{"rope_scaling": object{"rope_type": "llama3", "factor": 8, "low_freq_factor": 4, "high_freq_factor": 4}},
			"rope_scaling.high_freq_factor"},
		"yarn without factor":          {object{"rope_scaling": object{"rope_type": "yarn"}}, "rope_scaling.factor: missing"},
		"yarn, attention_factor 0":     {object{"rope_scaling": object{"rope_type": "yarn", "factor": 4, "attention_factor": 0}}, "attention_factor"},
		"yarn, truncate as number":     {object{"rope_scaling": object{"rope_type": "yarn", "factor": 4, "truncate": 1}}, "truncate"},
		"yarn, original of wrong type": {object{"rope_scaling": object{"rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 1.5}}, "original_max"},
		"explicit, too few":            {object{"rope_scaling": object{"rope_type": "explicit", "inverse_frequency_divisors": []float64{1, 2}}}, "inverse_frequency_divisors"},
		"explicit, 0":                  {object{"rope_scaling": object{"rope_type": "explicit", "inverse_frequency_divisors": make([]float64, 8)}}, "inverse_frequency_divisors"},
		"two mappings": {object{"rope_scaling": object{"type": "linear", "factor": 2}, "rope_parameters": object{"rope_type": "linear", "factor": 4}},
			"rope_scaling and rope_parameters differ"},
		"partial rotary":                {object{"partial_rotary_factor": 0.5}, "partial_rotary_factor"},
		"partial rotary of 0":           {object{"partial_rotary_factor": 0}, "partial_rotary_factor"},
		"partial rotary, new place":     {object{"rope_parameters": object{"rope_type": "default", "partial_rotary_factor": 0.5}}, "rope_parameters.partial_rotary_factor"},
		"partial rotary, old place":     {object{"rope_scaling": object{"type": "linear", "factor": 2, "partial_rotary_factor": 0.5}}, "rope_scaling.partial_rotary_factor"},
		"rotary by layer type":          {object{"rope_parameters": object{"full_attention": object{"rope_theta": 1e6}}}, "rope_parameters.full_attention"},
		"rotary of wrong type":          {object{"rope_parameters": 5}, "rope_parameters"},
		"rotary as list":                {object{"rope_scaling": []string{"yarn"}}, "rope_scaling"},
		"theta 0":                       {object{"rope_theta": 0}, "rope_theta"},
		"theta negative, new place":     {object{"rope_parameters": object{"rope_theta": -1}}, "rope_parameters.rope_theta"},
		"rotary interleaved":            {object{"rope_interleaved": true}, "rope_interleaved"},
		"window of a llama":             {object{"sliding_window": 64}, "sliding_window"},
		"window of a llama, switch":     {object{"use_sliding_window": true}, "use_sliding_window"},
		"window of 0":                   {object{"model_type": "mistral", "sliding_window": 0}, "sliding_window"},
		"window negative":               {object{"model_type": "mistral", "sliding_window": -4}, "sliding_window"},
		"window as text":                {object{"model_type": "mistral", "sliding_window": "4096"}, "sliding_window"},
		"window as fraction":            {object{"model_type": "mistral", "sliding_window": 4.5}, "sliding_window"},
		"switch as text":                {object{"model_type": "qwen2", "use_sliding_window": "yes"}, "use_sliding_window"},
		"sliding layers of a llama":     {object{"layer_types": []string{"sliding_attention"}}, "layer_types"},
		"full layers of a windowed":     {object{"model_type": "mistral", "sliding_window": 8, "layer_types": []string{"full_attention"}}, "layer_types"},
		"sliding layers, no window":     {object{"model_type": "qwen2", "layer_types": []string{"sliding_attention"}}, "layer_types"},
		"layer types of wrong length":   {object{"model_type": "qwen3", "layer_types": []string{"full_attention", "full_attention"}}, "layer_types"},
		"layer types, another":          {object{"model_type": "qwen3", "layer_types": []string{"chunked_attention"}}, "layer_types"},
		"layer types, linear":           {object{"layer_types": []string{"linear_attention"}}, "layer_types"},
		"layer types, odd":              {object{"layer_types": "full"}, "layer_types"},
		"biases of a mistral":           {object{"model_type": "mistral", "attention_bias": true}, "attention_bias"},
		"biases of a qwen2's output":    {object{"model_type": "qwen2", "attention_bias": true}, "attention_bias"},
		"mlp biases of a qwen3":         {object{"model_type": "qwen3", "mlp_bias": true}, "mlp_bias"},
		"experts of a llama":            {object{"num_experts": 4}, "num_experts"},
		"two numbers of experts":        {object{"model_type": "qwen3_moe", "num_experts": 4, "num_local_experts": 8}, "num_local_experts"},
		"more per token than there are": {object{"model_type": "qwen3_moe", "num_experts": 4, "num_experts_per_tok": 5}, "num_experts_per_tok"},
		"none per token":                {object{"model_type": "qwen3_moe", "num_experts_per_tok": 0}, "num_experts_per_tok"},
		"sparse step 0":                 {object{"model_type": "qwen3_moe", "decoder_sparse_step": -1}, "decoder_sparse_step"},
		"experts beyond any":            {object{"model_type": "qwen3_moe", "num_experts": 1 << 40}, "num_experts"},
		"shared experts":                {object{"model_type": "qwen3_moe", "shared_expert_intermediate_size": 64}, "shared_expert_intermediate_size"},
		"quantized":                     {object{"quantization_config": object{"bits": 4}}, "quantization_config"},
		"layers that differ":            {object{"per_layer_config": object{"0": object{"head_dim": 4}}}, "per_layer_config"},
		"several, in order":             {object{"zeta": 1, "alpha": "x"}, "not implemented: alpha, zeta"},
		"field in capitals":             {object{"Hidden_Size": 64}, "Hidden_Size"},
		"activation":                    {object{"hidden_act": "gelu"}, "hidden_act"},
		"size of wrong type":            {object{"hidden_size": "64"}, "hidden_size"},
		"size as fraction":              {object{"hidden_size": 64.5}, "hidden_size"},
		"size null":                     {object{"hidden_size": null}, "hidden_size: found null"},
		"eps null":                      {object{"rms_norm_eps": null}, "rms_norm_eps: found null"},
		"eps 0":                         {object{"rms_norm_eps": -1}, "rms_norm_eps"},
		"more layers than any":          {object{"num_hidden_layers": 1 << 40}, "num_hidden_layers"},
		"more heads than any":           {object{"num_attention_heads": 1 << 40}, "num_attention_heads"},
		"more positions than any":       {object{"max_position_embeddings": 1 << 40}, "max_position_embeddings"},
		"heads of no whole size":        {object{"hidden_size": 66}, "hidden_size"},
		"head odd":                      {object{"head_dim": 7}, "head_dim"},
		"HF's key-value heads":          {object{"model_type": "qwen2", "num_key_value_heads": nil}, "num_key_value_heads"},
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
	for _, text := range []string{"", "null", "[]", "{", `"llama"`, `{"model_type": "llama"} x`, "\xff",
		`{"model_type": "llama", "rms_norm_eps": NaN}`, `{"model_type": "llama", "rope_theta": Infinity}`} {
		if a, err := ParseArch([]byte(text)); err == nil {
			t.Errorf("%q: no error, got %+v", text, a)
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
	for _, c := range loadFamilies(f).cases {
		f.Add([]byte(c.Config))
		f.Add([]byte(c.Saved))
	}
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
