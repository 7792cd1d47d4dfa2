package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// tokenizerFiles reads the small files of a model folder that its tokenizer is made
// from, by their names.
func tokenizerFiles(dir string) (map[string][]byte, error) {
	files := make(map[string][]byte)
	for _, name := range []string{
		"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja",
		"generation_config.json", "config.json",
	} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		switch {
		case errors.Is(err, fs.ErrNotExist) && name != "tokenizer.json":
		case err != nil:
			return nil, fmt.Errorf("tokenize: %w", err)
		default:
			files[name] = raw
		}
	}
	return files, nil
}
