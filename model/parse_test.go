package model

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestParseArchReadsTheta has every place of rope_theta, and none.
func TestParseArchReadsTheta(t *testing.T) {
	for name, c := range map[string]struct {
		change object
		want   float64
	}{
		"published style":     {nil, 5000},
		"transformers 5":      {object{"rope_theta": nil, "rope_parameters": object{"rope_theta": 7e5, "rope_type": "default"}}, 7e5},
		"old type key":        {object{"rope_theta": nil, "rope_parameters": object{"rope_theta": 7e5, "type": "default"}}, 7e5},
		"both, the newer one": {object{"rope_parameters": object{"rope_theta": 7e5, "rope_type": "default"}}, 7e5},
		"default scaling":     {object{"rope_scaling": object{"type": "default", "rope_type": "default"}}, 5000},
		"within scaling":      {object{"rope_scaling": object{"type": "linear", "factor": 2, "rope_theta": 7e5}}, 7e5},
		"type null":           {object{"rope_scaling": object{"type": null}}, 5000},
		"empty mappings":      {object{"rope_scaling": object{}, "rope_parameters": null}, 5000},
		"nowhere":             {object{"rope_theta": nil}, 10000},
		"null":                {object{"rope_theta": null}, 10000},
	} {
		a, err := ParseArch(plainConfig(t, c.change))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if a.RopeTheta != c.want {
			t.Errorf("%s: rope_theta %g, want %g", name, a.RopeTheta, c.want)
		}
	}
}

