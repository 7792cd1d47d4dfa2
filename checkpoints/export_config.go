package checkpoints

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// dtypeFields are the names of the weights' dtype in config.json, the second that of
// transformers before version 5.
var dtypeFields = []string{"dtype", "torch_dtype"}

// exportedConfig is a config.json with the dtype given (empty: as it is), all else
// byte for byte. One that transformers does not know is an error.
func exportedConfig(config []byte, dtype string) ([]byte, error) {
	for _, rope := range []string{"rope_parameters", "rope_scaling"} {
		var fields map[string]json.RawMessage
		var scaling struct {
			Type string `json:"rope_type"`
		}
		if err := json.Unmarshal(config, &fields); err != nil {
			return nil, err
		}
		if raw, ok := fields[rope]; ok {
			if err := json.Unmarshal(raw, &scaling); err != nil {
				return nil, fmt.Errorf("%s: %w", rope, err)
			}
		}
		if scaling.Type == "explicit" {
			return nil, errors.New("the divisors of rotary frequencies are not those of any rope scaling that transformers knows")
		}
	}
	if dtype == "" {
		return config, nil
	}
	return setDType(config, dtype)
}

// WithDType is a config.json that says that its weights are of dtype, all else byte
// for byte.
func WithDType(config []byte, dtype string) ([]byte, error) {
	out, err := setDType(config, dtype)
	if err != nil {
		return nil, fmt.Errorf("checkpoints: %s %w", configFile, err)
	}
	return out, nil
}

// setDType replaces the value of the dtype where config.json has one, else adds it
// as its last field.
func setDType(config []byte, dtype string) ([]byte, error) {
	value := []byte(`"` + dtype + `"`)
	dec := json.NewDecoder(bytes.NewReader(config))
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		return nil, errors.New("is no object")
	}
	out, copied, found, last := []byte{}, 0, false, int64(0)
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, err
		}
		last = dec.InputOffset()
		if name, _ := key.(string); slices.Contains(dtypeFields, name) {
			out = append(append(out, config[copied:int(last)-len(raw)]...), value...)
			copied, found = int(last), true
		}
	}
	if !found {
		if last == 0 {
			return nil, errors.New("is empty")
		}
		// As the fields before it: on a line of its own where they are.
		separator := " "
		if bytes.IndexByte(config, '\n') >= 0 {
			separator = "\n  "
		}
		out = append(out, config[:last]...)
		out = append(out, fmt.Sprintf(",%s%q: %s", separator, dtypeFields[1], value)...)
		copied = int(last)
	}
	return append(out, config[copied:]...), nil
}
