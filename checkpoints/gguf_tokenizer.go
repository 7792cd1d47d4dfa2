package checkpoints

import (
	"encoding/json"
	"fmt"
	"strings"
)

// The parts of tokenizer.json that do not depend on a file, as the Rust library
// tokenizers 0.23 spells them.
const (
	plainByteLevel = `{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}`
	bareByteLevel  = `{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false}`
	digits         = `{"type": "Digits", "individual_digits": true}`

	qwenSplit  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`
	llamaSplit = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`
)

// split is a pre-tokenizer that cuts by a regular expression, then spells bytes.
func split(regex string) string {
	return `{"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": "` + regex +
		`"}, "behavior": "Isolated", "invert": false}, ` + bareByteLevel + `]}`
}

// preTokenizer is what a value of tokenizer.ggml.pre stands for.
type preTokenizer struct {
	normalizer, cut string
	// wholeWords: a word in the vocabulary is one token whatever the merges say.
	wholeWords bool
	// addBOS is whether a text begins with the beginning-of-sequence token where
	// the file does not say.
	addBOS bool
}

// preTokenizers are those of byte-level vocabularies whose rules are known exactly,
// by tokenizer.ggml.pre. A name that is not here is an error: other rules give
// other ids.
var preTokenizers = map[string]preTokenizer{
	"gpt-2":            {"null", plainByteLevel, false, false},
	"smollm":           {"null", `{"type": "Sequence", "pretokenizers": [` + digits + `, ` + plainByteLevel + `]}`, false, false},
	"qwen2":            {`{"type": "NFC"}`, split(qwenSplit), false, false},
	"deepseek-r1-qwen": {`{"type": "NFC"}`, split(qwenSplit), false, false},
	"llama-bpe":        {"null", split(llamaSplit), true, true},
	"llama3":           {"null", split(llamaSplit), true, true},
	"llama-v3":         {"null", split(llamaSplit), true, true},
}

const tokenizerPrefix = "tokenizer.ggml."

// addTokenizer makes the tokenizer's files and generation_config.json, and returns
// the ids of special tokens for config.json. A file without a vocabulary has none.
func (g *ggufModel) addTokenizer(m *metadata, files map[string][]byte) ([]field, error) {
	kind := m.text(tokenizerPrefix+"model", "")
	if kind == "" || kind == "none" || kind == "no_vocab" {
		return nil, nil
	}
	v, err := readVocabulary(m, g.vocabSize)
	if err != nil {
		return nil, err
	}
	t := object{{"version", "1.0"}, {"truncation", nil}, {"padding", nil}, {"added_tokens", v.addedTokens()}}
	var addBOS bool
	switch kind {
	case "gpt2":
		addBOS, err = v.addByteLevel(m, &t)
	case "llama":
		addBOS, err = v.addSentencePiece(m, &t)
	default:
		return nil, fmt.Errorf("%smodel: %q is not implemented", tokenizerPrefix, kind)
	}
	if err != nil {
		return nil, err
	}
	special := v.specialTokens(m, kind == "llama")
	if err := special.addPostProcessor(m, &t, addBOS, kind == "gpt2"); err != nil {
		return nil, err
	}
	files["tokenizer.json"], err = encodeFile(t)
	if err != nil {
		return nil, fmt.Errorf("tokenizer.json: %w", err)
	}
	config, err := special.config(m)
	if err != nil {
		return nil, err
	}
	if files["tokenizer_config.json"], err = encodeFile(config); err != nil {
		return nil, fmt.Errorf("tokenizer_config.json: %w", err)
	}
	// What only tells apart tokens for other uses than text, and what says again
	// what other keys say.
	const separator = "seperator_token_id" //nolint:misspell // the key is spelled so
	m.refuseUnknown(tokenizerPrefix, separator, "token_type_count", "mask_token_id", "cls_token_id", "add_sep_token",
		"fim_pre_token_id", "fim_suf_token_id", "fim_mid_token_id", "fim_pad_token_id", "fim_rep_token_id", "fim_sep_token_id",
		"prefix_token_id", "suffix_token_id", "middle_token_id", "scores")
	ids := special.ids()
	files["generation_config.json"], err = encodeFile(object(special.generation()))
	return ids, err
}

// addByteLevel adds the parts of a byte-level vocabulary to tokenizer.json, and
// returns whether texts begin with the beginning-of-sequence token by default.
func (v *vocabulary) addByteLevel(m *metadata, t *object) (addBOS bool, err error) {
	pre := m.text(tokenizerPrefix+"pre", "")
	p, ok := preTokenizers[pre]
	if !ok {
		return false, fmt.Errorf("%spre: %q is not implemented: how it cuts text into words is not known", tokenizerPrefix, pre)
	}
	if m.boolean(tokenizerPrefix+"add_space_prefix", false) {
		m.fault(tokenizerPrefix+"add_space_prefix", "true is not implemented for byte-level vocabularies")
	}
	merges, ok := m.texts(tokenizerPrefix + "merges")
	if !ok {
		return false, fmt.Errorf("%smerges: is missing", tokenizerPrefix)
	}
	pairs, err := v.parseMerges(merges)
	if err != nil {
		return false, err
	}
	t.add("normalizer", json.RawMessage(p.normalizer))
	t.add("pre_tokenizer", json.RawMessage(p.cut))
	t.add("post_processor", nil) // its place; addPostProcessor fills it
	t.add("decoder", json.RawMessage(`{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true}`))
	t.add("model", v.bpe(nil, false, p.wholeWords, pairs))
	return p.addBOS, nil
}

// addSentencePiece is addByteLevel for a SentencePiece vocabulary, as the converter
// of transformers makes it of Llama 2: bytes where a character has no token, and a
// space that is written U+2581, one before the text unless the file says no.
func (v *vocabulary) addSentencePiece(m *metadata, t *object) (addBOS bool, err error) {
	if pre := m.text(tokenizerPrefix+"pre", "default"); pre != "default" {
		return false, fmt.Errorf("%spre: %q is not implemented for a SentencePiece vocabulary", tokenizerPrefix, pre)
	}
	if m.boolean(tokenizerPrefix+"remove_extra_whitespaces", false) {
		m.fault(tokenizerPrefix+"remove_extra_whitespaces", "true is not implemented")
	}
	merges, err := v.mergesByScore(m)
	if err != nil {
		return false, err
	}
	unknown := m.integer(tokenizerPrefix+"unknown_token_id", 0)
	if unknown < 0 || unknown >= len(v.tokens) {
		return false, fmt.Errorf("%sunknown_token_id: %d of %d tokens", tokenizerPrefix, unknown, len(v.tokens))
	}
	const toBlock = `{"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}`
	normalizers := []string{toBlock}
	decoders := []string{`{"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}`, `{"type": "ByteFallback"}`, `{"type": "Fuse"}`}
	if m.boolean(tokenizerPrefix+"add_space_prefix", true) {
		normalizers = []string{`{"type": "Prepend", "prepend": "\u2581"}`, toBlock}
		decoders = append(decoders, `{"type": "Strip", "content": " ", "start": 1, "stop": 0}`)
	}
	t.add("normalizer", json.RawMessage(`{"type": "Sequence", "normalizers": [`+strings.Join(normalizers, ", ")+`]}`))
	t.add("pre_tokenizer", nil)
	t.add("post_processor", nil)
	t.add("decoder", json.RawMessage(`{"type": "Sequence", "decoders": [`+strings.Join(decoders, ", ")+`]}`))
	t.add("model", v.bpe(v.tokens[unknown], true, false, merges))
	return true, nil
}
