package tokenize

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// namedTokens gives the texts of the tokens that the files name: fields that end in
// _token, of tokenizer_config.json and, where that has none, special_tokens_map.json.
func namedTokens(files map[string][]byte) map[string]string {
	out := make(map[string]string)
	for _, name := range []string{specialsFile, configFile} {
		fields, _ := object(files[name])
		for _, f := range fields {
			if text, ok := tokenText(f.value); ok && strings.HasSuffix(f.name, "_token") {
				out[f.name] = text
			}
		}
	}
	return out
}

// tokenText reads a token that is a text or an object with the field content.
func tokenText(raw json.RawMessage) (string, bool) {
	if raw[0] == '"' {
		return unquote(raw), true
	}
	fields, _ := object(raw)
	for _, f := range fields {
		if f.name == "content" && f.value[0] == '"' {
			return unquote(f.value), true
		}
	}
	return "", false
}

// chooseEnds sets EOS and padding.
func (b *bpe) chooseEnds(files map[string][]byte, v *vocab) error {
	var err error
	if b.eos, err = b.namedIDs(files, v, "eos_token"); err != nil {
		return err
	}
	pad, err := b.namedIDs(files, v, "pad_token")
	if err != nil {
		return err
	}
	switch {
	case len(pad) > 0:
		b.pad = pad[0]
	case len(b.eos) > 0:
		b.pad = b.eos[0]
	}
	return nil
}

// namedIDs gives the ids of a special token: KEY_id of generation_config.json, else
// of config.json, else the token that tokenizer_config.json names KEY.
func (b *bpe) namedIDs(files map[string][]byte, v *vocab, key string) ([]int32, error) {
	for _, name := range []string{generationFile, modelFileName} {
		fields, _ := object(files[name])
		for _, f := range fields {
			if f.name != key+"_id" || isNull(f.value) {
				continue
			}
			ids, err := parseIDs(f.value)
			if err != nil {
				return nil, fmt.Errorf("%s: %s is %s, want an id or a list of ids", name, f.name, showRaw(f.value))
			}
			if len(ids) > 0 {
				return ids, nil
			}
		}
	}
	text, ok := b.named[key]
	if !ok {
		return nil, nil
	}
	for _, t := range b.added {
		if t.Content == text {
			return []int32{t.ID}, nil
		}
	}
	id, ok := v.ids[text]
	if !ok {
		return nil, fmt.Errorf("%s: %s %q is no token of %s", configFile, key, text, tokenizerFile)
	}
	return []int32{id}, nil
}

// parseIDs reads an id or a list of ids.
func parseIDs(raw json.RawMessage) ([]int32, error) {
	var out []int32
	var err error
	add := func(value json.RawMessage) bool {
		var id int64
		if id, err = strconv.ParseInt(string(value), 10, 32); err != nil || id < 0 {
			err = fmt.Errorf("no id: %s", showRaw(value))
			return false
		}
		out = append(out, int32(id))
		return true
	}
	if !array(raw, add) {
		add(raw)
	}
	return out, err
}
