package model

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// ropeFields are what a config.json says of rotary embeddings, wherever it does.
type ropeFields struct {
	theta   float64 // 0: HF's default
	scaling RopeScaling
}

// ropeParameters is the mapping of rope_scaling or rope_parameters.
type ropeParameters struct {
	Theta           *float64  `json:"rope_theta"`
	Factor          *float64  `json:"factor"`
	Original        int       `json:"original_max_position_embeddings"`
	LowFreqFactor   float64   `json:"low_freq_factor"`
	HighFreqFactor  float64   `json:"high_freq_factor"`
	AttentionFactor *float64  `json:"attention_factor"`
	MScale          float64   `json:"mscale"`
	MScaleAllDim    float64   `json:"mscale_all_dim"`
	BetaFast        float64   `json:"beta_fast"`
	BetaSlow        float64   `json:"beta_slow"`
	Divisors        []float64 `json:"inverse_frequency_divisors"`
}

// takeRope takes the rotary fields out of a config.json's. A mapping has precedence
// over the fields beside it, and rope_scaling over rope_parameters, as in
// transformers; two that contradict each other are refused.
func takeRope(fields map[string]json.RawMessage) (ropeFields, error) {
	var out ropeFields
	beside, err := takeRopeBeside(fields)
	if err != nil {
		return out, err
	}
	out.theta = beside.theta
	var found []ropeFields
	var names []string
	for _, name := range []string{"rope_scaling", "rope_parameters"} {
		raw, ok := fields[name]
		delete(fields, name)
		if !ok || isOff(raw) {
			continue
		}
		r, err := parseRope(name, raw, &beside)
		if err != nil {
			return out, err
		}
		found, names = append(found, r), append(names, name)
	}
	switch {
	case len(found) == 2 && !reflect.DeepEqual(found[0], found[1]):
		return out, fmt.Errorf("%s and %s differ", names[0], names[1])
	case len(found) > 0:
		out = found[0]
	}
	return out, nil
}

// besideRope are the rotary fields outside the mapping.
type besideRope struct {
	theta    float64
	original int
}

func takeRopeBeside(fields map[string]json.RawMessage) (besideRope, error) {
	var b besideRope
	for _, f := range []struct {
		name string
		into any
	}{{"rope_theta", &b.theta}, {"original_max_position_embeddings", &b.original}} {
		if err := optional(f.name, fields[f.name], f.into); err != nil {
			return b, err
		}
	}
	if raw, ok := fields["rope_theta"]; ok && string(raw) != "null" && !(b.theta > 0) {
		return b, fmt.Errorf("rope_theta: found %g, allowed: above 0", b.theta)
	}
	if raw := fields["original_max_position_embeddings"]; raw != nil && string(raw) != "null" && b.original < 1 {
		return b, fmt.Errorf("original_max_position_embeddings: found %d, allowed: at least 1", b.original)
	}
	if !isWhole(fields["partial_rotary_factor"]) {
		return b, fmt.Errorf("not implemented: partial_rotary_factor %s", fields["partial_rotary_factor"])
	}
	for _, name := range []string{"rope_theta", "original_max_position_embeddings", "partial_rotary_factor"} {
		delete(fields, name)
	}
	return b, nil
}

// isWhole reports whether a partial_rotary_factor rotates the whole head.
func isWhole(raw json.RawMessage) bool {
	var x float64 = 1
	return optional("", raw, &x) == nil && x == 1
}

// parseRope reads the mapping called name.
func parseRope(name string, raw json.RawMessage, beside *besideRope) (ropeFields, error) {
	out := ropeFields{theta: beside.theta}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(raw, &keys); err != nil {
		return out, fmt.Errorf("%s: %w", name, err)
	}
	kind, err := ropeType(name, keys)
	if err != nil {
		return out, err
	}
	if !isWhole(keys["partial_rotary_factor"]) {
		return out, fmt.Errorf("not implemented: %s.partial_rotary_factor %s", name, keys["partial_rotary_factor"])
	}
	truncate, given := keys["truncate"]
	if given && !slices.Contains([]string{"true", "false", "null"}, string(truncate)) {
		return out, fmt.Errorf("%s.truncate: found %s, allowed: true, false", name, truncate)
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if !slices.Contains(ropeKeys, key) && !isOff(keys[key]) {
			return out, fmt.Errorf("not implemented: %s.%s", name, key)
		}
	}
	var p ropeParameters
	if err := json.Unmarshal(raw, &p); err != nil {
		return out, fmt.Errorf("%s: %w", name, err)
	}
	if p.Theta != nil {
		if out.theta = *p.Theta; !(out.theta > 0) {
			return out, fmt.Errorf("%s.rope_theta: found %g, allowed: above 0", name, out.theta)
		}
	}
	if beside.original > 0 {
		p.Original = beside.original
	}
	if kind == "" {
		return out, nil
	}
	// transformers does not cut where the key is there and null.
	out.scaling, err = p.scaling(kind, given && string(truncate) != "true", keys)
	if err != nil {
		return out, fmt.Errorf("%s.%w", name, err)
	}
	return out, nil
}

