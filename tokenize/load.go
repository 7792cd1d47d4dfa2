package tokenize

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

// Load reads the tokenizer of a Hugging Face folder. Only what New writes is
// implemented so far; anything else (merges, another model, a normalizer, other
// special tokens) is an error that names the file, the fields and what they hold.
// A missing tokenizer_config.json is no fault.
func Load(dir string) (Tokenizer, error) {
	path := filepath.Join(dir, tokenizerFile)
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("tokenize: %w", err)
	}
	chars, err := parseChars(raw)
	if err != nil {
		return nil, fmt.Errorf("tokenize: %s: %w", path, err)
	}
	path = filepath.Join(dir, configFile)
	raw, err = os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("tokenize: %w", err)
	default:
		if err := checkConfig(raw); err != nil {
			return nil, fmt.Errorf("tokenize: %s: %w", path, err)
		}
	}
	return New(Options{Chars: chars})
}

// parseChars reads the character set out of a tokenizer.json.
func parseChars(raw []byte) (string, error) {
	var found map[string]any
	if err := json.Unmarshal(raw, &found); err != nil {
		return "", err
	}
	implemented, err := asJSON(charTokenizerJSON(""))
	if err != nil {
		return "", err
	}
	model, _ := found["model"].(map[string]any)
	vocab := model["vocab"]
	for _, file := range []map[string]any{found, implemented} {
		dropHarmless(file)
	}
	if diff := differences("", found, implemented); diff != nil {
		return "", fmt.Errorf("not implemented: %s", strings.Join(diff, "; "))
	}
	entries, ok := vocab.(map[string]any)
	if !ok {
		return "", fmt.Errorf("model.vocab is %s, want an object from token to id", show(vocab))
	}
	return charsOf(entries)
}

// identityTemplate is the post-processor that transformers 5 adds when it saves a
// tokenizer without one.
const identityTemplate = `{
	"type": "TemplateProcessing",
	"single": [{"Sequence": {"id": "A", "type_id": 0}}],
	"pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
	"special_tokens": {}
}`

// dropHarmless removes from a tokenizer.json what changes neither ids nor text,
// and the vocabulary, which is read apart.
func dropHarmless(file map[string]any) {
	if decoder, ok := file["decoder"].(map[string]any); ok {
		for _, option := range []string{"add_prefix_space", "trim_offsets", "use_regex"} {
			delete(decoder, option) // byte-level decoding looks at none of them
		}
	}
	if template, err := asJSON(json.RawMessage(identityTemplate)); err == nil && reflect.DeepEqual(file["post_processor"], any(template)) {
		delete(file, "post_processor")
	}
	if model, ok := file["model"].(map[string]any); ok {
		delete(model, "vocab")
	}
}

// charsOf reads a vocabulary whose ids are 0 to len-1, the special tokens first.
func charsOf(vocab map[string]any) (string, error) {
	byID := make([]string, len(vocab))
	taken := make([]bool, len(vocab))
	for _, token := range slices.Sorted(maps.Keys(vocab)) {
		id, ok := vocab[token].(float64)
		if !ok || id < 0 || id >= float64(len(vocab)) || id != float64(int(id)) || taken[int(id)] {
			return "", fmt.Errorf("model.vocab: %q has id %s, want each of 0 to %d once", token, show(vocab[token]), len(vocab)-1)
		}
		byID[int(id)], taken[int(id)] = token, true
	}
	if len(byID) <= numSpecials || byID[padID] != padToken || byID[eosID] != eosToken {
		return "", fmt.Errorf("model.vocab: want %s and %s as ids %d and %d, and characters after them", padToken, eosToken, padID, eosID)
	}
	var chars strings.Builder
	for id, token := range byID[numSpecials:] {
		c, ok := charOf(token)
		if !ok {
			return "", fmt.Errorf("model.vocab: token %q of id %d is not implemented: it is no single ASCII character", token, id+numSpecials)
		}
		chars.WriteByte(c)
	}
	return chars.String(), nil
}

// charOf undoes byteLevelRune.
func charOf(token string) (byte, bool) {
	if token == string(byteLevelRune(' ')) {
		return ' ', true
	}
	if len(token) != 1 || token[0] <= ' ' || token[0] > lastChar {
		return 0, false
	}
	return token[0], true
}

// checkConfig demands that tokenizer_config.json names our special tokens. Its
// other fields do not change ids.
func checkConfig(raw []byte) error {
	var c struct {
		EOSToken any `json:"eos_token"`
		PadToken any `json:"pad_token"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return err
	}
	if c.EOSToken != any(eosToken) || c.PadToken != any(padToken) {
		return fmt.Errorf("eos_token %s and pad_token %s are not implemented, want %q and %q", show(c.EOSToken), show(c.PadToken), eosToken, padToken)
	}
	return nil
}

// asJSON is v as encoding/json would read it back.
func asJSON(v any) (map[string]any, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	return out, json.Unmarshal(raw, &out)
}
