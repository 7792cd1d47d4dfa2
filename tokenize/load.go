package tokenize

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
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
	if err == nil {
		err = checkConfig(raw)
		if err != nil {
			return nil, fmt.Errorf("tokenize: %s: %w", path, err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("tokenize: %w", err)
	}
	return New(Options{Chars: chars})
}

// parseChars reads the character set out of a tokenizer.json.
func parseChars(raw []byte) (string, error) {
	var found map[string]any
	if err := json.Unmarshal(raw, &found); err != nil {
		return "", err
	}
	canonical, err := asJSON(charTokenizerJSON(""))
	if err != nil {
		return "", err
	}
	model, _ := found["model"].(map[string]any)
	vocab := model["vocab"]
	delete(model, "vocab")
	delete(canonical["model"].(map[string]any), "vocab")
	if diff := differences("", found, canonical); diff != nil {
		return "", fmt.Errorf("not implemented: %s", strings.Join(diff, "; "))
	}
	entries, ok := vocab.(map[string]any)
	if !ok {
		return "", errors.New("model.vocab: want an object from token to id")
	}
	return charsOf(entries)
}

// charsOf reads a vocabulary whose ids are 0 to len-1, the special tokens first.
func charsOf(vocab map[string]any) (string, error) {
	byID := make([]string, len(vocab))
	taken := make([]bool, len(vocab))
	for _, token := range slices.Sorted(maps.Keys(vocab)) {
		id, ok := vocab[token].(float64)
		if !ok || id < 0 || id >= float64(len(vocab)) || id != float64(int(id)) || taken[int(id)] {
			return "", fmt.Errorf("model.vocab: %q has id %v, want each of 0 to %d once", token, vocab[token], len(vocab)-1)
		}
		byID[int(id)], taken[int(id)] = token, true
	}
	if len(byID) <= numSpecials || byID[padID] != padToken || byID[eosID] != eosToken {
		return "", fmt.Errorf("model.vocab: want %s and %s as ids %d and %d, and characters after them", padToken, eosToken, padID, eosID)
	}
	var chars strings.Builder
	for _, token := range byID[numSpecials:] {
		c, ok := charOf(token)
		if !ok {
			return "", fmt.Errorf("model.vocab: %q is no single ASCII character (other tokens are not implemented)", token)
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
	var c charConfig
	if err := json.Unmarshal(raw, &c); err != nil {
		return err
	}
	if c.EOSToken != eosToken || c.PadToken != padToken {
		return fmt.Errorf("eos_token %q and pad_token %q are not implemented, want %q and %q", c.EOSToken, c.PadToken, eosToken, padToken)
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
