package tokenize

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
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
		{"empty affixes", edit(func(f map[string]any) { f["model"].(map[string]any)["end_of_word_suffix"] = "" })},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := mustNew(t, goldenChars)
			files := maps.Clone(want.Files())
			c.change(t, files)
			tok, err := Load(files)
			if err != nil {
				t.Fatal(err)
			}
			ids, err := tok.Encode(goldenChars)
			wantIDs, _ := want.Encode(goldenChars)
			if err != nil || !slices.Equal(ids, wantIDs) || tok.Decode(ids, true) != goldenChars || tok.VocabSize() != want.VocabSize() {
				t.Errorf("%v, %v, want %v", ids, err, wantIDs)
			}
			if diff := cmp.Diff(files, tok.Files()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestEnds: which files decide what ends a completion and what pads.
func TestEnds(t *testing.T) {
	for _, c := range []struct {
		generation, config, tokenizer string
		eos                           []int32
		pad                           int32
	}{
		{"", "", `{"eos_token": "<|eos|>", "pad_token": "<|pad|>"}`, []int32{1}, 0},
		{"", "", `{"eos_token": {"content": "5", "lstrip": false}}`, []int32{7}, 7},
		{`{"eos_token_id": [3, 4]}`, `{"eos_token_id": 5, "pad_token_id": 6}`, `{"eos_token": "<|eos|>", "pad_token": "<|pad|>"}`, []int32{3, 4}, 6},
		{`{"eos_token_id": null, "pad_token_id": 8}`, `{"eos_token_id": 5, "pad_token_id": 6}`, `{"eos_token": "<|eos|>"}`, []int32{5}, 8},
		{`{"eos_token_id": [9]}`, "", "", []int32{9}, 9},
		{`{"eos_token_id": []}`, `{"eos_token_id": 5}`, "", []int32{5}, 5},
		{"", "", "", nil, 0},
	} {
		files := map[string][]byte{tokenizerFile: mustNew(t, goldenChars).Files()[tokenizerFile]}
		for name, text := range map[string]string{generationFile: c.generation, modelFileName: c.config, configFile: c.tokenizer} {
			if text != "" {
				files[name] = []byte(text)
			}
		}
		tok, err := Load(files)
		if err != nil || !slices.Equal(tok.EOS(), c.eos) || tok.PadID() != c.pad {
			t.Errorf("%+v: %v, ends %v, padding %d", c, err, tok.EOS(), tok.PadID())
		}
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
	split := func(regex, behavior string, invert bool) map[string]any {
		return map[string]any{"type": "Split", "pattern": map[string]any{"Regex": regex}, "behavior": behavior, "invert": invert}
	}
	for _, c := range []struct {
		name   string
		change func(*testing.T, map[string][]byte)
		want   []string
	}{
		{"no tokenizer.json", func(_ *testing.T, f map[string][]byte) { delete(f, tokenizerFile) }, []string{"tokenizer.json is missing"}},
		{"no JSON", content(tokenizerFile, "{"), []string{"tokenizer.json: unexpected end of JSON"}},
		{"no UTF-8", content(tokenizerFile, "{\"\xff\":1}"), []string{"tokenizer.json: not UTF-8"}},
		{"null", content(tokenizerFile, "null"), []string{"model is null", "decoder is null"}},
		{"an array", content(tokenizerFile, "[]"), []string{"tokenizer.json is [], implemented is only an object"}},
		{"other version", top("version", "2.0"), []string{`version: "2.0", implemented is only "1.0"`}},
		{"merge of strangers", model("merges", [][]string{{"1", "2"}}), []string{`model.merges: ["1","2"]: the vocabulary lacks one of "1", "2" and "12"`}},
		{"merge of three", model("merges", []string{"1 2 3"}), []string{`model.merges: "1 2 3" is no pair`}},
		{"merge of numbers", model("merges", [][]int{{1, 2}}), []string{"model.merges: [1,2] is no pair"}},
		{"merges as a number", model("merges", 1), []string{"model.merges: is 1, want a list"}},
		{"unigram", model("type", "Unigram"), []string{`model.type is "Unigram", implemented is only "BPE"`}},
		{"dropout", model("dropout", 0.1), []string{"model.dropout is 0.1"}},
		{"unknown unknown token", model("unk_token", "?"), []string{`model.unk_token: "?" is not in the vocabulary`}},
		{"suffix", model("end_of_word_suffix", "</w>"), []string{`model.end_of_word_suffix is "</w>", implemented is only ""`}},
		{"prefix", model("continuing_subword_prefix", "##"), []string{`model.continuing_subword_prefix is "##"`}},
		{"type of a field", model("fuse_unk", "yes"), []string{`model.fuse_unk is "yes", implemented is only true or false`}},
		{"two at once", edit(func(f map[string]any) {
			f["normalizer"] = map[string]any{"type": "NFKC"}
			f["padding"] = map[string]any{"pad_id": 0}
		}), []string{`padding is {"pad_id":0}, implemented is only null`, `normalizer is {"type":"NFKC"}, implemented is only NFC, Prepend`}},
		{"replacing by expression", top("normalizer", map[string]any{"type": "Replace", "pattern": map[string]any{"Regex": " +"}, "content": "x"}), []string{`normalizer.pattern is {"Regex":" +"}, implemented is only {"String": "..."}`}},
		{"explosion", top("normalizer", map[string]any{"type": "Sequence", "normalizers": slices.Repeat([]any{
			map[string]any{"type": "Replace", "pattern": map[string]any{"String": "a"}, "content": "aa"}}, 40)}), []string{"normalizer: makes a text 128 times longer"}},
		{"exploding decoder", top("decoder", map[string]any{"type": "Replace", "pattern": map[string]any{"String": "a"}, "content": strings.Repeat("a", 65)}), []string{"decoder: makes a text 65 times longer"}},
		{"nesting", top("pre_tokenizer", json.RawMessage(strings.Repeat(`{"type":"Sequence","pretokenizers":[`, 9)+strings.Repeat("]}", 9))), []string{"is nested too deep"}},
		{"truncation", top("truncation", map[string]any{"max_length": 3}), []string{"truncation is"}},
		{"template without a text", top("post_processor", map[string]any{"type": "TemplateProcessing", "single": []any{}}), []string{"post_processor.single: holds the text 0 times"}},
		{"template with a stranger", top("post_processor", map[string]any{"type": "TemplateProcessing", "single": []any{map[string]any{"SpecialToken": map[string]any{"id": "<x>"}}}}), []string{"post_processor.single[0] is"}},
		{"other post-processor", top("post_processor", map[string]any{"type": "BertProcessing"}), []string{"post_processor is"}},
		{"other pre-tokenizer", top("pre_tokenizer", map[string]any{"type": "Whitespace"}), []string{`pre_tokenizer is {"type":"Whitespace"}, implemented is only Sequence, Split`}},
		{"expression", top("pre_tokenizer", split(`\p{L}+`, "Isolated", false)), []string{`pre_tokenizer.pattern is {"Regex":"\\p{L}+"}, implemented is only the expressions of`}},
		{"text to split at", top("pre_tokenizer", map[string]any{"type": "Split", "pattern": map[string]any{"String": " "}, "behavior": "Isolated", "invert": false}), []string{`pre_tokenizer.pattern is {"String":" "}`}},
		{"behavior", top("pre_tokenizer", split(gpt2Pattern, "MergedWithNext", false)), []string{`pre_tokenizer.behavior: "MergedWithNext"`}},
		{"inverted", top("pre_tokenizer", split(`\p{N}`, "Removed", true)), []string{`pre_tokenizer.behavior: "Removed" with invert true`}},
		{"bytes not last", top("pre_tokenizer", map[string]any{"type": "Sequence", "pretokenizers": []any{map[string]any{"type": "ByteLevel"}, map[string]any{"type": "Digits"}}}), []string{"pre_tokenizer.pretokenizers[1]: Digits after ByteLevel"}},
		{"mark of two characters", top("pre_tokenizer", map[string]any{"type": "Metaspace", "replacement": "ab"}), []string{`pre_tokenizer.replacement: "ab" is no single character`}},
		{"scheme", top("pre_tokenizer", map[string]any{"type": "Metaspace", "replacement": "_", "prepend_scheme": "last"}), []string{`pre_tokenizer.prepend_scheme: "last"`}},
		{"other decoder", top("decoder", map[string]any{"type": "WordPiece"}), []string{`decoder is {"type":"WordPiece"}`}},
		{"decoders in another order", top("decoder", map[string]any{"type": "Sequence", "decoders": []any{map[string]any{"type": "Fuse"}, map[string]any{"type": "ByteFallback"}}}), []string{"decoder.decoders[1] is"}},
		{"decoder that strips the end", top("decoder", map[string]any{"type": "Sequence", "decoders": []any{map[string]any{"type": "Fuse"}, map[string]any{"type": "Strip", "content": " ", "start": 0, "stop": 1}}}), []string{"decoder.decoders[1] is"}},
		{"new field", top("surprise", 1), []string{"surprise is 1, implemented is only null"}},
		{"new field of a part", edit(func(f map[string]any) { f["pre_tokenizer"].(map[string]any)["surprise"] = 1 }), []string{"pre_tokenizer.surprise is 1, implemented is only null"}},
		{"other id than the library's", edit(func(f map[string]any) {
			f["added_tokens"] = append(f["added_tokens"].([]any), map[string]any{"id": 2, "content": "<x>"})
		}), []string{`added_tokens[2].id: "<x>" has id 2, the reference library would give it 27`}},
		{"added token without a text", edit(func(f map[string]any) { f["added_tokens"].([]any)[1].(map[string]any)["content"] = "" }), []string{"added_tokens[1].content: is empty"}},
		{"vocabulary as a list", model("vocab", []any{}), []string{"model.vocab: is [], want an object"}},
		{"large id", vocab(func(v map[string]any) { v["0"] = 1 << 30 }), []string{`model.vocab: "0" has id 1073741824, want an integer from 0 to below`}},
		{"id twice", vocab(func(v map[string]any) { v["0"] = 3 }), []string{`model.vocab: "0" and "1" have id 3`}},
		{"fractional id", vocab(func(v map[string]any) { v["0"] = 2.5 }), []string{`"0" has id 2.5`}},
		{"id no number", vocab(func(v map[string]any) { v["0"] = "2" }), []string{`"0" has id "2"`}},
		{"config no JSON", content(configFile, "{"), []string{"tokenizer_config.json: unexpected end"}},
		{"config of another end", content(configFile, `{"eos_token": "</s>"}`), []string{`tokenizer_config.json: eos_token "</s>" is no token`}},
		{"end that is no id", content(generationFile, `{"eos_token_id": "x"}`), []string{`generation_config.json: eos_token_id is "x", want an id or a list of ids`}},
		{"negative end", content(modelFileName, `{"eos_token_id": [1, -1]}`), []string{"config.json: eos_token_id is [1,-1]"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := maps.Clone(mustNew(t, goldenChars).Files())
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
	for _, name := range []string{"llama3", "llama2_flags", "metaspace", "partial", "deepseek", "smollm2"} {
		f.Add(small(f, name).Files()[tokenizerFile], "the <a> answer")
	}
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
