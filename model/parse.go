package model

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// harmless are config.json fields that do not change what is computed here: those of
// classes and files, of dropout (none is applied), of kernels that compute the same,
// of caches, and of generation, which generation_config.json rules.
var harmless = []string{
	"_attn_implementation", "_attn_implementation_autoset", "_commit_hash", "_name_or_path", "architectures", "attention_dropout",
	"attn_implementation", "auto_map", "bos_token_id", "decoder_start_token_id", "dtype", "eos_token_id", "experts_implementation",
	"finetuning_task", "id2label", "is_llama_config", "keys_to_ignore_at_inference", "label2id", "max_window_layers", "name_or_path",
	"num_labels", "output_attentions", "output_hidden_states", "pad_token_id", "prefix", "pretraining_tp", "problem_type", "return_dict",
	"sep_token_id", "task_specific_params", "tie_last_hidden_states", "tokenizer_class", "torch_dtype", "torchscript",
	"transformers.js_config", "transformers_version", "unsloth_fixed", "unsloth_version", "use_cache",
	// Generation.
	"bad_words_ids", "begin_suppress_tokens", "diversity_penalty", "do_sample", "early_stopping", "encoder_no_repeat_ngram_size",
	"epsilon_cutoff", "eta_cutoff", "exponential_decay_length_penalty", "forced_bos_token_id", "forced_eos_token_id",
	"length_penalty", "max_length", "min_length", "no_repeat_ngram_size", "num_beam_groups", "num_beams", "num_return_sequences",
	"output_scores", "remove_invalid_values", "repetition_penalty", "return_dict_in_generate", "suppress_tokens", "temperature",
	"top_k", "top_p", "typical_p",
}

// common are the fields of Arch that every family has.
var common = []string{
	"model_type", "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
	"num_key_value_heads", "head_dim", "max_position_embeddings", "rms_norm_eps", "rope_theta", "tie_word_embeddings",
	"hidden_act", "initializer_range",
}

// neverZero are the fields whose zero value means something else in [Arch].
var neverZero = []string{"num_key_value_heads", "head_dim", "rms_norm_eps", "initializer_range", "decoder_sparse_step"}

func isZero(raw json.RawMessage) bool {
	x := 1.0
	return json.Unmarshal(raw, &x) == nil && x == 0
}

// nullable are the fields whose null means "as the others say", not a mistake.
var nullable = []string{"num_key_value_heads", "head_dim", "mlp_only_layers"}

// ParseArch reads a config.json, in the style of published repositories
// (rope_theta, rope_scaling, num_experts) or of transformers 5 (rope_parameters,
// num_local_experts). What is absent has the value of HF's configuration class. A
// field that changes the computation and is not implemented is an error that names
// it, and so is one on which versions of transformers differ.
func ParseArch(config []byte) (*Arch, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(config, &fields); err != nil {
		return nil, fmt.Errorf("model: config.json: %w", err)
	}
	a, err := parseArch(fields)
	if err != nil {
		return nil, fmt.Errorf("model: config.json: %w", err)
	}
	return a, nil
}

func parseArch(fields map[string]json.RawMessage) (*Arch, error) {
	f, err := familyOf(fields["model_type"])
	if err != nil {
		return nil, err
	}
	a := f.absent
	a.ModelType = ""
	rope, err := takeRope(fields)
	if err != nil {
		return nil, err
	}
	if err := foldExperts(fields); err != nil {
		return nil, err
	}
	windows := takeWindows(fields, f)
	if err := decodeFields(fields, slices.Concat(common, f.fields), &a); err != nil {
		return nil, err
	}
	if err := windows.apply(f, &a); err != nil {
		return nil, err
	}
	if rope.theta != 0 {
		a.RopeTheta = rope.theta
	}
	a.RopeScaling = rope.scaling
	if err := a.Validate(); err != nil {
		return nil, err
	}
	a = a.WithDefaults()
	return &a, nil
}

// familyOf refuses a model_type that is not implemented before anything else: that
// says more than a list of the fields that it brings.
func familyOf(raw json.RawMessage) (*family, error) {
	var name string
	if raw != nil {
		if err := json.Unmarshal(raw, &name); err != nil {
			return nil, fmt.Errorf("model_type: %w", err)
		}
	}
	f, ok := families[name]
	if !ok {
		return nil, fmt.Errorf("not implemented: model_type %q, only %s", name, strings.Join(Families(), ", "))
	}
	return &f, nil
}

// decodeFields sets the fields of a that known names and refuses the others, unless
// they are harmless or switched off.
func decodeFields(fields map[string]json.RawMessage, known []string, a *Arch) error {
	var unknown []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		raw := fields[name]
		switch {
		case slices.Contains(known, name):
			if slices.Contains(neverZero, name) && isZero(raw) {
				return fmt.Errorf("%s: found %s, allowed: above 0", name, raw)
			}
			if string(raw) != "null" {
				continue
			}
			delete(fields, name)
			if !slices.Contains(nullable, name) {
				return fmt.Errorf("%s: found null", name)
			}
			clearField(a, name)
		case slices.Contains(harmless, name) || isOff(raw):
			delete(fields, name)
		default:
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		return fmt.Errorf("not implemented: %s", strings.Join(unknown, ", "))
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, a)
}

// clearField sets the field of a that has a name in config.json to its zero value.
func clearField(a *Arch, name string) {
	v := reflect.ValueOf(a).Elem()
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("json") == name {
			v.Field(i).SetZero()
		}
	}
}

// foldExperts gives num_local_experts, transformers 5's name, the older one.
func foldExperts(fields map[string]json.RawMessage) error {
	const older, newer = "num_experts", "num_local_experts"
	raw, ok := fields[newer]
	if !ok {
		return nil
	}
	if other, both := fields[older]; both && string(other) != string(raw) {
		return fmt.Errorf("%s is %s, %s is %s", older, other, newer, raw)
	}
	fields[older] = raw
	delete(fields, newer)
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
