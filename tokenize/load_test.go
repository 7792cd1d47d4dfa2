package tokenize

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// writeFiles makes a tokenizer's folder.
func writeFiles(t testing.TB, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestLoad: what was written is read back, to the same files.
func TestLoad(t *testing.T) {
	for _, chars := range []string{"a", goldenChars, "+=9876543210 ", "~}|{ !\"#$%&'"} {
		want := mustNew(t, chars)
		got, err := Load(want.Files())
		if err != nil {
			t.Errorf("%q: %v", chars, err)
			continue
		}
		if diff := cmp.Diff(want.Files(), got.Files()); diff != "" {
			t.Errorf("%q:\n%s", chars, diff)
		}
		ids, err := got.Encode(chars)
		if err != nil || got.Decode(ids, true) != chars || ids[0] != 2 {
			t.Errorf("%q encodes to %v, %v", chars, ids, err)
		}
	}
}

// TestLoadVariants: other spellings of the same tokenizer.
func TestLoadVariants(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(t *testing.T, files map[string][]byte)
	}{
		{"no tokenizer_config.json", func(_ *testing.T, files map[string][]byte) { delete(files, configFile) }},
		{"saved by transformers", edit(func(f map[string]any) {
			f["post_processor"] = json.RawMessage(`{"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A", "type_id": 0}}], "pair": [], "special_tokens": {}}`)
		})},
		{"before ignore_merges", edit(func(f map[string]any) { delete(f["model"].(map[string]any), "ignore_merges") })},
		{"other decoder options", edit(func(f map[string]any) {
			f["decoder"] = map[string]any{"type": "ByteLevel", "use_regex": false}
		})},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := mustNew(t, goldenChars).Files()
			c.change(t, files)
			tok, err := Load(files)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(mustNew(t, goldenChars).Files(), tok.Files()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// edit changes tokenizer.json as JSON.
func edit(change func(map[string]any)) func(*testing.T, map[string][]byte) {
	return func(t *testing.T, files map[string][]byte) {
		t.Helper()
		var f map[string]any
		if err := json.Unmarshal(files[tokenizerFile], &f); err != nil {
			t.Fatal(err)
		}
		change(f)
		raw, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		files[tokenizerFile] = raw
	}
}

// TestLoadRefuses: what is not implemented is named, with the file.
func TestLoadRefuses(t *testing.T) {
	model := func(key string, value any) func(*testing.T, map[string][]byte) {
		return edit(func(f map[string]any) { f["model"].(map[string]any)[key] = value })
	}
	top := func(key string, value any) func(*testing.T, map[string][]byte) {
		return edit(func(f map[string]any) { f[key] = value })
	}
	vocab := func(change func(map[string]any)) func(*testing.T, map[string][]byte) {
		return edit(func(f map[string]any) { change(f["model"].(map[string]any)["vocab"].(map[string]any)) })
	}
	content := func(name, text string) func(*testing.T, map[string][]byte) {
		return func(_ *testing.T, files map[string][]byte) { files[name] = []byte(text) }
	}
	for _, c := range []struct {
		name   string
		change func(*testing.T, map[string][]byte)
		want   []string
	}{
		{"no tokenizer.json", func(_ *testing.T, f map[string][]byte) { delete(f, tokenizerFile) }, []string{"tokenizer.json"}},
		{"no JSON", content(tokenizerFile, "{"), []string{"tokenizer.json: unexpected end of JSON"}},
		{"null", content(tokenizerFile, "null"), []string{"model is null", "decoder is null"}},
		{"an array", content(tokenizerFile, "[]"), []string{"cannot unmarshal array"}},
		{"merges", model("merges", [][]string{{"1", "2"}}), []string{`model.merges is [["1","2"]], implemented is only []`}},
		{"unigram", model("type", "Unigram"), []string{`model.type is "Unigram", implemented is only "BPE"`}},
		{"dropout", model("dropout", 0.1), []string{"model.dropout is 0.1"}},
		{"unknown token", model("unk_token", "?"), []string{`model.unk_token is "?"`}},
		{"byte fallback", model("byte_fallback", true), []string{"model.byte_fallback is true"}},
		{"two at once", edit(func(f map[string]any) {
			f["normalizer"] = map[string]any{"type": "NFC"}
			f["padding"] = map[string]any{"pad_id": 0}
		}), []string{`normalizer is {"type":"NFC"}, implemented is only null; padding is {"pad_id":0}`}},
		{"truncation", top("truncation", map[string]any{"max_length": 3}), []string{"truncation is"}},
		{"template with special tokens", top("post_processor", map[string]any{"type": "TemplateProcessing"}), []string{"post_processor is"}},
		{"other pre-tokenizer", top("pre_tokenizer", map[string]any{"type": "Whitespace"}), []string{`pre_tokenizer.type is "Whitespace"`}},
		{"prefix space", edit(func(f map[string]any) { f["pre_tokenizer"].(map[string]any)["add_prefix_space"] = true }), []string{"pre_tokenizer.add_prefix_space is true"}},
		{"regex", edit(func(f map[string]any) { f["pre_tokenizer"].(map[string]any)["use_regex"] = true }), []string{"pre_tokenizer.use_regex is true"}},
		{"other decoder", top("decoder", map[string]any{"type": "WordPiece"}), []string{`decoder.type is "WordPiece"`}},
		{"new field", top("surprise", 1), []string{"surprise is 1, implemented is only null"}},
		{"third special token", edit(func(f map[string]any) {
			f["added_tokens"] = append(f["added_tokens"].([]any), map[string]any{"id": 2, "content": "<x>"})
		}), []string{"added_tokens is"}},
		{"special token that eats spaces", edit(func(f map[string]any) { f["added_tokens"].([]any)[1].(map[string]any)["lstrip"] = true }), []string{"added_tokens[1].lstrip is true"}},
		{"token no longer special", edit(func(f map[string]any) { delete(f["added_tokens"].([]any)[1].(map[string]any), "special") }), []string{"added_tokens[1].special is null, implemented is only true"}},
		{"vocabulary as a list", model("vocab", []any{}), []string{"model.vocab is [], want an object"}},
		{"longer token", vocab(func(v map[string]any) { delete(v, "0"); v["00"] = 2 }), []string{`token "00" of id 2 is not implemented`}},
		{"token that is no byte-level character", vocab(func(v map[string]any) { delete(v, "0"); v[" "] = 2 }), []string{`token " " of id 2`}},
		{"hole in the ids", vocab(func(v map[string]any) { v["0"] = 99 }), []string{`"0" has id 99, want each of 0 to 26 once`}},
		{"id twice", vocab(func(v map[string]any) { v["0"] = 3 }), []string{"has id 3, want each of 0 to 26 once"}},
		{"fractional id", vocab(func(v map[string]any) { v["0"] = 2.5 }), []string{`"0" has id 2.5`}},
		{"id no number", vocab(func(v map[string]any) { v["0"] = "2" }), []string{`"0" has id "2"`}},
		{"specials elsewhere", vocab(func(v map[string]any) { v["0"], v[padToken] = 0, 2 }), []string{"want <|pad|> and <|eos|> as ids 0 and 1"}},
		{"no characters", model("vocab", map[string]any{padToken: 0, eosToken: 1}), []string{"and characters after them"}},
		{"config no JSON", content(configFile, "{"), []string{"tokenizer_config.json: unexpected end"}},
		{"config of another end", content(configFile, `{"eos_token": "</s>", "pad_token": "<|pad|>"}`), []string{`tokenizer_config.json: eos_token "</s>"`}},
		{"config without padding", content(configFile, `{"eos_token": "<|eos|>"}`), []string{"pad_token null"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := mustNew(t, goldenChars).Files()
			c.change(t, files)
			_, err := Load(files)
			if err == nil {
				t.Fatal("loaded")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q", err, want)
				}
			}
		})
	}
}

// FuzzLoad: a hostile tokenizer.json never panics, neither loading nor later.
func FuzzLoad(f *testing.F) {
	good := mustNew(f, goldenChars).Files()[tokenizerFile]
	f.Add(good, "12<|eos|>")
	f.Add([]byte(`{"model":{"vocab":{}}}`), "a")
	f.Add([]byte("null"), "")
	f.Fuzz(func(t *testing.T, raw []byte, text string) {
		tok, err := Load(map[string][]byte{tokenizerFile: raw})
		if err != nil {
			return
		}
		if ids, err := tok.EncodeSpecial(text, true); err == nil {
			tok.Decode(ids, true)
		}
		tok.Decode([]int32{-1, 0, 1, 2, 1 << 30}, false)
	})
}