// ropeKeys are the keys of rope_scaling and rope_parameters that are known, of
// whatever type; those that the type does not read are passed over.
var ropeKeys = []string{
	"attention_factor", "beta_fast", "beta_slow", "factor", "finetuned", "high_freq_factor", "inverse_frequency_divisors",
	"low_freq_factor", "mscale", "mscale_all_dim", "original_max_position_embeddings", "partial_rotary_factor", "rope_theta",
	"rope_type", "truncate", "type",
}

// ropeType is the type of a mapping, "" for default: rope_type, or type in older
// files. Versions of transformers differ on which of the two wins.
func ropeType(name string, keys map[string]json.RawMessage) (string, error) {
	var found []string
	for _, key := range []string{"rope_type", "type"} {
		var kind string
		if err := optional(name+"."+key, keys[key], &kind); err != nil {
			return "", err
		}
		if kind == "" || slices.Contains(found, kind) {
			continue
		}
		if _, ok := scalings[kind]; !ok && kind != "default" {
			return "", fmt.Errorf("not implemented: %s of type %q, only %s", name, kind, ropeTypes())
		}
		found = append(found, kind)
	}
	switch {
	case len(found) > 1:
		return "", fmt.Errorf("%s: rope_type is %q, type is %q", name, found[0], found[1])
	case len(found) == 0 || found[0] == "default":
		return "", nil
	}
	return found[0], nil
}

// scaling is the part of the parameters that the type reads.
func (p *ropeParameters) scaling(kind string, noTruncate bool, keys map[string]json.RawMessage) (RopeScaling, error) {
	s := RopeScaling{RopeType: kind}
	read := scalings[kind].keys
	if slices.Contains(read, "factor") {
		switch {
		case p.Factor != nil:
			if s.Factor = *p.Factor; !(s.Factor > 0) {
				return s, fmt.Errorf("factor: found %g, allowed: above 0", s.Factor)
			}
		case keys["factor"] == nil || kind != "yarn":
			return s, fmt.Errorf("factor: missing")
		}
	}
	if slices.Contains(read, "attention_factor") && p.AttentionFactor != nil {
		if s.AttentionFactor = *p.AttentionFactor; !(s.AttentionFactor > 0) {
			return s, fmt.Errorf("attention_factor: found %g, allowed: above 0", s.AttentionFactor)
		}
	}
	for _, f := range []struct {
		key  string
		into *float64
		from float64
	}{
		{"low_freq_factor", &s.LowFreqFactor, p.LowFreqFactor}, {"high_freq_factor", &s.HighFreqFactor, p.HighFreqFactor},
		{"mscale", &s.MScale, p.MScale}, {"mscale_all_dim", &s.MScaleAllDim, p.MScaleAllDim},
		{"beta_fast", &s.BetaFast, p.BetaFast}, {"beta_slow", &s.BetaSlow, p.BetaSlow},
	} {
		if slices.Contains(read, f.key) {
			*f.into = f.from
		}
	}
	if slices.Contains(read, "original_max_position_embeddings") {
		s.OriginalMaxPositionEmbeddings = p.Original
	}
	s.NoTruncate = noTruncate && slices.Contains(read, "truncate")
	if slices.Contains(read, "inverse_frequency_divisors") {
		s.InverseFrequencyDivisors = p.Divisors
	}
	return s, nil
}

// fields are the mapping of rope_scaling in config.json; nil where nothing is scaled.
func (r *RopeScaling) fields() map[string]any {
	if r.RopeType == "" {
		return nil
	}
	all := map[string]any{
		"factor": r.Factor, "original_max_position_embeddings": r.OriginalMaxPositionEmbeddings,
		"low_freq_factor": r.LowFreqFactor, "high_freq_factor": r.HighFreqFactor, "attention_factor": r.AttentionFactor,
		"mscale": r.MScale, "mscale_all_dim": r.MScaleAllDim, "beta_fast": r.BetaFast, "beta_slow": r.BetaSlow,
		"truncate": !r.NoTruncate, "inverse_frequency_divisors": r.InverseFrequencyDivisors,
	}
	out := map[string]any{"rope_type": r.RopeType}
	for _, key := range scalings[r.RopeType].keys {
		if v := all[key]; !reflect.ValueOf(v).IsZero() || key == "truncate" {
			out[key] = v
		}
	}
	return out
}
