package tokenize

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// tokenizerJSON is tokenizer.json as the Rust library writes it for a character
// vocabulary; fields that are always null are nil.
type tokenizerJSON struct {
	Version       string       `json:"version"`
	Truncation    any          `json:"truncation"`
	Padding       any          `json:"padding"`
	AddedTokens   []addedToken `json:"added_tokens"`
	Normalizer    any          `json:"normalizer"`
	PreTokenizer  byteLevel    `json:"pre_tokenizer"`
	PostProcessor any          `json:"post_processor"`
	Decoder       byteLevel    `json:"decoder"`
	Model         bpeModel     `json:"model"`
}

type byteLevel struct {
	Type           string `json:"type"`
	AddPrefixSpace bool   `json:"add_prefix_space"`
	TrimOffsets    bool   `json:"trim_offsets"`
	UseRegex       bool   `json:"use_regex"`
}

type bpeModel struct {
	Type                    string     `json:"type"`
	Dropout                 any        `json:"dropout"`
	UnkToken                any        `json:"unk_token"`
	ContinuingSubwordPrefix any        `json:"continuing_subword_prefix"`
	EndOfWordSuffix         any        `json:"end_of_word_suffix"`
	FuseUnk                 bool       `json:"fuse_unk"`
	ByteFallback            bool       `json:"byte_fallback"`
	IgnoreMerges            bool       `json:"ignore_merges"`
	Vocab                   vocabulary `json:"vocab"`
	Merges                  []string   `json:"merges"`
}

// vocabulary is the tokens in the order of their ids, in the byte-level alphabet.
type vocabulary []string

// MarshalJSON writes the object from token to id in the order of ids.
func (v vocabulary) MarshalJSON() ([]byte, error) {
	out := bytes.NewBufferString("{")
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for id, token := range v {
		if id > 0 {
			out.WriteByte(',')
		}
		if err := enc.Encode(token); err != nil {
			return nil, err
		}
		fmt.Fprintf(out, ":%d", id)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// charTokenizerJSON is the tokenizer.json of a character vocabulary.
func charTokenizerJSON(chars string) *tokenizerJSON {
	vocab := vocabulary{padToken, eosToken}
	for i := range len(chars) {
		vocab = append(vocab, string(byteLevelRune(chars[i])))
	}
	return &tokenizerJSON{
		Version: "1.0",
		AddedTokens: []addedToken{
			{ID: padID, Content: padToken, Special: true},
			{ID: eosID, Content: eosToken, Special: true},
		},
		PreTokenizer: byteLevel{Type: "ByteLevel", TrimOffsets: true},
		// Decoding has no options; these are what the library writes by default.
		Decoder: byteLevel{Type: "ByteLevel", AddPrefixSpace: true, TrimOffsets: true, UseRegex: true},
		Model:   bpeModel{Type: "BPE", Vocab: vocab, Merges: []string{}},
	}
}

// byteLevelRune is the character that GPT-2's byte-level alphabet writes for an
// ASCII byte: itself from exclamation mark to tilde, and for those before it the
// character 256 further on.
func byteLevelRune(b byte) rune {
	if b <= ' ' {
		return rune(b) + 0x100
	}
	return rune(b)
}

// charConfig is tokenizer_config.json.
type charConfig struct {
	TokenizerClass string `json:"tokenizer_class"`
	EOSToken       string `json:"eos_token"`
	PadToken       string `json:"pad_token"`
	CleanUp        bool   `json:"clean_up_tokenization_spaces"`
}

// charFiles renders both files.
func charFiles(chars string) (map[string][]byte, error) {
	tokenizer, err := indent(charTokenizerJSON(chars))
	if err != nil {
		return nil, err
	}
	config, err := indent(&charConfig{TokenizerClass: "PreTrainedTokenizerFast", EOSToken: eosToken, PadToken: padToken})
	if err != nil {
		return nil, err
	}
	return map[string][]byte{tokenizerFile: tokenizer, configFile: config}, nil
}

// indent writes JSON as people and the Python library do: no HTML escapes.
func indent(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return out.Bytes(), err
}