// TestParseArchReadsScaling has the spellings of rope scaling, and what a type does
// not read.
func TestParseArchReadsScaling(t *testing.T) {
	llama3 := object{"factor": 8, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 64}
	wantLlama3 := RopeScaling{RopeType: "llama3", Factor: 8, LowFreqFactor: 1, HighFreqFactor: 4, OriginalMaxPositionEmbeddings: 64}
	with := func(o object, extra object) object {
		out := object{}
		for _, from := range []object{o, extra} {
			for k, v := range from {
				out[k] = v
			}
		}
		return out
	}
	for name, c := range map[string]struct {
		change object
		want   RopeScaling
	}{
		"none":      {nil, RopeScaling{}},
		"type":      {object{"rope_scaling": object{"type": "linear", "factor": 2}}, RopeScaling{RopeType: "linear", Factor: 2}},
		"rope_type": {object{"rope_scaling": object{"rope_type": "linear", "factor": 2.5}}, RopeScaling{RopeType: "linear", Factor: 2.5}},
		"both, equal": {object{"rope_scaling": object{"type": "linear", "rope_type": "linear", "factor": 2}},
			RopeScaling{RopeType: "linear", Factor: 2}},
		"new place": {object{"rope_parameters": object{"rope_type": "dynamic", "factor": 2}}, RopeScaling{RopeType: "dynamic", Factor: 2}},
		"both places": {object{"rope_parameters": object{"rope_type": "linear", "factor": 2}, "rope_scaling": object{"type": "linear", "factor": 2}},
			RopeScaling{RopeType: "linear", Factor: 2}},
		"llama3":          {object{"rope_scaling": with(llama3, object{"rope_type": "llama3"})}, wantLlama3},
		"llama3, new":     {object{"rope_parameters": with(llama3, object{"rope_type": "llama3"})}, wantLlama3},
		"not of its type": {object{"rope_scaling": with(llama3, object{"rope_type": "linear", "factor": 2})}, RopeScaling{RopeType: "linear", Factor: 2}},
		"finetuned":       {object{"rope_scaling": object{"type": "linear", "factor": 2, "finetuned": true}}, RopeScaling{RopeType: "linear", Factor: 2}},
		"yarn, no original": {object{"rope_scaling": object{"type": "yarn", "factor": 4}},
			RopeScaling{RopeType: "yarn", Factor: 4, OriginalMaxPositionEmbeddings: 128}},
		"yarn, original beside": {object{"rope_scaling": object{"type": "yarn", "factor": 4, "original_max_position_embeddings": 16}, "original_max_position_embeddings": 32},
			RopeScaling{RopeType: "yarn", Factor: 4, OriginalMaxPositionEmbeddings: 32}},
		"yarn, factor null": {object{"rope_scaling": object{"type": "yarn", "factor": null, "original_max_position_embeddings": 32}},
			RopeScaling{RopeType: "yarn", Factor: 4, OriginalMaxPositionEmbeddings: 32}},
		"yarn, all": {object{"rope_scaling": object{"type": "yarn", "factor": 4, "original_max_position_embeddings": 32, "attention_factor": 1.5,
			"mscale": 0.7, "mscale_all_dim": 0.8, "beta_fast": 30, "beta_slow": 2, "truncate": false}},
			RopeScaling{RopeType: "yarn", Factor: 4, OriginalMaxPositionEmbeddings: 32, AttentionFactor: 1.5, MScale: 0.7, MScaleAllDim: 0.8,
				BetaFast: 30, BetaSlow: 2, NoTruncate: true}},
		"yarn, nulls": {object{"rope_scaling": object{"type": "yarn", "factor": 4, "attention_factor": null, "mscale": null, "beta_fast": null, "truncate": true}},
			RopeScaling{RopeType: "yarn", Factor: 4, OriginalMaxPositionEmbeddings: 128}},
		"whole rotary": {object{"partial_rotary_factor": 1.0, "rope_scaling": object{"type": "linear", "factor": 2, "partial_rotary_factor": 1}},
			RopeScaling{RopeType: "linear", Factor: 2}},
		"explicit": {object{"rope_scaling": object{"rope_type": "explicit", "inverse_frequency_divisors": []float64{1, 1, 1, 2, 4, 8, 8, 8}}},
			RopeScaling{RopeType: "explicit", InverseFrequencyDivisors: []float64{1, 1, 1, 2, 4, 8, 8, 8}}},
	} {
		a, err := ParseArch(plainConfig(t, c.change))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if diff := cmp.Diff(c.want, a.RopeScaling); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

// TestParseArchReadsWindows lists, by layer, how far back tokens look.
func TestParseArchReadsWindows(t *testing.T) {
	mixed := []string{"sliding_attention", "full_attention", "sliding_attention"}
	for name, c := range map[string]struct {
		family string
		change object
		want   []int
	}{
		"mistral":                    {"mistral", object{"sliding_window": 8}, []int{8, 8, 8}},
		"mistral, null":              {"mistral", object{"sliding_window": null}, []int{0, 0, 0}},
		"mistral, HF's default":      {"mistral", nil, []int{4096, 4096, 4096}},
		"mistral, says so again":     {"mistral", object{"sliding_window": 8, "layer_types": []string{"sliding_attention", "sliding_attention", "sliding_attention"}}, []int{8, 8, 8}},
		"mistral, a switch it lacks": {"mistral", object{"sliding_window": 8, "use_sliding_window": false, "max_window_layers": 2}, []int{8, 8, 8}},
		"qwen2, off":                 {"qwen2", object{"use_sliding_window": false, "sliding_window": 8, "max_window_layers": 0}, []int{0, 0, 0}},
		"qwen2, absent switch":       {"qwen2", object{"sliding_window": 8, "max_window_layers": 0}, []int{0, 0, 0}},
		"qwen2, all":                 {"qwen2", object{"use_sliding_window": true, "sliding_window": 8, "max_window_layers": 0}, []int{8, 8, 8}},
		"qwen2, from the second on":  {"qwen2", object{"use_sliding_window": true, "sliding_window": 8, "max_window_layers": 1}, []int{0, 8, 8}},
		"qwen2, beyond the last":     {"qwen2", object{"use_sliding_window": true, "sliding_window": 8, "max_window_layers": 3}, []int{0, 0, 0}},
		"qwen2, HF's first of 28":    {"qwen2", object{"use_sliding_window": true, "sliding_window": 8}, []int{0, 0, 0}},
		"qwen2, window null":         {"qwen2", object{"use_sliding_window": true, "sliding_window": null, "max_window_layers": 0}, []int{0, 0, 0}},
		"qwen2, window absent":       {"qwen2", object{"use_sliding_window": true, "max_window_layers": 0}, []int{4096, 4096, 4096}},
		"qwen3, layer_types":         {"qwen3", object{"use_sliding_window": true, "sliding_window": 8, "layer_types": mixed}, []int{8, 0, 8}},
		"qwen3, layer_types win":     {"qwen3", object{"use_sliding_window": true, "sliding_window": 8, "max_window_layers": 3, "layer_types": mixed}, []int{8, 0, 8}},
		"qwen3, layer_types null":    {"qwen3", object{"use_sliding_window": true, "sliding_window": 8, "max_window_layers": 2, "layer_types": null}, []int{0, 0, 8}},
		"qwen3, older word":          {"qwen3", object{"layer_types": []string{"attention", "attention", "full_attention"}}, []int{0, 0, 0}},
		"qwen3_moe":                  {"qwen3_moe", object{"use_sliding_window": true, "sliding_window": 8, "max_window_layers": 2}, []int{8, 8, 8}},
		"qwen3_moe, off":             {"qwen3_moe", object{"use_sliding_window": false, "sliding_window": 8}, []int{0, 0, 0}},
		"llama, null":                {"llama", object{"sliding_window": null, "use_sliding_window": false}, []int{0, 0, 0}},
		"llama, all full":            {"llama", object{"layer_types": []string{"full_attention", "full_attention", "full_attention"}}, []int{0, 0, 0}},
	} {
		change := object{"model_type": c.family, "num_hidden_layers": 3}
		for k, v := range c.change {
			change[k] = v
		}
		a, err := ParseArch(plainConfig(t, change))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []int
		for l := range a.NumHiddenLayers {
			got = append(got, a.Window(l))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
		text, err := a.ConfigJSON("float32")
		if err != nil {
			t.Fatal(err)
		}
		if again, err := ParseArch(text); err != nil || !cmp.Equal(a, again) {
			t.Errorf("%s: written and read again: %v\n%s", name, err, cmp.Diff(a, again))
		}
	}
}

// TestParseArchReadsExperts lists which layers are sparse.
func TestParseArchReadsExperts(t *testing.T) {
	for name, c := range map[string]struct {
		change object
		want   []bool
	}{
		"all":             {nil, []bool{true, true, true, true}},
		"every second":    {object{"decoder_sparse_step": 2}, []bool{false, true, false, true}},
		"but some":        {object{"mlp_only_layers": []int{0, 3}}, []bool{false, true, true, false}},
		"both":            {object{"decoder_sparse_step": 2, "mlp_only_layers": []int{1}}, []bool{false, false, false, true}},
		"only layer null": {object{"mlp_only_layers": null}, []bool{true, true, true, true}},
		"none":            {object{"num_experts": 0}, []bool{false, false, false, false}},
		"newer name":      {object{"num_experts": nil, "num_local_experts": 5}, []bool{true, true, true, true}},
		"both names":      {object{"num_local_experts": 4}, []bool{true, true, true, true}},
	} {
		change := object{"model_type": "qwen3_moe", "num_hidden_layers": 4, "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 8}
		for k, v := range c.change {
			change[k] = v
		}
		a, err := ParseArch(plainConfig(t, change))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []bool
		for l := range a.NumHiddenLayers {
			got = append(got, a.Sparse(l))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

// TestParseArchDefaults: a config.json of nothing is that of HF's class.
func TestParseArchDefaults(t *testing.T) {
	for family, want := range map[string]Arch{
		"llama": {ModelType: "llama", VocabSize: 32000, HiddenSize: 4096, IntermediateSize: 11008, NumHiddenLayers: 32, NumAttentionHeads: 32,
			NumKeyValueHeads: 32, HeadDim: 128, MaxPositionEmbeddings: 2048},
		"mistral": {ModelType: "mistral", VocabSize: 32000, HiddenSize: 4096, IntermediateSize: 14336, NumHiddenLayers: 32, NumAttentionHeads: 32,
			NumKeyValueHeads: 8, HeadDim: 128, MaxPositionEmbeddings: 131072, SlidingWindow: 4096},
		"qwen2": {ModelType: "qwen2", VocabSize: 151936, HiddenSize: 4096, IntermediateSize: 22016, NumHiddenLayers: 32, NumAttentionHeads: 32,
			NumKeyValueHeads: 32, HeadDim: 128, MaxPositionEmbeddings: 32768},
		"qwen3": {ModelType: "qwen3", VocabSize: 151936, HiddenSize: 4096, IntermediateSize: 22016, NumHiddenLayers: 32, NumAttentionHeads: 32,
			NumKeyValueHeads: 32, HeadDim: 128, MaxPositionEmbeddings: 32768},
		"qwen3_moe": {ModelType: "qwen3_moe", VocabSize: 151936, HiddenSize: 2048, IntermediateSize: 6144, NumHiddenLayers: 24, NumAttentionHeads: 32,
			NumKeyValueHeads: 4, HeadDim: 64, MaxPositionEmbeddings: 32768, NumExperts: 128, NumExpertsPerTok: 8, MoeIntermediateSize: 768,
			DecoderSparseStep: 1, RouterAuxLossCoef: 0.001},
	} {
		want.RMSNormEps, want.RopeTheta, want.HiddenAct, want.InitializerRange = 1e-6, 10000, "silu", 0.02
		got, err := ParseArch([]byte(`{"model_type": "` + family + `"}`))
		if err != nil {
			t.Errorf("%s: %v", family, err)
		} else if diff := cmp.Diff(&want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", family, diff)
		}
	}
}

// TestParseArchPassesHarmlessFields: what files carry along.
func TestParseArchPassesHarmlessFields(t *testing.T) {
	want, err := ParseArch(plainConfig(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseArch(plainConfig(t, object{"attention_dropout": 0.1, "pretraining_tp": 2, "max_length": 4096, "temperature": 0.7,
		"do_sample": true, "use_mrope": false, "quantization_config": null, "transformers_version": "4.0", "pad_token_id": -1,
		"eos_token_id": []int{1, 2}, "dtype": "bfloat16", "torch_dtype": "float16", "rope_interleaved": false, "num_experts": 0,
		"unsloth_fixed": true, "id2label": object{"0": "A"}, "_attn_implementation": "flash_attention_2"}))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
